/** Arbitraries of requests: plain ones, fitting ones, and ones with one thing wrong with them. */
import fc from 'fast-check';

import type { ApiDocument, Operation, Parameter, Schema } from './document.js';
import { FORM_CONTENT_TYPE, FORM_TYPE, brokenForms } from './forms.js';
import type { Pool } from './pool.js';
import type { Token } from './tokens.js';
import { Values } from './values.js';

/** A request as it is sent; the token by name, so that a failure can be repeated. */
export interface FuzzRequest {
  operation: Operation;
  token: string;
  path: string;
  headers: Readonly<Record<string, string>>;
  body: string | Buffer | undefined;
}

const JSON_TYPE = 'application/json';
const LARGE_BYTES = 1_100_000;

/** Operations whose jobs compute for long: few of their requests make work that was not done before. */
const STARTS_WORK = /^POST \/api\/v1\/(models|scores|training-sets|plan-fits|households:identify|tables|imports)$/;
/** To withdraw the operator's extract would leave nothing to answer: only imports that are made for it. */
const PLAIN_ONLY = /:withdraw$/;
/** A setting may change what every later request gets, so that few are set. */
const SETS_PARAMETER = /^PUT \/api\/v1\/parameters/;
/** Operations without an effect that others see; a token is issued to who has the secret. */
const HARMLESS = /^GET |^POST \/(oauth\/token|api\/v1\/(plan-simulations|[\w/-]+:(resolve|check|predict)))$/;

/** States in which something has to be for an operation on it. No running campaign is ended before it was paused. */
const STATES_FOR: Readonly<Record<string, readonly string[]>> = {
  'PATCH /api/v1/campaigns/{campaignId}': ['draft', 'rejected'],
  'POST /api/v1/campaigns/{campaignId}:submit': ['draft'],
  'POST /api/v1/campaigns/{campaignId}:approve': ['submitted'],
  'POST /api/v1/campaigns/{campaignId}:reject': ['submitted'],
  'POST /api/v1/campaigns/{campaignId}:pause': ['running'],
  'POST /api/v1/campaigns/{campaignId}:resume': ['paused'],
  'POST /api/v1/campaigns/{campaignId}:close': ['paused'],
  'POST /api/v1/campaigns/{campaignId}:cancel': ['draft', 'submitted'],
  'POST /api/v1/agent-queues/{queue}/leases': ['running'],
  'POST /api/v1/imports/{importId}:confirm': ['held'],
  'POST /api/v1/imports/{importId}:discard': ['held'],
  'POST /api/v1/imports/{importId}:withdraw': ['withdrawable'],
};

interface Sources {
  pool: Pool;
  tokens: ReadonlyMap<string, Token>;
  /** Forms that fit, by the name of the operation. */
  forms: ReadonlyMap<string, readonly string[]>;
  /** Whether no request may have an effect: it has only tokens that allow none. */
  isHarmless?: boolean;
}

type Body = fc.Arbitrary<{ type?: string; body: string | Buffer | undefined }>;

export class Requests {
  private readonly values: Values;

  constructor(
    private readonly document: ApiDocument,
    private readonly sources: Sources,
  ) {
    this.values = new Values(document, sources.pool);
  }

  any(): fc.Arbitrary<FuzzRequest> {
    return fc.constantFrom(...this.document.operations).chain((operation) => {
      const [plain, fitting] = weightsOf(operation);
      return oneOf([
        ...repeated(plain, () => this.plain(operation)),
        ...repeated(fitting, () => this.fitting(operation)),
        ...repeated(SPOILT, () => this.spoilt(operation)),
      ]);
    });
  }

  /** What an operation must have, with ids that exist; a token with its scope. */
  private plain(operation: Operation): fc.Arbitrary<FuzzRequest> {
    const tokens = this.tokens(operation, true);
    return this.request(operation, this.plainParts(operation), this.plainBody(operation), tokens);
  }

  private fitting(operation: Operation): fc.Arbitrary<FuzzRequest> {
    return this.request(operation, this.fittingParts(operation), this.body(operation));
  }

