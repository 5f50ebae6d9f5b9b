import { derivedIdInDuckDb } from '@holdfast/platform/identity';
import { monthIn } from '../column/cell-sql.js';
import type { HeaderColumn } from '../column/column.js';
import { inferTypes } from '../column/inference.js';
import type { CsvRecord } from '../csv/csv.js';
import { readCsv, type RecordTaker } from '../csv/read-csv.js';
import { createRejects } from '../csv/rejects.js';
import { CellStager, type FileColumns } from '../csv/stage-cells.js';
import { literal } from '../engine/engine.js';
import { notice, type Notice } from '../notices.js';
import { checkRows } from './check-rows.js';
import { layOut, usedNames, type Layout } from './layout.js';
import type { Mapping } from './mapping.js';
import { describeRows, type CheckedTable, type FileCells, type ReadOptions } from './read-table.js';
import { emptyCells, type TableRows } from './stage-table.js';

/** A published file of a table. */
export interface EarlierFile {
  mapping: Mapping;
  /** Month of all its rows, if its mapping names no column of months. */
  asOf: string;
  /** Months of its accepted rows, ascending. */
  months: readonly string[];
  /** Of the file, from its start each time. */
  bytes: () => AsyncIterable<Uint8Array>;
}

/** A file with the months that no later one has. */
interface Part extends EarlierFile {
  joined: string[];
}

const USES = ['key', 'label', 'value', 'month', 'unit', 'split'] as const;
const MONTHS_NAMED_MAX = 12;

/** Whether the months of a table's files are joined: subscribers are recognised, and the months are known. */
export function accumulates({ key, asOf }: Mapping): boolean {
  return key !== undefined && asOf !== undefined;
}

/**
 * Joins a file with the months of earlier ones that no later file has: the rows are then those of one file with all months,
 * read by the present mapping. A file replaces its months as a whole. Each file is read at most once; memory does not grow
 * with them. Counts and rejects stay those of the new file.
 * @param table read with `keepsCells`
 * @param earlier published files of the same key space, the newest first
 */
export async function joinMonths(
  table: CheckedTable,
  mapping: Mapping,
  earlier: readonly EarlierFile[],
  options: ReadOptions,
): Promise<CheckedTable> {
  const { parts, replaced } = partsOf(table.months, earlier);
  const notices = replaced.length === 0 ? [] : [notice('months.replaced', '', { months: named(replaced) })];
  if (parts.length === 0 || table.cells === undefined)
    return { ...table, notices: [...table.notices, ...notices], fileNotices: [...table.fileNotices, ...notices] };
  const { cells } = table;
  const { layout: header, delimiter } = cells;
  const { operator, timeZone } = options;
  const staged = await withEarlierRows(table, cells, mapping, parts, options);
  const { engine } = staged;
  const inferred = await inferTypes(staged, header.columns, { decimal: mapping.decimal, delimiter, timeZone });
  const { types, reading } = inferred;
  const layout = { ...header, columns: inferred.columns };
  const context = { operator, layout, types, reading, mapping };
  const rejects = await createRejects(engine);
  const { sound } = await checkRows(staged, rejects, context);
  options.signal?.throwIfAborted();
  const lastMonthOf = new Map([
    ...parts.flatMap(({ months, joined }) => joined.map((month) => [month, months.at(-1)!] as const)),
    ...table.months.map((month) => [month, table.months.at(-1)!] as const),
  ]);
  const described = await describeRows(sound, context, inferred.notices, lastMonthOf);
  const fileNotices = [
    ...table.fileNotices,
    ...notices,
    ...joinedNotices(parts, described, table.acceptedRows, await rejects.count()),
  ];
  const { keySpace, counts } = table;
  return {
    ...described,
    ...{ staged, layout, keySpace, counts, rejects: table.rejects, fileNotices },
    notices: [...fileNotices, ...described.notices],
  };
}

/** Which months of which files are joined, and which are repeated by the new one. */
function partsOf(months: readonly string[], earlier: readonly EarlierFile[]): { parts: Part[]; replaced: string[] } {
  const covered = new Set(months);
  const replaced = months.filter((month) => earlier.some((file) => file.months.includes(month)));
  const parts: Part[] = [];
  for (const file of earlier) {
    const joined = file.months.filter((month) => !covered.has(month));
    for (const month of joined) covered.add(month);
    if (joined.length > 0) parts.push({ ...file, joined });
  }
  return { parts, replaced };
}

