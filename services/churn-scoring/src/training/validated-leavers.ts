import { Reasons } from '@holdfast/contracts/churn_scoring/v1/scoring';
import type { CategoryColumn, Column } from '@holdfast/learning/table';
import { Table } from '@holdfast/learning/table';
import type { ForwardFold } from '@holdfast/learning/forward-in-time';
import type { ServedModel } from '@holdfast/learning/served-model';
import { CauseModel } from '../reason/cause-model.js';
import { Comparisons } from '../reason/comparisons.js';
import type { JudgedCauses } from '../reason/judge-causes.js';
import type { OutOfFoldLogits } from '../reason/contribution-scale.js';
import { learnCauses } from '../reason/learn-causes.js';
import { ReasonPacker } from '../reason/pack-reasons.js';
import { ReasonReader } from '../reason/read-reasons.js';
import type { TypedColumn } from '../table/typed-column.js';

/** Validated predictions of churned rows. */
export interface ValidatedLeavers {
  /** Numbers of the training rows. */
  readonly rows: readonly number[];
  readonly probabilities: readonly number[];
  /** Encoded Reasons, without comparisons, by the model that had not seen the row's month. */
  readonly reasons: readonly Uint8Array[];
  /** What the models predicted for the causes of each. */
  readonly causes: readonly JudgedCauses[];
}

/** Maximum number per model; the newest months first, because they are closest to the next use. */
const LEAVERS_MAX = 100_000;

/** Comparisons are for scripts, which churned subscriptions have not. */
const nothingToCompare = new Comparisons({ overallShare: 0, columns: [] });

interface FittedModels {
  readonly fitted: readonly ServedModel[];
  outOfFoldOf(model: ServedModel): OutOfFoldLogits | undefined;
}

interface LeaverSource {
  readonly data: readonly Column[];
  readonly types: ReadonlyMap<string, TypedColumn>;
  readonly labels: Uint8Array;
  readonly leaveReasons: CategoryColumn | undefined;
  readonly seed: number;
}

/**
 * Explains the churners of each judged month with the model of that month, out of sample: also their causes are learned
 * from the churners of the months before.
 * @param fits with one model for each fold, in their order
 */
export function explainLeavers(
  folds: readonly ForwardFold[],
  fits: FittedModels,
  { data, types, labels, leaveReasons, seed }: LeaverSource,
): ValidatedLeavers {
  const table = new Table(data);
  const found: { row: number; probability: number; reasons: Uint8Array; causes: JudgedCauses }[] = [];
  for (const [at, fold] of [...folds.entries()].reverse()) {
    const model = fits.fitted[at]!;
    const columns = model.parts.columns.map((name) => types.get(name)!);
    const outOfFold = fits.outOfFoldOf(model);
    const source = { model, outOfFold, columns, table, rows: fold.training, labels, leaveReasons, seed };
    const causes = new CauseModel(learnCauses(source), columns);
    const packer = new ReasonPacker(columns, causes, nothingToCompare);
    const leavers = fold.judged.filter((row) => labels[row] === 1).slice(0, LEAVERS_MAX - found.length);
    const probabilities = model.predict(table, leavers);
    const explanation = model.explain(table, leavers);
    const explained = packer.block(explanation, table, leavers);
    const reader = new ReasonReader(columns, causes, nothingToCompare, () => explanation.base);
    leavers.forEach((row, position) => {
      const reasons = reader.read(packer.pack(explained, position).bytes);
      const named = reasons.causes.find((cause) => cause.named)?.cause;
      const told = { row, probabilities: causes.row(explained.assessed, position), named, shares: causes.json.shares };
      found.push({
        row,
        probability: probabilities[position]!,
        reasons: Reasons.encode(reasons).finish(),
        causes: told,
      });
    });
  }
  return {
    rows: found.map(({ row }) => row),
    probabilities: found.map(({ probability }) => probability),
    reasons: found.map(({ reasons }) => reasons),
    causes: found.map(({ causes }) => causes),
  };
}
