import type { CalibrationBin, Validation as ValidationMessage } from '@holdfast/contracts/churn_scoring/v1/model';
import type { Validation, ValidationPlan } from '@holdfast/learning/validation';
import { monthText } from '@holdfast/platform/month';

const BINS = 10;

/** What was measured, as others see it. @param labels @param months of every row of the table; months of a panel */
export function validationReport(
  validation: Validation,
  labels: Uint8Array,
  plan: ValidationPlan,
  months?: Uint32Array,
): ValidationMessage {
  const forward = plan.kind === 'forward' && months !== undefined ? plan.folds : [];
  const learnt = new Set(forward.flatMap(({ training }) => [...new Set(training.map((row) => months![row]!))]));
  return {
    scheme: schemeOf(validation),
    rows: validation.rows,
    positives: validation.positives,
    auc: validation.auc,
    averagePrecision: validation.averagePrecision,
    lift10: validation.lift10,
    brier: validation.brier,
    calibrationError: validation.calibrationError,
    calibrationErrorIdealMean: validation.perfectCalibrationError.mean,
    calibrationErrorIdealP95: validation.perfectCalibrationError.high,
    calibrationSlope: validation.calibrationSlope,
    logLoss: validation.logLoss.mean,
    bins: calibrationBins(
      validation.predictions,
      Uint8Array.from(validation.predictedRows, (row) => labels[row]!),
    ),
    trainingMonths: [...learnt].sort((left, right) => left - right).map(monthText),
    judgedMonths: forward.map(({ month }) => monthText(month)),
    lostInGap: validation.lostInGap,
    recall10: plan.kind === 'forward' ? validation.recall10 : undefined,
  };
}

function schemeOf({ plan, folds }: Validation): string {
  switch (plan) {
    case 'forward':
      return 'forward in time';
    case 'givenSplit':
      return 'given split';
    case 'repeatedFolds':
      return `repeated ${folds}-fold`;
  }
}

/** Bins of equal count by predicted probability, lowest first: mean prediction against observed share. O(n log n). */
export function calibrationBins(predictions: Float64Array, labels: Uint8Array, binCount = BINS): CalibrationBin[] {
  const order = Uint32Array.from(predictions, (_, at) => at).sort(
    (left, right) => predictions[left]! - predictions[right]!,
  );
  const bins: CalibrationBin[] = [];
  for (let bin = 0; bin < binCount; bin += 1) {
    const members = order.subarray(
      Math.floor((bin * order.length) / binCount),
      Math.floor(((bin + 1) * order.length) / binCount),
    );
    if (members.length === 0) continue;
    const meanOf = (values: Float64Array | Uint8Array): number =>
      members.reduce((sum, at) => sum + values[at]!, 0) / members.length;
    bins.push({ predicted: meanOf(predictions), observed: meanOf(labels), rows: members.length });
  }
  return bins;
}