/** The accepted rows of the file and the rows of the parts, with the cells of the files. */
async function withEarlierRows(
  { accepted, counts, keySpace }: CheckedTable,
  { rows: own, layout }: FileCells,
  mapping: Mapping,
  parts: readonly Part[],
  { operator, timeZone, signal, onProgress }: ReadOptions,
): Promise<TableRows> {
  const { engine } = own;
  const columns = ['row_no', 'file_no', 'line', 'key', 'subscription_id', 'month'] as const;
  const sql = `select * from ${own.name} semi join ${accepted.name} using (row_no)`;
  const staged: TableRows = await engine.tableOf('joined_rows', columns, sql);
  await engine.drop(own);
  const width = layout.columns.length;
  const stager = await CellStager.open(engine);
  const months: string[] = [];
  try {
    for (const [at, part] of parts.entries()) {
      const names = usedNames(part.mapping);
      const onRows = onProgress && ((rows: number): Promise<void> => onProgress('joining', rows));
      const read = { names, delimiter: part.mapping.delimiter, signal, onRows };
      await readCsv(part.bytes, read, ({ fields }): RecordTaker => {
        const file = columnsIn(layout, layOut(fields, part.mapping), part.mapping, mapping);
        const place = file.monthPlace;
        months.push(`when ${at} then ${place === undefined ? literal(part.asOf) : monthIn(`c${place}`, timeZone)}`);
        const taker = stager.takerOf(at, file);
        return { take: (record) => taker.take(file.translated(record)) };
      });
    }
    const key = `c${layout.key!.place}`;
    const found = await stager.rows(width + 1, {
      key,
      subscription_id: derivedIdInDuckDb('subscription', operator, key, keySpace),
      month: `case file_no ${months.join(' ')} end`,
    });
    await engine.run(`insert into ${staged.name} by name
      select * exclude (c${width}) replace (row_no + ${counts.read} as row_no, file_no + 1 as file_no)
      from ${found.name} where ${isOfPart(parts)}`);
    await engine.drop(found, stager.rejects);
  } finally {
    stager.close();
  }
  return staged;
}

function isOfPart(parts: readonly Part[]): string {
  return parts
    .map(({ joined }, at) => `(file_no = ${at} and month in (${joined.map(literal).join(', ')}))`)
    .join(' or ');
}

interface ColumnsOfFile extends FileColumns {
  /** Where the month of a row is; undefined if all rows are of one. */
  monthPlace: number | undefined;
  /** A record with its label in the words of the present mapping. */
  translated: (record: CsvRecord) => CsvRecord;
}

/**
 * Where the columns of an earlier file are among those of the new one: by name, else by their use. A further place has the
 * month that is no column of the new file, another one the cells of columns that it does not have.
 */
function columnsIn(layout: Layout, own: Layout, ownMapping: Mapping, mapping: Mapping): ColumnsOfFile {
  const [ofMonth, unused] = [layout.columns.length, layout.columns.length + 1];
  const byName = new Map(layout.columns.map(({ name, place }) => [name, place]));
  const names = new Set(own.columns.map(({ name }) => name));
  const places = own.columns.map(({ name }) => byName.get(name) ?? unused);
  for (const use of USES) {
    const [target, source] = [layout[use], own[use]];
    if (target !== undefined && source !== undefined && !names.has(target.name)) places[source.place] = target.place;
  }
  const month = own.month?.place;
  if (month !== undefined && places[month] === unused) places[month] = ofMonth;
  const empty = emptyCells(layout, mapping, ownMapping);
  const isEmpty = (cell: string): boolean => empty.isMissing(cell) || empty.isNull(cell, layout.label?.place ?? unused);
  return {
    places,
    ...empty,
    monthPlace: month === undefined ? undefined : places[month],
    translated: translatorOf(own.label, ownMapping, mapping, isEmpty),
  };
}

/** Replaces values of the label that only the mapping of the file has. */
function translatorOf(
  label: HeaderColumn | undefined,
  ownMapping: Mapping,
  mapping: Mapping,
  isEmpty: (cell: string) => boolean,
): (record: CsvRecord) => CsvRecord {
  const [own, now] = [ownMapping.label, mapping.label];
  if (label === undefined || own === undefined || now === undefined) return (record) => record;
  const known = new Set([...now.positive, ...(now.negative ?? [])]);
  const wordFor = (cell: string): string | undefined => {
    if (known.has(cell) || isEmpty(cell)) return undefined;
    if (own.positive.includes(cell)) return now.positive[0];
    // Without a list every other value is negative.
    return own.negative === undefined || own.negative.includes(cell) ? now.negative?.[0] : undefined;
  };
  return (record) => {
    const word = wordFor(record.fields[label.place]?.trim() ?? '');
    return word === undefined ? record : { ...record, fields: record.fields.with(label.place, word) };
  };
}

function joinedNotices(
  parts: readonly Part[],
  { acceptedRows: rows, months }: Pick<CheckedTable, 'acceptedRows' | 'months'>,
  ownRows: number,
  rejected: number,
): Notice[] {
  const wanted = parts.flatMap(({ joined }) => joined).sort();
  const joined = wanted.filter((month) => months.includes(month));
  const lost = wanted.filter((month) => !months.includes(month));
  return [
    notice('months.joined', '', { rows: rows - ownRows, months: named(joined), files: parts.length }),
    ...(rejected === 0 ? [] : [notice('months.rejected', '', { rows: rejected })]),
    ...(lost.length === 0 ? [] : [notice('months.lost', '', { months: named(lost) })]),
  ];
}

/** Months for a message. */
export function named(months: readonly string[]): string {
  const shown = months.slice(0, MONTHS_NAMED_MAX).join(', ');
  return months.length <= MONTHS_NAMED_MAX ? shown : `${shown}, …`;
}
