import { DuckDBDataChunk, INTEGER, UBIGINT, VARCHAR, type DuckDBAppender, type DuckDBType } from '@duckdb/node-api';
import { failure } from '@holdfast/platform/errors';
import type { ContractTable } from '@holdfast/extract-contract/table';
import { literal, type Engine } from '../engine/engine.js';
import { CELL_END, UNSTORABLE } from './cell-text.js';
import { contractLayout, headerDiffers, type ContractLayout } from './contract-header.js';
import { inspectStaged } from './contract-inspect.js';
import { CsvReader, type CsvRecord } from './csv.js';
import type { Encoding } from './encoding.js';
import { isHead, readHead } from './file-head.js';
import { openText } from './file-text.js';
import { notice, type Notice } from './notices.js';
import { isNullMark, NULL_MARKS_SQL } from './null-marks.js';
import { lookAtParquet } from './parquet-look.js';
import {
  freeReading,
  parquetReading,
  refusedDigits,
  refusedType,
  type ParquetColumn,
  type ParquetReading,
} from './parquet-types.js';

/** Most characters of a rejected value that are kept. */
export const REJECTED_CHARS_MAX = 200;
/** Longest header; in a file without a line's end the whole file would be one. */
const HEADER_CHARS_MAX = 1024 * 1024;
const BLOCK_ROWS = 2048;
const ROWS_BETWEEN_REPORTS = 100_000;

/** A table read into the engine, cells as they stand there. */
export interface StagedTable {
  layout: ContractLayout;
  /** Rows of each file, the header and blank lines not counted. */
  rows: number[];
  notices: Notice[];
}

export interface StageContext {
  signal?: AbortSignal;
  /** Told now and then. */
  onRows?: (rows: number) => Promise<void>;
}

/** A file to read: its path in the extract, for messages, and its bytes. */
export interface CsvFile {
  path: string;
  bytes: () => AsyncIterable<Uint8Array>;
}

const headerMissing = failure('unprocessable', 'header.contractMissing', {
  en: '{file}: there is no header line.',
  'zh-CN': '{file}：没有表头行。',
});
/** Makes the table that rows go to which break their contract: both ways of staging do so first. */
async function openRejected(engine: Engine): Promise<void> {
  await engine.run(
    'create or replace table rejected (row_no ubigint, file_no integer, line ubigint, column_name varchar, rule varchar, value varchar)',
  );
}

/**
 * Reads the CSV files of a table into the engine's table `staged` (row_no, file_no, line, c0, c1, …): trimmed texts, NULL
 * where empty. Rows that are no rows stand in `rejected`. Memory does not grow with the files.
 * @throws unprocessable for a header or a file that cannot be read
 */
export async function stageCsv(
  engine: Engine,
  table: ContractTable,
  files: readonly CsvFile[],
  context: StageContext,
): Promise<StagedTable> {
  await openRejected(engine);
  await engine.run('create or replace table incoming (row_no ubigint, file_no integer, line ubigint, cells varchar)');
  const rows = new RowWriter(
    await engine.connection.createAppender('incoming'),
    await engine.connection.createAppender('rejected'),
  );
  const counts: number[] = [];
  const notices: Notice[] = [];
  const encodings = new Map<Encoding, string[]>();
  let layout: ContractLayout | undefined;
  try {
    for (const [fileNo, file] of files.entries()) {
      const before = rows.rowsRead;
      const read = await readFile(file, fileNo, layout, table, rows, context);
      layout = read.layout;
      counts.push(rows.rowsRead - before);
      notices.push(...read.notices);
      encodings.set(read.encoding, [...(encodings.get(read.encoding) ?? []), file.path]);
    }
    rows.flush();
  } finally {
    rows.close();
  }
  notices.unshift(...encodingNotices(encodings));
  await splitCells(engine, layout!);
  const nulls = layout!.names.map((name, place) => ({ name, cells: rows.nulls[place] ?? 0 }));
  notices.push(...nullNotices(table, nulls), ...(await inspectStaged(engine, layout!)));
  return { layout: layout!, rows: counts, notices };
}

