/** Arbitraries of requests: fitting ones, and ones with one thing wrong with them. */
import fc from 'fast-check';

import type { ApiDocument, Operation, Parameter, Schema } from './document.js';
import { Values, type Known } from './values.js';

/** A request as it is sent; the token by name, so that a failure can be repeated. */
export interface FuzzRequest {
  operation: Operation;
  token: string;
  path: string;
  headers: Readonly<Record<string, string>>;
  body: string | Buffer | undefined;
}

const JSON_TYPE = 'application/json';
const FORM_TYPE = 'multipart/form-data';
const LARGE_BYTES = 1_100_000;

/** Operations whose jobs compute for long: most of their requests have something wrong with them. */
const STARTS_WORK = /^POST \/api\/v1\/(models|scores|training-sets|plan-fits|households:identify|tables|imports)$/;
/** A setting may change what every later request gets, so that few are set. */
const SETS_PARAMETER = /^PUT \/api\/v1\/parameters/;
/** Streams that end with their job. */
const ENDLESS = /\/events$/;

export class Requests {
  private readonly values: Values;
  private readonly operations: readonly Operation[];

  constructor(
    document: ApiDocument,
    known: Known,
    private readonly tokens: readonly string[],
  ) {
    this.values = new Values(document, known);
    this.operations = document.operations.filter(({ path }) => !ENDLESS.test(path));
  }

  any(): fc.Arbitrary<FuzzRequest> {
    return fc
      .constantFrom(...this.operations)
      .chain((operation) =>
        fc.oneof(
          { weight: rarely(operation) ? 1 : 12, arbitrary: this.fitting(operation) },
          { weight: 12, arbitrary: this.spoilt(operation) },
        ),
      );
  }

  private fitting(operation: Operation): fc.Arbitrary<FuzzRequest> {
    return this.request(operation, this.parts(operation), this.body(operation));
  }

  private spoilt(operation: Operation): fc.Arbitrary<FuzzRequest> {
    const parts = this.parts(operation);
    const body = this.body(operation);
    const own = operation.parameters.map((parameter) =>
      this.request(operation, this.parts(operation, parameter), body),
    );
    return fc.oneof(
      ...own,
      this.request(operation, parts, this.spoiltBody(operation)),
      this.request(operation, parts, this.spoiltBody(operation)),
      this.request(operation, withUnknownFilter(parts), body),
      this.request(operation, withoutOne(parts), body),
    );
  }

  private request(
    operation: Operation,
    parts: fc.Arbitrary<Parts>,
    body: fc.Arbitrary<Pick<FuzzRequest, 'body'> & { type?: string }>,
  ): fc.Arbitrary<FuzzRequest> {
    const token = fc.constantFrom(...this.tokens);
    return fc
      .record({ token, parts, body, language: fc.constantFrom('en', 'zh-CN', 'fr') })
      .map((chosen) => ({
        operation,
        token: chosen.token,
        path: pathOf(operation, chosen.parts),
        headers: {
          ...chosen.parts.header,
          'accept-language': chosen.language,
          ...(chosen.body.type === undefined ? {} : { 'content-type': chosen.body.type }),
        },
        body: chosen.body.body,
      }));
  }

  /** Values of the parameters, of which one may be unfit. */
  private parts(operation: Operation, spoilt?: Parameter): fc.Arbitrary<Parts> {
    const valueOf = (parameter: Parameter): fc.Arbitrary<string | undefined> => {
      const { schema, name, required, example } = parameter;
      const value = parameter === spoilt ? this.values.unfit(schema) : this.fittingParameter(schema, name, example);
      const text = value.map((each) => (typeof each === 'string' ? each : JSON.stringify(each)));
      return required || parameter === spoilt ? text : fc.option(text, { nil: undefined });
    };
    const places = (['path', 'query', 'header'] as const).map((place) => {
      const own = operation.parameters.filter((parameter) => parameter.in === place);
      return [place, fc.record(Object.fromEntries(own.map((each) => [each.name, valueOf(each)])))];
    });
    // The three places by name, each with the values of its parameters.
    const all = fc.record(Object.fromEntries(places) as Record<string, fc.Arbitrary<Record<string, string>>>);
    return all.map(({ path = {}, query = {}, header = {} }) => ({ path, query, header: headersOf(header) }));
  }

  private fittingParameter(schema: Schema, name: string, example: unknown): fc.Arbitrary<unknown> {
    const value = this.values.fitting(schema, name);
    return example === undefined ? value : fc.oneof({ weight: 3, arbitrary: value }, fc.constant(example));
  }

  private body({ bodies }: Operation): fc.Arbitrary<{ type?: string; body: string | undefined }> {
    const given = Object.entries(bodies).map(([type, { schema }]) =>
      type === FORM_TYPE
        ? fc.constantFrom(...forms(schema)).map((body) => ({ type: `${FORM_TYPE}; boundary=b`, body }))
        : this.values.fitting(schema, 'body').map((value) => ({ type, body: encoded(type, value) })),
    );
    return given.length === 0 ? fc.constant({ body: undefined }) : fc.oneof(...given);
  }

