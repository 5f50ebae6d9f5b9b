import type { Table } from '@holdfast/contracts/feature_store/v1/lake';
import type { ColumnBatch } from '@holdfast/contracts/platform/v1/columns';
import { readNumbers } from '@holdfast/platform/columns';
import { KINDS, RETENTION, type Kind } from '../model/kind.js';
import type { TypedColumn } from '../table/typed-column.js';

/** Columns of a view with what happened to its rows later; never features. */
const OUTCOMES = ['lost_in_gap', 'left_after_months', 'left_involuntarily', 'value_lost'] as const;
export type Outcome = (typeof OUTCOMES)[number];

/** The outcomes that a table has. Columns of plain tables are the operator's, whatever their names. */
export function outcomesOf({
  origin,
  columns,
}: Pick<Table, 'origin' | 'columns'>): (TypedColumn & { name: Outcome })[] {
  if (origin !== 'view') return [];
  const names = new Set(columns.map(({ name }) => name));
  return OUTCOMES.filter((name) => names.has(name)).map((name) => ({ name, type: 'number' }));
}

/** Kinds that are trained on the rows of another one, in the order of training. */
export function kindsAlongside(kind: Kind, table: Pick<Table, 'origin' | 'columns'>): Kind[] {
  if (kind !== RETENTION) return [];
  const outcomes = outcomesOf(table).map(({ name }) => name);
  return KINDS.filter((each) => each !== kind && hasLabel(each, outcomes));
}

/** Whether a table with these outcomes has the label of a kind. */
export function hasLabel(kind: Kind, outcomes: readonly Outcome[]): boolean {
  switch (kind) {
    case 'status':
      return true;
    case 'involuntary':
      return outcomes.includes('left_involuntarily');
    case 'value':
      return outcomes.includes('value_lost');
  }
}

/** What happened to a row later; outcomes that the table has not are undefined. */
export type RowOutcomes = Readonly<Partial<Record<Outcome, number>>>;

/** By row of a batch. @param outcomes those that the table has */
export function rowOutcomes(features: ColumnBatch, outcomes: readonly Outcome[]): RowOutcomes[] {
  const columns = outcomes.map((name) => [name, readNumbers(features, name)] as const);
  return Array.from({ length: features.rows }, (_, row) =>
    Object.fromEntries(columns.map(([name, values]) => [name, values[row]!])),
  );
}

/** Label of a row: 1 or 0, NaN where it is not known. @param label of the table: 1 churned, whatever the reason */
export function labelOfKind(kind: Kind, label: number, outcomes: RowOutcomes): number {
  if (kind === 'value') return outcomes.value_lost ?? NaN;
  if (Number.isNaN(label)) return label;
  return label === 1 && (outcomes.left_involuntarily === 1) === (kind === 'involuntary') ? 1 : 0;
}

/** Whether the table has the month in which a row left by this kind; a loss of value has a horizon of its definition. */
export function hasDates(kind: Kind, outcomes: readonly Outcome[]): boolean {
  return kind !== 'value' && outcomes.includes('left_after_months');
}

/** Months after a row in which it left by this kind; NaN where it did not, or left by the other one first. */
export function leftAfterOf(kind: Kind, { left_after_months: months = NaN, left_involuntarily }: RowOutcomes): number {
  return (left_involuntarily === 1) === (kind === 'involuntary') ? months : NaN;
}

/** Whether the subscription of a row left by this kind before the month of its label; a loss of value has no gap. */
export function isLostInGap(kind: Kind, outcomes: RowOutcomes): boolean {
  if (outcomes.lost_in_gap !== 1 || kind === 'value') return false;
  return (outcomes.left_involuntarily === 1) === (kind === 'involuntary');
}
