import type { ColumnKind } from '@holdfast/extract-contract/table';

const LAKE_TYPES: Record<ColumnKind, string> = {
  customer: 'UUID',
  account: 'UUID',
  subscription: 'UUID',
  peer: 'UUID',
  assigned: 'VARCHAR',
  id: 'VARCHAR',
  text: 'VARCHAR',
  list: 'VARCHAR',
  personal: 'VARCHAR',
  birthday: 'VARCHAR',
  money: 'DECIMAL(18,2)',
  amount: 'DECIMAL(18,2)',
  rate: 'DECIMAL(18,6)',
  count: 'BIGINT',
  quantity: 'DOUBLE',
  number: 'DOUBLE',
  date: 'DATE',
  month: 'VARCHAR',
  moment: 'TIMESTAMPTZ',
  flag: 'BOOLEAN',
  enum: 'VARCHAR',
};

/** DuckDB type of a column of the contract in the lake. */
export function lakeType(kind: ColumnKind): string {
  return LAKE_TYPES[kind];
}
