/**
 * Encodes and decodes the messages of `gen/` (decision 022). A generated message is an interface and a table with a line per
 * field; `Message` turns the table into functions when the message is first used.
 */
import { BinaryReader, BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { SCALARS, endOf, skip, tagOf, type Kind, type Scalar } from './kind.js';

/** A line of a table. */
type Field = readonly [number: number, type: Scalar | Kind<unknown>, label?: 'optional' | 'repeated' | 'map'];
type Oneof = Readonly<Record<string, Field>>;
type Fields<T> = { readonly [K in keyof T]-?: Field | Oneof };

/** Some of the fields of a message, and of the messages in it. */
export type DeepPartial<T> = T extends Date | Uint8Array | string | number | boolean | undefined
  ? T
  : T extends (infer Item)[]
    ? DeepPartial<Item>[]
    : T extends { $case: string }
      ? { [K in keyof Omit<T, '$case'>]?: DeepPartial<T[K]> } & { $case: T['$case'] }
      : { [K in keyof T]?: DeepPartial<T[K]> };

type Values = Record<string, unknown>;
type Read = (reader: BinaryReader, message: Values, depth: number) => void;

/** A property of a message: a field or a oneof. */
interface Property {
  readonly name: string;
  /** Value in a new message: a constant, or a function that creates one for each message. */
  readonly initial: unknown;
  readonly write: (writer: BinaryWriter, value: unknown) => void;
  /** By the tags that the property has in the bytes. */
  readonly reads: ReadonlyMap<number, Read>;
  /** The whole value for a partial one. */
  readonly complete: (partial: unknown) => unknown;
}

interface Factory {
  readonly name: string;
  readonly create: () => unknown;
}

interface Layout {
  readonly properties: readonly Property[];
  readonly reads: readonly (Read | undefined)[];
  /** The initial values; undefined where a factory creates one. */
  readonly template: Values;
  readonly factories: readonly Factory[];
}

const DEPTH_MAX = 100;

/** A message type. */
export class Message<T> implements Kind<T> {
  readonly wireType = WireType.LengthDelimited;
  readonly zero = undefined;
  private layout: Layout | undefined;

  /** @param fields in the order of their numbers; a function, because a table names messages that are declared after it */
  constructor(
    readonly $type: string,
    readonly fields: () => Fields<T>,
  ) {}

  encode(message: T, writer = new BinaryWriter()): BinaryWriter {
    this.layout ??= layoutOf(this.fields());
    for (const { name, write } of this.layout.properties) write(writer, (message as Values)[name]);
    return writer;
  }

  /** Skips unknown fields. @throws Error for bytes that are truncated or malformed */
  decode(bytes: Uint8Array): T {
    try {
      const reader = new BinaryReader(bytes);
      return this.readFields(reader, reader.len, 0);
    } catch (error) {
      throw new Error(`${this.$type} cannot be decoded: ${(error as Error).message}`, { cause: error });
    }
  }

  /** Absent fields get their zero value; properties that the type does not have are dropped. */
  fromPartial(partial: DeepPartial<T>): T {
    this.layout ??= layoutOf(this.fields());
    const message = newMessage(this.layout);
    for (const { name, complete } of this.layout.properties) {
      const value = (partial as Values)[name];
      if (isPresent(value)) message[name] = complete(value);
    }
    return message as T;
  }

  write(writer: BinaryWriter, message: T): void {
    this.encode(message, writer.fork()).join();
  }

  read(reader: BinaryReader, depth: number): T {
    return this.readFields(reader, endOf(reader), depth + 1);
  }

  private readFields(reader: BinaryReader, end: number, depth: number): T {
    if (depth > DEPTH_MAX) throw new Error(`messages are nested more than ${DEPTH_MAX} deep`);
    this.layout ??= layoutOf(this.fields());
    const { reads } = this.layout;
    const message = newMessage(this.layout);
    while (reader.pos < end) {
      const tag = reader.uint32();
      const read = reads[tag];
      if (read === undefined) skip(reader, tag);
      else read(reader, message, depth);
    }
    if (reader.pos > end) throw new Error('a field exceeds its message');
    return message as T;
  }
}

function layoutOf(fields: Fields<unknown>): Layout {
  const properties = Object.entries<Field | Oneof>(fields).map(([name, field]) =>
    isField(field) ? propertyOf(name, field) : oneof(name, field),
  );
  const reads: Read[] = [];
  for (const property of properties) for (const [tag, read] of property.reads) reads[tag] = read;
  const template: Values = {};
  const factories: Factory[] = [];
  for (const { name, initial } of properties) {
    template[name] = typeof initial === 'function' ? undefined : initial;
    if (typeof initial === 'function') factories.push({ name, create: initial as Factory['create'] });
  }
  return { properties, reads, template, factories };
}

/** `Object.assign` copies a template four times as fast as properties are set one by one, or as it is spread. */
function newMessage({ template, factories }: Layout): Values {
  const message = Object.assign({}, template);
  for (const { name, create } of factories) message[name] = create();
  return message;
}

function isField(field: Field | Oneof): field is Field {
  return Array.isArray(field);
}

function propertyOf(name: string, [number, type, label]: Field): Property {
  const kind = kindOf(type);
  if (label === 'map') return map(name, number, kind);
  if (label === 'repeated')
    return kind.wireType === WireType.LengthDelimited ? repeated(name, number, kind) : packed(name, number, kind);
  return singular(name, number, kind, label === 'optional' ? undefined : kind.zero);
}

/** @param initial undefined for a field with presence, else the zero of its type; it is not written */
function singular(name: string, number: number, kind: Kind<unknown>, initial: unknown): Property {
  const tag = tagOf(number, kind.wireType);
  return {
    name,
    initial,
    write: (writer, value) => {
      if (value === initial || (initial instanceof Uint8Array && (value as Uint8Array).length === 0)) return;
      kind.write(writer.uint32(tag), value);
    },
    reads: new Map([[tag, (reader, message, depth) => (message[name] = kind.read(reader, depth))]]),
    complete: completerOf(kind),
  };
}

/** Texts, bytes and messages: each value has its tag. */
function repeated(name: string, number: number, kind: Kind<unknown>): Property {
  const tag = tagOf(number, kind.wireType);
  const complete = completerOf(kind);
  return {
    name,
    initial: () => [],
    write: (writer, values) => {
      for (const value of values as unknown[]) kind.write(writer.uint32(tag), value);
    },
    reads: new Map([[tag, (reader, message, depth) => (message[name] as unknown[]).push(kind.read(reader, depth))]]),
    complete: (values) => (values as unknown[]).map(complete),
  };
}

/** Numbers: written behind one tag with their length in bytes, also read with a tag each. */
function packed(name: string, number: number, kind: Kind<unknown>): Property {
  const tag = tagOf(number, WireType.LengthDelimited);
  const { reads, ...property } = repeated(name, number, kind);
  return {
    ...property,
    write: (writer, values) => {
      if ((values as unknown[]).length === 0) return;
      writer.uint32(tag).fork();
      for (const value of values as unknown[]) kind.write(writer, value);
      writer.join();
    },
    reads: new Map(reads).set(tag, (reader, message, depth) => {
      const end = endOf(reader);
      while (reader.pos < end) (message[name] as unknown[]).push(kind.read(reader, depth));
    }),
  };
}

/** An object by text keys: in the bytes, a repeated message of key and value. */
function map(name: string, number: number, kind: Kind<unknown>): Property {
  const entries = new Message<{ key: string; value: unknown }>(name, () => ({ key: [1, 'string'], value: [2, kind] }));
  const tag = tagOf(number, entries.wireType);
  const complete = completerOf(kind);
  return {
    name,
    initial: () => ({}),
    write: (writer, values) => {
      for (const [key, value] of Object.entries(values as Values)) entries.write(writer.uint32(tag), { key, value });
    },
    reads: new Map([
      [
        tag,
        (reader, message, depth) => {
          const { key, value } = entries.read(reader, depth);
          (message[name] as Values)[key] = value;
        },
      ],
    ]),
    complete: (values) => {
      const present = Object.entries(values as Values).filter(([, value]) => isPresent(value));
      return Object.fromEntries(present.map(([key, value]) => [key, complete(value)]));
    },
  };
}

/** One of several fields: `{ $case: 'text', text: 'a' }`, or undefined. */
function oneof(name: string, fields: Oneof): Property {
  const cases = new Map<string, Property>();
  for (const [$case, [number, type]] of Object.entries(fields))
    cases.set($case, singular($case, number, kindOf(type), undefined));
  const reads = [...cases].flatMap(([$case, property]) =>
    [...property.reads].map(([tag, read]): [number, Read] => [
      tag,
      (reader, message, depth) => {
        const value = { $case };
        read(reader, value, depth);
        message[name] = value;
      },
    ]),
  );
  return {
    name,
    initial: undefined,
    write: (writer, value) => {
      if (value === undefined) return;
      const { $case } = value as { $case: string };
      cases.get($case)?.write(writer, (value as Values)[$case]);
    },
    reads: new Map(reads),
    complete: (partial) => {
      const { $case } = partial as { $case: string };
      const value = (partial as Values)[$case];
      return isPresent(value) ? { $case, [$case]: cases.get($case)!.complete(value) } : undefined;
    },
  };
}

function kindOf(type: Scalar | Kind<unknown>): Kind<unknown> {
  return typeof type === 'string' ? SCALARS[type] : type;
}

function completerOf(kind: Kind<unknown>): (partial: unknown) => unknown {
  return kind instanceof Message ? (partial) => kind.fromPartial(partial) : (value) => value;
}

function isPresent(partial: unknown): boolean {
  return partial !== undefined && partial !== null;
}
