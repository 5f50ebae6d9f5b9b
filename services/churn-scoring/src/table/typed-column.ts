import type { ExcludedColumn } from '@holdfast/contracts/churn_scoring/v1/model';
import { ColumnRole, FeatureType, type Table } from '@holdfast/contracts/feature_store/v1/lake';
import type { MonotoneColumns } from '@holdfast/learning/gradient-boosting';
import type { Column, Table as LearningTable } from '@holdfast/learning/table';
import { CAUSES, type Cause } from '@holdfast/platform/terms';

/** How people understand a column. Flags (1 or 0) and dates (days since 1970-01-01) travel as numbers. */
export type ColumnType = 'number' | 'category' | 'flag' | 'date';

export interface TypedColumn {
  readonly name: string;
  readonly type: ColumnType;
  /** Reason that it maps to, of seven; undefined for none. */
  readonly cause?: Cause;
  /** As it rises, no model of churn lowers ('increasing') or raises the probability; undefined where it is free. */
  readonly monotone?: MonotoneColumns[string] | undefined;
}

/** The columns that models may see, in the table's order. */
export function featuresOf(table: Table): TypedColumn[] {
  return table.columns.flatMap(({ name, role, type, reason, monotone }) => {
    const isFeature = role === ColumnRole.COLUMN_ROLE_FEATURE || role === ColumnRole.COLUMN_ROLE_VALUE;
    const known = typeOf(type);
    if (!isFeature || known === undefined) return [];
    const cause = CAUSES.find((each) => each === reason);
    const column = { name, type: known, ...(cause === undefined ? {} : { cause }) };
    return [monotone === 'increasing' || monotone === 'decreasing' ? { ...column, monotone } : column];
  });
}

/** The operator's code of the reason of a churn, of a row of a view whose subscription left in the month of the label. */
const LEAVE_REASON = 'leave_reason';

/** The column of a view that is 1 where a campaign contacted the subscription between the row and its label. */
const CONTACTED = 'contacted';

/** What a view contains about the causes of churn of a row. Never features. */
export interface CauseColumns {
  readonly leaveReason?: TypedColumn;
  readonly contacted?: TypedColumn;
}

/** Without those that the table does not have. */
export function causeColumnsOf(table: Table): CauseColumns {
  const has = (name: string): boolean =>
    table.columns.some((column) => column.name === name && column.role === ColumnRole.COLUMN_ROLE_EXCLUDED);
  return {
    ...(has(LEAVE_REASON) ? { leaveReason: { name: LEAVE_REASON, type: 'category' } } : {}),
    ...(has(CONTACTED) ? { contacted: { name: CONTACTED, type: 'flag' } } : {}),
  };
}

/** The columns that the import has kept from models, each with its reason. */
export function leftOutOf(table: Table): ExcludedColumn[] {
  return table.columns
    .filter(({ role }) => role === ColumnRole.COLUMN_ROLE_EXCLUDED)
    .map(({ name, excluded }) => ({ column: name, reason: excluded || 'excluded' }));
}

/** Its column of a table that has it. */
export function columnOf(table: LearningTable, { name, type }: Pick<TypedColumn, 'name' | 'type'>): Column {
  return type === 'category' ? table.categoryColumn(name) : table.numberColumn(name);
}

function typeOf(type: FeatureType): ColumnType | undefined {
  switch (type) {
    case FeatureType.FEATURE_TYPE_NUMBER:
      return 'number';
    case FeatureType.FEATURE_TYPE_CATEGORY:
      return 'category';
    case FeatureType.FEATURE_TYPE_FLAG:
      return 'flag';
    case FeatureType.FEATURE_TYPE_DATE:
      return 'date';
    case FeatureType.FEATURE_TYPE_UNSPECIFIED:
    case FeatureType.UNRECOGNIZED:
      return undefined;
  }
}
