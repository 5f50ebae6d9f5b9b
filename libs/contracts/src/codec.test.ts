import { execFileSync } from 'node:child_process';
import path from 'node:path';
import {
  ScalarType,
  create,
  createFileRegistry,
  fromBinary,
  toBinary,
  type DescField,
  type DescMessage,
  type DescOneof,
} from '@bufbuild/protobuf';
import { FeatureSet_FieldPresence, FileDescriptorSetSchema, timestampFromDate } from '@bufbuild/protobuf/wkt';
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import fc, { type Arbitrary } from 'fast-check';
import { Message } from './codec.js';
import { Enumeration } from './kind.js';

type Values = Record<string, unknown>;

const repository = path.resolve(__dirname, '../../..');
const buf = path.join(repository, 'node_modules/.bin/buf');
const descriptors = fromBinary(FileDescriptorSetSchema, execFileSync(buf, ['build', '-o', '-'], { cwd: repository }));
const files = [...createFileRegistry(descriptors).files].filter(({ name }) => !name.startsWith('google/'));

describe.each(files.map((file) => [file.name, file] as const))('%s', (name, file) => {
  const generated = jest.requireActual<Record<string, Message<unknown>>>(`./gen/${name}.ts`);

  test('has the bytes and values of protobuf-es', () => {
    for (const type of file.messages) {
      const codec = generated[type.name]!;
      expect(codec.$type).toBe(type.typeName);
      fc.assert(
        fc.property(messageOf(type), (value) => {
          const bytes = codec.encode(value).finish();
          expect(Buffer.from(bytes).equals(toBinary(type, create(type, peerOf(type, value))))).toBe(true);
          expect(codec.decode(bytes)).toStrictEqual(value);
          expect(codec.fromPartial(value)).toStrictEqual(value);
        }),
        { numRuns: 25 },
      );
    }
  });

  test('skips unknown fields', () => {
    for (const type of file.messages) {
      const codec = generated[type.name]!;
      fc.assert(
        fc.property(messageOf(type), (value) => {
          const bytes = Buffer.concat([unknownFields(), codec.encode(value).finish(), unknownFields()]);
          expect(codec.decode(bytes)).toStrictEqual(value);
        }),
        { numRuns: 5 },
      );
    }
  });

  test('rejects truncated bytes where protobuf-es does', () => {
    for (const type of file.messages) {
      const codec = generated[type.name]!;
      fc.assert(
        fc.property(messageOf(type), fc.double({ min: 0, max: 1, noNaN: true }), (value, share) => {
          const bytes = codec.encode(value).finish();
          const part = bytes.subarray(0, Math.floor(bytes.length * share));
          const error = errorOf(() => codec.decode(part));
          expect(error === undefined).toBe(errorOf(() => fromBinary(type, part)) === undefined);
          expect(error?.message ?? type.typeName).toContain(type.typeName);
        }),
        { numRuns: 25 },
      );
    }
  });
});

enum Colour {
  NONE = 'NONE',
  RED = 'RED',
  UNRECOGNIZED = 'UNRECOGNIZED',
}

interface Example {
  whole: number;
  big: number;
  colour: Colour;
  share?: number | undefined;
  data: Buffer;
  figures: number[];
  counts: { [key: string]: number };
  value: { $case: 'text'; text: string } | { $case: 'part'; part: Example } | undefined;
  parts: Example[];
}

const Example: Message<Example> = new Message<Example>('test.Example', () => ({
  whole: [1, 'uint32'],
  big: [2, 'uint64'],
  colour: [3, new Enumeration(Colour, [0, 2])],
  share: [4, 'double', 'optional'],
  data: [5, 'bytes'],
  figures: [6, 'double', 'repeated'],
  counts: [7, 'uint64', 'map'],
  value: { text: [8, 'string'], part: [9, Example] },
  parts: [10, Example, 'repeated'],
}));

const empty: Example = {
  whole: 0,
  big: 0,
  colour: Colour.NONE,
  share: undefined,
  data: Buffer.alloc(0),
  figures: [],
  counts: {},
  value: undefined,
  parts: [],
};

const decoded = (write: (writer: BinaryWriter) => BinaryWriter) => Example.decode(write(new BinaryWriter()).finish());

