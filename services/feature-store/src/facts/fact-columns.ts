import { failure } from '@holdfast/platform/errors';
import type { ColumnKind, ContractTable } from '@holdfast/extract-contract/table';
import { openColumns, personalColumns } from '@holdfast/extract-contract/tables';
import type { BatchColumn } from './fact-batches.js';
import { hasMonths, knownColumns } from './as-of.js';
import type { FreeColumn } from '../extract/free-columns.js';
import { ownKeyColumn } from './write-facts.js';

const columnUnknown = failure('notFound', 'facts.columnUnknown', {
  en: 'Table {table} has no column {column} that this caller may see.',
  'zh-CN': '表 {table} 没有当前调用方可查看的列 {column}。',
});

/** The columns of an answer: personal ones come from a relation of their own. */
interface AnswerColumns {
  columns: BatchColumn[];
  /** Whether some of them are personal. */
  isPersonal: boolean;
}

/** When a row was known, where its source says so, when a later version of it was, and when what ended it was. */
function versionColumns(table: ContractTable): BatchColumn[] {
  return [
    {
      name: 'recorded_at',
      kind: 'number',
      sql: `case when not f.known_assumed then epoch_ms(f.knowledge_time) end::double`,
    },
    ...['superseded_at', ...knownColumns(table)].map((name): BatchColumn => {
      return { name, kind: 'number', sql: `epoch_ms(f."${name}")::double` };
    }),
  ];
}

/**
 * Columns of a response: the key's columns, `org_unit_path` for rows about a person, then the requested ones or all. Open
 * columns are of the relation `f`, personal ones of `p`.
 * @param maySeePersons whether the caller may read personal columns
 * @param everyVersion whether the rows of a key may be several; then `recorded_at` and `superseded_at` give its knowledge interval
 * @throws notFound for a column that is not there
 */
export function answerColumns(
  table: ContractTable,
  free: readonly FreeColumn[],
  asked: readonly string[],
  maySeePersons: boolean,
  everyVersion: boolean,
): AnswerColumns {
  const all = new Map<string, BatchColumn>();
  const add = (column: BatchColumn): void => void all.set(column.name, column);
  for (const { name, kind } of openColumns(table)) add(openColumn(name, kind));
  if (table.columns.some(({ kind }) => kind === 'assigned')) add(openColumn('subscription_id', 'subscription'));
  if (hasMonths(table) && !all.has('month')) add(openColumn('month', 'month'));
  for (const { name, type } of free) add(openColumn(name, type === 'DOUBLE' ? 'number' : 'text'));
  if (everyVersion) versionColumns(table).forEach(add);
  const personal = new Set<string>();
  if (maySeePersons) {
    for (const name of personalNames(table)) {
      personal.add(name);
      add({ name, kind: 'text', sql: `p."${name}"` });
    }
  }
  const first = table.key.map(({ name }) => name).filter((name) => all.has(name));
  for (const name of asked) if (!all.has(name)) throw columnUnknown({ table: table.name, column: name });
  const rest = asked.length === 0 ? [...all.keys()] : asked;
  const names = [...new Set([...first, ...rest])].filter((name) => name !== 'org_unit_path');
  const unit: BatchColumn[] =
    table.about === 'none' ? [] : [{ name: 'org_unit_path', kind: 'category', sql: 'f.org_unit_path' }];
  const columns = names.map((name) => all.get(name)!);
  return {
    columns: [...columns.slice(0, first.length), ...unit, ...columns.slice(first.length)],
    isPersonal: names.some((name) => personal.has(name)),
  };
}

/** Personal columns, with the operator's keys of customers, accounts and subscriptions. */
export function personalNames(table: ContractTable): string[] {
  const own = ownKeyColumn(table);
  return [...personalColumns(table).map(({ name }) => name), ...(own === undefined ? [] : [own])];
}

/** How a kind of column travels: see the proto's head. */
function openColumn(name: string, kind: ColumnKind): BatchColumn {
  const cell = `f."${name}"`;
  switch (kind) {
    case 'customer':
    case 'account':
    case 'subscription':
    case 'peer':
      return { name, kind: 'uuid', sql: cell };
    case 'money':
    case 'amount':
      // Whole minor units: two decimals, as the lake has them.
      return { name, kind: 'number', sql: `(${cell} * 100)::double` };
    case 'count':
    case 'quantity':
    case 'number':
      return { name, kind: 'number', sql: `${cell}::double` };
    case 'flag':
      return { name, kind: 'number', sql: `${cell}::integer::double` };
    case 'date':
      return { name, kind: 'number', sql: `(${cell} - date '1970-01-01')::double` };
    case 'moment':
      return { name, kind: 'number', sql: `epoch_ms(${cell})::double` };
    case 'assigned':
    case 'id':
    case 'text':
    case 'list':
    case 'personal':
    case 'birthday':
    case 'month':
    case 'enum':
    case 'rate':
      return { name, kind: 'category', sql: `${cell}::varchar` };
  }
}