  private spoiltBody({
    bodies,
    method,
  }: Operation): fc.Arbitrary<{ type?: string; body: string | Buffer | undefined }> {
    const { [JSON_TYPE]: json, [FORM_TYPE]: form } = bodies;
    const properties = (json?.schema['properties'] ?? {}) as Record<string, Schema>;
    const fields = Object.entries(properties).map(([name, schema]) =>
      fc
        .record({ value: this.values.fitting(json!.schema, 'body'), unfit: this.values.unfit(schema) })
        .map(({ value, unfit }) => ({
          type: JSON_TYPE,
          body: JSON.stringify({ ...(value as object), [name]: unfit }),
        })),
    );
    const asJson = (body: string | Buffer) => fc.constant({ type: JSON_TYPE, body });
    const other = [
      ...[asJson('{"a":'), asJson(''), asJson('null'), asJson('[]'), asJson('"x"'), asJson(Buffer.from([0xff, 0xfe]))],
      asJson('{}\n{}\n'),
      asJson(JSON.stringify({ x: 'x'.repeat(LARGE_BYTES) })),
      fc
        .constantFrom(
          'text/xml',
          'application/x-ndjson',
          'text/plain',
          'application/x-www-form-urlencoded',
          ' ',
          'json',
        )
        .map((type) => ({ type, body: '{"table":"x"}' })),
      this.values.unfit(json?.schema ?? {}).map((value) => ({ type: JSON_TYPE, body: JSON.stringify(value) ?? '' })),
      fc.constant({ type: FORM_TYPE, body: 'x' }),
      ...(form === undefined
        ? []
        : [fc.constantFrom(...brokenForms(form.schema)).map((body) => ({ type: `${FORM_TYPE}; boundary=b`, body }))]),
    ];
    // A request without a body has none to spoil; Node sends none with GET.
    return method === 'GET' ? fc.constant({ body: undefined }) : fc.oneof(...fields, ...other);
  }
}

interface Parts {
  path: Record<string, string | undefined>;
  query: Record<string, string | undefined>;
  header: Record<string, string>;
}

function rarely({ name }: Operation): boolean {
  return STARTS_WORK.test(name) || SETS_PARAMETER.test(name);
}

function pathOf({ path }: Operation, { path: params, query }: Parts): string {
  const filled = path.replace(/\{(\w+)\}/g, (_, name: string) => encoded8(params[name] ?? ''));
  const fields = Object.entries(query).flatMap(([name, value]) =>
    value === undefined ? [] : [`${encoded8(name)}=${encoded8(value)}`],
  );
  return fields.length === 0 ? filled : `${filled}?${fields.join('&')}`;
}

/** Half of a surrogate pair cannot be encoded: it is sent as the bytes that UTF-8 would have for it. */
function encoded8(text: string): string {
  return /\p{Surrogate}/u.test(text) ? '%ED%A0%80' : encodeURIComponent(text);
}

/** Headers are sent as bytes that a header may have. */
function headersOf(given: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const sent = Object.entries(given).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, value.replace(/[^\t\x20-\x7e\x80-\xff]/g, '?')]],
  );
  return Object.fromEntries(sent) as Record<string, string>;
}

function encoded(type: string, value: unknown): string {
  if (type === JSON_TYPE) return JSON.stringify(value);
  return new URLSearchParams(value as Record<string, string>).toString();
}

function withUnknownFilter(parts: fc.Arbitrary<Parts>): fc.Arbitrary<Parts> {
  return fc
    .tuple(parts, fc.constantFrom('tabel', 'limit', '__proto__', 'constructor', '', 'a[b]'))
    .map(([each, name]) => ({ ...each, query: { ...each.query, [name]: '1' } }));
}

function withoutOne(parts: fc.Arbitrary<Parts>): fc.Arbitrary<Parts> {
  return parts.map((each) => ({ ...each, query: {}, header: {} }));
}

const MAPPING = 'table: fuzz\nkey: id\nasOf: 2026-10\n';

function partOf(name: string, value: string, fileName?: string): string {
  const file = fileName === undefined ? '' : `; filename="${fileName}"`;
  return `--b\r\ncontent-disposition: form-data; name="${name}"${file}\r\n\r\n${value}\r\n`;
}

function forms({ properties }: Schema): string[] {
  if (!('mapping' in (properties as object))) return [`${partOf('files', '{}', 'manifest.json')}--b--\r\n`];
  const mapping = partOf('mapping', MAPPING);
  return [`${mapping}${partOf('file', 'id,x\na,1\nb,2\n', 'fuzz.csv')}--b--\r\n`];
}

function brokenForms(schema: Schema): string[] {
  const whole = forms(schema)[0]!;
  return [
    ...[0, 3, 30, 80, whole.length - 9, whole.length - 3].map((length) => whole.slice(0, length)),
    whole.replaceAll('--b', '--c'),
    `${partOf('other', 'x')}--b--\r\n`,
    `${partOf('__proto__', 'x')}--b--\r\n`,
    `${partOf('files', 'x', '../../x')}--b--\r\n`,
    `${partOf('mapping', '\0')}${partOf('file', '', '')}--b--\r\n`,
    `--b\r\ncontent-disposition: form-data\r\n\r\nx\r\n--b--\r\n`,
    `--b\r\n\r\nx\r\n--b--\r\n`,
    `--b\r\ncontent-disposition: form-data; name="mapping"\r\ncontent-type: application/json\r\n\r\n{\r\n--b--\r\n`,
  ];
}
