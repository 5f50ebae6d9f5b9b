import { failure } from '@holdfast/platform/errors';
import type { ContractTable } from '@holdfast/extract-contract/table';
import type { Encoding } from '../csv/encoding.js';
import { isNullMark } from '../csv/null-marks.js';
import { readCsv, type CsvFile as ReadCsvFile, type ReadContext, type RecordTaker } from '../csv/read-csv.js';
import type { Rejects } from '../csv/rejects.js';
import { CellStager, type StagedRows } from '../csv/stage-cells.js';
import type { Engine } from '../engine/engine.js';
import { notice, type Notice } from '../notices.js';
import { extractHeader, headerDiffers, type ExtractHeader } from './header.js';
import { inspectColumns } from './inspect-columns.js';

/** A table of an extract read into an engine, cells as in its files. */
export interface StagedTable {
  header: ExtractHeader;
  rows: StagedRows;
  /** Rows that are malformed so far. */
  rejects: Rejects;
  /** Rows of each file, without header and blank lines. */
  rowsOfFiles: number[];
  notices: Notice[];
}

export interface CsvFile {
  /** In the extract, for messages. */
  path: string;
  bytes: () => AsyncIterable<Uint8Array>;
}

const FILES_NAMED_MAX = 3;

const headerMissing = failure('unprocessable', 'header.contractMissing', {
  en: '{file}: there is no header line.',
  'zh-CN': '{file}：没有表头行。',
});

/** Stages the CSV files of a table. @throws unprocessable for a header or a file that cannot be read */
export async function stageCsv(
  engine: Engine,
  table: ContractTable,
  files: readonly CsvFile[],
  context: ReadContext,
): Promise<StagedTable> {
  const stager = await CellStager.open(engine);
  const rowsOfFiles: number[] = [];
  const notices: Notice[] = [];
  const encodings = new Map<Encoding, string[]>();
  let header: ExtractHeader | undefined;
  try {
    for (const [fileNo, file] of files.entries()) {
      const read = await readFile(stager, table, { ...file, fileNo, header }, context);
      header = read.taker.header;
      rowsOfFiles.push(read.rows);
      notices.push(...read.notices);
      encodings.set(read.encoding, [...(encodings.get(read.encoding) ?? []), file.path]);
    }
    const staged = { header: header!, rows: await stager.rows(header!.names.length), rejects: stager.rejects };
    notices.unshift(...encodingNotices(encodings));
    notices.push(...nullNotices(staged.header, stager.nulls), ...(await inspectColumns(staged.rows, staged.header)));
    return { ...staged, rowsOfFiles, notices };
  } finally {
    stager.close();
  }
}

interface FileTaker extends RecordTaker {
  header: ExtractHeader;
}

/** @param file with the header of the table's first file, which the others must have too */
async function readFile(
  stager: CellStager,
  table: ContractTable,
  file: CsvFile & { fileNo: number; header: ExtractHeader | undefined },
  { signal, onRows }: ReadContext,
): Promise<ReadCsvFile<FileTaker> & { taker: FileTaker }> {
  const rowsBefore = stager.rowsRead;
  const options = {
    names: table.columns.filter(({ isRequired }) => isRequired).map(({ name }) => name),
    isHeaderBounded: true,
    where: `${file.path}: `,
    signal,
    onRows: (rows: number) => onRows?.(rowsBefore + rows) ?? Promise.resolve(),
  };
  const read = await readCsv(file.bytes, options, ({ fields, fault }): FileTaker => {
    if (fault !== undefined) throw headerMissing({ file: file.path });
    const types = fields.map(() => 'VARCHAR');
    const own = extractHeader(table, fields, types, file.path);
    const header = file.header ?? own;
    const places = own.names.map((name) => header.names.indexOf(name));
    if (own.names.length !== header.names.length || places.includes(-1)) throw headerDiffers({ file: file.path });
    return { header, ...stager.takerOf(file.fileNo, { places, names: header.names, isNull: isNullMark }) };
  });
  if (read.taker === undefined) throw headerMissing({ file: file.path });
  return { ...read, taker: read.taker };
}

function encodingNotices(encodings: ReadonlyMap<Encoding, readonly string[]>): Notice[] {
  return [...encodings].flatMap(([encoding, paths]) => {
    if (encoding === 'UTF-8') return [];
    const named = [...paths.slice(0, FILES_NAMED_MAX), ...(paths.length > FILES_NAMED_MAX ? ['…'] : [])];
    return [notice('file.encoding', '', { name: ` ${named.join(', ')}`, encoding })];
  });
}

/** @param nulls cells that are marks of NULL, by place in the table */
export function nullNotices({ table, names }: ExtractHeader, nulls: readonly number[]): Notice[] {
  return names.flatMap((name, place) => {
    const cells = nulls[place] ?? 0;
    return cells === 0 ? [] : [notice('column.nullMarks', `${table.name}.${name}`, { cells })];
  });
}
