/** Arbitraries of values: those that a schema allows, with its limits, and those that it refuses. */
import fc from 'fast-check';

import type { ApiDocument, Schema } from './document.js';
import type { Pool } from './pool.js';

export class Values {
  private readonly texts = new Map<string, fc.Arbitrary<string>>();

  constructor(
    private readonly document: ApiDocument,
    private readonly pool: Pool,
  ) {}

  /** Values that fit; now and then an id or a name that exists. */
  fitting(given: Schema, name: string, depth = 0): fc.Arbitrary<unknown> {
    const schema = this.document.resolved(given);
    const alternatives = (schema['anyOf'] ?? schema['oneOf']) as Schema[] | undefined;
    if (alternatives !== undefined) return fc.oneof(...alternatives.map((each) => this.fitting(each, name, depth)));
    if (schema['const'] !== undefined) return fc.constant(schema['const']);
    if (schema['enum'] !== undefined) return fc.constantFrom(...(schema['enum'] as unknown[]));
    const type = schema['type'];
    switch (Array.isArray(type) ? (type as string[]).find((each) => each !== 'null') : type) {
      case 'string':
        return this.text(schema, name);
      case 'integer':
      case 'number':
        return number(schema, type === 'integer');
      case 'boolean':
        return fc.boolean();
      case 'null':
        return fc.constant(null);
      case 'array': {
        const { minItems = 0, maxItems = 3 } = schema as { minItems?: number; maxItems?: number };
        const item = this.fitting(schema['items'] as Schema, name.replace(/s$/, ''), depth + 1);
        return fc.array(item, { minLength: minItems, maxLength: Math.max(minItems, Math.min(maxItems, 3)) });
      }
      case 'object':
        return this.object(schema, depth);
      default:
        return ANY_JSON;
    }
  }

  /** An example with ids and names that exist in place of those in it. */
  existing(example: unknown, name: string): fc.Arbitrary<unknown> {
    if (Array.isArray(example)) return fc.tuple(...example.map((each) => this.existing(each, name.replace(/s$/, ''))));
    if (typeof example === 'object' && example !== null) {
      const parts = Object.entries(example).map(([key, each]) => [key, this.existing(each, key)]);
      return fc.record(Object.fromEntries(parts) as Record<string, fc.Arbitrary<unknown>>, { noNullPrototype: true });
    }
    const existing = typeof example === 'string' ? this.pool.of(name) : [];
    return existing.length === 0 ? fc.constant(example) : fc.constantFrom(...existing);
  }

  private object(schema: Schema, depth: number): fc.Arbitrary<object> {
    const properties = (schema['properties'] ?? {}) as Record<string, Schema>;
    const required = (schema['required'] ?? []) as string[];
    const extra = schema['additionalProperties'];
    if (Object.keys(properties).length === 0 && typeof extra === 'object' && extra !== null) {
      return fc.dictionary(KEY, this.fitting(extra as Schema, '', depth + 1), { maxKeys: 3 });
    }
    const arbitraries = Object.entries(properties).map(([name, each]) => [name, this.fitting(each, name, depth + 1)]);
    return fc.record(Object.fromEntries(arbitraries) as Record<string, fc.Arbitrary<unknown>>, {
      requiredKeys: required as never[],
      noNullPrototype: true,
    });
  }

  private text(schema: Schema, name: string): fc.Arbitrary<string> {
    const {
      minLength = 0,
      maxLength,
      pattern,
      format,
    } = schema as Record<string, never> & { minLength?: number; maxLength?: number; pattern?: string; format?: string };
    const existing = this.pool.of(name);
    const other = this.textOf({ minLength, maxLength, pattern, format });
    return existing.length === 0 ? other : fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...existing) }, other);
  }

  /** Kept, since to make an arbitrary of texts takes milliseconds. */
  private textOf(limits: TextLimits): fc.Arbitrary<string> {
    const key = JSON.stringify(limits);
    const texts = this.texts.get(key) ?? textOf(limits);
    this.texts.set(key, texts);
    return texts;
  }

  /** Values of another type, beyond a limit, or that something behind may take for more than a text. */
  unfit(given: Schema): fc.Arbitrary<unknown> {
    const schema = this.document.resolved(given);
    const { maxLength = 300, maximum, minimum } = schema as { maxLength?: number; maximum?: number; minimum?: number };
    const beyond = [
      ...(typeof maximum === 'number' ? [maximum + 1] : []),
      ...(typeof minimum === 'number' ? [minimum - 1] : []),
    ];
    return fc.oneof(fc.constantFrom<unknown>(...HOSTILE, 'x'.repeat(maxLength + 1), ...beyond), ANY_BYTES, ANY_JSON);
  }
}

const ANY_BYTES = fc.string({ unit: 'binary', maxLength: 40 });
const ANY_JSON = fc.jsonValue({ maxDepth: 3 });
const KEY = fc.string({ minLength: 1, maxLength: 20 });

const HOSTILE: readonly unknown[] = [
  ...['', ' ', '\0', 'a\0b', '\ud800', '../../etc/passwd', '%00', "' or 1=1 --", '$1', '{{7*7}}', '${7*7}', '<script>'],
  ...['constructor', '__proto__', 'null', 'NaN', 'Infinity', '1e400', '-0', '1.5', '9007199254740993', 'latest:renew'],
  ...['0000-00-00', '2026-13', '9999-12-31T23:59:59+23:59', '+275760-09-13T00:00:00Z', '2026-02-30', '😀'.repeat(50)],
  ...[null, true, -1, 0, 1e308, -1e308, 5e-324, 2 ** 53, [], {}, [[]], { a: { b: {} } }, ['x'], '[]', '{}'],
  nested(100),
];

function nested(depth: number): unknown {
  return depth === 0 ? 0 : [nested(depth - 1)];
}

function number({ minimum, maximum, exclusiveMinimum, exclusiveMaximum }: Schema, isInteger: boolean) {
  const least = (minimum ?? exclusiveMinimum ?? -1_000_000) as number;
  const most = (maximum ?? exclusiveMaximum ?? Math.max(1_000_000, least + 1)) as number;
  if (isInteger)
    return fc.oneof(fc.integer({ min: least, max: Math.min(most, 2 ** 31 - 1) }), fc.constantFrom(least, most));
  const between = fc.double({ min: least, max: most, noNaN: true });
  return exclusiveMinimum === undefined ? between : between.filter((value) => value > least && value < most);
}

interface TextLimits {
  minLength: number;
  maxLength: number | undefined;
  pattern: string | undefined;
  format: string | undefined;
}

function textOf({ minLength, maxLength, pattern, format }: TextLimits): fc.Arbitrary<string> {
  if (format === 'uuid') return fc.uuid();
  const instants = fc.date({ min: new Date('1970-01-01'), max: new Date('2100-01-01'), noInvalidDate: true });
  if (format === 'date-time') return instants.map((at) => at.toISOString());
  if (format === 'date') return instants.map((at) => at.toISOString().slice(0, 10));
  if (pattern !== undefined) return fc.stringMatching(new RegExp(pattern));
  return fc.string({ unit: 'grapheme', minLength, maxLength: Math.min(maxLength ?? 40, minLength + 60) });
}
