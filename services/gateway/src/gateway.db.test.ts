import net from 'node:net';
import { text } from 'node:stream/consumers';
import { Lease } from '@holdfast/contracts/campaign/v1/work';
import { Score as ScoreMessage } from '@holdfast/contracts/churn_scoring/v1/scoring';
import { failure } from '@holdfast/platform/errors';
import { SECRET, testGateway } from './gateway.fixture.js';

const SUBSCRIPTION = '1b9d6bcd-bbfd-5b2d-9b5d-ab8dfbbd4bed';
const LEASE = '01936a44-5a10-7f51-8e41-7a6d5b8e1f77';
const noScore = failure('notFound', 'score.unknown', { en: 'There is no score.', 'zh-CN': '没有评分。' });
const down = failure('unavailable', 'service.unavailable', { en: 'Try again.', 'zh-CN': '请重试。' });

let recordings = 0;
let holdDispositions: Promise<void> | undefined;
let dispositionsFail = false;

const gateway = testGateway({
  scoring: {
    getScore: async (call, request) => {
      if (request.subscriptionId !== SUBSCRIPTION || !call.caller.orgScope.includes('demo/')) throw noScore();
      return ScoreMessage.fromPartial({ subscriptionId: SUBSCRIPTION, probability: 0.7, value: 88, currency: 'CNY' });
    },
    getRun: async () => {
      throw new Error('secret of the database: key 13800138000');
    },
  },
  work: {
    recordDispositions: async (_call, { dispositions }) => {
      recordings += 1;
      await holdDispositions;
      if (dispositionsFail) throw down();
      return {
        recorded: dispositions.map(({ clientRowId }) => ({
          ...{ clientRowId, touchId: LEASE },
          ...{ failureKey: '', failureEn: '', failureZhCn: '' },
        })),
      };
    },
    renewLease: async (_call, { leaseId }) => {
      const item = { itemId: LEASE, subscriptionId: SUBSCRIPTION, value: { minor: -1205, currency: 'CNY' } };
      return Lease.fromPartial({ leaseId, expiresAt: new Date('2026-11-03T02:00:00Z'), item });
    },
  },
});

function nested(depth: number): unknown {
  return depth === 0 ? [] : [nested(depth - 1)];
}

const churnPath = `/api/v1/subscriptions/${SUBSCRIPTION}/churn`;

describe('every failure is a problem document', () => {
  function expectProblem(answer: Awaited<ReturnType<typeof gateway.ask>>, status: number): void {
    expect(answer.status).toBe(status);
    expect(answer.headers.get('content-type')).toMatch(/^application\/problem\+json/);
    const type = expect.stringMatching(/^urn:holdfast:problem:/) as unknown;
    expect(answer.json).toMatchObject({ status, type, code: expect.any(String) as unknown });
    expect(answer.json['traceId']).toMatch(/^[0-9a-f]{32}$/);
    expect(String(answer.json['instance'])).not.toContain('?');
    expect(answer.text).not.toMatch(/13800138000 |\bat .*\.ts|node_modules/);
  }

  const models = 'POST /api/v1/models';
  const ofType = (contentType: string) => ({ headers: { 'content-type': contentType } });
  test.each<[string, number, string, Parameters<typeof gateway.ask>[2]?]>([
    ['no token', 401, `GET ${churnPath}`, { client: null }],
    ['a foreign scope', 403, 'GET /api/v1/jobs', { client: 'reader' }],
    ["another region's id", 404, `GET ${churnPath}`, { client: 'shenyang' }],
    ['an unknown address', 404, 'GET /api/v1/nothing'],
    ['an unknown filter', 400, 'GET /api/v1/churn-lists?tabel=demo'],
    ['a filter where none is taken', 400, 'GET /api/v1/tables?limit=3'],
    ['an id that is none', 400, 'GET /api/v1/subscriptions/13800138000/churn'],
    ['a job of no service', 404, `GET /api/v1/jobs/unknown.${SUBSCRIPTION}`],
    ['broken JSON', 400, models, { body: '{"table":', ...ofType('application/json') }],
    ['text that cannot be stored', 400, 'GET /api/v1/tables/%00'],
    ['a body nested too deeply', 400, 'PUT /api/v1/parameters/campaign/x', { body: { value: nested(100) } }],
    ['an unknown key in the body', 400, models, { body: { table: 'demo', tabel: 1 } }],
    ['20 MB of JSON', 413, models, { body: { table: 'x'.repeat(20_000_000) } }],
    ['a content type that is not taken', 415, models, { body: '<a/>', ...ofType('text/xml') }],
    ['a form for JSON', 415, models, { body: 'table=demo', ...ofType('application/x-www-form-urlencoded') }],
    ['JSON where a form is taken', 415, 'POST /api/v1/tables', { body: {} }],
    ['a malformed address', 400, 'GET /api/v1/tables/%E0%A4%A'],
    ['a fault of a service', 500, 'GET /api/v1/churn-runs/latest'],
  ])('%s is %d', async (_what, status, route, options = {}) => {
    const [method, at] = route.split(' ');
    expectProblem(await gateway.ask(method!, at!, options), status);
  });

  test('a token that was tampered with is 401', async () => {
    const token = await gateway.tokenOf('console');
    const headers = { authorization: `Bearer ${token.slice(0, -4)}AAAA` };
    expectProblem(await gateway.get(churnPath, { client: null, headers }), 401);
  });

  test.each([
    ['an unknown method', 'FETCH / HTTP/1.1\r\n\r\n', 400],
    [
      'two lengths of a body',
      'POST / HTTP/1.1\r\nhost: h\r\ncontent-length: 3\r\ntransfer-encoding: chunked\r\n\r\n',
      400,
    ],
    ['a header without end', `GET / HTTP/1.1\r\nx: ${'x'.repeat(70_000)}`, 431],
  ])('what no parser takes: %s', async (_what, bytes, status) => {
    const answer = await sayRaw(bytes);
    expect(answer).toMatch(new RegExp(`^HTTP/1\\.1 ${status} [^]*content-type: application/problem\\+json`, 'i'));
    expect(JSON.parse(answer.slice(answer.indexOf('{')))).toMatchObject({ status, code: 'request.unparsable' });
  });

  test('names the unknown filter', async () => {
    const { json } = await gateway.get('/api/v1/churn-lists?tabel=demo');
    expect(json['errors']).toEqual([
      { pointer: '/query/tabel', code: 'query.unknown', message: 'There is no query field "tabel".' },
    ]);
  });

  test('answers in Chinese on request', async () => {
    const language = { 'accept-language': 'zh-CN,en;q=0.5' };
    const { json, headers } = await gateway.get(churnPath, { client: 'shenyang', headers: language });
    expect(json).toMatchObject({ title: '未找到', detail: '没有评分。', code: 'score.unknown' });
    expect(headers.get('content-language')).toBe('zh-CN');
  });

  test('keeps the text of an internal error to itself', async () => {
    const { text } = await gateway.get('/api/v1/churn-runs/latest');
    expect(text).not.toContain('secret');
  });

  test('describes how to authenticate', async () => {
    const { headers } = await gateway.get(churnPath, { client: null });
    expect(headers.get('www-authenticate')).toContain('Bearer');
  });
});

