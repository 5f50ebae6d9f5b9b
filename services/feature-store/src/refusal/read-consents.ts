import { BIGINT, BOOLEAN, DuckDBDataChunk, INTEGER, UBIGINT, VARCHAR, type DuckDBAppender } from '@duckdb/node-api';
import { Failure } from '@holdfast/platform/errors';
import { literal, type Engine } from '../engine/engine.js';
import { CsvReader, type CsvRecord } from '../extract/csv.js';
import { isHead, readHead } from '../extract/file-head.js';
import { openText } from '../extract/file-text.js';
import { consentAnswer, type ConsentAnswer } from './consent-cell.js';
import type { RefusalMoments } from './refusal-moment.js';

const BLOCK_ROWS = 2048;
const HEADER_CHARS_MAX = 1024 * 1024;
const ROWS_BETWEEN_REPORTS = 100_000;

/** Names of the columns, and what a cell says. */
interface ConsentForm {
  id: string;
  consent: string;
  /** Empty where there is none. */
  changedAt: string;
  answerOf: (cell: string) => ConsentAnswer;
  /** Left out: what the header has most of. */
  delimiter?: string;
}

/** Of `customers` in an extract. */
export const CUSTOMERS_FORM: ConsentForm = {
  ...{ id: 'customer_id', consent: 'marketing_consent', changedAt: 'consent_changed_at' },
  answerOf: consentAnswer,
};

interface ConsentFile {
  /** The bytes of a CSV file, or where a Parquet file is on disk. */
  source: { csv: () => AsyncIterable<Uint8Array> } | { parquet: string };
}

interface ReadConsentsContext {
  form: ConsentForm;
  moments: RefusalMoments;
  signal: AbortSignal;
  /** Told now and then. */
  onRows: (rows: number) => Promise<void>;
}

/** Rows whose cell cannot be located: the refusal of none of them is known. */
interface ConsentsRead {
  unlocated: number;
}

/**
 * Reads who says yes and who says no in the files of a table into the engine's table `consent_cell` (file_no, line, key,
 * is_refusal, is_unreadable, at_ms), one row for each cell that is not empty. A pass of its own over the text, which
 * shares no check with the import of the table: a missing column, a wrong hash or a row with another bad cell cost
 * nothing here. What cannot be read at all ends the file that it is in, and no other.
 */
export async function readConsents(
  engine: Engine,
  files: readonly ConsentFile[],
  context: ReadConsentsContext,
): Promise<ConsentsRead> {
  await engine.run(
    `create or replace table consent_cell (file_no integer, line ubigint, key varchar, is_refusal boolean,
       is_unreadable boolean, at_ms bigint)`,
  );
  const writer = new ConsentWriter(await engine.connection.createAppender('consent_cell'), context);
  try {
    for (const [fileNo, { source }] of files.entries()) {
      try {
        if ('csv' in source) await readCsv(source.csv, fileNo, writer, context);
        else await readParquet(engine, source.parquet, fileNo, writer, context);
      } catch (thrown) {
        context.signal.throwIfAborted();
        if (!isOfTheFile(thrown)) throw thrown;
      }
    }
    writer.flush();
  } finally {
    writer.close();
  }
  return { unlocated: writer.unlocated };
}

/** The import of the table meets the same fault and says it. */
function isOfTheFile(thrown: unknown): boolean {
  if (thrown instanceof Failure) return thrown.kind === 'unprocessable' || thrown.kind === 'invalid';
  return thrown instanceof Error && /Invalid Input Error|Conversion Error|Binder Error|IO Error/.test(thrown.message);
}

