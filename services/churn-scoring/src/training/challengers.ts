import type { Challenger } from '@holdfast/contracts/churn_scoring/v1/model';
import { inOrder, partsAtOnce, type FitContext } from '@holdfast/learning/learner';
import { meanPredictions } from '@holdfast/learning/measured';
import type { Table } from '@holdfast/learning/table';
import { predictHeldOut, type Validation, type ValidationPlan } from '@holdfast/learning/validation';
import { challengerReason, TENURE_COLUMN, type ChallengerName, type ChallengerReason } from '../model/challenger.js';
import type { ContactedTreatment } from '../model/contacted.js';
import { ChallengerElsewhere } from './learners-elsewhere.js';
import type { TrainingUnits } from './training-units.js';

interface JudgedRows {
  readonly table: Table;
  readonly labels: Uint8Array;
  readonly rows: Uint32Array;
  readonly plan: ValidationPlan;
  /** Of the boosted trees; the fits of the challengers do not wait for it. */
  readonly trees: Promise<Validation>;
  /** By row, of a table with months. */
  readonly months: Uint32Array | undefined;
  /** What is done with contacted rows, as for the trees. */
  readonly treatment: ContactedTreatment;
  /** Whether columns are monotone, which the methods do not keep. */
  readonly isMonotone: boolean;
}

interface JudgedChallengers {
  readonly figures: Challenger[];
  /** What is trained in place of the trees; undefined where they are not beaten. */
  readonly best: ChallengerName | undefined;
}

/**
 * Judges challengers on the rows and folds on which the boosted trees were judged. The trees are replaced by the
 * challenger with the highest AUC, if the interval of its paired difference is above 0. Only its ranking counts here, so a
 * challenger is calibrated only where it replaces them.
 */
export async function judgeChallengers(
  names: readonly ChallengerName[],
  judged: JudgedRows,
  units: TrainingUnits,
  context: FitContext,
): Promise<JudgedChallengers> {
  const contexts = partsAtOnce(context, names.length);
  const figures = await inOrder(
    names.map(async (name, at): Promise<Challenger> => {
      const reason = reasonAgainst(name, judged);
      if (reason === undefined) return figuresOf(name, judged, units, contexts[at]!);
      const counts = { auc: undefined, treesAuc: undefined, difference: undefined };
      return { method: name, ...counts, chosen: false, ...challengerReason(reason) };
    }),
  );
  let best: number | undefined;
  for (const [at, { auc, difference }] of figures.entries()) {
    const isBetter = (difference?.low ?? 0) > 0 && !(best !== undefined && figures[best]!.auc! >= auc!);
    if (isBetter) best = at;
  }
  context.onProgress?.(1);
  return {
    figures: figures.map((figure, at) => ({ ...figure, chosen: at === best })),
    best: best === undefined ? undefined : names[best],
  };
}

/** Why the method cannot be judged on the table; undefined where it can. */
function reasonAgainst(name: ChallengerName, { table, isMonotone }: JudgedRows): ChallengerReason | undefined {
  if (isMonotone) return 'challenger.monotone';
  if (name !== 'survival') return undefined;
  const hasTenure = table.columns.some((column) => column.name === TENURE_COLUMN && column.kind === 'number');
  return hasTenure ? undefined : 'challenger.noTenure';
}

async function figuresOf(
  method: ChallengerName,
  { table, labels, rows, plan, trees, months, treatment }: JudgedRows,
  units: TrainingUnits,
  context: FitContext,
): Promise<Challenger> {
  const learner = new ChallengerElsewhere(method, units, treatment);
  const heldOut = await predictHeldOut(learner, table, labels, rows, plan, context);
  const { predictedRows, predictions } = await trees;
  const listed = months === undefined ? [] : [...new Set(Array.from(predictedRows, (row) => months[row]!))];
  const { first, second, difference } = await units.run('compare', {
    predictions: { first: meanPredictions(heldOut.repeats), second: predictions },
    labels: Uint8Array.from(predictedRows, (row) => labels[row]!),
    of: {
      seed: context.seed,
      groups: context.groups && Uint32Array.from(predictedRows, (row) => context.groups![row]!),
      lists:
        plan.kind === 'forward' ? Uint32Array.from(predictedRows, (row) => listed.indexOf(months![row]!)) : undefined,
    },
  });
  const isKnown = Number.isFinite(difference.mean);
  return {
    method,
    auc: isKnown ? first : undefined,
    treesAuc: isKnown ? second : undefined,
    difference: isKnown ? difference : undefined,
    chosen: false,
    ...{ reason: '', reasonEn: '', reasonZhCn: '' },
  };
}
