import { DAY_MS } from '@holdfast/platform/calendar';
/** A column of a Parquet file that DuckDB does not write: its physical type, its old annotation, and its plain bytes. */
export interface PlainColumn {
  name: string;
  physical: keyof typeof PHYSICAL;
  converted?: keyof typeof CONVERTED;
  values: readonly Buffer[];
}

const PHYSICAL = { INT64: 2, INT96: 3, DOUBLE: 5, BYTE_ARRAY: 6 } as const;
const CONVERTED = { UTF8: 0, TIMESTAMP_MILLIS: 9, TIMESTAMP_MICROS: 10 } as const;
const [I32, I64, BINARY, LIST, STRUCT] = [5, 6, 8, 9, 12] as const;
const JULIAN_DAY_OF_1970 = 2_440_588;

/** A moment as INT96: nanoseconds of the day, then the Julian day. */
export function int96(moment: Date): Buffer {
  const bytes = Buffer.alloc(12);
  const day = Math.floor(moment.getTime() / DAY_MS);
  bytes.writeBigInt64LE(BigInt(moment.getTime() - day * DAY_MS) * 1_000_000n, 0);
  bytes.writeInt32LE(day + JULIAN_DAY_OF_1970, 8);
  return bytes;
}

export function int64(value: bigint): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64LE(value);
  return bytes;
}

export function byteArray(text: string): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32LE(Buffer.byteLength(text));
  return Buffer.concat([length, Buffer.from(text)]);
}

/** A Parquet file of one row group: required columns, plain, uncompressed. */
export function parquetBytes(columns: readonly PlainColumn[], createdBy: string): Buffer {
  const rows = BigInt(columns[0]!.values.length);
  const parts: Buffer[] = [Buffer.from('PAR1')];
  let offset = 4;
  const chunks = columns.map((column) => {
    const data = Buffer.concat(column.values);
    const levels = struct([1, I32, column.values.length], [2, I32, 0], [3, I32, 3], [4, I32, 3]);
    const head = struct([1, I32, 0], [2, I32, data.length], [3, I32, data.length], [5, STRUCT, levels]);
    const page = Buffer.concat([head, data]);
    const at = BigInt(offset);
    parts.push(page);
    offset += page.length;
    const size = BigInt(page.length);
    const [encodings, names] = [list(I32, [varint(zigzag(0n))]), list(BINARY, [binary(column.name)])];
    const described = [encodings, names].map((value, place): Field => [2 + place, LIST, value]);
    const sizes = [rows, size, size].map((value, place): Field => [5 + place, I64, value]);
    const meta = struct([1, I32, PHYSICAL[column.physical]], ...described, [4, I32, 0], ...sizes, [9, I64, at]);
    return struct([2, I64, at], [3, STRUCT, meta]);
  });
  const elements = columns.map(({ name, physical, converted }) => {
    const annotation: Field[] = converted === undefined ? [] : [[6, I32, CONVERTED[converted]]];
    return struct([1, I32, PHYSICAL[physical]], [3, I32, 0], [4, BINARY, binary(name)], ...annotation);
  });
  const group = struct([1, LIST, list(STRUCT, chunks)], [2, I64, BigInt(offset)], [3, I64, rows]);
  const root = struct([4, BINARY, binary('schema')], [5, I32, columns.length]);
  const footer = struct(
    [1, I32, 1],
    [2, LIST, list(STRUCT, [root, ...elements])],
    [3, I64, rows],
    [4, LIST, list(STRUCT, [group])],
    [6, BINARY, binary(createdBy)],
  );
  const length = Buffer.alloc(4);
  length.writeUInt32LE(footer.length);
  return Buffer.concat([...parts, footer, length, Buffer.from('PAR1')]);
}

/** Thrift's compact protocol, as far as a footer needs it. */
type Field = [id: number, type: number, value: number | bigint | Buffer];

function struct(...fields: readonly Field[]): Buffer {
  let before = 0;
  const written = fields.map(([id, type, value]) => {
    const head = Buffer.from([((id - before) << 4) | type]);
    before = id;
    return Buffer.concat([head, Buffer.isBuffer(value) ? value : varint(zigzag(BigInt(value)))]);
  });
  return Buffer.concat([...written, Buffer.from([0])]);
}

function list(type: number, items: readonly Buffer[]): Buffer {
  return Buffer.concat([Buffer.from([(items.length << 4) | type]), ...items]);
}

const binary = (text: string): Buffer => Buffer.concat([varint(BigInt(Buffer.byteLength(text))), Buffer.from(text)]);

const zigzag = (value: bigint): bigint => (value >= 0n ? value * 2n : -value * 2n - 1n);

function varint(value: bigint): Buffer {
  const bytes: number[] = [];
  for (let rest = value; ; rest >>= 7n) {
    if (rest < 128n) return Buffer.from([...bytes, Number(rest)]);
    bytes.push(Number(rest & 127n) | 128);
  }
}
