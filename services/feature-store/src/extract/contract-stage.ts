import { DuckDBDataChunk, INTEGER, UBIGINT, VARCHAR, type DuckDBAppender, type DuckDBType } from '@duckdb/node-api';
import { failure } from '@holdfast/platform/errors';
import type { ContractTable } from '../contract/table.js';
import { literal, type Engine } from '../engine/engine.js';
import { CELL_END, UNSTORABLE } from './cell-text.js';
import { contractLayout, headerDiffers, type ContractLayout } from './contract-header.js';
import { CsvReader, sniffDelimiter, type CsvRecord } from './csv.js';
import { textOf } from './file-text.js';

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
const parquetBroken = failure('unprocessable', 'file.parquetBroken', {
  en: '{file} cannot be read as Parquet.',
  'zh-CN': '无法将 {file} 作为 Parquet 读取。',
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
  let layout: ContractLayout | undefined;
  try {
    for (const [fileNo, file] of files.entries()) {
      const before = rows.rowsRead;
      layout = await readFile(file, fileNo, layout, table, rows, context);
      counts.push(rows.rowsRead - before);
    }
    rows.flush();
  } finally {
    rows.close();
  }
  await splitCells(engine, layout!);
  return { layout: layout!, rows: counts };
}

async function readFile(
  file: CsvFile,
  fileNo: number,
  known: ContractLayout | undefined,
  table: ContractTable,
  rows: RowWriter,
  { signal, onRows }: StageContext,
): Promise<ContractLayout> {
  let layout: ContractLayout | undefined;
  let order: number[] = [];
  let reader: CsvReader | undefined;
  let reported = rows.rowsRead;
  const take = (records: Iterable<CsvRecord>): void => {
    for (const record of records) {
      if (layout !== undefined) {
        rows.write(record, fileNo, order, layout.names);
        continue;
      }
      if (record.fault !== undefined) throw headerMissing({ file: file.path });
      const own = contractLayout(table, record.fields, record.fields.map(() => 'VARCHAR'), file.path);
      layout = known ?? own;
      order = own.names.map((name) => layout!.names.indexOf(name));
      if (own.names.length !== layout.names.length || order.includes(-1)) throw headerDiffers({ file: file.path });
    }
  };
  let head = '';
  for await (const text of textOf(file.bytes())) {
    signal?.throwIfAborted();
    if (reader === undefined) {
      head += text;
      if (!/[^\r\n][\r\n]*\n/.test(head)) {
        if (head.length > HEADER_CHARS_MAX) throw headerMissing({ file: file.path });
        continue;
      }
      reader = new CsvReader(sniffDelimiter(head.trimStart().split('\n', 1)[0]!));
      take(reader.read(head, false));
    } else take(reader.read(text, false));
    if (rows.rowsRead - reported < ROWS_BETWEEN_REPORTS) continue;
    reported = rows.rowsRead;
    await onRows?.(reported);
  }
  if (reader === undefined) {
    reader = new CsvReader(sniffDelimiter(head.trim()));
    take(reader.read(head, true));
  } else take(reader.read('', true));
  if (layout === undefined) throw headerMissing({ file: file.path });
  return layout;
}

/** Hands rows to DuckDB in chunks, a row as one text that DuckDB splits (see staging.ts for why). */
class RowWriter {
  private readonly rowBlock = new Block([UBIGINT, INTEGER, UBIGINT, VARCHAR]);
  private readonly rejectBlock = new Block([UBIGINT, INTEGER, UBIGINT, VARCHAR, VARCHAR, VARCHAR]);
  rowsRead = 0;

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
      const bad = isMalformed && fields.length === order.length ? fields.findIndex((cell) => UNSTORABLE.test(cell)) : -1;
      const rule = isMalformed ? 'text.malformed' : (record.fault ?? 'row.ragged');
      const column = bad < 0 ? '' : names[order[bad]!]!;
      const value = shown(bad < 0 ? record.raw : fields[bad]!);
      this.rejectBlock.add(this.rejectAppender, [...place, column, rule, value]);
      return;
    }
    const cells: string[] = Array.from({ length: order.length });
    for (let at = 0; at < order.length; at += 1) cells[order[at]!] = fields[at]!.trim();
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
 * row's place in its file, from 1. The files must stay where they are while the table is worked on.
 * @param files where they lie on disk, and their paths in the extract
 * @throws unprocessable for a file that cannot be read, or has other columns than the first
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
  let before = 0;
  for (const [fileNo, { path, onDisk }] of files.entries()) {
    const { columns, count } = await look(engine, onDisk, path);
    const types = columns.map(({ column_type: type }) => type);
    const own = contractLayout(table, columns.map(({ column_name: name }) => name), types, path);
    const first = layout ?? own;
    layout = first;
    const places = first.names.map((name) => own.names.indexOf(name));
    const isOther = own.names.length !== first.names.length || places.includes(-1);
    if (isOther || first.names.some((_, at) => first.types[at] !== own.types[places[at]!])) throw headerDiffers({ file: path });
    // a header's blanks are trimmed, a Parquet column goes by the name that it has
    const cells = places.map((place, at) => {
      const { column_name: name } = columns[place]!;
      return first.types[at] === 'VARCHAR' ? `nullif("${name}", '') as c${at}` : `"${name}" as c${at}`;
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
  return { layout: layout!, rows };
}

interface ParquetColumn {
  column_name: string;
  column_type: string;
}

async function look(engine: Engine, onDisk: string, path: string): Promise<{ columns: ParquetColumn[]; count: number }> {
  try {
    const columns = await engine.rows<ParquetColumn>(`describe select * from read_parquet(${literal(onDisk)})`);
    const { n } = await engine.row<{ n: bigint }>(`select count(*) as n from read_parquet(${literal(onDisk)})`);
    return { columns, count: Number(n) };
  } catch (thrown) {
    throw parquetBroken({ file: path }, { cause: thrown });
  }
}
