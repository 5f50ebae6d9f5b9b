/**
 * How much better one ranking of rows is than another one, with how sure that is.
 * @typedef {{ gain: number, standardError: number }} Gain  gain: above 0 where the first is better
 */

/**
 * The area under the ROC curve of the first minus that of the second, on the same rows. The standard error is that of
 * paired areas by their placements (DeLong, DeLong and Clarke-Pearson 1988). NaN where a class is empty. O(n log n).
 * @param {Float64Array} first  @param {Float64Array} second  @param {Uint8Array} labels
 * @returns {Gain}
 */
export function gainInAuc(first, second, labels) {
  const [one, other] = [placements(first, labels), placements(second, labels)];
  /** @type {[number[], number[]]} */
  const differences = [[], []];
  labels.forEach((label, row) => differences[label === 1 ? 1 : 0].push((one[row] ?? 0) - (other[row] ?? 0)));
  const [negatives, positives] = differences.map(meanOf);
  return {
    gain: positives?.gain ?? Number.NaN,
    standardError: Math.hypot(positives?.standardError ?? Number.NaN, negatives?.standardError ?? Number.NaN),
  };
}

/**
 * By row, the share of rows of the other class that it is on the right side of; a tie counts one half.
 * @param {Float64Array} probabilities  @param {Uint8Array} labels
 */
function placements(probabilities, labels) {
  const order = Uint32Array.from(labels.keys()).sort(
    (left, right) => at(probabilities, left) - at(probabilities, right),
  );
  const all = [0, 0];
  for (const label of labels) all[label] = at(all, label) + 1;
  const below = [0, 0];
  const placed = new Float64Array(labels.length);
  for (let from = 0; from < order.length;) {
    let to = from;
    const tied = [0, 0];
    for (; to < order.length && at(probabilities, at(order, to)) === at(probabilities, at(order, from)); to += 1) {
      const label = at(labels, at(order, to));
      tied[label] = at(tied, label) + 1;
    }
    for (let rank = from; rank < to; rank += 1) {
      const row = at(order, rank);
      const other = 1 - at(labels, row);
      const lower = (at(below, other) + at(tied, other) / 2) / at(all, other);
      placed[row] = other === 0 ? lower : 1 - lower;
    }
    [0, 1].forEach((label) => (below[label] = at(below, label) + at(tied, label)));
    from = to;
  }
  return placed;
}

/**
 * The mean of paired differences.
 * @param {readonly number[]} differences  @returns {Gain}
 */
export function meanOf(differences) {
  const gain = differences.reduce((sum, each) => sum + each, 0) / differences.length;
  const squares = differences.reduce((sum, each) => sum + (each - gain) ** 2, 0);
  return { gain, standardError: Math.sqrt(squares / (differences.length - 1) / differences.length) };
}

/**
 * The weighted mean of independent gains.
 * @param {readonly (Gain & { weight: number })[]} gains  @returns {Gain}
 */
export function pooled(gains) {
  const weight = gains.reduce((sum, each) => sum + each.weight, 0);
  const variance = gains.reduce((sum, each) => sum + (each.weight * each.standardError) ** 2, 0);
  return {
    gain: gains.reduce((sum, each) => sum + each.weight * each.gain, 0) / weight,
    standardError: Math.sqrt(variance) / weight,
  };
}

/** Of the normal distribution: 95 % of it are below. */
const oneSided = 1.6449;

/** What the true gain is at least, one-sided 95 %. @param {Gain} gain */
export function lowerBound({ gain, standardError }) {
  return gain - oneSided * standardError;
}

/** What the true gain is at most, one-sided 95 %. @param {Gain} gain */
export function upperBound({ gain, standardError }) {
  return gain + oneSided * standardError;
}

/**
 * The chance of a gain at least as high where there is none; 1 minus it is that of one at most as high.
 * @param {Gain} gain
 */
export function oneSidedP({ gain, standardError }) {
  if (standardError === 0) return gain > 0 ? 0 : 1;
  return upperTail(gain / standardError);
}

/** Of the normal distribution, within 1.5e-7 (Abramowitz and Stegun, 26.2.17). @param {number} z  @returns {number} */
function upperTail(z) {
  if (z < 0) return 1 - upperTail(-z);
  const t = 1 / (1 + 0.2316419 * z);
  const series = [0.31938153, -0.356563782, 1.781477937, -1.821255978, 1.330274429];
  const polynomial = series.reduceRight((sum, coefficient) => t * (coefficient + sum), 0);
  return (Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI)) * polynomial;
}

/** @param {ArrayLike<number>} values  @param {number} place */
function at(values, place) {
  return values[place] ?? Number.NaN;
}
