import { Failure } from '@holdfast/platform/errors';
import type { CsvRecord } from '../csv/csv.js';
import { readCsv, type RecordTaker } from '../csv/read-csv.js';
import { literal, type Engine, type Relation } from '../engine/engine.js';
import { RowAppender } from '../engine/row-appender.js';
import { consentAnswer, type ConsentAnswer } from './consent-cell.js';
import type { RefusalMoments } from './refusal-moment.js';

const ROWS_BETWEEN_REPORTS = 100_000;

/** Names of the columns, and the meaning of a cell. */
export interface ConsentForm {
  id: string;
  consent: string;
  /** Empty if there is none. */
  changedAt: string;
  answerOf: (cell: string) => ConsentAnswer;
  /** By default the one that is most frequent in the header. */
  delimiter?: string | undefined;
}

/** The columns of `customers` in an extract. */
export const CUSTOMERS_FORM: ConsentForm = {
  id: 'customer_id',
  consent: 'marketing_consent',
  changedAt: 'consent_changed_at',
  answerOf: consentAnswer,
};

/** The bytes of a CSV file, or the path of a Parquet file on disk. */
export type ConsentFile = { csv: () => AsyncIterable<Uint8Array> } | { parquet: string };

export interface ReadConsentsContext {
  form: ConsentForm;
  moments: RefusalMoments;
  signal: AbortSignal;
  /** Called every 100,000 rows. */
  onRows: (rows: number) => Promise<void>;
}

/** Cells of the consent that are not empty, each with its key and when it was expressed. */
export type ConsentCells = Relation<'file_no' | 'line' | 'key' | 'is_refusal' | 'is_unreadable' | 'at_ms'>;

export interface ConsentsRead {
  cells: ConsentCells;
  /** Rows whose cell cannot be located: their refusal is not known. */
  unlocated: number;
}

/**
 * Reads the consents in the files of a table. A separate pass without the checks of the import: a missing column, a wrong hash
 * or another bad cell of a row loses no refusal. An unreadable part ends its file only.
 */
export async function readConsents(
  engine: Engine,
  files: readonly ConsentFile[],
  context: ReadConsentsContext,
): Promise<ConsentsRead> {
  const cells: ConsentCells = await engine.createTable('consent_cells', {
    file_no: 'integer',
    line: 'ubigint',
    key: 'varchar',
    is_refusal: 'boolean',
    is_unreadable: 'boolean',
    at_ms: 'bigint',
  });
  const writer = new ConsentWriter(await RowAppender.open(cells), context);
  try {
    for (const [fileNo, file] of files.entries()) {
      try {
        if ('csv' in file) await readCsvFile(file.csv, fileNo, writer, context);
        else await readParquetFile(engine, file.parquet, fileNo, writer, context);
      } catch (thrown) {
        context.signal.throwIfAborted();
        if (!isFaultOfFile(thrown)) throw thrown;
      }
    }
    writer.appender.flush();
  } finally {
    writer.appender.close();
  }
  return { cells, unlocated: writer.unlocated };
}

/** The import of the table meets the same fault and reports it. */
function isFaultOfFile(thrown: unknown): boolean {
  if (thrown instanceof Failure) return thrown.kind === 'unprocessable' || thrown.kind === 'invalid';
  return thrown instanceof Error && /Invalid Input Error|Conversion Error|Binder Error|IO Error/.test(thrown.message);
}

async function readCsvFile(
  bytes: () => AsyncIterable<Uint8Array>,
  fileNo: number,
  writer: ConsentWriter,
  { form, signal, onRows }: ReadConsentsContext,
): Promise<void> {
  const options = { names: [form.id], delimiter: form.delimiter, signal, onRows };
  await readCsv(bytes, options, ({ fields }) => {
    const columns = new ConsentColumns(fields, form, fileNo, writer);
    return columns.hasConsent ? columns : undefined;
  });
}

/** The three columns in one CSV file. */
class ConsentColumns implements RecordTaker {
  private readonly id: number;
  private readonly consent: number;
  private readonly changedAt: number;
  private readonly width: number;

  constructor(
    header: readonly string[],
    private readonly form: ConsentForm,
    private readonly fileNo: number,
    private readonly writer: ConsentWriter,
  ) {
    const names = header.map((name) => name.trim().toLowerCase());
    const placeOf = (name: string): number => (name === '' ? -1 : names.indexOf(name.toLowerCase()));
    this.width = names.length;
    this.id = placeOf(form.id);
    this.consent = placeOf(form.consent);
    this.changedAt = placeOf(form.changedAt);
  }

