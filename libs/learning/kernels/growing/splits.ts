/**
 * The best split of a leaf from its histogram: that with the highest score
 *
 *   Gl² / (Hl + λ) + Gr² / (Hr + λ)
 *
 * with missing values tried on both sides. Sums are whole numbers (`packGradients`), so the score is exact but for the
 * rounding of doubles, and two bins are computed at a time.
 *
 * A table of features has 16 bytes per feature: u32 byte offset of its cells, u32 bins with that of missing values, i32
 * direction, 4 bytes of padding. With a direction of 1 the leaf value of the right side must not be less than that of the
 * left, with −1 not more; with 0 both are free.
 */
const FEATURE_BYTES: usize = 16;

/**
 * Stores the best split at `out`: f64 score, i32 entry of the table (−1: none), i32 highest bin of the left side, i32
 * whether missing values go left, i32 of padding, i64 packed sum of the left side. Of equal scores the first wins: by
 * feature, missing values left before right, then by bin. Where the leaf has no missing values, they go with the side
 * of more hessian. O(cells).
 *
 * @param prefix  room for a packed sum per bin and two more
 * @param total   the leaf's packed sum
 * @param hessianMin  of each side, above 0
 * @param scoreMin    what a split has to exceed
 */
export function findSplit(
  features: usize,
  featureCount: i32,
  histogram: usize,
  prefix: usize,
  total: usize,
  lambda: f64,
  hessianMin: f64,
  scoreMin: f64,
  out: usize,
): void {
  const gradients = f64x2.splat(<f64>load<i32>(total, 4));
  const hessians = f64x2.splat(<f64>load<u32>(total));
  const lambdas = f64x2.splat(lambda);
  const hessiansMin = f64x2.splat(hessianMin);
  const two = i64x2.splat(2);
  let best = f64x2.splat(scoreMin);
  let bestAt = i64x2.splat(-1);
  for (let feature: i32 = 0; feature < featureCount; feature += 1) {
    const entry = features + <usize>feature * FEATURE_BYTES;
    const cells = histogram + <usize>load<u32>(entry);
    const known = load<i32>(entry, 4) - 1;
    const direction = load<i32>(entry, 8);
    const directions = f64x2.splat(<f64>direction);
    const missing = load<i64>(cells);
    sumPrefixes(cells, known, prefix);
    // codes that ascend in the order of the search: feature, side of the missing values, bin
    let code = (<i64>feature) << 9;
    for (let side = missing === 0 ? 1 : 0; side < 2; side += 1) {
      const added = side === 0 ? missing : 0;
      // with the missing values alone on the right, all known ones can be on the left
      const candidates = known - (side === 1 && missing !== 0 ? 0 : 1);
      // past the last candidate no hessian, which is less than any side has to have
      store<i64>(prefix + ((<usize>candidates) << 3), -added);
      const addeds = i64x2.splat(added);
      let codes = i64x2.add(i64x2.splat(code | ((<i64>side) << 8)), i64x2(1, 2));
      const end = prefix + ((<usize>candidates) << 3);
      for (let at = prefix; at < end; at += 16) {
        const sums = i64x2.add(v128.load(at), addeds);
        const left = f64x2.convert_low_i32x4_u(v128.shuffle<i32>(sums, sums, 0, 2, 0, 2));
        const gradient = f64x2.convert_low_i32x4_s(v128.shuffle<i32>(sums, sums, 1, 3, 1, 3));
        const right = f64x2.sub(hessians, left);
        const rest = f64x2.sub(gradients, gradient);
        const under = f64x2.add(left, lambdas);
        const underRest = f64x2.add(right, lambdas);
        const score = f64x2.div(
          f64x2.add(f64x2.mul(f64x2.mul(gradient, gradient), underRest), f64x2.mul(f64x2.mul(rest, rest), under)),
          f64x2.mul(under, underRest),
        );
        let isBetter = v128.and(
          f64x2.gt(score, best),
          v128.and(f64x2.ge(left, hessiansMin), f64x2.ge(right, hessiansMin)),
        );
        if (direction !== 0) {
          // leaf values are −G / (H + λ)
          const rise = f64x2.sub(f64x2.mul(gradient, underRest), f64x2.mul(rest, under));
          isBetter = v128.and(isBetter, f64x2.ge(f64x2.mul(directions, rise), f64x2.splat(0)));
        }
        best = v128.bitselect(score, best, isBetter);
        bestAt = v128.bitselect(codes, bestAt, isBetter);
        codes = i64x2.add(codes, two);
      }
      // the next side needs the last sum
      if (side === 0) store<i64>(end, load<i64>(total) - missing);
    }
  }
  const score0 = f64x2.extract_lane(best, 0);
  const score1 = f64x2.extract_lane(best, 1);
  const code0 = i64x2.extract_lane(bestAt, 0);
  const code1 = i64x2.extract_lane(bestAt, 1);
  const takesFirst = code1 < 0 || (code0 >= 0 && (score0 > score1 || (score0 === score1 && code0 < code1)));
  storeSplit(takesFirst ? code0 : code1, takesFirst ? score0 : score1, features, histogram, total, out);
}

/** The sums of the known bins up to each one. */
function sumPrefixes(cells: usize, known: i32, prefix: usize): void {
  let sum: i64 = 0;
  for (const end = cells + ((<usize>known) << 3); cells < end; cells += 8) {
    sum += load<i64>(cells, 8);
    store<i64>(prefix, sum);
    prefix += 8;
  }
}

/** The sum of the first `known` known bins. */
function sumOf(cells: usize, known: i32): i64 {
  let sum: i64 = 0;
  for (const end = cells + ((<usize>known) << 3); cells < end; cells += 8) sum += load<i64>(cells, 8);
  return sum;
}

function storeSplit(code: i64, score: f64, features: usize, histogram: usize, total: usize, out: usize): void {
  if (code < 0) {
    store<i32>(out, -1, 8);
    return;
  }
  const feature = <i32>(code >> 9);
  const side = <i32>(code >> 8) & 1;
  const bin = <i32>code & 255;
  const cells = histogram + <usize>load<u32>(features + <usize>feature * FEATURE_BYTES);
  const missing = load<i64>(cells);
  const sum = sumOf(cells, bin) + (side === 0 ? missing : 0);
  const left = <u32>sum;
  const right = load<u32>(total) - left;
  const missingLeft = missing === 0 ? left >= right : side === 0;
  store<f64>(out, score);
  store<i32>(out, feature, 8);
  store<i32>(out, bin, 12);
  store<i32>(out, missingLeft ? 1 : 0, 16);
  store<i64>(out, sum, 24);
}
