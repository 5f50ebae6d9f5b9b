import type { Language } from '@holdfast/platform/errors';
import { z } from 'zod';
import { Money, instantJson, moneyJson, wordOf } from './wire.js';

/** A generated message type: its name, its table of fields, and what its instances are. */
export interface MessageType<T> {
  readonly $type: string;
  readonly fields: () => object;
  decode(bytes: Uint8Array): T;
}
type Field = readonly [number: number, type: FieldType, label?: 'optional' | 'repeated' | 'map'];
type Oneof = Readonly<Record<string, Field>>;
/** Name of a scalar type, an enum or a message type. */
type FieldType = string | { readonly zero: string } | AnyMessage;
type AnyMessage = MessageType<unknown>;

/** Another field; the sources of an object whose values are fields of the same message; or a function of the message. */
type Source = string | Sources | ((message: never, language: Language) => unknown);
interface Sources {
  readonly [property: string]: Source;
}

/**
 * Sources of a schema's properties. A property without one is read in the field of its name, else in `<name>Path`, in
 * `<name>Json` (JSON text), or in `<name>En` and `<name>ZhCn` (a text in both languages).
 */
export const sources = z.registry<{
  readonly from?: Sources;
  /** Fields of the message that are not answered, or only read by functions. */
  readonly without?: readonly string[];
}>();

type Read = (value: never, language: Language) => unknown;
const asIs: Read = (value) => value;

/**
 * Converts a message into an answer: the empty text and the absent value are null, a time is RFC 3339, a value of an enum
 * is a word, money is decimal. Schema and message are compared once, here.
 * @throws an Error for a property without a source or with one of another type, and for a field without a property
 */
export function answerOf<S extends z.ZodType, M>(schema: S, message: MessageType<M>): Convert<M, z.output<S>> {
  return readerOf(schema, message) as Convert<M, z.output<S>>;
}
type Convert<M, Answer> = (message: M, language: Language) => Answer;

/** By schema and message, because named parts occur in many answers. */
const readers = new Map<z.ZodType, Map<AnyMessage, Read>>();

function readerOf(schema: z.ZodType, message: AnyMessage): Read {
  const known = readers.get(schema) ?? new Map<AnyMessage, Read>();
  readers.set(schema, known);
  const read = known.get(message) ?? messageReader(schema, message);
  known.set(message, read);
  return read;
}

function messageReader(schema: z.ZodType, { $type, fields }: AnyMessage): Read {
  if (!(schema instanceof z.ZodObject)) throw new Error(`${$type} cannot be answered as ${schema.def.type}`);
  const { from = {}, without = [] } = sources.get(schema) ?? {};
  const table = fields() as Fields['table'];
  const message: Fields = { $type, table, unread: new Set(Object.keys(table)) };
  for (const name of without) if (!message.unread.delete(name)) throw new Error(`${$type} has no field ${name}`);
  const properties = propertiesOf(schema, from, message);
  if (message.unread.size > 0) throw new Error(`${$type} is answered without ${[...message.unread].join(', ')}`);
  const isSame = without.length === 0 && properties.every(({ name, field, read }) => name === field && read === asIs);
  return isSame ? asIs : objectReader(properties);
}

interface Property {
  readonly name: string;
  /** Field that is read; undefined for the whole message. */
  readonly field?: string;
  readonly read: Read;
}

/**
 * Compiled from text, so that the answer is an object literal: a loop that adds the properties one by one takes 1.5 times
 * as long for each row of a list.
 */
function objectReader(properties: readonly Property[]): Read {
  const entries = properties.map(({ name, field, read }, index) => {
    const value = field === undefined ? 'message' : `message[${JSON.stringify(field)}]`;
    return `${JSON.stringify(name)}: ${read === asIs ? value : `read${index}(${value}, language)`}`;
  });
  const literal = `return (message, language) => ({ ${entries.join(', ')} });`;
  // oxlint-disable-next-line typescript/no-implied-eval -- the text has names of declared schemas and messages only
  const compile = new Function(...properties.map((_, index) => `read${index}`), literal) as (...reads: Read[]) => Read;
  return compile(...properties.map(({ read }) => read));
}

interface Fields {
  readonly $type: string;
  readonly table: Readonly<Record<string, Field | Oneof>>;
  /** Names of the fields that no property reads so far. */
  readonly unread: Set<string>;
}

function propertiesOf(schema: z.ZodObject, from: Sources, message: Fields): Property[] {
  const shape = Object.entries(schema.shape as Record<string, z.ZodType>);
  for (const name of Object.keys(from)) if (!(name in schema.shape)) throw new Error(`There is no property ${name}`);
  return shape.map(([name, property]) => {
    const source = from[name] ?? name;
    if (typeof source === 'string') return { name, ...namedSource(source, property, message) };
    if (typeof source === 'object') return { name, read: groupReader(property, source, message) };
    message.unread.delete(name);
    return { name, read: source };
  });
}

