import fc from 'fast-check';
import { calibrate, chooseCalibration, fitIsotonic, fitPlatt, priorShift } from './calibration.js';
import { logitOf, probabilityOf } from './logistic.js';
import { RandomStream } from './random.js';

const logits = Float64Array.of(-2, -1.5, -1, -0.5, 0, 0.5, 1, 1.5, 2, 2.5);
const labels = Uint8Array.of(0, 0, 1, 0, 0, 1, 0, 1, 1, 1);

test("Platt's line agrees with SciPy's root of the same equations", () => {
  const { slope, intercept } = fitPlatt(logits, labels);
  expect(slope).toBeCloseTo(1.0873929359782335, 5);
  expect(intercept).toBeCloseTo(-0.27184823399455843, 5);
});

test('separable classes keep a finite slope', () => {
  const { slope } = fitPlatt(Float64Array.of(-1, -0.5, 0.5, 1), Uint8Array.of(0, 0, 1, 1));
  expect(Number.isFinite(slope)).toBe(true);
  expect(slope).toBeGreaterThan(5);
});

test('isotonic blocks are those of scikit-learn', () => {
  // IsotonicRegression: 0, 1/3, 1/2 and 1 on 2, 3, 2 and 3 rows; here each is shrunk to one half by one row
  const { from, to } = fitIsotonic(logits, labels);
  expect(from).toEqual([-1.75, -0.5, 0.75, 2]);
  [0.5 / 3, 1.5 / 4, 1.5 / 3, 3.5 / 4].forEach((rate, block) => {
    expect(probabilityOf(to[block]!)).toBeCloseTo(rate, 12);
  });
});

test('every kind keeps the order of logits', () => {
  const pair = fc.tuple(fc.double({ min: -5, max: 5, noNaN: true }), fc.boolean());
  const pairs = fc.array(pair, { minLength: 1, maxLength: 60 });
  fc.assert(
    fc.property(
      pairs,
      fc.double({ min: -9, max: 9, noNaN: true }),
      fc.double({ min: 0, max: 3, noNaN: true }),
      (rows, low, step) => {
        const given = Float64Array.from(rows, ([logit]) => logit);
        const fitted = fitIsotonic(
          given,
          Uint8Array.from(rows, ([, label]) => (label ? 1 : 0)),
        );
        expect(calibrate(fitted, low + step)).toBeGreaterThanOrEqual(calibrate(fitted, low));
      },
    ),
  );
});

function sample(count: number, bend: (logit: number) => number): { given: Float64Array; outcome: Uint8Array } {
  const random = new RandomStream(12);
  const given = Float64Array.from({ length: count }, () => 6 * random.next() - 3);
  return { given, outcome: Uint8Array.from(given, (logit) => (random.next() < probabilityOf(bend(logit)) ? 1 : 0)) };
}

test.each([
  ['identity', (logit: number) => logit],
  ['platt', (logit: number) => 0.4 * logit - 1],
  ['isotonic', (logit: number) => (logit < 0 ? -2 : 2)],
])('chooses %s where the truth needs it', (kind, bend) => {
  const { given, outcome } = sample(4_000, bend);
  expect(chooseCalibration(given, outcome, new RandomStream(1)).kind).toBe(kind);
});

test('keeps predictions with too few rows of a class', () => {
  const { given, outcome } = sample(30, (logit) => 0.2 * logit);
  expect(chooseCalibration(given, outcome, new RandomStream(1))).toEqual({ kind: 'identity' });
});

test('the prior shift turns the enriched rate into the natural one', () => {
  expect(probabilityOf(logitOf(0.5) + priorShift(0.5, 0.02))).toBeCloseTo(0.02, 12);
  // odds 3 : 1 at half and half are 3 : 49 at 2 %
  expect(probabilityOf(logitOf(0.75) + priorShift(0.5, 0.02))).toBeCloseTo(3 / 52, 12);
  expect(() => priorShift(0.5, 0)).toThrow(RangeError);
});