describe('access', () => {
  test('hands the client, its scopes, region and language on', async () => {
    const { status, json } = await gateway.get(churnPath, { client: 'reader', headers: { 'accept-language': 'zh' } });
    expect(status).toBe(200);
    expect(json).toMatchObject({ probability: 0.7, value: { amount: '88.00', currency: 'CNY' }, efficiency: null });
    expect(gateway.callers.at(-1)).toMatchObject({
      client: 'reader',
      orgScope: ['demo/'],
      language: 'zh-CN',
      system: false,
    });
    expect([...gateway.callers.at(-1)!.scopes]).toEqual(['churn:read']);
  });

  test('takes a reason only from those who may read personal data', async () => {
    const headers = { 'x-access-reason': encodeURIComponent('工单 4711') };
    await gateway.get(churnPath, { client: 'reader', headers });
    expect(gateway.callers.at(-1)!.accessReason).toBeUndefined();
    await gateway.get(churnPath, { client: 'shenyang', headers });
    expect(gateway.callers.at(-1)!.accessReason).toBe('工单 4711');
  });

  test('gives tokens by HTTP Basic and by JSON, and refuses a wrong secret in the words of OAuth', async () => {
    const basic = Buffer.from(`reader:${encodeURIComponent(SECRET)}`).toString('base64');
    const grant = { grant_type: 'client_credentials' };
    const requestToken = (body: object, headers = {}) => gateway.post('/oauth/token', body, { client: null, headers });
    const byBasic = await requestToken(grant, { authorization: `Basic ${basic}` });
    expect(byBasic.json).toMatchObject({ token_type: 'Bearer', scope: 'churn:read', expires_in: 3600 });
    const wrong = { ...grant, client_id: 'reader', client_secret: 'wrong' };
    const refused = await requestToken(wrong);
    expect(refused.status).toBe(401);
    expect(refused.json).toEqual({ error: 'invalid_client' });
    const more = { ...wrong, client_secret: SECRET, scope: 'churn:read model:promote' };
    expect((await requestToken(more)).json).toEqual({ error: 'invalid_scope' });
  });

  test('finds an action behind an id', async () => {
    const { status, json } = await gateway.ask('PUT', `/api/v1/leases/${LEASE}:renew`);
    expect(status).toBe(200);
    expect(json).toMatchObject({
      leaseId: LEASE,
      item: { value: { amount: '-12.05', currency: 'CNY' }, firstReason: null },
    });
  });
});