async function readCsv(
  bytes: () => AsyncIterable<Uint8Array>,
  fileNo: number,
  writer: ConsentWriter,
  { form, signal, onRows }: ReadConsentsContext,
): Promise<void> {
  let reader: CsvReader | undefined;
  let columns: ConsentColumns | undefined;
  let toSkip = 0;
  let rows = 0;
  let reported = 0;
  const take = (records: Iterable<CsvRecord>): void => {
    for (const record of records) {
      if (toSkip > 0) toSkip -= 1;
      else if (columns === undefined) columns = new ConsentColumns(record.fields, form);
      else {
        rows += 1;
        columns.write(record, fileNo, writer);
      }
    }
  };
  const begin = (text: string, isLast: boolean): CsvReader => {
    const head = readHead(text, form.delimiter, [form.id]);
    toSkip = head.skip;
    const opened = new CsvReader(head.delimiter);
    take(opened.read(text, isLast));
    return opened;
  };
  const { text: pieces } = await openText(bytes, { signal });
  let head = '';
  for await (const text of pieces) {
    signal.throwIfAborted();
    if (reader === undefined) {
      head += text;
      if (!isHead(head, HEADER_CHARS_MAX)) continue;
      reader = begin(head, false);
    } else take(reader.read(text, false));
    if (columns?.isWithoutConsent === true) return;
    if (rows - reported < ROWS_BETWEEN_REPORTS) continue;
    reported = rows;
    await onRows(rows);
  }
  if (reader === undefined) begin(head, true);
  else take(reader.read('', true));
}

/** Where the three columns are in one CSV file. */
class ConsentColumns {
  private readonly id: number;
  private readonly consent: number;
  private readonly changedAt: number;
  private readonly width: number;

  constructor(
    header: readonly string[],
    private readonly form: ConsentForm,
  ) {
    const names = header.map((name) => name.trim().toLowerCase());
    const placeOf = (wanted: string): number => (wanted === '' ? -1 : names.indexOf(wanted.toLowerCase()));
    this.width = names.length;
    this.id = placeOf(form.id);
    this.consent = placeOf(form.consent);
    this.changedAt = placeOf(form.changedAt);
  }

  get isWithoutConsent(): boolean {
    return this.consent < 0;
  }

  write({ line, fields, fault }: CsvRecord, fileNo: number, writer: ConsentWriter): void {
    if (this.isWithoutConsent) return;
    const place = { fileNo, line };
    if (fault !== undefined || this.id < 0) {
      writer.unlocated += 1;
      return;
    }
    const key = (fields[this.id] ?? '').trim();
    const changedAt = this.changedAt < 0 ? '' : (fields[this.changedAt] ?? '');
    if (fields.length === this.width || this.isPadded(fields)) {
      writer.write(place, key, fields[this.consent] ?? '', changedAt);
    } else this.writeShifted(fields, place, key, writer);
  }

  /** Where a cell may be another column's, what is merely not the yes of a mapping says nothing. */
  private isNo(cell: string): boolean {
    return this.form.answerOf(cell) === 'refused' && consentAnswer(cell) === 'refused';
  }

  /** Too many cells that are all empty: delimiters at the end of the line, which move nothing. */
  private isPadded(fields: readonly string[]): boolean {
    return fields.length > this.width && fields.slice(this.width).every((cell) => cell.trim() === '');
  }

  /**
   * A row with another number of cells. Of one that has too many, a cell before the consent was split, so that the
   * consent is anywhere from its place to that place moved by the surplus; of one that lacks some, it is at either end.
   * Only a key in the first column cannot have moved. A no at such a place counts; without one the row says nothing that
   * is certain.
   */
  private writeShifted(
    fields: readonly string[],
    place: { fileNo: number; line: number },
    key: string,
    writer: ConsentWriter,
  ): void {
    const surplus = fields.length - this.width;
    const width = surplus > 0 ? surplus + 1 : 1;
    const candidates = [
      ...fields.slice(this.consent, this.consent + width),
      ...(surplus < 0 && this.consent + surplus > 0 ? [fields[this.consent + surplus]!] : []),
    ];
    const no = candidates.find((cell) => this.isNo(cell));
    if (this.id !== 0 || no === undefined) writer.unlocated += 1;
    else writer.write(place, key, no, '');
  }
}

