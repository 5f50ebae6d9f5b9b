import type { ColumnImportance } from '@holdfast/contracts/churn_scoring/v1/model';
import type { Explanation } from '@holdfast/learning/margin-model';
import type { ClassWeights } from '@holdfast/learning/metrics';
import type { ServedModel } from '@holdfast/learning/served-model';
import type { Column, Table } from '@holdfast/learning/table';
import type { Reference } from '../drift/distribution.js';
import { learnComparisons, type ComparisonTable } from '../reason/comparisons.js';
import { spread } from '../reason/learn-causes.js';
import type { TypedColumn } from '../table/typed-column.js';
import { referenceOf } from './reference.js';
import type { TrainingInput } from './training-input.js';

/** What is learned about a fitted model and its columns from the rows that it learned from. */
export interface DescribedModel {
  /** Highest first. */
  readonly importance: ColumnImportance[];
  readonly comparisons: ComparisonTable;
  readonly reference: Reference;
}

interface DescribedRows {
  readonly input: TrainingInput;
  readonly kept: readonly Column[];
  readonly table: Table;
  readonly rows: Uint32Array;
  readonly weights: ClassWeights | undefined;
}

/** Number of rows for stable means and medians of contributions. */
const EXPLAINED_ROWS_MAX = 2_000;

/** @param columns of the model */
export function describeModel(
  model: ServedModel,
  columns: readonly TypedColumn[],
  { input, kept, table, rows, weights }: DescribedRows,
): DescribedModel {
  const { labels, forward, isRetention = true } = input;
  const importance = importanceOf(model.explain(table, spread(rows, EXPLAINED_ROWS_MAX)));
  const compared = isRetention ? kept : contributing(kept, importance);
  const typeOf = new Map(input.columns.map(({ name, type }) => [name, type]));
  return {
    importance,
    comparisons: learnComparisons(compared, typeOf, labels, rows),
    reference: referenceOf(model, columns, { table, labels, months: forward?.months }, rows, weights),
  };
}

/** A column without contributions is never shown as a reason, so it needs no comparison. */
function contributing(columns: readonly Column[], importance: readonly ColumnImportance[]): Column[] {
  const used = new Set(importance.filter(({ meanAbsoluteContribution: mean }) => mean > 0).map(({ column }) => column));
  return columns.filter(({ name }) => used.has(name));
}

/** Mean absolute contribution by column, highest first. */
function importanceOf({ columns, contributions, logits }: Explanation): ColumnImportance[] {
  const sums = new Float64Array(columns.length);
  contributions.forEach((contribution, cell) => {
    sums[cell % columns.length] = sums[cell % columns.length]! + Math.abs(contribution);
  });
  return columns
    .map((column, at) => ({ column, meanAbsoluteContribution: sums[at]! / logits.length }))
    .sort(
      (left, right) =>
        right.meanAbsoluteContribution - left.meanAbsoluteContribution || (left.column < right.column ? -1 : 1),
    );
}
