import { Validation as ValidationMessage } from '@holdfast/contracts/churn_scoring/v1/model';
import type { Validation } from '@holdfast/learning/validation';
import { calibrationBins, validationReport } from './validation-report.js';

test('bins are of equal count, by predicted probability', () => {
  const predictions = Float64Array.of(0.9, 0.1, 0.2, 0.8);
  expect(calibrationBins(predictions, Uint8Array.of(1, 0, 1, 1), 2)).toEqual([
    { predicted: expect.closeTo(0.15) as number, observed: 0.5, rows: 2 },
    { predicted: expect.closeTo(0.85) as number, observed: 1, rows: 2 },
  ]);
});

test('fewer rows than bins leave no empty bin', () => {
  const bins = calibrationBins(Float64Array.of(0.3, 0.6), Uint8Array.of(0, 1), 10);
  expect(bins.map(({ rows }) => rows)).toEqual([1, 1]);
});

test('a figure that cannot be worked out is absent, not 0', () => {
  const unknown = { mean: Number.NaN, low: Number.NaN, high: Number.NaN };
  const known = { mean: 0.1, low: Number.NaN, high: Number.NaN };
  const validation: Validation = {
    plan: 'repeatedFolds',
    folds: 5,
    repeats: 1,
    lostInGap: 0,
    recall10: Number.NaN,
    predictedRows: Uint32Array.of(0, 1),
    rows: 2,
    positives: 0,
    auc: unknown,
    averagePrecision: unknown,
    lift10: unknown,
    precisionAtCapacity: unknown,
    brier: known,
    logLoss: unknown,
    calibrationError: known,
    rate: 0,
    meanPrediction: 0.1,
    calibrationSlope: Number.NaN,
    calibrationIntercept: Number.NaN,
    perfectCalibrationError: { mean: 0, high: Number.NaN },
    predictions: Float64Array.of(0.1, 0.1),
  };
  const report = validationReport(validation, new Uint8Array(2), { kind: 'repeatedFolds', folds: 5, repeats: 1 });
  // As it is stored and read again.
  const read = ValidationMessage.fromPartial(JSON.parse(JSON.stringify(report)) as object);
  expect(read).toMatchObject({ rate: 0, calibrationErrorIdealMean: 0, brier: { mean: 0.1 } });
  for (const figure of ['auc', 'averagePrecision', 'lift10', 'logLoss', 'calibrationSlope', 'recall10'] as const)
    expect(read[figure]).toBeUndefined();
  expect([read.brier!.low, read.calibrationErrorIdealP95]).toEqual([undefined, undefined]);
});
