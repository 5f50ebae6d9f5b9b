import type { CategoryColumn, Column } from '@holdfast/learning/table';
import type { Kind } from '../model/kind.js';
import type { Panel, PanelNames } from './panel.js';
import type { TrainingRows } from './training-rows.js';

/** The rows whose label of one kind is known. Their buffers belong to no other kind: they move into the thread. */
export interface KindRows {
  readonly columns: readonly Column[];
  /** 1 left by the kind, 0 did not. */
  readonly labels: Uint8Array<ArrayBuffer>;
  /** Months after the row in which it left by the kind, NaN where it did not; undefined where the table has no dates. */
  readonly leftAfter: Float64Array<ArrayBuffer> | undefined;
  readonly split: Float64Array<ArrayBuffer> | undefined;
  readonly panel: Panel | undefined;
  readonly names: PanelNames | undefined;
  /** See TrainingRows. */
  readonly leaveReasons: CategoryColumn | undefined;
}

/** @param isLast whether the rows are not read again: then columns are copied only where rows are omitted */
export function kindRows(rows: TrainingRows, kind: Kind, isLast: boolean): KindRows {
  const labels = rows.labels.get(kind)!;
  const known = Uint32Array.from(labels.keys()).filter((row) => !Number.isNaN(labels[row]!));
  const isMoved = isLast && known.length === labels.length;
  const { split, panel, names, leaveReasons } = rows;
  const leftAfter = rows.leftAfter.get(kind);
  return {
    columns: isMoved ? rows.columns : rows.columns.map((column) => partOf(column, known)),
    labels: Uint8Array.from(known, (row) => labels[row]!),
    leftAfter: leftAfter && Float64Array.from(known, (row) => leftAfter[row]!),
    leaveReasons: leaveReasons && { ...leaveReasons, codes: known.map((row) => leaveReasons.codes[row]!) },
    split: split && Float64Array.from(known, (row) => split[row]!),
    panel: panel && {
      months: known.map((row) => panel.months[row]!),
      subscriptions: known.map((row) => panel.subscriptions[row]!),
      lostInGapByMonth: panel.lostInGap[kind],
    },
    names: names && { ...names, unitCodes: known.map((row) => names.unitCodes[row]!) },
  };
}

function partOf(column: Column, rows: Uint32Array): Column {
  if (column.kind === 'category') return { ...column, codes: rows.map((row) => column.codes[row]!) };
  return { ...column, values: Float64Array.from(rows, (row) => column.values[row]!) };
}
