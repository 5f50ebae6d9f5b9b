/** What the REST API refuses, and how it says so: always with the right status, always as a problem document. */
import { randomUUID } from 'node:crypto';
import http from 'node:http';
import type { Import, Problem } from '@holdfast/client/gen/operations';
import { RestClient, type Answer } from '@holdfast/client/rest-client';

import { EXAMPLE_TRUTH } from '../examples/generate.mjs';
import { eventually } from './support/eventually.js';
import { sharedSystem } from './support/shared-system.js';
import type { SystemHome } from './support/system-home.js';

const { table: TABLE } = EXAMPLE_TRUTH;
const HERE = 'demo/沈阳';
const ELSEWHERE = 'demo/大连';

let home: SystemHome;
let operator: RestClient;
let stranger: RestClient;
/** Somebody in Shenyang. */
let subscriptionId: string;

jest.setTimeout(300_000);

beforeAll(async () => {
  ({ home } = await sharedSystem());
  operator = home.client('console');
  stranger = home.clientOf();
  const { scores } = await operator.call('GET /api/v1/churn-lists', { table: TABLE, pageSize: 1, city: `${HERE}/` });
  ({ subscriptionId } = scores[0]!);
});

describe('is refused', () => {
  it('who has no token', async () => {
    const answer = await stranger.ask('GET', churnOf(subscriptionId));
    expectProblem(answer, 401);
    expect(answer.headers.get('www-authenticate')).toContain('Bearer');
  });

  it('who has a token that somebody changed', async () => {
    const [header, claims, signature] = (await operator.accessToken()).split('.') as [string, string, string];
    const wider = {
      ...(JSON.parse(Buffer.from(claims, 'base64url').toString()) as object),
      client_id: 'somebody-else',
    };
    const forged = `${header}.${Buffer.from(JSON.stringify(wider)).toString('base64url')}.${signature}`;
    expectProblem(
      await stranger.ask('GET', churnOf(subscriptionId), { headers: { authorization: `Bearer ${forged}` } }),
      401,
    );
  });

  it('who has not the scope', async () => {
    const reader = home.addClient({ scopes: ['churn:read'], orgScope: ['demo'] });
    expect((await reader.ask('GET', churnOf(subscriptionId))).status).toBe(200);
    expectProblem(await reader.ask('GET', '/api/v1/models'), 403);
    expectProblem(await reader.ask('POST', '/api/v1/models', { body: { table: TABLE } }), 403);
  });

  it('a body of 20 MB', async () => {
    expectProblem(await operator.ask('POST', '/api/v1/scores', { body: { table: 'x'.repeat(20_000_000) } }), 413);
  });

  it('a filter that there is not', async () => {
    const { errors } = expectProblem(await operator.ask('GET', '/api/v1/churn-lists?tabel=example'), 400);
    expect(errors).toContainEqual(expect.objectContaining({ pointer: '/query/tabel' }));
  });

  it('a body that is cut off, that is no JSON, or that has a key too many', async () => {
    const asText = (body: string) => rawRequest(`${home.baseUrl}/api/v1/scores`, operator, body);
    expectProblem(await asText('{"table": "exam'), 400);
    expectProblem(await asText('table=example'), 400);
    expectProblem(await operator.ask('POST', '/api/v1/scores', { body: { table: TABLE, tabel: TABLE } }), 400);
  });

  it('an address where nothing is, and an id that is none', async () => {
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

  it('does not exist for a client of one city, by whatever id it asks', async () => {
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
    // Another story may be showing quiet hours at this moment, in which nobody gets work.
    const lease = await eventually('there is work in the city', async () => {
      const asked = { agent: 'agent-of-the-city', subscriptionId: await listedHere() };
      return (
        (await local.call('POST /api/v1/agent-queues/{queue}/leases', { queue: TABLE, body: asked })).lease ?? undefined
      );
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

  /** Somebody at the end of the list, since other stories work at its top. */
  async function listedHere(): Promise<string> {
    const { items } = await local.call('GET /api/v1/agent-queues/{queue}/items', {
      queue: TABLE,
      state: 'open',
      pageSize: 1000,
    });
    return items.at(-1)!.subscriptionId;
  }
});

describe('a request that is sent again', () => {
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

  it('while the first is on its way has its effect once', async () => {
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
  it('is told in the language of the caller', async () => {
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

/** Checks that an answer is a whole problem document and shows nothing of the inside. */
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

/** A POST with a body as it is, said to be JSON. */
async function rawRequest(url: string, client: RestClient, body: string): Promise<Answer> {
  const token = await client.accessToken();
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json', authorization: `Bearer ${token}` };
    const request = http.request(url, { method: 'POST', headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString('utf8');
        const answered = new Headers({ 'content-type': response.headers['content-type'] ?? '' });
        resolve({ status: response.statusCode ?? 0, headers: answered, text, json: JSON.parse(text) });
      });
    });
    request.on('error', reject);
    request.end(body);
  });
}
