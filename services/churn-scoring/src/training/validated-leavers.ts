import { Reasons } from '@holdfast/contracts/churn_scoring/v1/scoring';
import type { ForwardFold } from '@holdfast/learning/forward-in-time';
import type { Table } from '@holdfast/learning/table';
import { CauseModel } from '../reason/cause-model.js';
import { Comparisons } from '../reason/comparisons.js';
import { learnCauses } from '../reason/learn-causes.js';
import { ReasonPacker } from '../reason/pack-reasons.js';
import { ReasonReader } from '../reason/read-reasons.js';
import type { Fitted } from './horizons.js';
import { columnsOf, type TrainingInput, type ValidatedLeavers } from './training-input.js';

/** Maximum number per model; the newest months first, because they are closest to the next use. */
const LEAVERS_MAX = 100_000;

/** Comparisons are for scripts, which churned subscriptions have not. */
const nothingToCompare = new Comparisons({ overallShare: 0, columns: [] });

/** The churners of a judged month. */
export interface LeaversOfFold {
  readonly training: Uint32Array;
  readonly leavers: Uint32Array;
}

/** The newest month first; one with more than there is room for keeps its first ones. */
export function leaversByFold(folds: readonly ForwardFold[], labels: Uint8Array): LeaversOfFold[] {
  let room = LEAVERS_MAX;
  return [...folds].reverse().map(({ training, judged }) => {
    const leavers = judged.filter((row) => labels[row] === 1).slice(0, room);
    room -= leavers.length;
    return { training, leavers };
  });
}

/**
 * Explains the churners of a judged month with the model of that month, out of sample: also their causes are learned
 * from the churners of the months before.
 */
export function explainLeavers(
  { training, leavers }: LeaversOfFold,
  { model, outOfFold }: Fitted,
  table: Table,
  input: Pick<TrainingInput, 'columns' | 'labels' | 'leaveReasons' | 'seed'>,
): ValidatedLeavers {
  const { labels, leaveReasons, seed } = input;
  const columns = columnsOf(model.parts.columns, input);
  const source = { model, outOfFold, columns, table, rows: training, labels, leaveReasons, seed };
  const causes = new CauseModel(learnCauses(source), columns);
  const packer = new ReasonPacker(columns, causes, nothingToCompare);
  const probabilities = model.predict(table, leavers);
  const explanation = model.explain(table, leavers);
  const block = packer.block(explanation, table, leavers);
  const reader = new ReasonReader(columns, causes, nothingToCompare, () => explanation.base);
  const explained = Array.from(leavers, (row, position) => {
    const reasons = reader.read(packer.pack(block, position).bytes);
    const named = reasons.causes.find((cause) => cause.named)?.cause;
    const told = { row, probabilities: causes.row(block.assessed, position), named, shares: causes.json.shares };
    return { reasons: Reasons.encode(reasons).finish(), causes: told };
  });
  return {
    rows: [...leavers],
    probabilities: [...probabilities],
    reasons: explained.map(({ reasons }) => reasons),
    causes: explained.map(({ causes: told }) => told),
  };
}

/** Those of all months as one. */
export function allLeavers(byFold: readonly ValidatedLeavers[]): ValidatedLeavers {
  return {
    rows: byFold.flatMap(({ rows }) => rows),
    probabilities: byFold.flatMap(({ probabilities }) => probabilities),
    reasons: byFold.flatMap(({ reasons }) => reasons),
    causes: byFold.flatMap(({ causes }) => causes),
  };
}
