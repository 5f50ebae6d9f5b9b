import { literal } from '../engine/engine.js';
import { shardConditions } from '../lake/stored-rows.js';
import { openColumns } from '@holdfast/extract-contract/tables';
import { KINDS } from '../extract/column-kinds.js';
import type { ContractTable } from '@holdfast/extract-contract/table';
import type { ShardRange } from '@holdfast/contracts/feature_store/v1/lake';
import type { FreeColumn } from '../extract/free-columns.js';
import type { ExtractTable, LoadedExtract } from './extracts.js';

/** A table as one extract has it. */
export interface FactSource {
  extract: LoadedExtract;
  table: ExtractTable;
}

/** The sources of a table. @param sequence of the only extract to read; 0 for all */
export function sourcesOf(
  extracts: readonly LoadedExtract[],
  { name }: Pick<ContractTable, 'name'>,
  sequence = 0,
): FactSource[] {
  return extracts.flatMap((extract) => {
    const table = extract.tables.find((candidate) => candidate.table === name);
    return table === undefined || (sequence !== 0 && extract.sequence !== sequence) ? [] : [{ extract, table }];
  });
}

export function momentLiteral(moment: Date): string {
  return `timestamptz '${moment.toISOString().replace('T', ' ').replace('Z', '+00')}'`;
}

/** A condition on rows by the value of one column. */
export interface RowCondition {
  column: string;
  sql: string;
}

/** Rows of these shards. @throws invalid */
export function shardRows(range: ShardRange | undefined): RowCondition[] {
  return shardConditions(range).map((sql) => ({ column: 'shard', sql }));
}

interface AsOf {
  knowledgeTime: Date;
  fromMonth?: string;
  toMonth?: string;
  shards?: ShardRange;
  /** Further conditions, for a table that has their columns. */
  conditions?: readonly RowCondition[];
  /** Also the versions of a row that were superseded within their extract. */
  everyVersion?: boolean;
}

/** Columns of every table of facts in addition to the contract's. */
const COMMON = [
  ['shard', 'INTEGER'],
  ['org_unit_path', 'VARCHAR'],
  ['knowledge_time', 'TIMESTAMPTZ'],
  ['superseded_at', 'TIMESTAMPTZ'],
  ['known_assumed', 'BOOLEAN'],
  ['sequence', 'BIGINT'],
  ['row_no', 'BIGINT'],
] as const;

/** Whether rows belong to a month. */
export function hasMonths(table: ContractTable): boolean {
  return ['month', 'day', 'moment'].includes(table.time.kind);
}

/** Names and types of a table's columns in the lake, in order, free ones aside. */
function factColumns(table: ContractTable): (readonly [name: string, type: string])[] {
  const columns = openColumns(table).map(({ name, kind }) => [name, KINDS[kind].lakeType as string] as const);
  const derived = [
    ...(table.columns.some(({ kind }) => kind === 'assigned') ? [['subscription_id', 'UUID'] as const] : []),
    ...(hasMonths(table) && !columns.some(([name]) => name === 'month') ? [['month', 'VARCHAR'] as const] : []),
  ];
  return [...columns, ...derived, ...COMMON];
}

/** The column with the time at which a column's value became known, if it may be absent as of an earlier time. */
export function knownColumn(name: string): string {
  return `${name}__knowledge_time`;
}

export function knownColumns(table: ContractTable): string[] {
  return table.columns.filter(({ endsWith }) => endsWith !== undefined).map(({ name }) => knownColumn(name));
}

/** The key whose newest row counts; a personal column of it is stored as its keyed hash. */
function keyColumns(table: ContractTable): string[] {
  return table.key.map(({ name, kind }) => (kind === 'personal' ? `${name}__hash` : `"${name}"`));
}

/** No rows, with the right columns. */
export function emptyQuery(table: ContractTable): string {
  const columns = factColumns(table).map(([name, type]) => `null::${type} as "${name}"`);
  return `select ${columns.join(', ')} where false`;
}

/**
 * SQL of a table's rows as known at a moment: of the versions of a key within an extract the one that none known by then
 * supersedes. A month that one extract alone has is read as it is; where several have rows of a month, or of a table
 * without months, the row of the newest extract counts for each key.
 * @param file where the rows of an import's month are
 */