const FILES_NAMED_MAX = 3;

function encodingNotices(encodings: ReadonlyMap<Encoding, readonly string[]>): Notice[] {
  return [...encodings].flatMap(([encoding, paths]) => {
    if (encoding === 'UTF-8') return [];
    const named = [...paths.slice(0, FILES_NAMED_MAX), ...(paths.length > FILES_NAMED_MAX ? ['…'] : [])];
    return [notice('file.encoding', '', { name: ` ${named.join(', ')}`, encoding })];
  });
}

function nullNotices({ name: table }: ContractTable, columns: readonly { name: string; cells: number }[]): Notice[] {
  return columns
    .filter(({ cells }) => cells > 0)
    .map(({ name, cells }) => notice('column.nullMarks', `${table}.${name}`, { cells }));
}

async function readFile(
  file: CsvFile,
  fileNo: number,
  known: ContractLayout | undefined,
  table: ContractTable,
  rows: RowWriter,
  { signal, onRows }: StageContext,
): Promise<{ layout: ContractLayout; encoding: Encoding; notices: Notice[] }> {
  let layout: ContractLayout | undefined;
  let order: number[] = [];
  let reader: CsvReader | undefined;
  let reported = rows.rowsRead;
  let toSkip = 0;
  const notices: Notice[] = [];
  const take = (records: Iterable<CsvRecord>): void => {
    for (const record of records) {
      if (layout !== undefined) {
        rows.write(record, fileNo, order, layout.names);
        continue;
      }
      if (toSkip > 0) {
        toSkip -= 1;
        continue;
      }
      if (record.fault !== undefined) throw headerMissing({ file: file.path });
      const own = contractLayout(
        table,
        record.fields,
        record.fields.map(() => 'VARCHAR'),
        file.path,
      );
      layout = known ?? own;
      order = own.names.map((name) => layout!.names.indexOf(name));
      if (own.names.length !== layout.names.length || order.includes(-1)) throw headerDiffers({ file: file.path });
    }
  };
  const wanted = table.columns.filter(({ isRequired }) => isRequired).map(({ name }) => name);
  const begin = (text: string, isLast: boolean): void => {
    const head = readHead(text, undefined, wanted);
    toSkip = head.skip;
    notices.push(...head.notices);
    reader = new CsvReader(head.delimiter);
    take(reader.read(text, isLast));
  };
  const { encoding, text: pieces } = await openText(file.bytes, {
    where: `${file.path}: `,
    ...(signal === undefined ? {} : { signal }),
  });
  let head = '';
  for await (const text of pieces) {
    signal?.throwIfAborted();
    if (reader === undefined) {
      head += text;
      if (!isHead(head, HEADER_CHARS_MAX)) continue;
      if (!/[\r\n]/.test(head)) throw headerMissing({ file: file.path });
      begin(head, false);
    } else take((reader as CsvReader).read(text, false));
    if (rows.rowsRead - reported < ROWS_BETWEEN_REPORTS) continue;
    reported = rows.rowsRead;
    await onRows?.(reported);
  }
  if (reader === undefined) begin(head, true);
  else take((reader as CsvReader).read('', true));
  if (layout === undefined) throw headerMissing({ file: file.path });
  return { layout, encoding, notices };
}

/** Hands rows to DuckDB in chunks, a row as one text that DuckDB splits (see staging.ts for why). */
class RowWriter {
  private readonly rowBlock = new Block([UBIGINT, INTEGER, UBIGINT, VARCHAR]);
  private readonly rejectBlock = new Block([UBIGINT, INTEGER, UBIGINT, VARCHAR, VARCHAR, VARCHAR]);
  rowsRead = 0;
  /** Cells that say NULL, by place in the table. */
  readonly nulls: number[] = [];

  constructor(
    private readonly rowAppender: DuckDBAppender,
    private readonly rejectAppender: DuckDBAppender,
  ) {}

