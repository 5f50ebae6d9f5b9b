/** Refusals of the REST interface: each has the right status and a problem document. */
import { randomUUID } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import type { Import, Problem } from '@holdfast/client/gen/operations';
import { RestClient, type Answer } from '@holdfast/client/rest-client';

import { EXAMPLE_TRUTH } from '../examples/generate.mjs';
import { runCommand } from './support/command-line.js';
import { eventually } from './support/eventually.js';
import { repository } from './support/launcher.js';
import { makeFolder } from './support/once-per-run.js';
import { sharedSystem } from './support/shared-system.js';
import type { SystemHome } from './support/system-home.js';
import { openItems, requestLease } from './support/work.js';

const { table: TABLE } = EXAMPLE_TRUTH;
const HERE = 'demo/沈阳';
const ELSEWHERE = 'demo/大连';

let home: SystemHome;
let operator: RestClient;
let stranger: RestClient;
/** Of a subscriber in Shenyang. */
let subscriptionId: string;

jest.setTimeout(300_000);

beforeAll(async () => {
  ({ home } = await sharedSystem());
  operator = home.client('console');
  stranger = home.clientOf();
  const { scores } = await operator.call('GET /api/v1/churn-lists', { table: TABLE, pageSize: 1, city: `${HERE}/` });
  ({ subscriptionId } = scores[0]!);
});

describe('refuses', () => {
  it('a request without a token', async () => {
    const answer = await stranger.ask('GET', churnOf(subscriptionId));
    expectProblem(answer, 401);
    expect(answer.headers.get('www-authenticate')).toContain('Bearer');
  });

  it('a changed token', async () => {
    const [header, claims, signature] = (await operator.accessToken()).split('.') as [string, string, string];
    const wider = { ...(JSON.parse(Buffer.from(claims, 'base64url').toString()) as object), client_id: 'another' };
    const forged = `${header}.${Buffer.from(JSON.stringify(wider)).toString('base64url')}.${signature}`;
    expectProblem(
      await stranger.ask('GET', churnOf(subscriptionId), { headers: { authorization: `Bearer ${forged}` } }),
      401,
    );
  });

  it('a client without the scope', async () => {
    const reader = home.addClient({ scopes: ['churn:read'], orgScope: ['demo'] });
    expect((await reader.ask('GET', churnOf(subscriptionId))).status).toBe(200);
    expectProblem(await reader.ask('GET', '/api/v1/models'), 403);
    expectProblem(await reader.ask('POST', '/api/v1/models', { body: { table: TABLE } }), 403);
  });

  it('a body of 20 MB', async () => {
    expectProblem(await operator.ask('POST', '/api/v1/scores', { body: { table: 'x'.repeat(20_000_000) } }), 413);
  });

  it('an unknown filter', async () => {
    const { errors } = expectProblem(await operator.ask('GET', '/api/v1/churn-lists?tabel=example'), 400);
    expect(errors).toContainEqual(expect.objectContaining({ pointer: '/query/tabel' }));
  });

  it('a truncated body, one that is not JSON, and an unknown key', async () => {
    const headers = { 'content-type': 'application/json' };
    const asText = (body: string) => operator.ask('POST', '/api/v1/scores', { body, headers });
    expectProblem(await asText('{"table": "exam'), 400);
    expectProblem(await asText('table=example'), 400);
    expectProblem(await operator.ask('POST', '/api/v1/scores', { body: { table: TABLE, tabel: TABLE } }), 400);
  });

  it('an unknown address and an invalid or unknown id', async () => {
    expectProblem(await operator.ask('GET', '/api/v1/nothing'), 404);
    expectProblem(await operator.ask('GET', churnOf('13800138000')), 400);
    expectProblem(await operator.ask('GET', churnOf(randomUUID())), 404);
  });
});