describe('Idempotency-Key', () => {
  const disposition = { clientRowId: 'a', leaseId: LEASE, outcome: 'accepted' };
  const record = (key: string | undefined, body: object = disposition, client = 'console') =>
    gateway.post('/api/v1/dispositions', body, {
      client,
      headers: key === undefined ? {} : { 'idempotency-key': key },
    });

  beforeEach(() => {
    recordings = 0;
    holdDispositions = undefined;
    dispositionsFail = false;
  });

  test('is demanded for dispositions', async () => {
    expect((await record(undefined)).json).toMatchObject({ status: 400, code: 'idempotencyKey.missing' });
  });

  test('gives the first answer again, and has the effect once', async () => {
    const first = await record('k-1');
    const second = await record('k-1');
    expect([first.status, second.status]).toEqual([200, 200]);
    expect(first.headers.get('idempotency-replayed')).toBeNull();
    expect(second.headers.get('idempotency-replayed')).toBe('true');
    expect(second.json).toEqual(first.json);
    expect(recordings).toBe(1);
  });

  test('with another body is 422', async () => {
    await record('k-2');
    const other = await record('k-2', { ...disposition, outcome: 'declined' });
    expect(other.json).toMatchObject({ status: 422, code: 'idempotencyKey.reused' });
    expect(recordings).toBe(1);
  });

  test('with the same body from one who may see less is 422', async () => {
    const headers = { 'idempotency-key': 'k-7' };
    const ask = (reason: object) =>
      gateway.post('/api/v1/dispositions', disposition, { client: 'shenyang', headers: { ...headers, ...reason } });
    expect((await ask({ 'x-access-reason': 'complaint' })).status).toBe(200);
    expect((await ask({})).json).toMatchObject({ status: 422, code: 'idempotencyKey.reused' });
    expect(recordings).toBe(1);
  });

  test('is 409 while the first request runs', async () => {
    let finish!: () => void;
    holdDispositions = new Promise((resolve) => (finish = resolve));
    const first = record('k-3');
    while (recordings === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    const second = await record('k-3');
    finish();
    expect(second.json).toMatchObject({ status: 409, code: 'idempotencyKey.inFlight' });
    expect((await first).status).toBe(200);
    expect((await record('k-3')).headers.get('idempotency-replayed')).toBe('true');
  });

  test('is free again when the effect did not happen', async () => {
    dispositionsFail = true;
    const failed = await record('k-4');
    expect(failed.json).toMatchObject({ status: 503, retryable: true });
    expect(failed.headers.get('retry-after')).toBe('1');
    dispositionsFail = false;
    expect((await record('k-4')).status).toBe(200);
    expect(recordings).toBe(2);
  });

  test('is free again when the process that held it died', async () => {
    await gateway.database.query(
      `insert into idempotency_key (client, key, fingerprint, locked_until, expires_at)
       select client, 'k-5', fingerprint, now() - interval '1 second', now() + interval '1 hour'
       from idempotency_key where key = 'k-1'`,
    );
    expect((await record('k-5')).status).toBe(200);
    expect(recordings).toBe(1);
  });

  test('gives the owner one id for all attempts of a request, also after a lost answer and after a kill', async () => {
    const idOfLast = () => gateway.calls.at(-1)!.requestId;
    dispositionsFail = true;
    expect((await record('k-8')).status).toBe(503);
    const first = idOfLast();
    expect(first).toMatch(/^[0-9a-f-]{36}$/);
    dispositionsFail = false;
    // The process was killed after the call of the owner: the key is held, without an answer.
    await gateway.database.query(
      "update idempotency_key set locked_until = now() + interval '1 hour' where key = 'k-8' and status is null",
    );
    expect((await record('k-8')).json).toMatchObject({ code: 'idempotencyKey.inFlight' });
    await gateway.database.query("update idempotency_key set locked_until = now() where key = 'k-8'");
    expect((await record('k-8')).status).toBe(200);
    expect(idOfLast()).toBe(first);
    await record('k-9');
    expect(idOfLast()).not.toBe(first);
    await gateway.database.query("update idempotency_key set expires_at = now() where key = 'k-8'");
    await record('k-8');
    expect(idOfLast()).not.toBe(first);
  });

  test('belongs to its client', async () => {
    await record('k-6');
    const keys = await gateway.database.query<{ client: string }>(
      "select client from idempotency_key where key = 'k-6'",
    );
    expect(keys).toEqual([{ client: 'console' }]);
  });

  test('keeps answers unreadable', async () => {
    const [row] = await gateway.database.query<{ sealed_body: Buffer }>(
      "select sealed_body from idempotency_key where key = 'k-1'",
    );
    expect(row!.sealed_body.toString('latin1')).not.toContain('recorded');
  });
});

describe('audit', () => {
  test('has a row for every write, with caller and outcome', async () => {
    const rows = await gateway.database.query<{ client: string; status: number }>(
      "select client, status from audit_entry where operation = 'POST /api/v1/dispositions' order by audit_id",
    );
    expect(rows).toContainEqual({ client: 'console', status: 200 });
    expect(rows).toContainEqual({ client: 'console', status: 422 });
  });
});

test('shows the remaining rate', async () => {
  const { headers } = await gateway.get(churnPath);
  expect(headers.get('ratelimit-policy')).toBe('"interactive";q=4000;w=2');
  expect(headers.get('ratelimit')).toMatch(/^"interactive";r=\d+;t=\d+$/);
});

/** What comes back for bytes that need not be HTTP. */
async function sayRaw(bytes: string): Promise<string> {
  const socket = net.connect(Number(new URL(gateway.url).port), '127.0.0.1');
  socket.write(bytes);
  return text(socket);
}
