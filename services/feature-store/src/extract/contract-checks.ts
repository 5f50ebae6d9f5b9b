import { RECORDED_AT, type ContractColumn, type ContractTable } from '@holdfast/extract-contract/table';
import { subjectKey } from '@holdfast/extract-contract/tables';
import { lakeType } from './lake-type.js';
import { literal, type Engine } from '../engine/engine.js';
import { cellRules, cellValue } from './contract-cells.js';
import { foundColumn, type ContractLayout } from './contract-header.js';
import type { LocalClock } from './local-clock.js';
import { REJECTED_CHARS_MAX } from './contract-stage.js';
import { notice, type Notice } from './notices.js';
import { findRepeated, type Said } from './repeated-rows.js';

interface CheckOptions {
  clock: LocalClock;
  /** The manifest's months, inclusive. */
  from: string;
  to: string;
  /**
   * SQL of a relation (key VARCHAR, id, is_known BOOLEAN) with what a column's texts stand for in the lake, and whether
   * there is such a row: given the SQL of the distinct texts. Undefined where the cells stay as they are and refer to nothing.
   */
  resolve: (column: ContractColumn, distinctTexts: string) => string | undefined;
  signal?: AbortSignal;
}

/** What became of a table's rows: read = accepted + rejected + duplicates. */
export interface TableCounts {
  read: number;
  accepted: number;
  rejected: number;
  duplicates: number;
}

/** Names a column's value in `accepted`. */
export function valueColumn(column: Pick<ContractColumn, 'name'>): string {
  return `"${column.name}"`;
}

/**
 * Checks every staged row. Fills `rejected` with the first rule that a row breaks; leaves the rest as the view `accepted` (row_no,
 * file_no, line, the contract's columns by name, typed and with the lake's identifiers, `own_key`, and the free columns as c0, c1,
 * …) of the table `checked`.
 *
 * What becomes of rows with the same key says repeated-rows.ts.
 */
export async function checkContract(
  engine: Engine,
  layout: ContractLayout,
  read: number,
  options: CheckOptions,
): Promise<TableCounts> {
  await resolveTexts(engine, layout, options);
  options.signal?.throwIfAborted();
  await checkCells(engine, layout, options);
  options.signal?.throwIfAborted();
  await findRepeated(engine, layout.table.key.map(valueColumn), saidBy(layout));
  await engine.run(
    `create or replace view accepted as select * from sound
     where row_no not in (select row_no from repeated) and row_no not in (select row_no from conflicting)`,
  );
  const { rejected, duplicates } = await engine.row<{ rejected: bigint; duplicates: bigint }>(
    'select (select count(*) from rejected) as rejected, (select count(*) from repeated) as duplicates',
  );
  const counts = { rejected: Number(rejected), duplicates: Number(duplicates) };
  return { read, ...counts, accepted: read - counts.rejected - counts.duplicates };
}

/** Columns of numbers whose rejected cells have commas: all their rows are lost for one reason. */
export async function commaNotices(engine: Engine, { table }: ContractLayout): Promise<Notice[]> {
  const rows = await engine.rows<{ column_name: string; cells: bigint }>(
    `select column_name, count(*) as cells from rejected
     where rule = 'number.malformed' and regexp_full_match(value, '[-+]?\\d[\\d.,]*,\\d+(\\.\\d+)?') group by 1 order by 1`,
  );
  return rows.map(({ column_name: name, cells }) =>
    notice('column.commaRejected', `${table.name}.${name}`, { cells: Number(cells) }),
  );
}

/** Table of what a column's texts stand for. */
function resolvedTable(column: ContractColumn): string {
  return `resolved_${column.name}`;
}

/** Columns whose texts stand for something else, or refer to another table. */
function resolvedColumns(layout: ContractLayout, { resolve }: CheckOptions): ContractColumn[] {
  return layout.table.columns.filter(
    (column) => layout.found.has(column.name) && resolve(column, 'select') !== undefined,
  );
}

async function resolveTexts(engine: Engine, layout: ContractLayout, options: CheckOptions): Promise<void> {
  for (const column of resolvedColumns(layout, options)) {
    const { cell } = foundColumn(layout, column);
    const texts = `select distinct ${cell}::varchar as key from staged where ${cell} is not null`;
    await engine.run(`create or replace table ${resolvedTable(column)} as ${options.resolve(column, texts)!}`);
  }
}

interface Fault {
  column: string;
  rule: string;
  cell: string;
  isBroken: string;
}

