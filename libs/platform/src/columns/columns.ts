import { ColumnKind, type Column, type ColumnBatch } from '@holdfast/contracts/platform/v1/columns';

/** Most rows of a batch: a batch of 50 columns stays below gRPC's 4 MiB. */
export const ROWS_PER_BATCH_MAX = 8192;

export const ABSENT_CODE = 0xffffffff;

/** A category column: `codes[i]` is an index into `dictionary`, or ABSENT_CODE. */
interface Category {
  codes: Uint32Array;
  dictionary: string[];
}

/** float64 a row; NaN is absent. */
export function numberColumn(name: string, values: Float64Array): Column {
  return { name, kind: ColumnKind.COLUMN_KIND_NUMBER, data: bytesOf(values), dictionary: [] };
}

export function categoryColumn(name: string, codes: Uint32Array, dictionary: string[]): Column {
  return { name, kind: ColumnKind.COLUMN_KIND_CATEGORY, data: bytesOf(codes), dictionary };
}

/** A category column of texts, the dictionary being those that occur, in order of appearance; `undefined` is absent. */
export function categoryColumnOf(name: string, texts: readonly (string | undefined)[]): Column {
  const codeOf = new Map<string, number>();
  const codes = Uint32Array.from(texts, (text) => {
    if (text === undefined) return ABSENT_CODE;
    const code = codeOf.get(text) ?? codeOf.size;
    if (code === codeOf.size) codeOf.set(text, code);
    return code;
  });
  return categoryColumn(name, codes, [...codeOf.keys()]);
}

/** @param uuids in text form; an empty text is absent. */
export function uuidColumn(name: string, uuids: readonly string[]): Column {
  const data = Buffer.alloc(uuids.length * 16);
  uuids.forEach((uuid, row) => data.write(uuid.replaceAll('-', ''), row * 16, 'hex'));
  return { name, kind: ColumnKind.COLUMN_KIND_UUID, data, dictionary: [] };
}

export function textColumn(name: string, texts: readonly string[]): Column {
  const values = texts.map((text) => Buffer.from(text, 'utf8'));
  return { ...bytesColumn(name, values), kind: ColumnKind.COLUMN_KIND_TEXT };
}

export function bytesColumn(name: string, values: readonly Uint8Array[]): Column {
  const offsets = new Uint32Array(values.length + 1);
  values.forEach((value, row) => (offsets[row + 1] = offsets[row]! + value.length));
  const data = Buffer.concat([bytesOf(offsets), ...values]);
  return { name, kind: ColumnKind.COLUMN_KIND_BYTES, data, dictionary: [] };
}

/** Makes a column of one value per row. */
type ColumnOf<Row> = (name: string, rows: readonly Row[]) => Column;

/** Builds a batch from rows; `columns` has an entry per column: its name, kind and value of a row. */
export function columnBatch<Row>(rows: readonly Row[], columns: Record<string, ColumnOf<Row>>): ColumnBatch {
  return { rows: rows.length, columns: Object.entries(columns).map(([name, column]) => column(name, rows)) };
}

export function numbers<Row>(value: (row: Row) => number | null | undefined): ColumnOf<Row> {
  const number = (row: Row) => value(row) ?? NaN;
  return (name, rows) => numberColumn(name, Float64Array.from(rows, number));
}

export function categories<Row>(text: (row: Row) => string | null | undefined): ColumnOf<Row> {
  const present = (row: Row) => text(row) ?? undefined;
  return (name, rows) => categoryColumnOf(name, rows.map(present));
}

/** @param uuid in text form; an empty text is absent */
export function uuids<Row>(uuid: (row: Row) => string): ColumnOf<Row> {
  return (name, rows) => uuidColumn(name, rows.map(uuid));
}

export function texts<Row>(text: (row: Row) => string): ColumnOf<Row> {
  return (name, rows) => textColumn(name, rows.map(text));
}

export function bytes<Row>(value: (row: Row) => Uint8Array): ColumnOf<Row> {
  return (name, rows) => bytesColumn(name, rows.map(value));
}

export function readNumbers(batch: ColumnBatch, name: string): Float64Array {
  return aligned(columnOf(batch, name, ColumnKind.COLUMN_KIND_NUMBER).data, Float64Array, batch.rows);
}

export function readCategory(batch: ColumnBatch, name: string): Category {
  const column = columnOf(batch, name, ColumnKind.COLUMN_KIND_CATEGORY);
  return { codes: aligned(column.data, Uint32Array, batch.rows), dictionary: column.dictionary };
}

/** The texts of a category column; `undefined` where absent. */
export function readCategoryTexts(batch: ColumnBatch, name: string): (string | undefined)[] {
  const { codes, dictionary } = readCategory(batch, name);
  return Array.from(codes, (code) => (code === ABSENT_CODE ? undefined : dictionary[code]));
}

/** Text form; empty where absent. */
export function readUuids(batch: ColumnBatch, name: string): string[] {
  const { data } = columnOf(batch, name, ColumnKind.COLUMN_KIND_UUID);
  const hex = Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('hex');
  return Array.from({ length: batch.rows }, (_, row) => {
    const digits = hex.slice(row * 32, row * 32 + 32);
    if (/^0+$/.test(digits)) return '';
    return `${digits.slice(0, 8)}-${digits.slice(8, 12)}-${digits.slice(12, 16)}-${digits.slice(16, 20)}-${digits.slice(20)}`;
  });
}

export function readTexts(batch: ColumnBatch, name: string): string[] {
  return slices(columnOf(batch, name, ColumnKind.COLUMN_KIND_TEXT), batch.rows).map((bytes) =>
    Buffer.from(bytes).toString('utf8'),
  );
}

export function readBytes(batch: ColumnBatch, name: string): Uint8Array[] {
  return slices(columnOf(batch, name, ColumnKind.COLUMN_KIND_BYTES), batch.rows);
}

function columnOf(batch: ColumnBatch, name: string, kind: ColumnKind): Column {
  const column = batch.columns.find((candidate) => candidate.name === name);
  if (column === undefined) throw new Error(`The batch has no column ${name}`);
  if (column.kind !== kind) throw new Error(`Column ${name} is ${column.kind}, not ${kind}`);
  return column;
}

function slices(column: Column, rows: number): Uint8Array[] {
  const offsets = aligned(column.data.subarray(0, (rows + 1) * 4), Uint32Array, rows + 1);
  const start = (rows + 1) * 4;
  return Array.from({ length: rows }, (_, row) =>
    column.data.subarray(start + offsets[row]!, start + offsets[row + 1]!),
  );
}

function bytesOf(values: Float64Array | Uint32Array): Buffer {
  return Buffer.from(values.buffer, values.byteOffset, values.byteLength);
}

interface TypedArrayConstructor<T> {
  new (buffer: ArrayBuffer, byteOffset: number, length: number): T;
  readonly BYTES_PER_ELEMENT: number;
}

/** Lays a typed array over the bytes; copies only where protobuf left them at an odd address. */
function aligned<T>(data: Uint8Array, type: TypedArrayConstructor<T>, length: number): T {
  if (data.byteLength !== length * type.BYTES_PER_ELEMENT)
    throw new Error(`A column of ${length} rows has ${data.byteLength} bytes`);
  if (data.byteOffset % type.BYTES_PER_ELEMENT === 0)
    return new type(data.buffer as ArrayBuffer, data.byteOffset, length);
  return new type(data.slice().buffer as ArrayBuffer, 0, length);
}