describe('another region', () => {
  let local: RestClient;
  let foreign: RestClient;

  beforeAll(() => {
    local = home.addClient({ scopes: home.allScopes(), orgScope: [HERE] });
    foreign = home.addClient({ scopes: home.allScopes(), orgScope: [ELSEWHERE] });
  });

  it('does not exist for a client of one city, whatever id it uses', async () => {
    const { customerId } = await operator.call('GET /api/v1/customers/{customerId}', { customerId: subscriptionId });
    const paths = [
      churnOf(subscriptionId),
      `/api/v1/subscriptions/${subscriptionId}/features?table=${TABLE}`,
      `/api/v1/scripts/current?subscription=${await listedHere()}`,
      `/api/v1/customers/${subscriptionId}`,
      `/api/v1/customers/${customerId}`,
      `/api/v1/customers/${customerId}/consents`,
    ];
    for (const path of paths) {
      const ours = await local.ask('GET', path);
      expect({ path, status: ours.status }).toEqual({ path, status: 200 });
      expectProblem(await foreign.ask('GET', path), 404);
    }
  });

  it('keeps its work to itself', async () => {
    // Another test may have set quiet hours at this moment, in which there are no leases.
    const lease = await eventually('the city has work', async () => {
      const request = { agent: 'agent-of-the-city', subscriptionId: await listedHere() };
      return (await requestLease(local, TABLE, request)).lease ?? undefined;
    });
    expect(lease.item.orgUnit).toBe(`${HERE}/`);
    expectProblem(await foreign.ask('GET', `/api/v1/scripts/current?lease=${lease.leaseId}`), 404);
    expectProblem(await foreign.ask('PUT', `/api/v1/leases/${lease.leaseId}:renew`), 404);
    expectProblem(await foreign.ask('DELETE', `/api/v1/leases/${lease.leaseId}`), 404);
    const body = { leaseId: lease.leaseId, outcome: 'accepted' } as const;
    const stolen = await foreign.call('POST /api/v1/dispositions', { body });
    expect(stolen.recorded).toEqual([expect.objectContaining({ touchId: null, code: expect.any(String) })]);
    expect((await local.ask('DELETE', `/api/v1/leases/${lease.leaseId}`)).status).toBe(204);
  });

  it('is in no list', async () => {
    const { scores } = await foreign.call('GET /api/v1/churn-lists', { table: TABLE, pageSize: 1000 });
    expect(scores.length).toBeGreaterThan(0);
    expect(scores.filter(({ orgUnit }) => orgUnit !== `${ELSEWHERE}/`)).toEqual([]);
    const { items } = await foreign.call('GET /api/v1/agent-queues/{queue}/items', { queue: TABLE, pageSize: 1000 });
    expect(items.length).toBeGreaterThan(0);
    expect(items.filter(({ orgUnit }) => orgUnit !== `${ELSEWHERE}/`)).toEqual([]);
  });

  it('cannot be read through an import or a job of the whole province', async () => {
    const { imports } = await operator.call('GET /api/v1/imports');
    const [first] = imports as [Import];
    expectProblem(await foreign.ask('GET', `/api/v1/imports/${first.importId}`), 404);
    expectProblem(await foreign.ask('GET', `/api/v1/imports/${first.importId}/rejects`), 404);
    expectProblem(await foreign.ask('GET', `/api/v1/jobs/${first.jobId}`), 404);
  });

  /** The last of the list, since other tests work at its top. */
  async function listedHere(): Promise<string> {
    return (await openItems(local, TABLE)).at(-1)!.subscriptionId;
  }
});

describe('an extract with a table that cannot be imported', () => {
  /** A copy of examples/extract of the system's operator. @param change of its tables in the manifest and its files */
  function brokenExtract(name: string, change: (tables: Record<string, object>, folder: string) => void): string {
    const folder = makeFolder(`extract-${name}`);
    fs.cpSync(path.join(repository, 'examples/extract'), folder, { recursive: true });
    const file = path.join(folder, 'manifest.json');
    const manifest = JSON.parse(fs.readFileSync(file, 'utf8')) as { tables: Record<string, object> };
    change(manifest.tables, folder);
    fs.writeFileSync(file, JSON.stringify({ ...manifest, operator: 'demo', extractId: name }));
    return folder;
  }
  const rename = (folder: string, table: string, column: string): void => {
    const file = path.join(folder, `${table}.csv`);
    fs.writeFileSync(file, fs.readFileSync(file, 'utf8').replace(column, 'colour'));
  };

  it.each([
    [
      'is-missing',
      'contacts.csv, which does not exist',
      (_: object, folder: string) => fs.rmSync(path.join(folder, 'contacts.csv')),
    ],
    [
      'has-another-header',
      'usage.csv: the header has no column month',
      (tables: Record<string, object>, folder: string) => {
        rename(folder, 'usage', 'month');
        tables['usage'] = { path: 'usage.csv' };
      },
    ],
  ])('is held, and the command ends with an error: one that %s', async (name, why, change) => {
    const { code, stderr } = await runCommand(home, 'import', brokenExtract(name, change));
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining(why) });
    const importId = /Import (\S+) is held back/.exec(stderr)![1]!;
    const report = await operator.call('GET /api/v1/imports/{importId}', { importId });
    expect(report).toMatchObject({ state: 'held', findings: [expect.objectContaining({ code: 'table.stopped' })] });
    expect((await operator.call('GET /api/v1/extracts')).extracts).toEqual([]);
    await operator.call('POST /api/v1/imports/{importId}:discard', { importId });
  });

  it('fails if it is the table of subscriptions', async () => {
    const folder = brokenExtract('no-subscriptions', (_, place) => fs.rmSync(path.join(place, 'subscriptions.csv')));
    const { code, stderr } = await runCommand(home, 'import', folder);
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: expect.stringContaining('subscriptions.csv, which does not exist'),
    });
    expect((await operator.call('GET /api/v1/extracts')).extracts).toEqual([]);
  });
});

