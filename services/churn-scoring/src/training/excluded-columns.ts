import type { ExcludedColumn } from '@holdfast/contracts/churn_scoring/v1/model';
import { defaultInspection, inspectColumns, type ColumnFinding } from '@holdfast/learning/suspected-leak';
import type { Table } from '@holdfast/learning/table';
import type { TrainingInput } from './training-input.js';

const PANEL_POWER_ROWS_MAX = 15_000;

/** Columns that are not learned from: uninformative ones, and those that may be known only after the churn. */
export function excludedColumns(
  { labels, seed, forward }: Pick<TrainingInput, 'labels' | 'seed' | 'forward'>,
  table: Table,
  rows: Uint32Array,
): ExcludedColumn[] {
  // A view has columns by the hundred, and a leak shows in a part of the rows.
  const powerRowsMax = forward === undefined ? defaultInspection.powerRowsMax : PANEL_POWER_ROWS_MAX;
  const found = inspectColumns(table, labels, rows, seed, { ...defaultInspection, powerRowsMax });
  const findings = new Map(found.map((finding) => [finding.column, finding]));
  return [...findings.values()].map((finding) => ({ column: finding.column, reason: reasonOf(finding) }));
}

function reasonOf({ kind }: ColumnFinding): string {
  switch (kind) {
    case 'suspectedLeak':
      return 'suspected_leak';
    case 'identifier':
      return 'identifier';
    case 'constant':
      return 'constant';
    case 'empty':
      return 'empty';
  }
}
