import { RECORDED_AT, type ContractColumn, type ContractTable } from '@holdfast/extract-contract/table';
import { subjectKey } from '@holdfast/extract-contract/tables';
import type { LocalClock } from '../column/local-clock.js';
import { REJECTED_CHARS_MAX, countRows, type Rejects, type RowCounts } from '../csv/rejects.js';
import type { StagedRows } from '../csv/stage-cells.js';
import { literal, type Relation } from '../engine/engine.js';
import { notice, type Notice } from '../notices.js';
import { cellRules, cellValue, type CellRule } from './cells.js';
import { KINDS } from './column-kinds.js';
import { foundColumn, type ExtractHeader } from './header.js';
import { findRepeated, type ComparedColumn, type SoundRows, type Versions } from './repeated-rows.js';
import type { StagedTable } from './stage-csv.js';

export interface CheckOptions {
  clock: LocalClock;
  /** The manifest's months, inclusive. */
  from: string;
  to: string;
  /** Times of events and records, ISO 8601 in UTC: from `first` to before `after`. */
  plausible: { first: string; after: string };
  /**
   * How the texts of a column become identifiers of the lake; undefined for a column that keeps its texts and refers to
   * nothing.
   *
   * @param text SQL of a row's text
   * @param distinctTexts SQL of the distinct texts, as `key`
   */
  resolve: (column: ContractColumn, text: string, distinctTexts: string) => Resolution | undefined;
  signal?: AbortSignal | undefined;
}

/**
 * SQL of a row's identifier, or, where the row that it refers to must exist, of `ResolvedTexts`. A column such as the other
 * party of calls has as many texts as the table has rows: only texts that are looked up are held and joined.
 */
export type Resolution = { id: string } | { lookup: string };

/** The identifiers in the lake of a column's texts, and whether the row that they refer to exists. */
type ResolvedTexts = Relation<'key' | 'id' | 'is_known'>;

interface Resolved {
  /** SQL of the identifiers that need no row. */
  ids: ReadonlyMap<ContractColumn, string>;
  lookups: ReadonlyMap<ContractColumn, ResolvedTexts>;
}

/**
 * Accepted rows of a table: the contract's columns by name, typed and with the lake's identifiers, `own_key` (the original
 * text of the `subjectKey`), and the free columns as `c<place>`.
 */
export type AcceptedRows = SoundRows;

export interface CheckedRows {
  accepted: AcceptedRows;
  /** Of accepted rows with a key in common. */
  versions: Versions;
  counts: RowCounts;
}

export function valueColumn(column: Pick<ContractColumn, 'name'>): string {
  return `"${column.name}"`;
}

/** Checks every staged row: by the first rule that it breaks it goes to the rejects. */
export async function checkRows(
  { header, rows, rejects, rowsOfFiles }: StagedTable,
  options: CheckOptions,
): Promise<CheckedRows> {
  const resolved = await resolveTexts(rows, header, options);
  options.signal?.throwIfAborted();
  const sound = await checkCells(rows, rejects, header, resolved, options);
  options.signal?.throwIfAborted();
  const key = header.table.key.map(valueColumn);
  const { duplicates, conflicts, versions } = await findRepeated(sound, rejects, key, contentOf(header));
  const accepted = await rows.engine.viewOf(
    'accepted',
    ['row_no', 'file_no', 'line', 'recorded_at'],
    `select * from ${sound.name}
     where row_no not in (select row_no from ${duplicates.name}) and row_no not in (select row_no from ${conflicts.name})`,
  );
  const read = rowsOfFiles.reduce((sum, count) => sum + count, 0);
  return { accepted, versions, counts: await countRows(read, rejects, duplicates) };
}

/** Columns with rejected numbers that have commas: a common cause of many rejects. */
export async function commaNotices(rejects: Rejects, { name: table }: ContractTable): Promise<Notice[]> {
  const rows = await rejects.engine.rows<{ column_name: string; cells: bigint }>(
    `select column_name, count(*) as cells from ${rejects.name}
     where rule = 'number.malformed' and regexp_full_match(value, '[-+]?\\d[\\d.,]*,\\d+(\\.\\d+)?') group by 1 order by 1`,
  );
  return rows.map(({ column_name: name, cells }) =>
    notice('column.commaRejected', `${table}.${name}`, { cells: Number(cells) }),
  );
}

async function resolveTexts(rows: StagedRows, header: ExtractHeader, { resolve }: CheckOptions): Promise<Resolved> {
  const ids = new Map<ContractColumn, string>();
  const lookups = new Map<ContractColumn, ResolvedTexts>();
  for (const column of header.table.columns.filter(({ name }) => header.found.has(name))) {
    const { cell } = foundColumn(header, column);
    const distinct = `select distinct ${cell}::varchar as key from ${rows.name} where ${cell} is not null`;
    const resolution = resolve(column, `${cell}::varchar`, distinct);
    if (resolution === undefined) continue;
    if ('id' in resolution) ids.set(column, resolution.id);
    else lookups.set(column, await rows.engine.tableOf('resolved', ['key', 'id', 'is_known'], resolution.lookup));
  }
  return { ids, lookups };
}

interface Fault extends CellRule {
  column: string;
  cell: string;
}