async function readParquet(
  engine: Engine,
  file: string,
  fileNo: number,
  writer: ConsentWriter,
  { form, signal, onRows }: ReadConsentsContext,
): Promise<void> {
  const columns = await engine.rows<{ column_name: string; column_type: string }>(
    `describe select * from read_parquet(${literal(file)})`,
  );
  const columnOf = (wanted: string): { column_name: string; column_type: string } | undefined =>
    columns.find(({ column_name: name }) => name.trim().toLowerCase() === wanted);
  const [id, consent, changedAt] = [columnOf(form.id), columnOf(form.consent), columnOf(form.changedAt)];
  if (consent === undefined || id === undefined) return;
  const cell = (column: typeof id | undefined): string => {
    if (column === undefined) return `''`;
    const name = `"${column.column_name.replaceAll('"', '""')}"`;
    // A number without a fraction is written as its digits, as the import reads an identifier.
    const digits = `case when ${name} = floor(${name}) and abs(${name}) < 1e18 then ${name}::bigint::varchar end`;
    const isFloat = /^(FLOAT|DOUBLE)$/.test(column.column_type);
    return `coalesce(${isFloat ? `${digits}, ` : ''}${name}::varchar, '')`;
  };
  const connection = await engine.connect();
  try {
    const result = await connection.stream(
      `select file_row_number + 1, ${cell(id)}, ${cell(consent)}, ${cell(changedAt)}
       from read_parquet(${literal(file)}, file_row_number = true) where ${cell(consent)} <> ''`,
    );
    let rows = 0;
    for (
      let chunk = await result.fetchChunk();
      chunk !== null && chunk.rowCount > 0;
      chunk = await result.fetchChunk()
    ) {
      signal.throwIfAborted();
      for (const [line, key, answer, at] of chunk.getRows()) {
        writer.write({ fileNo, line: Number(line) }, String(key).trim(), String(answer), String(at));
      }
      rows += chunk.rowCount;
      if (rows % ROWS_BETWEEN_REPORTS < chunk.rowCount) await onRows(rows);
    }
  } finally {
    connection.closeSync();
  }
}

type Cell = number | bigint | string | boolean | null;

/** Hands answers to DuckDB in chunks. */
class ConsentWriter {
  private static readonly TYPES = [INTEGER, UBIGINT, VARCHAR, BOOLEAN, BOOLEAN, BIGINT];
  private columns: Cell[][] = ConsentWriter.TYPES.map(() => []);
  unlocated = 0;

  constructor(
    private readonly appender: DuckDBAppender,
    private readonly context: Pick<ReadConsentsContext, 'form' | 'moments'>,
  ) {}

  write(place: { fileNo: number; line: number }, key: string, cell: string, changedAt: string): void {
    const { form, moments } = this.context;
    const answer = form.answerOf(cell);
    if (answer === 'empty') return;
    if (key === '') {
      if (answer !== 'granted') this.unlocated += 1;
      return;
    }
    const isRefusal = answer !== 'granted';
    const at = isRefusal ? moments.read(changedAt) : undefined;
    const row: Cell[] = [place.fileNo, BigInt(place.line), key, isRefusal, answer === 'unreadable'];
    row.push(at === undefined ? null : BigInt(at));
    row.forEach((value, column) => this.columns[column]!.push(value));
    if (this.columns[0]!.length === BLOCK_ROWS) this.flush();
  }

  flush(): void {
    const rows = this.columns[0]!.length;
    if (rows === 0) return;
    const chunk = DuckDBDataChunk.create(ConsentWriter.TYPES, rows);
    chunk.setColumns(this.columns);
    this.appender.appendDataChunk(chunk);
    this.columns = ConsentWriter.TYPES.map(() => []);
  }

  close(): void {
    this.appender.closeSync();
  }
}
