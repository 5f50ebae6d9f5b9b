import { BEHAVIOUR_TABLES } from './behaviour.js';
import { DONE_TABLES } from './done.js';
import { HAVE_TABLES } from './have.js';
import { isPersonal, type ColumnKind, type ContractColumn, type ContractTable } from './table.js';
import { WHERE_TABLES } from './where.js';
import { WHO_TABLES } from './who.js';

/** All tables of the input contract, each after those that it refers to: imported in this order. */
export const CONTRACT_TABLES: readonly ContractTable[] = inOrderOfReference([
  ...WHERE_TABLES,
  ...WHO_TABLES,
  ...HAVE_TABLES,
  ...DONE_TABLES,
  ...BEHAVIOUR_TABLES,
]);

const BY_NAME = new Map(CONTRACT_TABLES.map((table) => [table.name, table]));

/** A table of the contract; undefined for a name that is none. */
export function contractTableOf(name: string): ContractTable | undefined {
  return BY_NAME.get(name);
}

function inOrderOfReference(tables: readonly ContractTable[]): ContractTable[] {
  const ordered = new Set<ContractTable>();
  const add = (table: ContractTable): void => {
    if (ordered.has(table)) return;
    const parents = new Set(table.columns.flatMap(({ refersTo }) => (refersTo === undefined ? [] : [refersTo])));
    for (const parent of parents) add(tables.find(({ name }) => name === parent)!);
    ordered.add(table);
  };
  tables.forEach(add);
  return [...ordered];
}

const DUCK_TYPES: Record<ColumnKind, string> = {
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

/** The type that a column has in the lake. */
export function duckType(kind: ColumnKind): string {
  return DUCK_TYPES[kind];
}

/** Columns that the lake has in the clear, `recorded_at` aside: in it `known_at` is what counts. */
export function openColumns(table: ContractTable): ContractColumn[] {
  return table.columns.filter((column) => !isPersonal(column) && column.name !== 'recorded_at');
}

export function personalColumns(table: ContractTable): ContractColumn[] {
  return table.columns.filter(isPersonal);
}
