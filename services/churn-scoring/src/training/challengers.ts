import type { Challenger } from '@holdfast/contracts/churn_scoring/v1/model';
import { DiscreteHazard } from '@holdfast/learning/discrete-hazard';
import { EvidenceRegression } from '@holdfast/learning/evidence-regression';
import { partOf, type FitContext, type Learner } from '@holdfast/learning/learner';
import type { MarginModel } from '@holdfast/learning/margin-model';
import { compareAuc, meanPredictions } from '@holdfast/learning/measured';
import { CalibratedLearner } from '@holdfast/learning/served-model';
import { RecurrentNetwork } from '@holdfast/learning/recurrent-network';
import type { Table } from '@holdfast/learning/table';
import { predictHeldOut, type Validation, type ValidationPlan } from '@holdfast/learning/validation';
import { challengerReason, TENURE_COLUMN, type ChallengerName, type ChallengerReason } from '../model/challenger.js';

interface JudgedRows {
  readonly table: Table;
  readonly labels: Uint8Array;
  readonly rows: Uint32Array;
  readonly plan: ValidationPlan;
  /** Of the boosted trees. */
  readonly trees: Validation;
  /** By row, of a table with months. */
  readonly months: Uint32Array | undefined;
  /** Whether columns are monotone, which the methods do not keep. */
  readonly isMonotone: boolean;
}

interface JudgedChallengers {
  readonly figures: Challenger[];
  /** What is trained in place of the trees; undefined where they are not beaten. */
  readonly best: CalibratedLearner | undefined;
}

/**
 * Judges challengers on the rows and folds on which the boosted trees were judged. The trees are replaced by the
 * challenger with the highest AUC, if the interval of its paired difference is above 0. Only its ranking counts here, so a
 * challenger is calibrated only where it replaces them.
 */
export async function judgeChallengers(
  names: readonly ChallengerName[],
  judged: JudgedRows,
  context: FitContext,
): Promise<JudgedChallengers> {
  const figures: Challenger[] = [];
  let best: { learner: Learner<MarginModel>; figure: Challenger } | undefined;
  for (const [at, name] of names.entries()) {
    const learner = learnerOf(name, judged);
    if (typeof learner === 'string') {
      const counts = { auc: undefined, treesAuc: undefined, difference: undefined };
      figures.push({ method: name, ...counts, chosen: false, ...challengerReason(learner) });
      continue;
    }
    const part = partOf(context, at / names.length, (at + 1) / names.length);
    const figure = await figuresOf(name, learner, judged, part);
    figures.push(figure);
    const isBetter = (figure.difference?.low ?? 0) > 0 && !(best !== undefined && best.figure.auc! >= figure.auc!);
    if (isBetter) best = { learner, figure };
  }
  if (names.length > 0) context.onProgress?.(1);
  return {
    figures: figures.map((figure) => ({ ...figure, chosen: figure === best?.figure })),
    best: best && new CalibratedLearner(best.learner),
  };
}

/** The learner, or why the method cannot be judged on the table. */
function learnerOf(name: ChallengerName, { table, isMonotone }: JudgedRows): Learner<MarginModel> | ChallengerReason {
  if (isMonotone) return 'challenger.monotone';
  switch (name) {
    case 'weight-of-evidence':
      return new EvidenceRegression();
    case 'network':
      return new RecurrentNetwork();
    case 'survival': {
      const hasTenure = table.columns.some((column) => column.name === TENURE_COLUMN && column.kind === 'number');
      return hasTenure ? new DiscreteHazard() : 'challenger.noTenure';
    }
  }
}

async function figuresOf(
  method: ChallengerName,
  learner: Learner<MarginModel>,
  { table, labels, rows, plan, trees, months }: JudgedRows,
  context: FitContext,
): Promise<Challenger> {
  const heldOut = await predictHeldOut(learner, table, labels, rows, plan, context);
  const { predictedRows } = trees;
  const listed = months === undefined ? [] : [...new Set(Array.from(predictedRows, (row) => months[row]!))];
  const { first, second, difference } = compareAuc(
    { first: meanPredictions(heldOut.repeats), second: trees.predictions },
    Uint8Array.from(predictedRows, (row) => labels[row]!),
    {
      seed: context.seed,
      groups: context.groups && Uint32Array.from(predictedRows, (row) => context.groups![row]!),
      lists:
        plan.kind === 'forward' ? Uint32Array.from(predictedRows, (row) => listed.indexOf(months![row]!)) : undefined,
    },
  );
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