test('a message without fields has no bytes, and no bytes are a message with zero values', () => {
  expect(Example.encode(empty).finish()).toHaveLength(0);
  expect(Example.decode(new Uint8Array())).toStrictEqual(empty);
});

test('arrays and maps belong to one message', () => {
  const [first, second] = [Example.decode(new Uint8Array()), Example.decode(new Uint8Array())];
  first.figures.push(1);
  first.counts['a'] = 1;
  expect(second).toStrictEqual(empty);
});

test('a field with presence differs from an absent one', () => {
  expect(Example.decode(Example.encode({ ...empty, share: 0 }).finish())).toStrictEqual({ ...empty, share: 0 });
});

test('a number without a name is UNRECOGNIZED', () => {
  expect(decoded((writer) => writer.tag(3, WireType.Varint).int32(1)).colour).toBe(Colour.UNRECOGNIZED);
  expect(decoded((writer) => writer.tag(3, WireType.Varint).int32(2)).colour).toBe(Colour.RED);
});

test('numbers are read packed and one by one', () => {
  const one = (writer: BinaryWriter) => writer.tag(6, WireType.Bit64).double(1);
  const packed = (writer: BinaryWriter) => writer.tag(6, WireType.LengthDelimited).fork().double(2).double(3).join();
  expect(decoded((writer) => packed(one(writer))).figures).toEqual([1, 2, 3]);
});

test('the entries of a map may omit key and value', () => {
  const entry = (writer: BinaryWriter) => writer.tag(7, WireType.LengthDelimited).fork().join();
  expect(decoded(entry).counts).toEqual({ '': 0 });
  expect(Buffer.from(Example.encode({ ...empty, counts: { '': 0 } }).finish()).toString('hex')).toBe('3a00');
});

test('the last case of a oneof counts', () => {
  const text = (writer: BinaryWriter) => writer.tag(8, WireType.LengthDelimited).string('a');
  const part = (writer: BinaryWriter) => writer.tag(9, WireType.LengthDelimited).fork().join();
  expect(decoded((writer) => part(text(writer))).value).toStrictEqual({ $case: 'part', part: empty });
  expect(decoded((writer) => text(part(writer))).value).toStrictEqual({ $case: 'text', text: 'a' });
});

test('fromPartial completes messages at all depths and drops what the type does not have', () => {
  const partial = {
    whole: 1,
    big: null,
    other: 2,
    parts: [{ share: 0.5 }],
    value: { $case: 'part', part: { whole: 3 } },
  };
  expect(Example.fromPartial(partial as object)).toStrictEqual({
    ...empty,
    whole: 1,
    parts: [{ ...empty, share: 0.5 }],
    value: { $case: 'part', part: { ...empty, whole: 3 } },
  });
});

test.each<[string, RegExp, (writer: BinaryWriter) => BinaryWriter]>([
  [
    'an integer beyond 2^53',
    /9007199254740993 exceeds/,
    (writer) => writer.tag(2, WireType.Varint).uint64('9007199254740993'),
  ],
  ['the field number 0', /field has the number 0/, (writer) => writer.uint32(0).uint32(1)],
  ['an end of a group', /wire type 4/, (writer) => writer.tag(1, WireType.EndGroup)],
  [
    'a field that exceeds its message',
    /a field exceeds its message/,
    (writer) =>
      writer.tag(10, WireType.LengthDelimited).uint32(3).tag(5, WireType.LengthDelimited).bytes(Buffer.alloc(4)),
  ],
  ['messages 101 deep', /nested more than 100 deep/, (writer) => nested(writer, 101)],
])('rejects %s', (_, message, write) => {
  expect(() => decoded(write)).toThrow(message);
  expect(() => decoded(write)).toThrow(/^test\.Example cannot be decoded: /);
});

test('accepts messages 100 deep', () => {
  expect(decoded((writer) => nested(writer, 100)).parts).toHaveLength(1);
});

function nested(writer: BinaryWriter, depth: number): BinaryWriter {
  if (depth === 0) return writer;
  return nested(writer.tag(10, WireType.LengthDelimited).fork(), depth - 1).join();
}