export function asOfQuery(
  table: ContractTable,
  sources: readonly FactSource[],
  asOf: AsOf,
  file: (importId: string, month: string) => string,
): string {
  const cut = momentLiteral(asOf.knowledgeTime);
  const files = new Map<string, string[]>();
  for (const { extract, table: found } of sources) {
    for (const { month } of found.parts) {
      if (month !== '' && asOf.fromMonth !== undefined && month < asOf.fromMonth) continue;
      if (month !== '' && asOf.toMonth !== undefined && month > asOf.toMonth) continue;
      files.set(month, [...(files.get(month) ?? []), file(extract.importId, month)]);
    }
  }
  const alone = [...files.values()].filter((paths) => paths.length === 1).flat();
  const shared = [...files.values()].filter((paths) => paths.length > 1).flat();
  const isNewest = asOf.everyVersion === true ? [] : [`(superseded_at is null or superseded_at > ${cut})`];
  const conditions = [`knowledge_time <= ${cut}`, ...isNewest, ...monthConditions(table, asOf)];
  const shards = table.about === 'subscription' ? shardRows(asOf.shards) : [];
  const further = [...shards, ...(asOf.conditions ?? [])];
  const ofKey = further.filter(({ column }) => isOfKey(table, column)).map(({ sql }) => sql);
  const ofRow = further.filter(({ column }) => !isOfKey(table, column)).map(({ sql }) => sql);
  const known = asOf.everyVersion === true ? knownColumns(table) : [];
  const selected = [...selectedColumns(table, sources, cut), ...known.map((name) => `"${name}"`)].join(', ');
  const read = (paths: readonly string[], ...also: readonly string[]): string =>
    `select ${selected} from read_parquet([${paths.map(literal).join(', ')}], union_by_name = true)
     where ${[...conditions, ...also].join(' and ')}`;
  const key = keyColumns(table);
  const rank = `row_number() over (partition by ${key.join(', ')} order by sequence desc)`;
  const newest = key.length === 0 ? '' : ` qualify ${rank} = 1`;
  const afterwards = ofRow.length === 0 ? '' : ` where ${ofRow.join(' and ')}`;
  const parts = [
    ...(alone.length === 0 ? [] : [read(alone, ...ofKey, ...ofRow)]),
    ...(shared.length === 0 ? [] : [`select * from (${read(shared, ...ofKey)}${newest})${afterwards}`]),
  ];
  return parts.length === 0 ? emptyQuery(table) : parts.map((part) => `(${part})`).join(' union all ');
}

/**
 * Whether all versions of a key have the same value in a column, so that a condition on it can be applied to the files,
 * before the newest version of each key is chosen.
 */
function isOfKey(table: ContractTable, column: string): boolean {
  const determining = column === 'shard' ? table.aboutColumn : column;
  return table.key.length === 0 || table.key.some(({ name }) => name === determining);
}

function selectedColumns(table: ContractTable, sources: readonly FactSource[], cut: string): string[] {
  const ending = new Set(table.columns.filter(({ endsWith }) => endsWith !== undefined).map(({ name }) => name));
  const columns = factColumns(table).map(([name]) =>
    ending.has(name) ? `case when "${knownColumn(name)}" <= ${cut} then "${name}" end as "${name}"` : `"${name}"`,
  );
  return [...columns, ...freeColumnsOf(sources).map(({ name, type }) => `"${name}"::${type} as "${name}"`)];
}

/** Free columns over all extracts; a number only if it is one in every extract that has it. */
export function freeColumnsOf(sources: readonly FactSource[]): FreeColumn[] {
  const types = new Map<string, FreeColumn['type']>();
  for (const { name, type } of sources.flatMap(({ table }) => table.freeColumns))
    types.set(name, types.get(name) === 'VARCHAR' ? 'VARCHAR' : type);
  return [...types].map(([name, type]) => ({ name, type }));
}

function monthConditions(table: ContractTable, { fromMonth, toMonth }: AsOf): string[] {
  if (!hasMonths(table)) return [];
  return [
    ...(fromMonth === undefined ? [] : [`month >= ${literal(fromMonth)}`]),
    ...(toMonth === undefined ? [] : [`month <= ${literal(toMonth)}`]),
  ];
}