  /** @param order where each cell of the file belongs in the table */
  write(record: CsvRecord, fileNo: number, order: readonly number[], names: readonly string[]): void {
    this.rowsRead += 1;
    const { fields } = record;
    const place = [BigInt(this.rowsRead), fileNo, BigInt(record.line)] as const;
    const isMalformed = UNSTORABLE.test(record.raw);
    if (isMalformed || record.fault !== undefined || fields.length !== order.length) {
      const bad =
        isMalformed && fields.length === order.length ? fields.findIndex((cell) => UNSTORABLE.test(cell)) : -1;
      const rule = isMalformed ? 'text.malformed' : (record.fault ?? 'row.ragged');
      const column = bad < 0 ? '' : names[order[bad]!]!;
      const value = shown(bad < 0 ? record.raw : fields[bad]!);
      this.rejectBlock.add(this.rejectAppender, [...place, column, rule, value]);
      return;
    }
    const cells: string[] = Array.from({ length: order.length });
    for (let at = 0; at < order.length; at += 1) {
      const cell = fields[at]!.trim();
      const isNull = isNullMark(cell);
      if (isNull) this.nulls[order[at]!] = (this.nulls[order[at]!] ?? 0) + 1;
      cells[order[at]!] = isNull ? '' : cell;
    }
    this.rowBlock.add(this.rowAppender, [...place, cells.join(CELL_END)]);
  }

  flush(): void {
    this.rowBlock.flush(this.rowAppender);
    this.rejectBlock.flush(this.rejectAppender);
  }

  close(): void {
    this.rowAppender.closeSync();
    this.rejectAppender.closeSync();
  }
}

/** A value for a person to read: cut, and without what PostgreSQL refuses. */
function shown(raw: string): string {
  return raw.slice(0, REJECTED_CHARS_MAX).replaceAll('\u0000', '\uFFFD').trimEnd();
}

type Cell = number | bigint | string | null;

class Block {
  private columns: Cell[][];

  constructor(private readonly types: DuckDBType[]) {
    this.columns = types.map(() => []);
  }

  add(appender: DuckDBAppender, row: readonly Cell[]): void {
    for (let at = 0; at < row.length; at += 1) this.columns[at]!.push(row[at]!);
    if (this.columns[0]!.length === BLOCK_ROWS) this.flush(appender);
  }

  flush(appender: DuckDBAppender): void {
    const rows = this.columns[0]!.length;
    if (rows === 0) return;
    const chunk = DuckDBDataChunk.create(this.types, rows);
    chunk.setColumns(this.columns);
    appender.appendDataChunk(chunk);
    this.columns = this.types.map(() => []);
  }
}

async function splitCells(engine: Engine, layout: ContractLayout): Promise<void> {
  const cells = layout.names.map((_, place) => `nullif(cell[${place + 1}], '') as c${place}`);
  await engine.run(
    `create or replace table staged as select row_no, file_no, line, ${cells.join(', ')}
     from (select *, string_split(cells, '${CELL_END}') as cell from incoming)`,
  );
  await engine.run('drop table incoming');
}

/**
 * Offers the Parquet files of a table as the engine's view `staged`, with the columns that `stageCsv` makes; the line is the
 * row's place in its file, from 1. Columns of the contract are read as parquet-types.ts says. The files must stay where they
 * are while the table is worked on.
 * @param files where they lie on disk, and their paths in the extract
 * @throws unprocessable for a file that cannot be read, has other columns than the first, or a column of a type that it does
 *   not take
 */