function groupReader(schema: z.ZodType, from: Sources, message: Fields): Read {
  return objectReader(propertiesOf(schema as z.ZodObject, from, message));
}

function namedSource(name: string, schema: z.ZodType, message: Fields): Omit<Property, 'name'> {
  const { $type, table, unread } = message;
  const has = (field: string): boolean => unread.delete(field) || field in table;
  const isNullable = schema instanceof z.ZodNullable;
  const inner = isNullable ? (schema.unwrap() as z.ZodType) : schema;
  const field = [name, `${name}Path`].find(has);
  if (field !== undefined) {
    const read = valueReader(table[field]!, inner, isNullable);
    if (read === undefined) throw new Error(`${$type}.${field} cannot be answered as ${schema.def.type}`);
    return { field, read };
  }
  if (has(`${name}Json`))
    return { field: `${name}Json`, read: (text: string) => (text === '' ? null : JSON.parse(text)) };
  const [english, chinese] = [`${name}En`, `${name}ZhCn`];
  if (!has(english) || !has(chinese)) throw new Error(`${$type} has no field ${name}`);
  if (inner instanceof z.ZodObject) return { read: groupReader(inner, { en: english, 'zh-CN': chinese }, message) };
  return { read: (texts: Record<string, string>, language) => texts[language === 'en' ? english : chinese] };
}

/** Undefined if the field does not fit the schema. */
function valueReader(field: Field | Oneof, schema: z.ZodType, isNullable: boolean): Read | undefined {
  if (!isField(field)) return isNullable ? oneofReader(field, schema) : undefined;
  const [, type, label] = field;
  if (label === 'map') return schema instanceof z.ZodRecord ? asIs : undefined;
  if (label === 'repeated') {
    const read = schema instanceof z.ZodArray ? singleReader(type, schema.element as z.ZodType, false) : undefined;
    if (read === undefined || read === asIs) return read;
    return (values: readonly never[], language) => values.map((value) => read(value, language));
  }
  return singleReader(type, schema, isNullable, label === 'optional');
}

function isField(field: Field | Oneof): field is Field {
  return Array.isArray(field);
}

function oneofReader(cases: Oneof, schema: z.ZodType): Read | undefined {
  const options = schema instanceof z.ZodUnion ? (schema.options as z.ZodType[]) : [schema];
  const reads: Record<string, Read> = {};
  for (const [$case, [, type]] of Object.entries(cases)) {
    const read = options.map((option) => singleReader(type, option, false)).find((each) => each !== undefined);
    if (read === undefined) return undefined;
    reads[$case] = read;
  }
  return (value: { $case: string } | undefined, language) =>
    value === undefined
      ? null
      : reads[value.$case]!((value as Record<string, unknown>)[value.$case] as never, language);
}

/** Types of schemas that hold the values of a scalar type. */
const SCHEMA_TYPES: Readonly<Record<string, readonly string[]>> = {
  string: ['string', 'enum'],
  timestamp: ['string'],
  bool: ['boolean'],
  double: ['number'],
  int64: ['number'],
  uint32: ['number'],
  uint64: ['number'],
};

function singleReader(type: FieldType, schema: z.ZodType, isNullable: boolean, isOptional = false): Read | undefined {
  if (typeof type === 'string') {
    if ((isOptional && !isNullable) || !SCHEMA_TYPES[type]!.includes(schema.def.type)) return undefined;
    if (type === 'timestamp') return isNullable ? instantJson : (at: Date) => at.toISOString();
    if (isOptional) return (value: unknown) => value ?? null;
    return isNullable && type === 'string' ? (text: string) => text || null : asIs;
  }
  if (!('$type' in type)) return enumReader(type.zero, isNullable);
  if (type.$type === 'holdfast.platform.v1.Money') return schema === Money ? moneyJson : undefined;
  const read = readerOf(schema, type);
  return isNullable ? (value: never, language) => (value === undefined ? null : read(value, language)) : read;
}

/** @param zero `JOB_STATE_UNSPECIFIED`, whose prefix all values have */
function enumReader(zero: string, isNullable: boolean): Read {
  const words = new Map<string, string | null>(isNullable ? [[zero, null]] : []);
  return (value: string) => {
    if (!words.has(value)) words.set(value, wordOf(value, zero.replace(/UNSPECIFIED$/, '')));
    return words.get(value);
  };
}