/** Makes `checked` in one pass over the staged rows: typed values, identifiers, and the number of the first rule broken. */
async function checkCells(engine: Engine, layout: ContractLayout, options: CheckOptions): Promise<void> {
  const { table } = layout;
  const resolved = new Set(resolvedColumns(layout, options));
  const faults = faultsOf(layout, resolved, options);
  const joins = [...resolved].map(
    (column) =>
      `left join ${resolvedTable(column)} as r_${column.name} on r_${column.name}.key = ${foundColumn(layout, column).cell}`,
  );
  const values = table.columns.map((column) => {
    const isThere = layout.found.has(column.name);
    const value = isThere
      ? cellValue(column.kind, foundColumn(layout, column), options.clock)
      : `null::${lakeType(column.kind)}`;
    return `${value} as ${valueColumn(column)}`;
  });
  const known = [...resolved].flatMap(({ name }) => [
    `r_${name}.id as id_${name}`,
    `r_${name}.is_known as known_${name}`,
  ]);
  const said = table.columns.map((column) =>
    resolved.has(column) ? `id_${column.name} as ${valueColumn(column)}` : valueColumn(column),
  );
  const own = subjectKey(table);
  const kept = [
    ...(own === undefined ? [] : [`${foundColumn(layout, own).cell} as own_key`]),
    ...layout.free.map(({ place }) => `c${place}`),
  ];
  const pick = (of: (fault: Fault) => string): string =>
    `case fault ${faults.map((fault, at) => `when ${at} then ${of(fault)}`).join(' ')} end`;
  await engine.run(
    `create or replace table checked as
     select row_no, file_no, line, ${[...said, ...kept].join(', ')}, fault,
       substr(${pick(({ cell }) => `${cell}::varchar`)}, 1, ${REJECTED_CHARS_MAX}) as fault_value
     from (select *, case ${faults.map(({ isBroken }, at) => `when ${isBroken} then ${at}`).join('\n')} end as fault
       from (select staged.*, ${[...values, ...known].join(', ')} from staged ${joins.join(' ')}))`,
  );
  await engine.run(
    `insert into rejected select row_no, file_no, line, ${pick(({ column }) => literal(column))},
       ${pick(({ rule }) => literal(rule))}, coalesce(fault_value, '') from checked where fault is not null`,
  );
  await engine.run(
    'create or replace view sound as select * exclude (fault, fault_value) from checked where fault is null',
  );
}

/** The rules of a table in the order in which they are tried: those of its cells, then that what they refer to is there. */
function faultsOf(layout: ContractLayout, resolved: ReadonlySet<ContractColumn>, options: CheckOptions): Fault[] {
  const there = layout.table.columns.filter(({ name }) => layout.found.has(name));
  const ofCells = there.flatMap((column) => {
    const { cell } = foundColumn(layout, column);
    const rules = [...cellRules(column, cell, valueColumn(column)), ...spanRules(layout.table, column, options)];
    return rules.map((rule): Fault => ({ ...rule, column: column.name, cell }));
  });
  const ofReferences = there
    .filter((column) => column.refersTo !== undefined && resolved.has(column))
    .map((column): Fault => {
      const isMeant = column.kind === 'assigned' ? ` and unit_kind = 'subscription'` : '';
      const { cell } = foundColumn(layout, column);
      return { column: column.name, rule: 'key.orphan', cell, isBroken: `not known_${column.name}${isMeant}` };
    });
  return [...ofCells, ...ofReferences];
}

/** Rows about months outside the extract, and events too. */
function spanRules(
  { name, time }: ContractTable,
  column: ContractColumn,
  { from, to, clock }: CheckOptions,
): { rule: string; isBroken: string }[] {
  if (!('column' in time) || time.column !== column.name) return [];
  const value = valueColumn(column);
  if (time.kind === 'month') {
    return [{ rule: 'month.outsideSpan', isBroken: `${value} not between ${literal(from)} and ${literal(to)}` }];
  }
  if (name !== 'events') return [];
  const first = clock.momentOf(`timestamp '${from}-01'`);
  const after = clock.momentOf(`(timestamp '${to}-01' + interval 1 month)`);
  return [{ rule: 'month.outsideSpan', isBroken: `not (${value} >= ${first} and ${value} < ${after})` }];
}

/** What a row says: the contract's columns and the free ones, and not when the source knew it. */
function saidBy({ table, free }: ContractLayout): Said[] {
  return [
    ...table.columns
      .filter(({ name }) => name !== RECORDED_AT)
      .map((column) => ({ name: column.name, sql: valueColumn(column) })),
    ...free.map(({ name, place }) => ({ name, sql: `c${place}` })),
  ];
}
