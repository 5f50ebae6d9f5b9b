import type { ContractColumn, ContractTable } from '../contract/table.js';
import { literal, type Engine } from '../engine/engine.js';
import { cellRules, cellValue } from './contract-cells.js';
import { foundColumn, type ContractLayout } from './contract-header.js';
import { REJECTED_CHARS_MAX } from './contract-stage.js';

export interface CheckOptions {
  timeZone: string;
  /** The manifest's months, inclusive. */
  from: string;
  to: string;
  /**
   * SQL of a relation (key VARCHAR, id VARCHAR) with what a column of texts stands for in the lake, and whether there is such a
   * row (is_known): given the SQL of the distinct texts. Undefined where the column's cells stay as they are and refer to nothing.
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

/** Names a column's value in `sound`. */
export function valueColumn(column: Pick<ContractColumn, 'name'>): string {
  return `"${column.name}"`;
}

/**
 * Checks every staged row. Fills `rejected` with the first rule that a row breaks, and `repeated` (row_no) with rows that stand
 * there twice; leaves the view `sound` (row_no, file_no, line, the contract's columns by name and typed, c0, c1, …) with the
 * rows that are left. Identifiers are those of the lake.
 *
 * Of rows with the same key the first that breaks no rule stays; a later one is a duplicate if it says the same, else it is
 * rejected as `key.conflict` for the first column in which they differ. Rows of a table without a key are
 * duplicates if all their cells are the same.
 */
export async function checkContract(
  engine: Engine,
  layout: ContractLayout,
  read: number,
  options: CheckOptions,
): Promise<TableCounts> {
  await parse(engine, layout, options);
  options.signal?.throwIfAborted();
  await resolveReferences(engine, layout, options);
  options.signal?.throwIfAborted();
  await findRepeated(engine, layout);
  const { rejected, duplicates } = await engine.row<{ rejected: bigint; duplicates: bigint }>(
    'select (select count(*) from rejected) as rejected, (select count(*) from repeated) as duplicates',
  );
  const counts = { rejected: Number(rejected), duplicates: Number(duplicates) };
  return { read, ...counts, accepted: read - counts.rejected - counts.duplicates };
}

interface Fault {
  column: string;
  rule: string;
  cell: string;
  isBroken: string;
}

/** Makes view `parsed`: typed values and `fault`, the number of the first rule broken. Faulty rows go to `rejected`. */
async function parse(engine: Engine, layout: ContractLayout, options: CheckOptions): Promise<void> {
  const { table } = layout;
  const faults: Fault[] = [];
  const values: string[] = [];
  for (const column of table.columns) {
    const found = foundColumn(layout, column);
    const value = cellValue(column.kind, found, options.timeZone);
    values.push(`${value} as ${valueColumn(column)}`);
    if (!layout.found.has(column.name)) continue;
    const rules = [...cellRules(column, found.cell, `(${value})`), ...spanRules(table, column, `(${value})`, options)];
    faults.push(...rules.map((rule) => ({ ...rule, column: column.name, cell: found.cell })));
  }
  const cells = layout.names.map((_, at) => `c${at}`);
  const cases = faults.map(({ isBroken }, at) => `when ${isBroken} then ${at}`).join('\n');
  await engine.run(
    `create or replace view parsed as select row_no, file_no, line, ${cells.join(', ')}, ${values.join(', ')},
       case ${cases} end as fault from staged`,
  );
  const pick = (of: (fault: Fault) => string): string =>
    `case fault ${faults.map((fault, at) => `when ${at} then ${of(fault)}`).join(' ')} end`;
  await engine.run(
    `insert into rejected select row_no, file_no, line, ${pick(({ column }) => literal(column))},
       ${pick(({ rule }) => literal(rule))},
       coalesce(substr(${pick(({ cell }) => `${cell}::varchar`)}, 1, ${REJECTED_CHARS_MAX}), '')
     from parsed where fault is not null`,
  );
}

/** Rows about months outside the extract, and events too. */
function spanRules(
  { name, time }: ContractTable,
  column: ContractColumn,
  value: string,
  { from, to, timeZone }: CheckOptions,
): { rule: string; isBroken: string }[] {
  if (!('column' in time) || time.column !== column.name) return [];
  if (time.kind === 'month') {
    return [{ rule: 'month.outsideSpan', isBroken: `${value} not between ${literal(from)} and ${literal(to)}` }];
  }
  if (name !== 'events') return [];
  const first = `timezone(${literal(timeZone)}, timestamp '${from}-01')`;
  const after = `timezone(${literal(timeZone)}, timestamp '${to}-01' + interval 1 month)`;
  return [{ rule: 'month.outsideSpan', isBroken: `not (${value} >= ${first} and ${value} < ${after})` }];
}

/** Makes view `sound`: identifiers are the lake's, and rows that refer to what is not there are in `rejected` instead. */
async function resolveReferences(engine: Engine, layout: ContractLayout, options: CheckOptions): Promise<void> {
  const { table } = layout;
  const joins: string[] = [];
  const orphans: { column: ContractColumn; at: number }[] = [];
  const replaced: string[] = [];
  for (const [at, column] of table.columns.entries()) {
    if (!layout.found.has(column.name)) continue;
    const name = valueColumn(column);
    const query = options.resolve(column, `select distinct ${name} as key from parsed where fault is null and ${name} is not null`);
    if (query === undefined) continue;
    await engine.run(`create or replace table ref_${at} as ${query}`);
    joins.push(`left join ref_${at} on ref_${at}.key = parsed.${name}`);
    replaced.push(`ref_${at}.id as ${name}`);
    if (column.refersTo !== undefined) orphans.push({ column, at });
  }
  const unfound = orphans.map(({ column, at }) => {
    const isMeant = column.kind === 'assigned' ? ` and parsed.unit_kind = 'subscription'` : '';
    return `(parsed.${valueColumn(column)} is not null and not ref_${at}.is_known${isMeant})`;
  });
  if (orphans.length > 0) {
    const pick = (of: (orphan: { column: ContractColumn; at: number }) => string): string =>
      `case ${orphans.map((orphan, at) => `when ${unfound[at]!} then ${of(orphan)}`).join(' ')} end`;
    await engine.run(
      `insert into rejected select row_no, file_no, line, ${pick(({ column }) => literal(column.name))}, 'key.orphan',
         substr(${pick(({ column }) => `parsed.${valueColumn(column)}`)}, 1, ${REJECTED_CHARS_MAX})
       from parsed ${joins.join(' ')} where fault is null and (${unfound.join(' or ')})`,
    );
  }
  const replacing = replaced.length === 0 ? '' : ` replace (${replaced.join(', ')})`;
  const isFound = unfound.length === 0 ? '' : ` and not (${unfound.map((each) => `coalesce(${each}, false)`).join(' or ')})`;
  await engine.run(
    `create or replace view sound as select parsed.* exclude (fault)${replacing}
     from parsed ${joins.join(' ')} where fault is null${isFound}`,
  );
}

/** What a row says: the contract's columns and the free ones. */
function saidBy({ table, free }: ContractLayout): { name: string; sql: string }[] {
  return [
    ...table.columns.map((column) => ({ name: column.name, sql: valueColumn(column) })),
    ...free.map(({ name, place }) => ({ name, sql: `c${place}` })),
  ];
}

async function findRepeated(engine: Engine, layout: ContractLayout): Promise<void> {
  const { table } = layout;
  await engine.run('create or replace table repeated (row_no ubigint)');
  const said = saidBy(layout);
  const key = table.key.length === 0 ? [`hash(${said.map(({ sql }) => sql).join(', ')})`] : table.key.map(valueColumn);
  const named = key.map((expression, at) => `${expression} as k${at}`).join(', ');
  const keys = key.map((_, at) => `k${at}`).join(', ');
  const isSameKey = key.map((_, at) => `rows.k${at} is not distinct from firsts.k${at}`).join(' and ');
  await engine.run(
    `create or replace table firsts as select ${keys}, min(row_no) as first_row_no
     from (select row_no, ${named} from sound) group by ${keys} having count(*) > 1`,
  );
  const { n } = await engine.row<{ n: bigint }>('select count(*) as n from firsts');
  if (n === 0n) return;
  await engine.run(
    `create or replace table candidates as select rows.*, first_row_no
     from (select *, ${named} from sound) as rows join firsts on ${isSameKey}`,
  );
  const differs = `case ${said
    .map(({ sql }, at) => `when later.${sql} is distinct from earlier.${sql} then ${at}`)
    .join(' ')} end`;
  await engine.run(
    `create or replace table compared as select *,
       case differs ${said.map(({ sql }, at) => `when ${at} then ${sql}::varchar`).join(' ')} end as value
     from (select later.*, ${differs} as differs
       from candidates as later join candidates as earlier on earlier.row_no = later.first_row_no
       where later.row_no <> later.first_row_no)`,
  );
  await engine.run('insert into repeated select row_no from compared where differs is null');
  if (table.key.length > 0) {
    const names = said.map(({ name }, at) => `when ${at} then ${literal(name)}`).join(' ');
    await engine.run(
      `insert into rejected select row_no, file_no, line, case differs ${names} end, 'key.conflict',
         coalesce(substr(value, 1, ${REJECTED_CHARS_MAX}), '') from compared where differs is not null`,
    );
  }
  await engine.run('drop table candidates');
  await engine.run('drop table compared');
}
