import { mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { shardInDuckDb } from '@holdfast/platform/identity';
import type { ContractTable } from '@holdfast/extract-contract/table';
import { openColumns, personalColumns, subjectKey } from '@holdfast/extract-contract/tables';
import type { LocalClock } from '../column/local-clock.js';
import { literal, type Engine } from '../engine/engine.js';
import { valueColumn, type CheckedRows } from '../extract/check-rows.js';
import type { FreeColumn } from '../extract/free-columns.js';
import type { ExtractHeader } from '../extract/header.js';
import { hasMonths, knownColumn, momentLiteral } from './as-of.js';
import { moveSynced } from '../lake/durable-file.js';
import { keyFor } from '../lake/lake-keys.js';
import type { LoadedExtract } from './extracts.js';
import type { Owners } from './references.js';

interface WriteOptions {
  operator: string;
  sequence: number;
  clock: LocalClock;
  extractedAt: Date;
  /** Seconds from the end of a row's month or day to its knowledge at the source. */
  knownAfterSeconds: number;
  /** Spans of the earlier extracts that have the table. */
  covered: readonly Pick<LoadedExtract, 'from' | 'to'>[];
  /** Hex; makes pseudonyms of personal texts that are part of a key. */
  pseudonymKey: string;
  /** Where a month's file belongs; for the empty month the only one. */
  file: (month: string) => string;
  personalFile: string;
  /** Of this table's personal columns alone. */
  personalKey: PersonalKey;
  /** Of rows without an org unit. */
  provincePath: string;
  freeColumns: readonly (FreeColumn & { place: number })[];
}

/** Key of a file of personal columns, by the name under which DuckDB holds it. */
interface PersonalKey {
  name: string;
  /** 32 bytes, in base64. */
  key: string;
}

/** The key of a table's personal columns: of this extract and table alone, removed with the import's data key. */
export function personalKeyOf(importId: string, table: string, dataKey: Buffer): PersonalKey {
  return { name: `${importId}/${table}`, key: keyFor('facts', dataKey, table).toString('base64') };
}

export interface RowsToWrite extends Pick<CheckedRows, 'accepted' | 'versions'> {
  header: ExtractHeader;
  owners: Owners;
}

/** What was written: the rows of each file, and the months of the rows. */
export interface WrittenFacts {
  parts: { month: string; rows: number }[];
  months: string[];
}

function isKeptByMonth({ time, name }: ContractTable): boolean {
  return time.kind === 'month' || name === 'events';
}

/**
 * Writes the accepted rows of a table as Parquet, sorted by shard: the columns of as-of.ts in the clear, and in a separate
 * encrypted file `row_no`, `shard` and the personal columns, the operator's keys of customers, accounts and subscriptions
 * included.
 *
 * A row of a month that an earlier extract of the table covered is known from when this extract was written, even if it
 * states an earlier time, so that no earlier answer changes. If a key has several versions (see repeated-rows.ts),
 * `superseded_at` is when the next one became known, so that an as-of query compares one row only.
 */
export async function writeFacts(rows: RowsToWrite, options: WriteOptions): Promise<WrittenFacts> {
  const { accepted, header } = rows;
  const { engine } = accepted;
  const { table } = header;
  const parts: WrittenFacts['parts'] = [];
  for (const { month, condition } of await monthsToWrite(rows, options)) {
    const file = options.file(month);
    const query = `${factQuery(rows, options, condition)} order by ${sortedBy(table)}`;
    const count = await copy(engine, query, file, await accepted.count(condition));
    if (count > 0 || month === '') parts.push({ month, rows: count });
    else await rm(file);
  }
  await writePersonal(rows, options);
  return { parts, months: await monthsOf(engine, table, parts, options) };
}

/** The files of a table, each with the SQL condition of its rows: simple ones, so that the scan skips the others' blocks. */
async function monthsToWrite(
  { accepted, header: { table } }: RowsToWrite,
  { clock }: WriteOptions,
): Promise<{ month: string; condition: string }[]> {
  if (!isKeptByMonth(table) || !('column' in table.time)) return [{ month: '', condition: 'true' }];
  const column = `"${table.time.column}"`;
  if (table.time.kind === 'month') {
    const sql = `select distinct ${column} as month from ${accepted.name} order by month`;
    const months = await accepted.engine.texts(sql);
    return months.map((month) => ({ month, condition: `${column} = ${literal(month)}` }));
  }
  const sql = `select strftime(first_day, '%Y-%m') as month, first_day::date::varchar as first_day,
      (first_day + interval 1 month)::date::varchar as after_day
    from (select min(${clock.localOf(column)}) as first, max(${clock.localOf(column)}) as last from ${accepted.name}),
      generate_series(date_trunc('month', first), last, interval 1 month) as months(first_day)`;
  const rows = await accepted.engine.rows<{ month: string; first_day: string; after_day: string }>(sql);
  return rows.map(({ month, first_day: first, after_day: after }) => ({
    month,
    condition: `${column} >= ${clock.momentOf(`timestamp '${first}'`)} and ${column} < ${clock.momentOf(`timestamp '${after}'`)}`,
  }));
}

async function monthsOf(
  engine: Engine,
  table: ContractTable,
  parts: WrittenFacts['parts'],
  { file }: WriteOptions,
): Promise<string[]> {
  if (isKeptByMonth(table)) return parts.map(({ month }) => month);
  if (!hasMonths(table) || parts.length === 0) return [];
  const sql = `select distinct month from read_parquet(${literal(file(''))}) where month is not null order by month`;
  return engine.texts(sql);
}

function sortedBy(table: ContractTable): string {
  const about = table.aboutColumn === '' ? [] : [`"${table.aboutColumn}"`];
  const time = 'column' in table.time && table.time.column !== undefined ? [`"${table.time.column}"`] : [];
  return ['shard', ...about, ...time, 'row_no'].join(', ');
}

/** SQL of the accepted rows that meet a condition, with the columns of as-of.ts. */
function factQuery(
  { accepted, versions, owners, header }: RowsToWrite,
  options: WriteOptions,
  condition: string,
): string {
  const { table } = header;
  const time = timeOf(table, options);
  const isAssigned = table.columns.some(({ kind }) => kind === 'assigned');
  const clear = openColumns(table).map(({ name }) => `"${name}"`);
  const pseudonyms = table.key
    .filter(({ kind }) => kind === 'personal')
    .map(({ name }) => `sha256(${literal(options.pseudonymKey)} || "${name}") as "${name}__hash"`);
  const hasOwnMonth = table.columns.some(({ name }) => name === 'month');
  const month = hasMonths(table) && !hasOwnMonth ? [`strftime(${time.day}, '%Y-%m') as month`] : [];
  const endings = table.columns
    .filter(({ endsWith }) => endsWith !== undefined)
    .map((column) => `${endKnownAt(table, column.endsWith!, options)} as "${knownColumn(column.name)}"`);
  const free = options.freeColumns.map(({ name, place, type }) => `c${place}::${type} as "${name}"`);
  const shard = table.about === 'none' ? '0' : shardInDuckDb(`"${table.aboutColumn}"::varchar`);
  const about =
    table.about === 'none' ? '' : `left join ${owners.name} as owner on owner.id = known."${table.aboutColumn}"`;
  const unit = table.about === 'none' ? 'null' : 'owner.org_unit_path';
  const assigned = isAssigned ? `, case when unit_kind = 'subscription' then unit_id::uuid end as subscription_id` : '';
  return `
    select ${[...clear, ...(isAssigned ? ['subscription_id'] : []), ...month, ...pseudonyms, ...endings, ...free].join(', ')},
      coalesce(${shard}, 0) as shard, coalesce(${unit}, ${literal(options.provincePath)}) as org_unit_path,
      knowledge_time, superseded_at, known_assumed, ${options.sequence}::bigint as sequence, row_no::bigint as row_no
    from (
      select accepted.* ${assigned}, ${time.knowledgeTime} as knowledge_time, place, superseded_at, recorded_at is null as known_assumed
      from ${accepted.name} as accepted
        left join (${supersedingQuery(accepted, versions, time, condition)}) as version using (row_no) where ${condition}
    ) as known ${about}`;
}

/** SQL of the versions of keys (row_no, place, superseded_at: when the first of those after it is known; NULL for the last). */
function supersedingQuery(
  accepted: RowsToWrite['accepted'],
  versions: RowsToWrite['versions'],
  { knowledgeTime }: RowTime,
  condition: string,
): string {
  return `select row_no, place,
      min(${knowledgeTime}) over (partition by family order by place rows between 1 following and unbounded following)
        as superseded_at
    from ${accepted.name} join ${versions.name} using (row_no) where ${condition}`;
}

interface RowTime {
  /** SQL of the local day of a row; NULL where it has none. */
  day: string;
  /** SQL of when a row is known. */
  knowledgeTime: string;
}

function timeOf(table: ContractTable, options: WriteOptions): RowTime {
  const extractedAt = momentLiteral(options.extractedAt);
  const day = dayOf(table, options);
  const { time } = table;
  const undated = time.kind === 'definition' ? `timestamptz '1970-01-01 00:00:00+00'` : extractedAt;
  const end = time.kind === 'month' ? `${day} + interval 1 month` : `${day} + interval 1 day`;
  const assumed = day === 'null::date' ? undated : `coalesce(${lagged(end, options)}, ${undated})`;
  const said = `least(coalesce(recorded_at, ${assumed}), ${extractedAt})`;
  const covered = coveredBy(table, day, options.covered);
  return {
    day,
    knowledgeTime: covered === undefined ? said : `case when ${covered} then ${extractedAt} else ${said} end`,
  };
}

/** SQL of the day that a row's time is on, the first for a month. */
function dayOf(table: ContractTable, { clock }: WriteOptions): string {
  const { time } = table;
  if (!('column' in time) || time.column === undefined) return 'null::date';
  const column = `"${time.column}"`;
  if (time.kind === 'month') return `(${column} || '-01')::date`;
  return time.kind === 'moment' ? `(${clock.localOf(column)})::date` : column;
}

/** SQL condition for rows of a time that an earlier extract covered; undefined if there is none. */
function coveredBy(table: ContractTable, day: string, covered: WriteOptions['covered']): string | undefined {
  if (covered.length === 0) return undefined;
  if (day === 'null::date') return 'true';
  const month = `coalesce(strftime(${day}, '%Y-%m'), '')`;
  // A span begins before the extract's first month.
  const spans = covered.map(({ from, to }) =>
    hasMonths(table) ? `${month} between '${from}' and '${to}'` : `${month} <= '${to}'`,
  );
  return `(${spans.join(' or ')})`;
}

/** SQL of when an end became known: some time after its day; of a later version of a row, with that version. */
function endKnownAt(table: ContractTable, endsWith: string, options: WriteOptions): string {
  const column = table.columns.find(({ name }) => name === endsWith)!;
  const named = valueColumn(column);
  const day = column.kind === 'moment' ? `(${options.clock.localOf(named)})::date` : named;
  const after = `${day} + interval 1 day`;
  const end = `case when place > 1 then ${lagged(after, { ...options, knownAfterSeconds: 0 })} else ${lagged(after, options)} end`;
  return `least(greatest(knowledge_time, coalesce(${end}, knowledge_time)), ${momentLiteral(options.extractedAt)})`;
}

/** SQL of the moment so long after a local midnight. */
function lagged(midnight: string, { clock, knownAfterSeconds }: WriteOptions): string {
  return `(${clock.momentOf(`(${midnight})::timestamp`)}) + interval '${knownAfterSeconds} seconds'`;
}

/** Name of the operator's own key among the personal columns of a table; undefined where it has none. */
export function ownKeyColumn(table: ContractTable): string | undefined {
  return subjectKey(table)?.name.replace(/_id$/, '_key');
}

async function writePersonal(rows: RowsToWrite, options: WriteOptions): Promise<void> {
  const { accepted, header } = rows;
  const { engine } = accepted;
  const { table } = header;
  const personal = personalColumns(table);
  const hasOwnKey = ownKeyColumn(table) !== undefined;
  await rm(options.personalFile, { force: true });
  if (!hasOwnKey && !personal.some(({ name }) => header.found.has(name))) return;
  const columns = [
    ...personal.map(({ name }) => `accepted."${name}"`),
    ...(hasOwnKey ? [`accepted.own_key as ${ownKeyColumn(table)!}`] : []),
  ];
  // Each file has its own key: the cipher needs DuckDB's random numbers only to differ within it.
  const { name, key } = options.personalKey;
  await engine.run(`pragma add_parquet_key('${name}', '${key}')`);
  const sql = `select fact.row_no, fact.shard, ${columns.join(', ')}
    from (${factQuery(rows, options, 'true')}) as fact join ${accepted.name} as accepted on accepted.row_no = fact.row_no
    order by fact.shard, fact.row_no`;
  const encryption = `, encryption_config {footer_key: '${name}'}`;
  await copy(engine, sql, options.personalFile, await accepted.count(), encryption);
}

/** Writes a query's rows to a file that is on disk, under its name, when this returns; gives the number of rows. */
async function copy(engine: Engine, query: string, file: string, rowsAbout: number, options = ''): Promise<number> {
  await mkdir(path.dirname(file), { recursive: true, mode: 0o700 });
  const part = `${file}.part`;
  const rows = await engine.writeSorted(query, part, rowsAbout, options);
  await moveSynced(part, file);
  return rows;
}
