import { INTERACTION_TABLES } from './interactions.js';
import { LOCATION_TABLES } from './locations.js';
import { PARTY_TABLES } from './parties.js';
import { PRODUCT_TABLES } from './products.js';
import { isPersonal, RECORDED_AT, type ContractColumn, type ContractTable } from './table.js';
import { USAGE_TABLES } from './usage.js';

/** All tables of the input contract, each after the tables that it refers to: the order of an import. */
export const CONTRACT_TABLES: readonly ContractTable[] = inOrderOfReference([
  ...LOCATION_TABLES,
  ...PARTY_TABLES,
  ...PRODUCT_TABLES,
  ...INTERACTION_TABLES,
  ...USAGE_TABLES,
]);

const BY_NAME = new Map(CONTRACT_TABLES.map((table) => [table.name, table]));

/** Undefined if the contract has no table of that name. */
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

/** Columns that the lake stores in the clear; `recorded_at` becomes the knowledge time there. */
export function openColumns(table: ContractTable): ContractColumn[] {
  return table.columns.filter((column) => !isPersonal(column) && column.name !== RECORDED_AT);
}

export function personalColumns(table: ContractTable): ContractColumn[] {
  return table.columns.filter(isPersonal);
}

/** The single key column of customers, accounts and subscriptions: its original text is personal and stored sealed. */
export function subjectKey({ key }: ContractTable): ContractColumn | undefined {
  const [only, second] = key;
  const isSubject = only !== undefined && ['customer', 'account', 'subscription'].includes(only.kind);
  return isSubject && second === undefined ? only : undefined;
}
