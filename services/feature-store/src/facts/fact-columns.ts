import { failure } from '@holdfast/platform/errors';
import type { ColumnKind, ContractTable } from '@holdfast/extract-contract/table';
import { openColumns, personalColumns } from '@holdfast/extract-contract/tables';
import { numberColumn, type BatchColumn } from '../engine/column-batches.js';
import { hasMonths, knownColumns } from './as-of.js';
import { KINDS } from '../extract/column-kinds.js';
import type { FreeColumn } from '../extract/free-columns.js';
import { ownKeyColumn } from './write-facts.js';

const columnUnknown = failure('notFound', 'facts.columnUnknown', {
  en: 'Table {table} has no column {column} that this caller may see.',
  'zh-CN': '表 {table} 没有当前调用方可查看的列 {column}。',
});

/** The columns of a response: personal ones are of a separate relation. */
interface AnswerColumns {
  columns: BatchColumn[];
  /** Whether some of them are personal. */
  isPersonal: boolean;
}

/** When a row was known, if its source states it, and when a later version or its end was. */
function versionColumns(table: ContractTable): BatchColumn[] {
  const momentOf = (name: string): BatchColumn => numberColumn(name, `epoch_ms(f."${name}")::double`);
  return [
    numberColumn('recorded_at', `case when not f.known_assumed then epoch_ms(f.knowledge_time) end::double`),
    ...['superseded_at', ...knownColumns(table)].map(momentOf),
  ];
}

interface Asked {
  /** Names; all columns, if empty. */
  columns: readonly string[];
  /** Whether the caller may read personal columns. */
  withPersons: boolean;
  /** Whether the rows of a key may be several; then `recorded_at` and `superseded_at` give its knowledge interval. */
  everyVersion: boolean;
}

/**
 * Columns of a response: the key's columns, `org_unit_path` for rows about a person, then the requested ones or all. Open
 * columns are of the relation `f`, personal ones of `p`.
 * @throws notFound for an unknown column
 */
export function answerColumns(
  table: ContractTable,
  free: readonly FreeColumn[],
  { columns: asked, withPersons, everyVersion }: Asked,
): AnswerColumns {
  const all = new Map<string, BatchColumn>();
  const add = (column: BatchColumn): void => void all.set(column.name, column);
  for (const { name, kind } of openColumns(table)) add(openColumn(name, kind));
  if (table.columns.some(({ kind }) => kind === 'assigned')) add(openColumn('subscription_id', 'subscription'));
  if (hasMonths(table) && !all.has('month')) add(openColumn('month', 'month'));
  for (const { name, type } of free) add(openColumn(name, type === 'DOUBLE' ? 'number' : 'text'));
  if (everyVersion) versionColumns(table).forEach(add);
  const personal = withPersons ? personalNames(table) : [];
  for (const name of personal) add({ name, kind: 'text', sql: `p."${name}"` });
  const first = table.key.map(({ name }) => name).filter((name) => all.has(name));
  for (const name of asked) if (!all.has(name)) throw columnUnknown({ table: table.name, column: name });
  const rest = asked.length === 0 ? [...all.keys()] : asked;
  const names = [...new Set([...first, ...rest])].filter((name) => name !== 'org_unit_path');
  const unit: BatchColumn[] =
    table.about === 'none' ? [] : [{ name: 'org_unit_path', kind: 'category', sql: 'f.org_unit_path' }];
  const columns = names.map((name) => all.get(name)!);
  return {
    columns: [...columns.slice(0, first.length), ...unit, ...columns.slice(first.length)],
    isPersonal: names.some((name) => personal.includes(name)),
  };
}

/** Personal columns, with the operator's keys of customers, accounts and subscriptions. */
export function personalNames(table: ContractTable): string[] {
  const own = ownKeyColumn(table);
  return [...personalColumns(table).map(({ name }) => name), ...(own === undefined ? [] : [own])];
}

/** The column of a response: see the start of facts.proto. */
function openColumn(name: string, kind: ColumnKind): BatchColumn {
  const cell = `f."${name}"`;
  switch (KINDS[kind].lakeType) {
    case 'UUID':
      return { name, kind: 'uuid', sql: cell };
    case 'DECIMAL(18,2)':
      return numberColumn(name, `(${cell} * 100)::double`); // whole minor units
    case 'BIGINT':
    case 'DOUBLE':
      return numberColumn(name, `${cell}::double`);
    case 'BOOLEAN':
      return numberColumn(name, `${cell}::integer::double`);
    case 'DATE':
      return numberColumn(name, `(${cell} - date '1970-01-01')::double`);
    case 'TIMESTAMPTZ':
      return numberColumn(name, `epoch_ms(${cell})::double`);
    case 'DECIMAL(18,6)':
    case 'VARCHAR':
      return { name, kind: 'category', sql: `${cell}::varchar` };
  }
}
