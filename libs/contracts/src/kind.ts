/** How single values are written and read, by protobuf type. */
import { WireType, type BinaryReader, type BinaryWriter } from '@bufbuild/protobuf/wire';

/** A protobuf type: a scalar, an enum or a message. */
export interface Kind<T> {
  readonly wireType: WireType;
  /** Value of a field that is absent from the bytes; undefined for a type whose fields have presence. */
  readonly zero: T | undefined;
  write(writer: BinaryWriter, value: T): void;
  read(reader: BinaryReader, depth: number): T;
}

interface Scalars {
  bool: boolean;
  bytes: Buffer;
  double: number;
  int64: number;
  string: string;
  timestamp: Date;
  uint32: number;
  uint64: number;
}

export type Scalar = keyof Scalars;

const { Varint, Bit64, LengthDelimited: Bytes } = WireType;

export const SCALARS: { readonly [S in Scalar]: Kind<Scalars[S]> } = {
  bool: {
    wireType: Varint,
    zero: false,
    write: (writer, value) => writer.bool(value),
    read: (reader) => reader.bool(),
  },
  bytes: {
    wireType: Bytes,
    zero: Buffer.alloc(0),
    write: (writer, value) => writer.bytes(value),
    read: (reader) => Buffer.from(reader.bytes()), // a copy: a view would keep the whole message in memory
  },
  double: {
    wireType: Bit64,
    zero: 0,
    write: (writer, value) => writer.double(value),
    read: (reader) => reader.double(),
  },
  int64: {
    wireType: Varint,
    zero: 0,
    write: (writer, value) => writer.int64(value),
    read: (reader) => safeInteger(reader.int64()),
  },
  string: {
    wireType: Bytes,
    zero: '',
    write: (writer, value) => writer.string(value),
    read: (reader) => reader.string(),
  },
  timestamp: { wireType: Bytes, zero: undefined, write: writeTimestamp, read: readTimestamp },
  uint32: {
    wireType: Varint,
    zero: 0,
    write: (writer, value) => writer.uint32(value),
    read: (reader) => reader.uint32(),
  },
  uint64: {
    wireType: Varint,
    zero: 0,
    write: (writer, value) => writer.uint64(value),
    read: (reader) => safeInteger(reader.uint64()),
  },
};

/** An enum as text. A number without a name is read as the enum's last value, `UNRECOGNIZED`, which is written as -1. */
export class Enumeration<E extends string> implements Kind<E> {
  readonly wireType = Varint;
  readonly zero: E;
  private readonly unrecognized: E;
  private readonly numberByName: ReadonlyMap<E, number>;
  private readonly nameByNumber: ReadonlyMap<number, E>;

  /** @param numbers of the values in their order, without that of `UNRECOGNIZED` */
  constructor(values: Readonly<Record<string, E>>, numbers: readonly number[]) {
    const names = Object.values(values);
    this.zero = names[0]!;
    this.unrecognized = names.at(-1)!;
    this.numberByName = new Map(numbers.map((number, index) => [names[index]!, number]));
    this.nameByNumber = new Map(numbers.map((number, index) => [number, names[index]!]));
  }

  write(writer: BinaryWriter, value: E): void {
    writer.int32(this.numberByName.get(value) ?? -1);
  }

  read(reader: BinaryReader): E {
    return this.nameByNumber.get(reader.int32()) ?? this.unrecognized;
  }
}

const SECONDS_TAG = tagOf(1, Varint);
const NANOS_TAG = tagOf(2, Varint);

function writeTimestamp(writer: BinaryWriter, time: Date): void {
  const ms = time.getTime();
  const seconds = Math.trunc(ms / 1_000);
  const nanos = (ms % 1_000) * 1_000_000;
  writer.fork();
  if (seconds !== 0) writer.uint32(SECONDS_TAG).int64(seconds);
  if (nanos !== 0) writer.uint32(NANOS_TAG).int32(nanos);
  writer.join();
}

function readTimestamp(reader: BinaryReader): Date {
  let seconds = 0;
  let nanos = 0;
  const end = endOf(reader);
  while (reader.pos < end) {
    const tag = reader.uint32();
    if (tag === SECONDS_TAG) seconds = safeInteger(reader.int64());
    else if (tag === NANOS_TAG) nanos = reader.int32();
    else skip(reader, tag);
  }
  return new Date(seconds * 1_000 + nanos / 1_000_000);
}

function safeInteger(value: bigint | string): number {
  const number = Number(value);
  if (!Number.isSafeInteger(number)) throw new RangeError(`${value} exceeds the integers that a number represents`);
  return number;
}

/** What precedes a value in the bytes. */
export function tagOf(number: number, wireType: WireType): number {
  return (number << 3) | wireType;
}

/** Position after a value that starts here with its length. */
export function endOf(reader: BinaryReader): number {
  const length = reader.uint32();
  return reader.pos + length;
}

/** Skips the value of an unknown field. */
export function skip(reader: BinaryReader, tag: number): void {
  const number = tag >>> 3;
  if (number === 0) throw new Error('a field has the number 0');
  reader.skip(tag & 7, number);
}
