import type { ExcludedColumn } from '@holdfast/contracts/churn_scoring/v1/model';
import { ColumnRole, FeatureType, type Table } from '@holdfast/contracts/feature_store/v1/lake';
import type { MonotoneColumns } from '@holdfast/learning/gradient-boosting';
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

/** The columns that the import has kept from models, each with its reason. */
export function leftOutOf(table: Table): ExcludedColumn[] {
  return table.columns
    .filter(({ role }) => role === ColumnRole.COLUMN_ROLE_EXCLUDED)
    .map(({ name, excluded }) => ({ column: name, reason: excluded || 'excluded' }));
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
