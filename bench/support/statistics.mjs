/** @param {readonly number[]} values */
export function median(values) {
  const sorted = [...values].sort((left, right) => left - right);
  const middle = sorted.length >> 1;
  const above = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? above : ((sorted[middle - 1] ?? Number.NaN) + above) / 2;
}

/**
 * The median over pairs of what one side took over what the other took in the same pair.
 * @param {readonly number[]} above
 * @param {readonly number[]} below
 */
export function medianRatio(above, below) {
  return rounded(median(above.map((value, pair) => value / (below[pair] ?? Number.NaN))));
}

/** @param {readonly number[]} values */
export function mean(values) {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Three significant digits, the precision of a noisy machine. @param {number} value */
export function rounded(value) {
  return Number(value.toPrecision(3));
}
