import {
  fillCauseProbabilities,
  fitCauses,
  type CauseRegressionOptions,
  type EvidenceRows,
} from './cause-regression.js';
import { minimise } from './quasi-newton.js';
import { RandomStream } from './random.js';

const ROWS = 1_500;
const CLASSES = 3;

/** Three causes; the first two have their own evidence, and a column identifies the third. Their hazards are known. */
function synthetic(seed: number): { rows: EvidenceRows; truth: Uint32Array; hazards: Float64Array } {
  const random = new RandomStream(seed, 1);
  const own = new Float64Array(ROWS * CLASSES);
  const values = new Float64Array(ROWS);
  const truth = new Uint32Array(ROWS);
  const hazards = new Float64Array(ROWS * CLASSES);
  for (let row = 0; row < ROWS; row += 1) {
    own[row * CLASSES] = random.next() < 0.3 ? 2 : 0;
    own[row * CLASSES + 1] = 3 * random.next();
    values[row] = random.next() < 0.4 ? 1 : 0;
    const rates = [
      Math.exp(own[row * CLASSES]!),
      Math.exp(own[row * CLASSES + 1]! - 1),
      Math.exp(2 * values[row]! - 0.5),
    ];
    const sum = rates.reduce((total, rate) => total + rate, 0);
    rates.forEach((rate, each) => (hazards[row * CLASSES + each] = rate / sum));
    let left = random.next() * sum;
    let cause = 0;
    while (left > rates[cause]!) left -= rates[cause++]!;
    truth[row] = cause;
  }
  return { rows: { rowCount: ROWS, columns: 1, values, own }, truth, hazards };
}

const options: CauseRegressionOptions = {
  sameCodeAs: Uint32Array.of(0, 1, 2),
  onlyOf: Int32Array.of(-1),
  intercepts: new Float64Array(CLASSES),
  ownWeight: 0.8,
  lambda: 1,
  wrongShare: 0,
};

function meanError(of: (row: number, into: Float64Array) => void, hazards: Float64Array): number {
  const p = new Float64Array(CLASSES);
  let sum = 0;
  for (let row = 0; row < ROWS; row += 1) {
    of(row, p);
    p.forEach((each, place) => (sum += Math.abs(each - hazards[row * CLASSES + place]!)));
  }
  return sum / (ROWS * CLASSES);
}

test('finds the probabilities of competing hazards from known causes', () => {
  const { rows, truth, hazards } = synthetic(3);
  const candidates = truth.map((cause) => 1 << cause);
  const fitted = fitCauses(rows, { candidates, byChance: new Float64Array(ROWS) }, options);
  expect(meanError((row, into) => fillCauseProbabilities(fitted, rows, row, into), hazards)).toBeLessThan(0.02);
});

test('distinguishes two causes of one code by their own evidence', () => {
  const { rows, truth, hazards } = synthetic(4);
  const candidates = truth.map((cause) => (cause === 2 ? 4 : 3));
  const sameCodeAs = Uint32Array.of(0, 0, 2);
  const fitted = fitCauses(rows, { candidates, byChance: new Float64Array(ROWS) }, { ...options, sameCodeAs });
  const error = meanError((row, into) => fillCauseProbabilities(fitted, rows, row, into), hazards);
  expect(error).toBeLessThan(0.06);
});

test('a column of one of two causes of one code leaves the other as it is', () => {
  const { rows, truth } = synthetic(4);
  const candidates = truth.map((cause) => (cause === 0 ? 4 : 3));
  const column = { ...rows, own: new Float64Array(ROWS * CLASSES) };
  const known = { candidates, byChance: new Float64Array(ROWS) };
  const sameCodeAs = Uint32Array.of(0, 0, 2);
  const weightsOf = (onlyOf: number): Float64Array =>
    fitCauses(column, known, { ...options, sameCodeAs, onlyOf: Int32Array.of(onlyOf) }).weights;
  const [shared, ofSecond] = [weightsOf(-1), weightsOf(1)];
  expect(shared[2]).toBe(shared[5]);
  expect(shared[2]).toBeGreaterThan(0.2);
  expect(ofSecond[2]).toBe(0);
  expect(ofSecond[5]).toBeGreaterThan(0.2);
});

test('wrong codes move it less where a share of them is expected', () => {
  const { rows, truth, hazards } = synthetic(5);
  const random = new RandomStream(5, 2);
  const candidates = truth.map((cause) => 1 << (random.next() < 0.2 ? random.below(CLASSES) : cause));
  const known = { candidates, byChance: new Float64Array(ROWS).fill(1 / CLASSES) };
  const errorOf = (wrongShare: number): number => {
    const fitted = fitCauses(rows, known, { ...options, wrongShare });
    return meanError((row, into) => fillCauseProbabilities(fitted, rows, row, into), hazards);
  };
  expect(errorOf(0.2)).toBeLessThan(0.7 * errorOf(0));
});

test('a row without candidates counts for nothing, and a class without rows keeps a small probability', () => {
  const { rows, truth } = synthetic(6);
  const candidates = truth.map((cause, row) => (row % 2 === 0 || cause === 2 ? 0 : 1 << cause));
  const fitted = fitCauses(rows, { candidates, byChance: new Float64Array(ROWS) }, options);
  const p = new Float64Array(CLASSES);
  fillCauseProbabilities(fitted, rows, 0, p);
  expect(p.reduce((sum, each) => sum + each, 0)).toBeCloseTo(1, 12);
  expect(p[2]).toBeGreaterThan(0);
  expect(fitCauses(rows, { candidates, byChance: new Float64Array(ROWS) }, options)).toEqual(fitted);
});

test('the search ends at the minimum of a badly scaled bowl', () => {
  const scales = [1, 100, 10_000];
  const found = minimise(
    (weights, gradient) => {
      let value = 0;
      scales.forEach((scale, at) => {
        const away = weights[at]! - at;
        gradient[at] = scale * away;
        value += 0.5 * scale * away * away;
      });
      return value;
    },
    Float64Array.of(5, 5, 5),
  );
  found.forEach((weight, at) => expect(weight).toBeCloseTo(at, 2));
});
