import type { ContractTable } from '@holdfast/extract-contract/table';
import { NULL_MARKS_SQL } from '../csv/null-marks.js';
import { createRejects } from '../csv/rejects.js';
import { literal, type Engine } from '../engine/engine.js';
import { extractHeader, headerDiffers, type ExtractHeader } from './header.js';
import { inspectColumns } from './inspect-columns.js';
import { describeParquet } from './parquet-file.js';
import {
  freeReading,
  parquetReading,
  refusedDigits,
  refusedType,
  type ParquetColumn,
  type ParquetReading,
} from './parquet-types.js';
import { nullNotices, type StagedTable } from './stage-csv.js';

interface ParquetFile {
  /** In the extract, for messages. */
  path: string;
  onDisk: string;
}

/**
 * Stages the Parquet files of a table as a view; `line` is the row's number in its file. The files must stay in place while
 * the view is used.
 * @throws unprocessable for a file that cannot be read, has other columns than the first, or a column of a refused type
 */
export async function stageParquet(
  engine: Engine,
  table: ContractTable,
  files: readonly ParquetFile[],
): Promise<StagedTable> {
  const rowsOfFiles: number[] = [];
  const parts: string[] = [];
  let first: { header: ExtractHeader; columns: readonly ParquetColumn[] } | undefined;
  let nulls: number[] = [];
  let rowsBefore = 0;
  for (const [fileNo, file] of files.entries()) {
    const { columns, count } = await describeParquet(engine, file.onDisk, file.path);
    const readings = columns.map((column) => readingOf(table, column, file.path));
    const names = columns.map(({ name }) => name);
    const types = readings.map(({ type }) => type);
    const header = extractHeader(table, names, types, file.path);
    first ??= { header, columns };
    const places = first.header.names.map((name) => header.names.indexOf(name));
    const hasSameType = (column: ParquetColumn, at: number): boolean => {
      const { type, isInstant } = columns[places[at]!]!;
      return type === column.type && isInstant === column.isInstant;
    };
    const hasSameNames = header.names.length === first.header.names.length && !places.includes(-1);
    if (!hasSameNames || !first.columns.every(hasSameType)) throw headerDiffers({ file: file.path });
    const nullsOfFile = await countNulls(engine, file, columns, readings);
    nulls = places.map((place, at) => (nulls[at] ?? 0) + nullsOfFile[place]!);
    const cells = places.map((place, at) => `${cellOf(readings[place]!)} as c${at}`);
    const sql = `select (file_row_number + ${rowsBefore + 1})::ubigint as row_no, ${fileNo} as file_no,
        (file_row_number + 1)::ubigint as line, ${cells.join(', ')}
      from read_parquet(${literal(file.onDisk)}, file_row_number = true)`;
    parts.push(sql);
    rowsBefore += count;
    rowsOfFiles.push(count);
  }
  const rows = await engine.viewOf('staged', ['row_no', 'file_no', 'line'], parts.join(' union all '));
  const { header } = first!;
  const notices = [...nullNotices(header, nulls), ...(await inspectColumns(rows, header))];
  return { header, rows, rejects: await createRejects(engine), rowsOfFiles, notices };
}

function cellOf({ cell, type }: ParquetReading): string {
  return type === 'VARCHAR' ? `case when ${cell} not in ('', ${NULL_MARKS_SQL}) then ${cell} end` : cell;
}

/** How a column of a file is read. Blanks around its name are ignored. */
function readingOf(table: ContractTable, column: ParquetColumn, path: string): ParquetReading {
  const source = quotedName(column.name);
  const known = table.columns.find(({ name }) => name === column.name.trim());
  if (known === undefined) return freeReading(column, source);
  const reading = parquetReading(known.kind, column, source);
  if (reading === undefined) throw refusedType(path, known.kind, known.name, column.type);
  return reading;
}

function quotedName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/**
 * Cells of each column that are marks of NULL.
 * @throws unprocessable for a column of identifiers that has lost digits
 */
async function countNulls(
  engine: Engine,
  { path, onDisk }: ParquetFile,
  columns: readonly ParquetColumn[],
  readings: readonly ParquetReading[],
): Promise<number[]> {
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
  const sql = `select ${counts.join(', ')} from read_parquet(${literal(onDisk)})`;
  const row = await engine.row<Record<string, bigint>>(sql);
  columns.forEach((column, at) => {
    const lost = Number(row[`lost${at}`] ?? 0);
    if (lost > 0) throw refusedDigits(path, column, lost);
  });
  return columns.map((_, at) => Number(row[`null${at}`] ?? 0));
}