/** One pass over the staged rows: typed values, identifiers, and the number of the first broken rule. */
async function checkCells(
  rows: StagedRows,
  rejects: Rejects,
  header: ExtractHeader,
  { ids, lookups }: Resolved,
  options: CheckOptions,
): Promise<SoundRows> {
  const { engine } = rows;
  const { table } = header;
  const faults = faultsOf(header, lookups, options);
  const joins = [...lookups].map(
    ([column, texts]) =>
      `left join ${texts.name} as r_${column.name} on r_${column.name}.key = ${foundColumn(header, column).cell}`,
  );
  const values = table.columns.map((column) => {
    const value = header.found.has(column.name)
      ? cellValue(column.kind, foundColumn(header, column), options.clock)
      : `null::${KINDS[column.kind].lakeType}`;
    return `${value} as ${valueColumn(column)}`;
  });
  const found = [...lookups.keys()].flatMap(({ name }) => [
    `r_${name}.id as id_${name}`,
    `r_${name}.is_known as known_${name}`,
  ]);
  const computed = [...ids].map(([{ name }, id]) => `${id} as id_${name}`);
  const resolvedValues = table.columns.map((column) =>
    ids.has(column) || lookups.has(column) ? `id_${column.name} as ${valueColumn(column)}` : valueColumn(column),
  );
  const own = subjectKey(table);
  const kept = [
    ...(own === undefined ? [] : [`${foundColumn(header, own).cell} as own_key`]),
    ...header.free.map(({ place }) => `c${place}`),
  ];
  const pick = (of: (fault: Fault) => string): string =>
    `case fault ${faults.map((fault, at) => `when ${at} then ${of(fault)}`).join(' ')} end`;
  const checkedSql = `select row_no, file_no, line, ${[...resolvedValues, ...kept].join(', ')}, fault,
      substr(${pick(({ cell }) => `${cell}::varchar`)}, 1, ${REJECTED_CHARS_MAX}) as fault_value
    from (select *, case ${faults.map(({ isBroken }, at) => `when ${isBroken} then ${at}`).join('\n')} end as fault
      from (select staged.*, ${[...values, ...computed, ...found].join(', ')} from ${rows.name} as staged ${joins.join(' ')}))`;
  const checked = await engine.tableOf('checked', ['row_no', 'file_no', 'line', 'fault', 'fault_value'], checkedSql);
  const sql = `insert into ${rejects.name} select row_no, file_no, line, ${pick(({ column }) => literal(column))},
     ${pick(({ rule }) => literal(rule))}, coalesce(fault_value, '') from ${checked.name} where fault is not null`;
  await engine.run(sql);
  const sound = `select * exclude (fault, fault_value) from ${checked.name} where fault is null`;
  return engine.viewOf('sound', ['row_no', 'file_no', 'line', 'recorded_at'], sound);
}

/** The rules of a table in the order of checking: those of its cells, then that the rows that they refer to exist. */
function faultsOf(header: ExtractHeader, lookups: Resolved['lookups'], options: CheckOptions): Fault[] {
  const present = header.table.columns.filter(({ name }) => header.found.has(name));
  const ofCells = present.flatMap((column) => {
    const { cell } = foundColumn(header, column);
    const rules = [...cellRules(column, cell, valueColumn(column)), ...spanRules(header.table, column, options)];
    return rules.map((rule): Fault => ({ ...rule, column: column.name, cell }));
  });
  const ofReferences = present
    .filter((column) => column.refersTo !== undefined && lookups.has(column))
    .map((column): Fault => {
      const isMeant = column.kind === 'assigned' ? ` and unit_kind = 'subscription'` : '';
      const { cell } = foundColumn(header, column);
      return { column: column.name, rule: 'key.orphan', cell, isBroken: `not known_${column.name}${isMeant}` };
    });
  return [...ofCells, ...ofReferences];
}

/** Rows by month, and events, must be within the extract's months. */
function spanRules(
  { name, time }: ContractTable,
  column: ContractColumn,
  { from, to, clock, plausible }: CheckOptions,
): CellRule[] {
  const value = valueColumn(column);
  const isImplausible = `not (${value} >= ${timeLiteral(plausible.first, column)} and ${value} < ${timeLiteral(plausible.after, column)})`;
  if (column.name === RECORDED_AT) return [{ rule: 'time.implausible', isBroken: isImplausible }];
  if (!('column' in time) || time.column !== column.name) return [];
  if (time.kind === 'month')
    return [{ rule: 'month.outsideSpan', isBroken: `${value} not between ${literal(from)} and ${literal(to)}` }];
  if (time.kind !== 'day' && time.kind !== 'moment') return [];
  if (name !== 'events') return [{ rule: 'time.implausible', isBroken: isImplausible }];
  const first = clock.momentOf(`timestamp '${from}-01'`);
  const after = clock.momentOf(`(timestamp '${to}-01' + interval 1 month)`);
  return [{ rule: 'month.outsideSpan', isBroken: `not (${value} >= ${first} and ${value} < ${after})` }];
}

function timeLiteral(moment: string, { kind }: ContractColumn): string {
  return kind === 'date' ? `date ${literal(moment.slice(0, 10))}` : `timestamptz ${literal(moment)}`;
}

/** All columns but the knowledge time. */
function contentOf({ table, free }: ExtractHeader): ComparedColumn[] {
  return [
    ...table.columns
      .filter(({ name }) => name !== RECORDED_AT)
      .map((column) => ({ name: column.name, sql: valueColumn(column) })),
    ...free.map(({ name, place }) => ({ name, sql: `c${place}` })),
  ];
}
