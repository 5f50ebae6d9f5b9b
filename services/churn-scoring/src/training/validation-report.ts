import type {
  CalibrationBin,
  LastMonth,
  Validation as ValidationMessage,
} from '@holdfast/contracts/churn_scoring/v1/model';
import { measure } from '@holdfast/learning/measured';
import type { ClassWeights } from '@holdfast/learning/metrics';
import type { Validation, ValidationPlan } from '@holdfast/learning/validation';
import { monthText } from '@holdfast/platform/calendar';
import { estimateOf, known } from './figures.js';

const BINS = 10;

/**
 * Validation as a message; figures that cannot be computed are omitted.
 * @param labels of every row of the table @param months of every row, of a panel
 */
export function validationReport(
  validation: Validation,
  labels: Uint8Array,
  plan: ValidationPlan,
  weights?: ClassWeights,
  months?: Uint32Array,
): ValidationMessage {
  const forward = plan.kind === 'forward' && months !== undefined ? plan.folds : [];
  const learnt = new Set(forward.flatMap(({ training }) => [...new Set(training.map((row) => months![row]!))]));
  return {
    scheme: schemeOf(validation),
    rows: validation.rows,
    positives: validation.positives,
    auc: estimateOf(validation.auc),
    averagePrecision: estimateOf(validation.averagePrecision),
    lift10: estimateOf(validation.lift10),
    brier: estimateOf(validation.brier),
    calibrationError: estimateOf(validation.calibrationError),
    calibrationErrorIdealMean: known(validation.perfectCalibrationError.mean),
    calibrationErrorIdealP95: known(validation.perfectCalibrationError.high),
    calibrationSlope: known(validation.calibrationSlope),
    logLoss: known(validation.logLoss.mean),
    bins: calibrationBins(
      validation.predictions,
      Uint8Array.from(validation.predictedRows, (row) => labels[row]!),
      BINS,
      weights,
    ),
    trainingMonths: [...learnt].sort((left, right) => left - right).map(monthText),
    judgedMonths: forward.map(({ month }) => monthText(month)),
    lostInGap: validation.lostInGap,
    recall10: plan.kind === 'forward' ? known(validation.recall10) : undefined,
    rate: known(validation.rate),
    meanPrediction: known(validation.meanPrediction),
    lastMonth: undefined,
    baseline: undefined,
    horizons: [],
    challengers: [],
    capacity: undefined,
    causes: undefined,
    contacted: undefined,
  };
}

/**
 * What was predicted of the last month with labels, and what happened; undefined where rows are not of months. Its AUC
 * has its own interval: a month has few churners.
 */
export function lastMonthOf(
  { plan, predictedRows, predictions }: Validation,
  labels: Uint8Array,
  months: Uint32Array | undefined,
  { seed, weights, capacityShare }: { seed: number; weights: ClassWeights | undefined; capacityShare: number },
): LastMonth | undefined {
  if (months === undefined) return undefined;
  const month = predictedRows.reduce((last, row) => Math.max(last, months[row]!), 0);
  const places = Uint32Array.from(predictedRows.keys()).filter((at) => months[predictedRows[at]!] === month);
  const outcomes = Uint8Array.from(places, (at) => labels[predictedRows[at]!]!);
  const predicted = Float64Array.from(places, (at) => predictions[at]!);
  const { rows, positives, rate, meanPrediction, auc, precisionAtCapacity } = measure(
    [predicted],
    outcomes,
    undefined,
    seed,
    undefined,
    weights,
    capacityShare,
  );
  return {
    month: monthText(month),
    rows,
    positives,
    realised: known(rate),
    meanPrediction: known(meanPrediction),
    auc: estimateOf(auc),
    isForward: plan === 'forward',
    precisionAtCapacity: estimateOf(precisionAtCapacity),
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
export function calibrationBins(
  predictions: Float64Array,
  labels: Uint8Array,
  binCount = BINS,
  weights: ClassWeights = { positive: 1, negative: 1 },
): CalibrationBin[] {
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
    const weightOf = (at: number): number => (labels[at] === 1 ? weights.positive : weights.negative);
    const total = members.reduce((sum, at) => sum + weightOf(at), 0);
    const meanOf = (values: Float64Array | Uint8Array): number =>
      members.reduce((sum, at) => sum + weightOf(at) * values[at]!, 0) / total;
    bins.push({ predicted: meanOf(predictions), observed: meanOf(labels), rows: members.length });
  }
  return bins;
}
