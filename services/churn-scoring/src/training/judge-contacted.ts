import type { ContactedRows } from '@holdfast/contracts/churn_scoring/v1/model';
import type { FitContext } from '@holdfast/learning/learner';
import { meanPredictions } from '@holdfast/learning/measured';
import { calibrationError, meanProbability, observedRate, rankOutcomes } from '@holdfast/learning/metrics';
import type { ServedModel } from '@holdfast/learning/served-model';
import type { Learner } from '@holdfast/learning/learner';
import type { Table } from '@holdfast/learning/table';
import { predictHeldOut, type Validation, type ValidationPlan } from '@holdfast/learning/validation';
import type { ContactedTreatment } from '../model/contacted.js';
import { known } from './figures.js';
import type { TrainingUnits } from './training-units.js';

/** Fewer rows of a class that were not contacted are too few to learn from. */
const CLASS_ROWS_MIN = 20;

interface JudgedContacts {
  readonly table: Table;
  readonly labels: Uint8Array;
  /** Rows with a label. */
  readonly rows: Uint32Array;
  readonly contacted: Uint8Array;
  readonly plan: ValidationPlan;
  /** By row, of a table with months. */
  readonly months: Uint32Array | undefined;
  readonly treatment: ContactedTreatment;
  readonly validation: Validation;
}

/** What the treatment of contacted rows is compared with: that they are kept, or, where they are, excluded. */
export function comparedTreatment(treatment: ContactedTreatment): ContactedTreatment {
  return treatment === 'keep' ? 'exclude' : 'keep';
}

/**
 * How many rows were contacted, and what their treatment changed: both ways of training predict the judged rows that were
 * not contacted, whose labels no contact has biased. Without figures where too few rows would be left to learn from.
 * @param other learns from the compared rows
 */
export async function judgeContacted(
  { table, labels, rows, contacted, plan, months, treatment, validation }: JudgedContacts,
  other: Learner<ServedModel>,
  units: TrainingUnits,
  context: FitContext,
): Promise<ContactedRows> {
  const { predictedRows, predictions } = validation;
  const ofContacted = rows.filter((row) => contacted[row] === 1);
  const places = Uint32Array.from(predictedRows.keys()).filter((at) => contacted[predictedRows[at]!] !== 1);
  const counts = {
    rows: ofContacted.length,
    share: ofContacted.length / rows.length,
    positives: ofContacted.reduce((sum, row) => sum + labels[row]!, 0),
    treatment,
    comparedWith: comparedTreatment(treatment),
    judgedRows: places.length,
    judgedContacted: predictedRows.length - places.length,
  };
  const none = {
    ...{ auc: undefined, comparedAuc: undefined, difference: undefined, rate: undefined },
    ...{ calibrationError: undefined, comparedCalibrationError: undefined },
    ...{ meanPrediction: undefined, comparedMeanPrediction: undefined },
  };
  const isLearnable = (training: Uint32Array): boolean => {
    const others = training.filter((row) => contacted[row] !== 1);
    const positives = others.reduce((sum, row) => sum + labels[row]!, 0);
    return Math.min(positives, others.length - positives) >= CLASS_ROWS_MIN;
  };
  if (plan.kind !== 'forward' || !plan.folds.every(({ training }) => isLearnable(training))) {
    return { ...counts, ...none };
  }
  const heldOut = await predictHeldOut(other, table, labels, rows, plan, context);
  const compared = meanPredictions(heldOut.repeats);
  const at = (values: Float64Array): Float64Array => Float64Array.from(places, (place) => values[place]!);
  const judged = places.map((place) => predictedRows[place]!);
  const outcomes = Uint8Array.from(judged, (row) => labels[row]!);
  const listed = [...new Set(judged.map((row) => months![row]!))];
  const lists = judged.map((row) => listed.indexOf(months![row]!));
  const [own, others] = [at(predictions), at(compared)];
  const { first, second, difference } = await units.run('compare', {
    predictions: { first: own, second: others },
    labels: outcomes,
    of: { seed: context.seed, groups: context.groups && judged.map((row) => context.groups![row]!), lists },
  });
  const [ranked, rankedOthers] = [rankOutcomes(own, outcomes, lists), rankOutcomes(others, outcomes, lists)];
  return {
    ...counts,
    auc: known(first),
    comparedAuc: known(second),
    difference: Number.isFinite(difference.mean) ? difference : undefined,
    calibrationError: known(calibrationError(ranked)),
    comparedCalibrationError: known(calibrationError(rankedOthers)),
    meanPrediction: known(meanProbability(ranked)),
    comparedMeanPrediction: known(meanProbability(rankedOthers)),
    rate: known(observedRate(ranked)),
  };
}