  get hasConsent(): boolean {
    return this.consent >= 0;
  }

  take({ line, fields, fault }: CsvRecord): void {
    if (fault !== undefined || this.id < 0) {
      this.writer.unlocated += 1;
      return;
    }
    const place = { fileNo: this.fileNo, line };
    const key = (fields[this.id] ?? '').trim();
    const changedAt = this.changedAt < 0 ? '' : (fields[this.changedAt] ?? '');
    if (fields.length === this.width || this.isPadded(fields)) {
      this.writer.write(place, key, fields[this.consent] ?? '', changedAt);
    } else this.writeShifted(fields, place, key);
  }

  /** If a cell may belong to another column, only a word for no counts, not every value other than the mapping's yes. */
  private isNo(cell: string): boolean {
    return this.form.answerOf(cell) === 'refused' && consentAnswer(cell) === 'refused';
  }

  /** Surplus cells that are all empty: delimiters at the end of the line, which shift nothing. */
  private isPadded(fields: readonly string[]): boolean {
    return fields.length > this.width && fields.slice(this.width).every((cell) => cell.trim() === '');
  }

  /**
   * A row with another number of cells. With a surplus, a cell before the consent was split, so that the consent is between
   * its place and that place plus the surplus; with too few cells, it is at either end. Only a key in the first column
   * cannot have shifted. A no at such a place counts; otherwise the row is unlocated.
   */
  private writeShifted(fields: readonly string[], place: { fileNo: number; line: number }, key: string): void {
    const surplus = fields.length - this.width;
    const width = surplus > 0 ? surplus + 1 : 1;
    const candidates = [
      ...fields.slice(this.consent, this.consent + width),
      ...(surplus < 0 && this.consent + surplus > 0 ? [fields[this.consent + surplus]!] : []),
    ];
    const no = candidates.find((cell) => this.isNo(cell));
    if (this.id !== 0 || no === undefined) this.writer.unlocated += 1;
    else this.writer.write(place, key, no, '');
  }
}

async function readParquetFile(
  engine: Engine,
  file: string,
  fileNo: number,
  writer: ConsentWriter,
  { form, signal, onRows }: ReadConsentsContext,
): Promise<void> {
  const columns = await engine.describe(`select * from read_parquet(${literal(file)})`);
  const columnOf = (wanted: string) => columns.find(({ name }) => name.trim().toLowerCase() === wanted);
  const [id, consent, changedAt] = [columnOf(form.id), columnOf(form.consent), columnOf(form.changedAt)];
  if (consent === undefined || id === undefined) return;
  const cell = (column: typeof id | undefined): string => {
    if (column === undefined) return `''`;
    const name = `"${column.name.replaceAll('"', '""')}"`;
    // A number without a fraction becomes its digits, as in the import.
    const digits = `case when ${name} = floor(${name}) and abs(${name}) < 1e18 then ${name}::bigint::varchar end`;
    const isFloat = /^(FLOAT|DOUBLE)$/.test(column.type);
    return `coalesce(${isFloat ? `${digits}, ` : ''}${name}::varchar, '')`;
  };
  const query = `select file_row_number + 1, ${cell(id)}, ${cell(consent)}, ${cell(changedAt)}
    from read_parquet(${literal(file)}, file_row_number = true) where ${cell(consent)} <> ''`;
  let rows = 0;
  for await (const chunk of engine.stream(query)) {
    signal.throwIfAborted();
    for (const [line, key, answer, at] of chunk.getRows())
      writer.write({ fileNo, line: Number(line) }, String(key).trim(), String(answer), String(at));
    rows += chunk.rowCount;
    if (rows % ROWS_BETWEEN_REPORTS < chunk.rowCount) await onRows(rows);
  }
}

/** Writes what cells mean. */
class ConsentWriter {
  unlocated = 0;

  constructor(
    readonly appender: RowAppender,
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
    const at = moments.read(changedAt);
    const atMs = at === undefined ? null : BigInt(at);
    this.appender.add([place.fileNo, BigInt(place.line), key, isRefusal, answer === 'unreadable', atMs]);
  }
}