function unknownFields(): Uint8Array {
  const writer = new BinaryWriter().tag(1_000, WireType.Varint).uint32(300).tag(1_001, WireType.Bit64).double(1);
  writer.tag(1_002, WireType.LengthDelimited).string('unknown').tag(1_003, WireType.Bit32).float(1);
  return writer
    .tag(1_004, WireType.StartGroup)
    .tag(1, WireType.Varint)
    .bool(true)
    .tag(1_004, WireType.EndGroup)
    .finish();
}

function errorOf(decode: () => unknown): Error | undefined {
  try {
    decode();
    return undefined;
  } catch (error) {
    return error as Error;
  }
}

function messageOf(type: DescMessage): Arbitrary<Values> {
  const members = type.members.map((member) => [member.localName, memberOf(member)] as const);
  return fc.record(Object.fromEntries(members), { noNullPrototype: true });
}

function memberOf(member: DescField | DescOneof): Arbitrary<unknown> {
  if (member.kind === 'oneof') {
    const cases = member.fields.map((field) =>
      fc.record({ $case: fc.constant(field.localName), [field.localName]: valueOf(field) }, { noNullPrototype: true }),
    );
    return fc.option(fc.oneof(...cases), { nil: undefined });
  }
  const value = valueOf(member);
  if (member.fieldKind === 'list') return fc.array(value, { maxLength: 3 });
  if (member.fieldKind === 'map') return mapOf(value);
  return member.presence === FeatureSet_FieldPresence.EXPLICIT ? fc.option(value, { nil: undefined }) : value;
}

/** Without zero keys and values, which protobuf-es writes and the codec, as ts-proto, does not. */
function mapOf(value: Arbitrary<unknown>): Arbitrary<unknown> {
  const key = fc.string({ minLength: 1 }).filter((text) => text !== '__proto__');
  return fc.dictionary(
    key,
    value.filter((each) => each !== 0 && each !== ''),
    { maxKeys: 3, noNullPrototype: true },
  );
}

function valueOf(field: DescField): Arbitrary<unknown> {
  if (field.message?.typeName === 'google.protobuf.Timestamp')
    return fc.date({ min: new Date(0), noInvalidDate: true });
  if (field.message) return messageOf(field.message);
  if (field.enum) return fc.constantFrom(...field.enum.values.map(({ name }) => name));
  switch (field.scalar) {
    case ScalarType.BOOL:
      return fc.boolean();
    case ScalarType.BYTES:
      return fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes));
    case ScalarType.DOUBLE:
      return fc.double().map((value) => value + 0); // protobuf-es writes -0
    case ScalarType.STRING:
      return fc.string({ unit: 'grapheme' });
    case ScalarType.UINT32:
      return fc.nat(0xff_ff_ff_ff);
    case ScalarType.INT64:
      return fc.maxSafeInteger();
    default:
      return fc.maxSafeNat();
  }
}

/** A value as protobuf-es has it. */
function peerOf(type: DescMessage, value: Values): Values {
  return Object.fromEntries(
    type.members.map((member) => [member.localName, peerMember(member, value[member.localName])]),
  );
}

function peerMember(member: DescField | DescOneof, value: unknown): unknown {
  if (value === undefined) return undefined;
  if (member.kind === 'oneof') {
    const { $case, ...rest } = value as { $case: string };
    const field = member.fields.find(({ localName }) => localName === $case)!;
    return { case: $case, value: peerValue(field, (rest as Values)[$case]) };
  }
  if (member.fieldKind === 'list') return (value as unknown[]).map((each) => peerValue(member, each));
  if (member.fieldKind !== 'map') return peerValue(member, value);
  return Object.fromEntries(Object.entries(value as Values).map(([key, each]) => [key, peerValue(member, each)]));
}

function peerValue(field: DescField, value: unknown): unknown {
  if (value instanceof Date) return timestampFromDate(value);
  if (field.message) return peerOf(field.message, value as Values);
  if (field.enum) return field.enum.values.find(({ name }) => name === value)!.number;
  return field.scalar === ScalarType.INT64 || field.scalar === ScalarType.UINT64 ? BigInt(value as number) : value;
}
