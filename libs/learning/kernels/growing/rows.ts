/**
 * Gradients and hessians of the logistic loss, sampling of rows, and the logits of the rows of a leaf.
 *
 * The arithmetic is that of `growing-kernels.reference.fixture.ts` in libs/learning/src, step by step: results are equal
 * to the bit, whichever computes them.
 */

/**
 * Puts the sampled ones of `count` rows first, those that are not sampled after them, both in their order. A row is
 * sampled where a hash of its number is below the threshold, so that a sample does not depend on what was sampled before.
 *
 * @param rows   u32 row numbers
 * @param order  room for as many
 * @param spare  room for as many
 * @param threshold  share of the rows × 2^32, rounded down
 * @returns how many rows are sampled
 */
export function sampleRows(rows: usize, count: i32, seed: u32, threshold: u32, order: usize, spare: usize): i32 {
  const end = rows + ((<usize>count) << 2);
  let taken = order;
  let other = spare;
  for (; rows < end; rows += 4) {
    const row = load<u32>(rows);
    const isTaken = <u32>(hashOf(row, seed) < threshold);
    store<u32>(taken, row);
    store<u32>(other, row);
    taken += <usize>(isTaken << 2);
    other += <usize>((isTaken ^ 1) << 2);
  }
  memory.copy(taken, spare, other - spare);
  return <i32>((taken - order) >> 2);
}

/**
 * The packed gradient and hessian of `count` rows: gradient × weight × scale in the upper 32 bits, 4 × hessian × weight ×
 * scale in the lower 32, at least 1. Both are rounded up or down at random, by a hash of the row and the seed (Shi et
 * al., "Quantized training of gradient boosting decision trees", NeurIPS 2022), so that sums are right on average.
 *
 * @param order   u32 row numbers
 * @param logits  one double per row
 * @param labels  one byte per row, 0 or 1
 * @param weights  one double per row; 0 where all are 1
 * @param packed  one i64 per row, stored by row number
 * @param ordered  one i64 per row, stored in the given order
 */
export function packGradients(
  order: usize,
  count: i32,
  logits: usize,
  labels: usize,
  weights: usize,
  scale: f64,
  seed: u32,
  packed: usize,
  ordered: usize,
): void {
  for (const end = order + ((<usize>count) << 2); order < end; order += 8) {
    const row0 = <usize>load<u32>(order);
    // of an odd count the last row is computed twice
    const row1 = order + 4 < end ? <usize>load<u32>(order, 4) : row0;
    const logit = v128.load64_lane(logits + (row1 << 3), v128.load64_zero(logits + (row0 << 3)), 1);
    const probability = f64x2.div(f64x2.splat(1), f64x2.add(f64x2.splat(1), exponential(f64x2.neg(logit))));
    const label = f64x2(<f64>load<u8>(labels + row0), <f64>load<u8>(labels + row1));
    let unit = f64x2.splat(scale);
    if (weights !== 0) {
      const weight = v128.load64_lane(weights + (row1 << 3), v128.load64_zero(weights + (row0 << 3)), 1);
      unit = f64x2.mul(unit, weight);
    }
    const random0 = hashOf(<u32>row0, seed) >>> 8;
    const random1 = hashOf(<u32>row1, seed) >>> 8;
    const rounding = f64x2.mul(f64x2(<f64>random0, <f64>random1), f64x2.splat(1.0 / 16777216.0)); // in [0, 1)
    const slope = f64x2.floor(f64x2.add(f64x2.mul(f64x2.sub(probability, label), unit), rounding));
    const curvature = f64x2.mul(f64x2.mul(probability, f64x2.sub(f64x2.splat(1), probability)), f64x2.splat(4));
    const bend = f64x2.floor(f64x2.add(f64x2.mul(curvature, unit), rounding));
    const gradients = i32x4.trunc_sat_f64x2_s_zero(slope);
    const hessians = i32x4.trunc_sat_f64x2_u_zero(f64x2.max(bend, f64x2.splat(1)));
    const both = v128.shuffle<i32>(hessians, gradients, 0, 4, 1, 5);
    const value0 = i64x2.extract_lane(both, 0);
    const value1 = i64x2.extract_lane(both, 1);
    store<i64>(packed + (row0 << 3), value0);
    store<i64>(packed + (row1 << 3), value1);
    store<i64>(ordered, value0);
    store<i64>(ordered, value1, 8); // of an odd count one more than there are rows
    ordered += 16;
  }
}

/** Adds a value to the logits of the rows [from, to) of an order. */
export function addToLogits(order: usize, from: i32, to: i32, logits: usize, value: f64): void {
  const end = order + ((<usize>to) << 2);
  for (let at = order + ((<usize>from) << 2); at < end; at += 4) {
    const logit = logits + ((<usize>load<u32>(at)) << 3);
    store<f64>(logit, load<f64>(logit) + value);
  }
}

/** The finaliser of MurmurHash3 over the row's number and a seed. */
function hashOf(row: u32, seed: u32): u32 {
  let bits = seed ^ ((row + 1) * 0x9e3779b1);
  bits = (bits ^ (bits >>> 16)) * 0x85ebca6b;
  bits = (bits ^ (bits >>> 13)) * 0xc2b2ae35;
  return bits ^ (bits >>> 16);
}

/**
 * e^x of two doubles, clamped to ±36, with a relative error below 10^-9: 2^k × e^r with |r| ≤ ln 2 / 2, and the Taylor
 * polynomial of degree 9 of e^r.
 */
function exponential(x: v128): v128 {
  const bounded = f64x2.min(f64x2.max(x, f64x2.splat(-36)), f64x2.splat(36));
  const power = f64x2.nearest(f64x2.mul(bounded, f64x2.splat(1.4426950408889634)));
  const rest = f64x2.sub(bounded, f64x2.mul(power, f64x2.splat(0.6931471805599453)));
  let sum = f64x2.splat(1.0 / 362880.0);
  sum = f64x2.add(f64x2.mul(sum, rest), f64x2.splat(1.0 / 40320.0));
  sum = f64x2.add(f64x2.mul(sum, rest), f64x2.splat(1.0 / 5040.0));
  sum = f64x2.add(f64x2.mul(sum, rest), f64x2.splat(1.0 / 720.0));
  sum = f64x2.add(f64x2.mul(sum, rest), f64x2.splat(1.0 / 120.0));
  sum = f64x2.add(f64x2.mul(sum, rest), f64x2.splat(1.0 / 24.0));
  sum = f64x2.add(f64x2.mul(sum, rest), f64x2.splat(1.0 / 6.0));
  sum = f64x2.add(f64x2.mul(sum, rest), f64x2.splat(0.5));
  sum = f64x2.add(f64x2.mul(sum, rest), f64x2.splat(1));
  sum = f64x2.add(f64x2.mul(sum, rest), f64x2.splat(1));
  const exponent = i64x2.extend_low_i32x4_s(i32x4.trunc_sat_f64x2_s_zero(power));
  // the exponent of a double, whose bias is 1023
  return f64x2.mul(sum, i64x2.shl(i64x2.add(exponent, i64x2.splat(1023)), 52));
}
