import { probabilityOf } from '@holdfast/learning/logistic';
import { contributionScale, type ExplainedRows } from './contribution-scale.js';

const model = { probabilitiesOf: (logits: Float64Array) => logits.map((logit) => probabilityOf(0.5 * logit - 1)) };

function explained(rows: number[], logits: number[]): ExplainedRows {
  const explanation = { columns: [], base: 0, contributions: new Float64Array(), logits: Float64Array.from(logits) };
  return { rows: Uint32Array.from(rows), explanation };
}

const leavers = explained([0, 1], [2, 4]);
const usual = explained([1, 2, 3], [4, -2, -5]);

test('contributions are scaled to calibrated log-odds, and those of training rows to what held-out rows have', () => {
  // Churners are 3 + 1 from all rows; calibrated 2, and 1.5 by models that had not seen them.
  const logits = Float64Array.of(0.5, 1.5, -1.5, -1.5);
  const scale = contributionScale(model, leavers, usual, { rows: Uint32Array.of(0, 1, 2, 3), logits });
  expect(scale.calibrated).toBeCloseTo(0.5, 9);
  expect(scale.ofTraining).toBeCloseTo(1.5 / 2, 9);
});

test('a model that was not fitted here, or one that separates nothing, leaves contributions as they are', () => {
  expect(contributionScale(model, leavers, usual, undefined).ofTraining).toBe(1);
  const elsewhere = { rows: Uint32Array.of(9), logits: Float64Array.of(1) };
  expect(contributionScale(model, leavers, usual, elsewhere).ofTraining).toBe(1);
  const flat = explained([0, 1], [-1, -1]);
  expect(contributionScale(model, flat, flat, undefined)).toEqual({ calibrated: 1, ofTraining: 1 });
});

test('neither factor becomes extreme with few rows', () => {
  const logits = Float64Array.of(-3, -3, 3, 3);
  const { ofTraining } = contributionScale(model, leavers, usual, { rows: Uint32Array.of(0, 1, 2, 3), logits });
  expect(ofTraining).toBe(0.3);
});