describe('a repeated request', () => {
  const score = (key: string, body: object): Promise<Answer> =>
    operator.ask('POST', '/api/v1/scores', { body, headers: { 'idempotency-key': key } });

  it('gets the first answer again, and is marked as a repetition', async () => {
    const key = randomUUID();
    const first = await score(key, { table: TABLE });
    const second = await score(key, { table: TABLE });
    expect([first.status, second.status]).toEqual([202, 202]);
    expect([first, second].map(({ headers }) => headers.get('idempotency-replayed'))).toEqual([null, 'true']);
    expect(second.text).toBe(first.text);
  });

  it('with another body is refused', async () => {
    const key = randomUUID();
    expect((await score(key, { table: TABLE })).status).toBe(202);
    expectProblem(await score(key, { table: 'another' }), 422);
  });

  it('needs a key where a call to a customer is reported', async () => {
    const body = { leaseId: randomUUID(), outcome: 'accepted' };
    expectProblem(await operator.ask('POST', '/api/v1/dispositions', { body }), 400);
  });

  it('during the first one has its effect once', async () => {
    const key = randomUUID();
    const answers = await Promise.all(Array.from({ length: 10 }, () => score(key, { table: TABLE })));
    const firsts = answers.filter(
      ({ status, headers }) => status === 202 && headers.get('idempotency-replayed') === null,
    );
    expect(firsts).toHaveLength(1);
    const others = answers.filter((answer) => answer !== firsts[0]);
    expect(others.filter(({ status }) => status !== 409 && status !== 202)).toEqual([]);
    others.filter(({ status }) => status === 409).forEach((answer) => expectProblem(answer, 409));
  });
});

describe('a problem', () => {
  it('is in the language of the caller', async () => {
    const ask = (language: string) =>
      operator.ask('GET', churnOf(randomUUID()), { headers: { 'accept-language': language } });
    const chinese = expectProblem(await ask('zh-CN,zh;q=0.9,en;q=0.5'), 404);
    const english = expectProblem(await ask('en'), 404);
    expect(chinese.detail).toMatch(/[\u4e00-\u9fff]/);
    expect(english.detail).not.toMatch(/[\u4e00-\u9fff]/);
    expect(chinese.code).toBe(english.code);
  });
});

function churnOf(id: string): string {
  return `/api/v1/subscriptions/${id}/churn`;
}

/** Checks that an answer is a complete problem document without internals. */
function expectProblem(answer: Answer, status: number): Problem {
  expect({ status: answer.status, text: answer.text }).toEqual({ status, text: expect.any(String) });
  expect(answer.headers.get('content-type')).toContain('application/problem+json');
  const problem = answer.json as Problem;
  expect(problem).toMatchObject({
    type: expect.stringMatching(/^urn:|^https?:/),
    title: expect.stringMatching(/./),
    status,
    detail: expect.stringMatching(/./),
    instance: expect.stringMatching(/^\/[^?]*$/),
    code: expect.stringMatching(/^[\w.]+$/),
    traceId: expect.stringMatching(/^[0-9a-f]{32}$/),
  });
  expect(answer.text).not.toMatch(/\bat \S+ \(|node_modules|\.[jt]s:\d+|node:internal/);
  return problem;
}
