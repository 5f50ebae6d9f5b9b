/**
 * Bins of numbers, exactly those of `binOfNumber` in libs/learning/src/binning.ts: 1 + the number of thresholds below
 * the value, 0 for NaN. A uniform grid over the range of the thresholds gives the lowest bin of a value's cell; a
 * binary search without branches over the thresholds of the cell does the rest. The arithmetic of the grid need not be
 * exact, only monotone and the same as in `gridOf`, which makes the table.
 *
 * O(count × steps); one step where each cell has at most one threshold.
 *
 * @param values  `count` doubles; up to three beyond are read, and their bins written
 * @param thresholds  ascending doubles, then 2^steps times +Infinity; the double before them can be read
 * @param firstBins  one byte per cell: cell 0 is that of NaN, with bin 0
 * @param steps   of the binary search
 * @param low, high  what values are clamped to
 * @param scale   cells per unit
 * @param bins    `count` bytes
 */
export function binNumbers(
  values: usize,
  count: i32,
  thresholds: usize,
  firstBins: usize,
  steps: i32,
  low: f64,
  high: f64,
  scale: f64,
  bins: usize,
): void {
  const lows = f64x2.splat(low);
  const highs = f64x2.splat(high);
  const scales = f64x2.splat(scale);
  const before = thresholds - 8; // of threshold k there are k below, so that bin k + 1 is compared with threshold k
  const firstWidth = (<usize>8) << (steps - 1);
  for (let at: i32 = 0; at < count; at += 4) {
    const values01 = v128.load(values);
    const values23 = v128.load(values, 16);
    const cells01 = cellsOf(values01, lows, highs, scales);
    const cells23 = cellsOf(values23, lows, highs, scales);
    // bins in bytes of doubles, as they are used as addresses
    let bin0 = (<usize>load<u8>(firstBins + <usize>i32x4.extract_lane(cells01, 0))) << 3;
    let bin1 = (<usize>load<u8>(firstBins + <usize>i32x4.extract_lane(cells01, 1))) << 3;
    let bin2 = (<usize>load<u8>(firstBins + <usize>i32x4.extract_lane(cells23, 0))) << 3;
    let bin3 = (<usize>load<u8>(firstBins + <usize>i32x4.extract_lane(cells23, 1))) << 3;
    const value0 = f64x2.extract_lane(values01, 0);
    const value1 = f64x2.extract_lane(values01, 1);
    const value2 = f64x2.extract_lane(values23, 0);
    const value3 = f64x2.extract_lane(values23, 1);
    for (let width = firstWidth; width >= 8; width >>= 1) {
      const last = before + width - 8; // of the thresholds that are passed at once
      bin0 += <usize>-(<i32>(load<f64>(last + bin0) < value0)) & width;
      bin1 += <usize>-(<i32>(load<f64>(last + bin1) < value1)) & width;
      bin2 += <usize>-(<i32>(load<f64>(last + bin2) < value2)) & width;
      bin3 += <usize>-(<i32>(load<f64>(last + bin3) < value3)) & width;
    }
    store<u32>(bins, <u32>((bin0 >> 3) | (bin1 << 5) | (bin2 << 13) | (bin3 << 21)));
    values += 32;
    bins += 4;
  }
}

/** The cells of two values. Pseudo-minimum and -maximum keep NaN, whose conversion gives 0. */
function cellsOf(values: v128, lows: v128, highs: v128, scales: v128): v128 {
  const clamped = f64x2.pmin(f64x2.pmax(values, lows), highs);
  const position = f64x2.add(f64x2.mul(f64x2.sub(clamped, lows), scales), f64x2.splat(1));
  return i32x4.trunc_sat_f64x2_s_zero(position);
}
