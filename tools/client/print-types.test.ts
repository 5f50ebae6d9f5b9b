import { printTypes } from './print-types.mjs';

const money = { $ref: '#/components/schemas/Money' };

function documentOf(operation: object, schemas: object = {}): object {
  const usual = { summary: 'Read', security: [], parameters: [], responses: { 204: { description: 'Done' } } };
  return { components: { schemas }, paths: { '/a/{id}': { get: { ...usual, ...operation } } } };
}

const responseOf = (content: object) => ({ responses: { 201: { content }, 400: {} } });

/** Printed without the header. */
function printed(operation: object, schemas?: object): string {
  const text = printTypes(documentOf(operation, schemas));
  return text.slice(text.search(/^(\/\*\* (?!Types)|export)/m));
}

test('prints components by name, closed sets as values too', () => {
  const Money = {
    type: 'object',
    description: 'Of a bill',
    properties: { amount: { type: 'string', description: 'Decimal' }, 'zh-CN': { type: ['number', 'null'] } },
    required: ['amount'],
    additionalProperties: false,
  };
  const Any = { type: 'array', items: { anyOf: [{}, { type: 'null' }] } };
  const Outcome = { type: 'string', enum: ['yes', 'no'], description: 'Of a call' };
  expect(printed({}, { Money, Any, Outcome })).toBe(`export type Any = (unknown | null)[];

/** Of a bill */
export interface Money {
  /** Decimal */
  amount: string;
  'zh-CN'?: number | null;
}

/** Of a call */
export const Outcome = [
  'yes',
  'no',
] as const;
export type Outcome = (typeof Outcome)[number];

export interface Operations {
  /** Read. */
  'GET /a/{id}': {
    request: {};
    response: undefined;
  };
}
`);
});

test('prints parameters, body, response and line of an operation with its scope', () => {
  const parameters = [
    { name: 'id', in: 'path', required: true, schema: { type: 'string' } },
    { name: 'size', in: 'query', required: false, description: 'Rows', schema: { type: 'integer' } },
    { name: 'If-Match', in: 'header', required: true, schema: { type: 'string' } },
  ];
  const content = {
    'multipart/form-data': { schema: {} },
    'application/x-www-form-urlencoded': {
      schema: { type: 'object', properties: { kind: { enum: ['a', 'b'] }, at: { const: 1 } }, required: ['at'] },
    },
    'application/json': {
      schema: { type: 'object', properties: { kind: { enum: ['a', 'b'] }, at: { const: 1 } }, required: ['at'] },
    },
  };
  const answer = {
    'application/json': { schema: { type: 'object', additionalProperties: money } },
    'application/x-ndjson': { schema: money },
  };
  const security = [{ oauth: ['jobs:read'] }];
  expect(printed({ security, parameters, requestBody: { content }, ...responseOf(answer) }))
    .toBe(`export interface Operations {
  /** Read. Scope: jobs:read. */
  'GET /a/{id}': {
    request: {
      id: string;
      /** Rows */
      size?: number | undefined;
      body: FormData | {
        kind?: 'a' | 'b' | undefined;
        at: 1;
      };
    };
    response: {
      [name: string]: Money;
    };
    line: Money;
  };
}
`);
});

test.each([
  ['repeated names', { parameters: ['path', 'query'].map((place) => ({ name: 'id', in: place, schema: {} })) }, 'id'],
  ['an unknown type', responseOf({ 'application/json': { schema: { type: 'date' } } }), 'date'],
])('refuses %s', (_, operation, message) => {
  expect(() => printTypes(documentOf(operation))).toThrow(message);
});