  /** With one thing that does not fit. */
  private spoilt(operation: Operation): fc.Arbitrary<FuzzRequest> {
    const fittingParts = PLAIN_ONLY.test(operation.name) ? [] : [() => this.fittingParts(operation)];
    const parts = oneOf([() => this.plainParts(operation), ...fittingParts]);
    const body = oneOf([() => this.plainBody(operation), () => this.body(operation)]);
    const withSpoilt = (spoilt: Parameter): fc.Arbitrary<Parts> =>
      this.parts(operation, (each) =>
        each === spoilt ? this.values.unfit(each.schema) : this.plainParameter(each, operation),
      );
    return oneOf([
      ...operation.parameters.map((spoilt) => () => this.request(operation, withSpoilt(spoilt), body)),
      ...repeated(2, () => this.request(operation, parts, this.spoiltBody(operation))),
      () => this.request(operation, withUnknownFilter(parts), body),
      () => this.request(operation, withoutOne(parts), body),
    ]);
  }

  private request(
    operation: Operation,
    parts: fc.Arbitrary<Parts>,
    body: Body,
    token = this.tokens(operation, false),
  ): fc.Arbitrary<FuzzRequest> {
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

  /** Names of tokens: mostly, or only, of those that allow the operation. */
  private tokens({ name, scope }: Operation, isOnlyAllowed: boolean): fc.Arbitrary<string> {
    const all = [...this.sources.tokens];
    const isAllowed = ([, token]: (typeof all)[number]): boolean =>
      scope === undefined || (token.region !== undefined && token.scopes.includes(scope));
    const allowed = fc.constantFrom(...all.filter(isAllowed).map(([token]) => token));
    if (this.sources.isHarmless && !HARMLESS.test(name))
      return fc.constantFrom(...all.filter((each) => !isAllowed(each)).map(([token]) => token));
    const any = fc.constantFrom(...all.map(([token]) => token));
    return isOnlyAllowed ? allowed : fc.oneof({ weight: 2, arbitrary: allowed }, any);
  }

  private plainParts(operation: Operation): fc.Arbitrary<Parts> {
    return this.parts(operation, (parameter) => this.plainParameter(parameter, operation));
  }

  private fittingParts(operation: Operation): fc.Arbitrary<Parts> {
    return this.parts(operation, ({ schema, name, required, example }) => {
      const fitting = this.values.fitting(schema, name);
      const value = example === undefined ? fitting : fc.oneof({ weight: 3, arbitrary: fitting }, fc.constant(example));
      return required ? value : fc.option(value, { nil: undefined });
    });
  }

  private plainParameter({ schema, name, required, example }: Parameter, operation: Operation): fc.Arbitrary<unknown> {
    const existing = this.sources.pool.of(name, STATES_FOR[operation.name]);
    if (!required && example === undefined) return fc.constant(undefined);
    const given = example === undefined ? this.values.fitting(schema, name) : fc.constant(example);
    const value = existing.length === 0 ? given : fc.constantFrom(...existing);
    return required ? value : fc.option(value, { nil: undefined });
  }

  /** Values of the parameters, by the place where they are sent; undefined for one that is not. */
  private parts(operation: Operation, valueOf: (parameter: Parameter) => fc.Arbitrary<unknown>): fc.Arbitrary<Parts> {
    const textOf = (value: unknown): string | undefined =>
      typeof value === 'string' || value === undefined ? value : JSON.stringify(value);
    const places = (['path', 'query', 'header'] as const).map((place) => {
      const own = operation.parameters.filter((parameter) => parameter.in === place);
      return [place, fc.record(Object.fromEntries(own.map((each) => [each.name, valueOf(each).map(textOf)])))];
    });
    // The three places by name, each with the values of its parameters.
    const all = fc.record(Object.fromEntries(places) as Record<string, fc.Arbitrary<Record<string, string>>>);
    return all.map(({ path = {}, query = {}, header = {} }) => ({ path, query, header: headersOf(header) }));
  }

  private plainBody(operation: Operation): Body {
    const given = Object.entries(operation.bodies).flatMap(([type, { example }]) => {
      if (type === FORM_TYPE) return this.form(operation);
      if (example === undefined) return [];
      return this.values.existing(example, 'body').map((value) => ({ type, body: encoded(type, value) }));
    });
    return given.length === 0 ? fc.constant({ body: undefined }) : fc.oneof(...given);
  }

  private body(operation: Operation): Body {
    const given = Object.entries(operation.bodies).map(
      ([type, { schema }]) =>
        (): Body =>
          type === FORM_TYPE
            ? this.form(operation)
            : this.values.fitting(schema, 'body').map((value) => ({ type, body: encoded(type, value) })),
    );
    return given.length === 0 ? fc.constant({ body: undefined }) : oneOf(given);
  }

  private form({ name }: Operation): fc.Arbitrary<{ type: string; body: string }> {
    return fc.constantFrom(...this.sources.forms.get(name)!).map((body) => ({ type: FORM_CONTENT_TYPE, body }));
  }

  private spoiltBody(operation: Operation): Body {
    const { bodies, method, name } = operation;
    // A request without a body has none to spoil; Node sends none with GET.
    if (method === 'GET') return fc.constant({ body: undefined });
    const { [JSON_TYPE]: json, [FORM_TYPE]: form } = bodies;
    const schema = this.document.resolved(json?.schema ?? {});
    const properties = (schema['properties'] ?? {}) as Record<string, Schema>;
    const whole = this.plainBody({ ...operation, bodies: json === undefined ? {} : { [JSON_TYPE]: json } });
    const fields = Object.entries(properties).map(
      ([field, of]) =>
        (): Body =>
          fc
            .record({ whole, unfit: this.values.unfit(of) })
            .map(({ whole: { body }, unfit }) => ({
              type: JSON_TYPE,
              body: JSON.stringify({ ...(JSON.parse(String(body ?? '{}')) as object), [field]: unfit }),
            })),
    );
    const broken = form === undefined ? [] : brokenForms(this.sources.forms.get(name)![0]!);
    return oneOf([
      ...fields,
      ...NO_OBJECTS.map((body) => (): Body => fc.constant({ type: JSON_TYPE, body })),
      (): Body => fc.constantFrom(...OTHER_TYPES).map((type) => ({ type, body: '{"table":"x"}' })),
      (): Body => this.values.unfit(schema).map((value) => ({ type: JSON_TYPE, body: JSON.stringify(value) ?? '' })),
      (): Body => fc.constant({ type: FORM_TYPE, body: 'x' }),
      ...broken.map((body) => (): Body => fc.constant({ type: FORM_CONTENT_TYPE, body })),
    ]);
  }
}

const OTHER_TYPES = [
  ...['text/xml', 'application/x-ndjson', 'text/plain', 'application/x-www-form-urlencoded', ' ', 'json'],
];
const NO_OBJECTS = [
  ...['{"a":', '', 'null', '[]', '"x"', '{}\n{}\n', JSON.stringify({ x: 'x'.repeat(LARGE_BYTES) })],
  Buffer.from([0xff, 0xfe]),
];

/** One of several arbitraries, of which only the chosen one is made: to make them all costs more than a request. */
function oneOf<T>(makers: readonly (() => fc.Arbitrary<T>)[]): fc.Arbitrary<T> {
  return fc.nat({ max: makers.length - 1 }).chain((chosen) => makers[chosen]!());
}

function repeated<T>(times: number, one: T): T[] {
  return Array<T>(times).fill(one);
}

const SPOILT = 12;

/** How often a plain and a fitting request are made, for `SPOILT` that are spoilt. */
function weightsOf({ name }: Operation): [plain: number, fitting: number] {
  if (STARTS_WORK.test(name)) return [4, 1];
  if (PLAIN_ONLY.test(name)) return [4, 0];
  return SETS_PARAMETER.test(name) ? [4, 1] : [10, 6];
}

interface Parts {
  path: Record<string, string | undefined>;
  query: Record<string, string | undefined>;
  header: Record<string, string>;
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
