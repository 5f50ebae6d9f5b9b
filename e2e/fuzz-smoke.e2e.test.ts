/**
 * The requests of `npm run fuzz`, but few, always the same, and without an effect, since other tests use the system, too;
 * and the checks themselves, which must find faults that are made for them.
 */
import { randomUUID } from 'node:crypto';

import { EXAMPLE_TRUTH, exampleCsv } from '../examples/generate.mjs';
import { faultsOf, type CheckedSystem } from './support/fuzz/checks.js';
import { ApiDocument } from './support/fuzz/document.js';
import { fuzz } from './support/fuzz/fuzz.js';
import { knownIn, ownersIn } from './support/fuzz/known.js';
import { PersonalValues } from './support/fuzz/personal-values.js';
import type { Pool } from './support/fuzz/pool.js';
import { tableForms } from './support/fuzz/prepare.js';
import { Requests, type FuzzRequest } from './support/fuzz/requests.js';
import type { Answer } from './support/fuzz/send.js';
import { tokensOf } from './support/fuzz/tokens.js';
import { sharedSystem } from './support/shared-system.js';

const REQUESTS = 400;
const SEED = 20_261_130;
const SCOPES = ['churn:read', 'features:read', 'profile:read', 'work:read', 'pii:read'];
const [HERE, ELSEWHERE] = ['demo/沈阳', 'demo/大连'] as const;
/** Key and name of each subscriber. */
const PEOPLE = exampleCsv()
  .split('\n')
  .slice(1)
  .map((row) => row.split(',').slice(0, 2) as [string, string]);
const [KEY, NAME] = PEOPLE.find(([key]) => key === `${EXAMPLE_TRUTH.keyPrefix}000017`)!;

let system: CheckedSystem & { baseUrl: string; pool: Pool };

jest.setTimeout(300_000);

beforeAll(async () => {
  const { home } = await sharedSystem();
  const { baseUrl } = home;
  const document = await ApiDocument.of(baseUrl);
  const all = document.scopes();
  const tokens = await tokensOf(home, { scopes: all, single: SCOPES, regions: [HERE] });
  const owners = await ownersIn(home);
  const personal = new PersonalValues(PEOPLE.flat());
  const pool = await knownIn(home, home.client('console'), [KEY]);
  system = { baseUrl, document, tokens, owners, personal, pool };
});

it('every generated request has an answer that is declared and within its token', async () => {
  const { document, tokens, pool } = system;
  const forms = new Map([...tableForms(), ['POST /api/v1/imports', ['x']]] as [string, string[]][]);
  const requests = new Requests(document, { pool, tokens, forms, isHarmless: true }).any();
  const { coverage, faults } = await fuzz({ ...system, requests }, { count: REQUESTS, seed: SEED });
  expect(faults).toEqual([]);
  expect(coverage.requests).toBeGreaterThanOrEqual(REQUESTS);
  expect(coverage.statuses[200]).toBeGreaterThan(REQUESTS / 20);
});

describe('a check finds', () => {
  const ok = (text: string): Answer => ({ status: 200, contentType: 'application/json', text });
  const requestOf = (name: string, token: string, headers = {}): FuzzRequest => ({
    operation: system.document.operations.find((operation) => operation.name === name)!,
    ...{ token, headers, path: '/', body: undefined },
  });
  const faults = (name: string, token: string, answer: Answer, headers = {}): string[] =>
    faultsOf(system, requestOf(name, token, headers), answer);
  const TABLES = 'GET /api/v1/tables';
  const FEATURES = 'GET /api/v1/subscriptions/{subscriptionId}/features';
  const features = (values: unknown[], subscriptionId: string = randomUUID()): Answer =>
    ok(JSON.stringify({ subscriptionId, table: 'example', version: null, asOf: null, values }));
  const feature = (value: unknown) => ({ feature: 'x', state: 'present', value, eventAt: null, knowledgeTime: null });

  it('a status, a type and a shape that are not declared, and a fault of the system', () => {
    expect(faults(TABLES, 'all', ok('{"tables":[]}'))).toEqual([]);
    expect(faults(TABLES, 'all', { ...ok('{"tables":[]}'), status: 201 })).toEqual(['the status 201 is not declared']);
    expect(faults(TABLES, 'all', { ...ok('x'), contentType: 'text/plain' })).toHaveLength(1);
    expect(faults(TABLES, 'all', ok('{"tables":[{}]}'))).toEqual([expect.stringContaining('another shape')]);
    const failed = { status: 500, contentType: 'application/problem+json', text: '{}' };
    expect(faults(TABLES, 'all', failed)[0]).toBe('a fault of the system, 500');
  });

  it('a success without a token or the scope', () => {
    expect(faults(TABLES, 'expired', ok('{"tables":[]}'))).toEqual(['success without a valid token']);
    expect(faults(TABLES, 'scope churn:read', ok('{"tables":[]}'))).toEqual(['success without the scope']);
  });

  it('a key and a name, wherever they are, also with escapes', () => {
    const escaped = JSON.stringify(NAME).replace(/[^\x20-\x7e]/g, (character) => {
      return `\\u${character.charCodeAt(0).toString(16)}`;
    });
    for (const text of [KEY, `x${KEY}x`, NAME, escaped]) {
      expect(system.personal.firstIn(text)).toBeDefined();
    }
    // As the 360 view masks a name, so that an agent can ask whether it is the right person.
    expect(system.personal.firstIn(`${NAME[0]}${'*'.repeat(NAME.length - 1)}`)).toBeUndefined();
    const leaks = features([feature(`for ${KEY}.`)]);
    const named = { 'X-Access-Reason': 'story' };
    expect(faults(FEATURES, 'all without personal data', leaks)).toEqual(['personal data without pii:read']);
    expect(faults(FEATURES, 'all', leaks)).toEqual(['personal data without a reason']);
    expect(faults(FEATURES, 'all', leaks, named)).toEqual([]);
  });

  it('a number as text or as a figure, and not the digits of another figure', () => {
    const number = '199000012345678';
    const personal = new PersonalValues([number, 'null', '', '-']);
    expect(personal.size).toBe(1);
    for (const text of [`"${number}"`, `{"value":${number}}`, `+86${number}`]) {
      expect(personal.firstIn(text)).toBe(number);
    }
    for (const figure of [0.019900000000000001, 1.990000015258789, 199000012345670]) {
      expect(personal.firstIn(JSON.stringify({ value: figure }))).toBeUndefined();
    }
  });

  it('a row and an org unit of another region', () => {
    const [foreign] = [...system.owners].find(([, unit]) => unit.startsWith(ELSEWHERE))!;
    expect(faults(FEATURES, `region ${HERE}`, features([], foreign))).toEqual(['a foreign row']);
    expect(faults(FEATURES, 'all', features([], foreign))).toEqual([]);
    const units = ok(`{"orgUnits":[{"orgUnit":"${ELSEWHERE}/","level":"city","name":"x","customers":1}]}`);
    expect(faults('GET /api/v1/org-units', `region ${HERE}`, units)).toEqual([`the org unit ${ELSEWHERE}/ is foreign`]);
  });
});
