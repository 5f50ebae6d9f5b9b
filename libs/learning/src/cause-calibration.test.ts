import { fillCalibrated, fitCauseCalibration } from './cause-calibration.js';
import { RandomStream } from './random.js';

const CLASSES = 3;
const ROWS = 3_000;

const EQUAL = new Float64Array(CLASSES).fill(1 / CLASSES);
const equal = (rows: number): Float64Array => new Float64Array(rows * CLASSES).fill(1 / CLASSES);

/** Probabilities that are too far from the shares, with a known remedy. */
function overconfident(temperature: number, biases: readonly number[]) {
  const random = new RandomStream(8, 1);
  const probabilities = new Float64Array(ROWS * CLASSES);
  const candidates = new Uint32Array(ROWS);
  const right = new Float64Array(CLASSES);
  for (let row = 0; row < ROWS; row += 1) {
    const raw = probabilities.subarray(row * CLASSES, (row + 1) * CLASSES);
    const scores = [0, 1, 2].map(() => Math.exp(6 * (random.next() - 0.5)));
    const sum = scores.reduce((total, score) => total + score, 0);
    scores.forEach((score, each) => (raw[each] = score / sum));
    fillCalibrated({ temperature, biases }, EQUAL, raw, right);
    let left = random.next();
    let truth = 0;
    while (truth < CLASSES - 1 && left > right[truth]!) left -= right[truth++]!;
    candidates[row] = 1 << truth;
  }
  return { probabilities, candidates };
}

test('finds the temperature and the biases of held-out rows', () => {
  const { probabilities, candidates } = overconfident(0.5, [0.6, 0, -0.6]);
  const { temperature, biases } = fitCauseCalibration(probabilities, equal(ROWS), candidates, CLASSES);
  expect(temperature).toBeCloseTo(0.5, 1);
  expect(biases[0]! - biases[1]!).toBeCloseTo(0.6, 0);
  expect(biases[1]! - biases[2]!).toBeCloseTo(0.6, 0);
});

test('leaves calibrated probabilities as they are, also with few rows', () => {
  const { probabilities, candidates } = overconfident(1, [0, 0, 0]);
  for (const rows of [10, ROWS]) {
    const few = candidates.slice(0, rows);
    const { temperature, biases } = fitCauseCalibration(
      probabilities.slice(0, rows * CLASSES),
      equal(rows),
      few,
      CLASSES,
    );
    expect(Math.abs(temperature - 1)).toBeLessThan(0.5);
    biases.forEach((bias) => expect(Math.abs(bias)).toBeLessThan(0.5));
  }
});

test('a row of two candidates moves neither against the other, and one of none moves nothing', () => {
  const probabilities = Float64Array.of(0.5, 0.3, 0.2, 0.5, 0.3, 0.2);
  const { biases } = fitCauseCalibration(probabilities, equal(2), Uint32Array.of(3, 0), CLASSES);
  expect(biases[2]).toBeLessThan(0);
  expect(biases[0]! / biases[1]!).toBeCloseTo(5 / 3, 0);
  expect(fitCauseCalibration(probabilities, equal(2), Uint32Array.of(0, 0), CLASSES)).toEqual({
    temperature: 1,
    biases: [0, 0, 0],
  });
});