export async function stageParquet(
  engine: Engine,
  table: ContractTable,
  files: readonly { path: string; onDisk: string }[],
): Promise<StagedTable> {
  await openRejected(engine);
  const rows: number[] = [];
  const parts: string[] = [];
  let layout: ContractLayout | undefined;
  let firstColumns: readonly ParquetColumn[] | undefined;
  let nulls: number[] = [];
  let before = 0;
  for (const [fileNo, { path, onDisk }] of files.entries()) {
    const { columns, count } = await lookAtParquet(engine, onDisk, path);
    const readings = columns.map((column) => readingOf(table, column, path));
    const own = contractLayout(
      table,
      columns.map(({ name }) => name),
      readings.map(({ type }) => type),
      path,
    );
    const first = layout ?? own;
    layout = first;
    firstColumns ??= columns;
    const places = first.names.map((name) => own.names.indexOf(name));
    const isOther = own.names.length !== first.names.length || places.includes(-1);
    if (isOther || firstColumns.some((column, at) => isOfOtherType(column, columns[places[at]!]!))) {
      throw headerDiffers({ file: path });
    }
    const found = await checkParquet(engine, { path, onDisk, columns, readings });
    nulls = places.map((place, at) => (nulls[at] ?? 0) + found[place]!);
    const cells = places.map((place, at) => {
      const { cell, type } = readings[place]!;
      return `${type === 'VARCHAR' ? `case when ${cell} not in ('', ${NULL_MARKS_SQL}) then ${cell} end` : cell} as c${at}`;
    });
    parts.push(
      `select (file_row_number + ${before + 1})::ubigint as row_no, ${fileNo} as file_no,
         (file_row_number + 1)::ubigint as line, ${cells.join(', ')}
       from read_parquet(${literal(onDisk)}, file_row_number = true)`,
    );
    before += count;
    rows.push(count);
  }
  await engine.run(`create or replace view staged as ${parts.join(' union all ')}`);
  const named = layout!.names.map((name, place) => ({ name, cells: nulls[place] ?? 0 }));
  return { layout: layout!, rows, notices: [...nullNotices(table, named), ...(await inspectStaged(engine, layout!))] };
}

function isOfOtherType(left: ParquetColumn, right: ParquetColumn): boolean {
  return left.type !== right.type || left.isInstant !== right.isInstant;
}

/** How a column of a file is read. A header's blanks are trimmed; a Parquet column goes by the name that it has. */
function readingOf(table: ContractTable, column: ParquetColumn, path: string): ParquetReading {
  const source = quotedName(column.name);
  const wanted = table.columns.find(({ name }) => name === column.name.trim());
  if (wanted === undefined) return freeReading(column, source);
  const reading = parquetReading(wanted.kind, column, source);
  if (reading === undefined) throw refusedType(path, wanted.kind, wanted.name, column.type);
  return reading;
}

function quotedName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/**
 * Looks at the values of a file where its types allow more than its columns: gives the cells of each column that say NULL.
 * @throws unprocessable for a column of names whose digits are lost
 */
async function checkParquet(
  engine: Engine,
  file: { path: string; onDisk: string; columns: ParquetColumn[]; readings: ParquetReading[] },
): Promise<number[]> {
  const { path, onDisk, columns, readings } = file;
  const counts = columns.flatMap(({ name, type }, at) => {
    const [source, { cell, type: read, everyValue }] = [quotedName(name), readings[at]!];
    const isText = read === 'VARCHAR' ? `${cell} in (${NULL_MARKS_SQL})` : undefined;
    const isNull = /^(FLOAT|DOUBLE)$/.test(type) ? `isnan(${source})` : isText;
    return [
      ...(isNull === undefined ? [] : [`count(*) filter (where ${isNull}) as null${at}`]),
      ...(everyValue === undefined ? [] : [`count(*) filter (where not (${everyValue})) as lost${at}`]),
    ];
  });
  if (counts.length === 0) return columns.map(() => 0);
  const row = await engine.row<Record<string, bigint>>(
    `select ${counts.join(', ')} from read_parquet(${literal(onDisk)})`,
  );
  columns.forEach((column, at) => {
    const lost = Number(row[`lost${at}`] ?? 0);
    if (lost > 0) throw refusedDigits(path, column, lost);
  });
  return columns.map((_, at) => Number(row[`null${at}`] ?? 0));
}
