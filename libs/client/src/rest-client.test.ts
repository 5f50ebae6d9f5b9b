import { ApiError, JobFailedError, UnreachableError } from './errors.js';
import { jobDone } from './jobs.js';
import { problem, startRestServer, type Asked, type Reply, type RestServer } from './rest-server.fixture.js';
import { RestClient, type ClientOptions } from './rest-client.js';

let server: RestServer;
let replies: ((asked: Asked) => Reply)[];

beforeEach(async () => {
  replies = [() => ({ json: { done: 1 } })];
  server = await startRestServer((asked) => (replies.length > 1 ? replies.shift()! : replies[0]!)(asked));
});
afterEach(() => server.close());

const credentials = { clientId: 'c', secret: 'right' };
const clientOf = (options: Partial<ClientOptions> = {}): RestClient =>
  new RestClient({ baseUrl: server.url, credentials, retrySeconds: 30, ...options });
const readJobs = (client = clientOf()) => client.call('GET /api/v1/jobs');

describe('the access token', () => {
  test('is requested once, for concurrent requests, too', async () => {
    const client = clientOf();
    await Promise.all([readJobs(client), readJobs(client)]);
    await readJobs(client);
    expect(server.tokens).toBe(1);
    expect(server.asked.map(({ headers }) => headers.authorization)).toEqual(Array(3).fill('Bearer token.of.1'));
  });

  test('is renewed before it expires', async () => {
    const client = clientOf();
    await readJobs(client);
    jest.spyOn(Date, 'now').mockReturnValue(Date.now() + 3_550_000);
    await readJobs(client);
    jest.restoreAllMocks();
    expect(server.tokens).toBe(2);
  });

  test('is renewed once if it is refused', async () => {
    replies = [() => problem(401, 'caller.unauthenticated'), () => ({ json: 1 })];
    expect(await readJobs()).toBe(1);
    expect(server.tokens).toBe(2);
    replies = [() => problem(401, 'caller.unauthenticated')];
    await expect(readJobs()).rejects.toMatchObject({ status: 401 });
  });

  test('is not sent without credentials', async () => {
    await new RestClient({ baseUrl: server.url }).call('GET /api/v1/jobs');
    expect(server.asked[0]!.headers.authorization).toBeUndefined();
  });

  test('can come from another issuer', async () => {
    const issuer = await startRestServer(() => ({}));
    await readJobs(clientOf({ tokenUrl: `${issuer.url}/oauth/token` }));
    await issuer.close();
    expect([issuer.tokens, server.tokens]).toEqual([1, 0]);
  });

  test('is missing for a wrong secret', async () => {
    const client = clientOf({ credentials: { clientId: 'c', secret: 'wrong' } });
    await expect(readJobs(client)).rejects.toMatchObject({ code: 'token.refused' });
  });
});

describe('a request', () => {
  test('has its parameters in path and query, and its body as JSON', async () => {
    const client = clientOf({ baseUrl: `${server.url}/` });
    await client.call('GET /api/v1/tables/{table}', { table: 'a/b', version: undefined });
    await client.call('GET /api/v1/churn-lists', { table: 't', pageSize: 5 });
    await client.call('POST /api/v1/imports/{importId}:confirm', { importId: 'i' });
    await client.call('PUT /api/v1/parameters/{service}/{key}', {
      service: 'campaign',
      key: 'k',
      body: { value: [1] },
    });
    expect(server.asked.map(({ method, path, query, body }) => [method, path, query.toString(), body])).toEqual([
      ['GET', '/api/v1/tables/a%2Fb', '', ''],
      ['GET', '/api/v1/churn-lists', 'table=t&pageSize=5', ''],
      ['POST', '/api/v1/imports/i:confirm', '', ''],
      ['PUT', '/api/v1/parameters/campaign/k', '', '{"value":[1]}'],
    ]);
    expect(server.asked[3]!.headers['content-type']).toBe('application/json');
  });

  test('has the language and the reason for reading personal data, in any script', async () => {
    const client = clientOf({ accessReason: '客户投诉', language: 'zh-CN' });
    await readJobs(client);
    await client.call('GET /api/v1/jobs', {}, { language: 'en', headers: { 'if-match': '"3"' } });
    const [first, second] = server.asked.map(({ headers }) => headers);
    expect(decodeURIComponent(String(first!['x-access-reason']))).toBe('客户投诉');
    expect([first!['accept-language'], second!['accept-language']]).toEqual(['zh-CN', 'en']);
    expect(second!['if-match']).toBe('"3"');
    await readJobs();
    expect(server.asked[2]!.headers['x-access-reason']).toBeUndefined();
  });

  test('of a form has no Idempotency-Key, others have that of the caller or a new one', async () => {
    const client = clientOf();
    const form = new FormData();
    form.append('mapping', 'table: t');
    await client.call('POST /api/v1/tables', { body: form });
    await client.call('POST /api/v1/scores', { body: { table: 't' } }, { headers: { 'idempotency-key': 'mine' } });
    const [upload, scores] = server.asked.map(({ headers }) => headers);
    expect(upload!['idempotency-key']).toBeUndefined();
    expect(upload!['content-type']).toMatch(/^multipart\/form-data/);
    expect(scores!['idempotency-key']).toBe('mine');
  });

  test('is aborted by its signal and by that of the client', async () => {
    replies = [() => problem(503, 'service.unavailable')];
    const reason = new Error('enough');
    const signal = AbortSignal.abort(reason);
    await expect(readJobs(clientOf({ signal }))).rejects.toBe(reason);
    const aborted = new AbortController();
    const waiting = clientOf().call('GET /api/v1/jobs', {}, { signal: aborted.signal });
    aborted.abort(reason);
    await expect(waiting).rejects.toBe(reason);
  });
});

describe('retries', () => {
  test.each([
    [503, 'service.unavailable'],
    [429, 'rate.exceeded'],
    [409, 'idempotencyKey.inFlight'],
  ])('after %d %s, with the same Idempotency-Key', async (status, code) => {
    replies = [() => problem(status, code), () => ({ json: { done: 1 } })];
    expect(await clientOf().call('POST /api/v1/scores', { body: { table: 't' } })).toEqual({ done: 1 });
    const keys = server.asked.map((asked) => asked.headers['idempotency-key']);
    expect(keys).toHaveLength(2);
    expect(new Set(keys).size).toBe(1);
  });

  test('wait as long as Retry-After specifies', async () => {
    replies = [() => ({ ...problem(429, 'rate.exceeded'), headers: { 'retry-after': '1' } }), () => ({ json: 1 })];
    const startedAt = performance.now();
    await readJobs();
    expect(performance.now() - startedAt).toBeGreaterThan(990);
  });

  test('follow a broken connection', async () => {
    replies = [() => (response) => void response.destroy(), () => ({ json: 1 })];
    expect(await readJobs()).toBe(1);
  });

  test.each([400, 403, 404, 422])('do not follow a %d', async (status) => {
    replies = [() => problem(status, 'x.y')];
    const error = await readJobs().catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ApiError);
    expect(error).toMatchObject({ status, code: 'x.y', message: 'It is x.y (x.y, trace abc)' });
    expect(server.asked).toHaveLength(1);
  });

  test('end with the retry window', async () => {
    await server.close();
    await expect(readJobs(clientOf({ retrySeconds: 0 }))).rejects.toBeInstanceOf(UnreachableError);
  });
});

describe('an answer', () => {
  test('without a body is undefined', async () => {
    replies = [() => (response) => void response.writeHead(204).end()];
    expect(await clientOf().call('DELETE /api/v1/leases/{leaseId}', { leaseId: 'l' })).toBeUndefined();
  });

  test('is text or a stream where that is requested', async () => {
    replies = [() => ({ text: 'a,b\r\n' })];
    const request = { table: 't', format: 'csv' } as const;
    expect(await clientOf().text('GET /api/v1/churn-lists', request)).toBe('a,b\r\n');
    const stream = await clientOf().stream('GET /api/v1/churn-lists', request);
    expect(await new Response(stream).text()).toBe('a,b\r\n');
  });

  test('in NDJSON is read line by line, across chunks', async () => {
    replies = [
      () => (response) => {
        response.write('{"month":"2026-08"}\n{"mon');
        setTimeout(() => response.end('th":"服"}\n\n{"month":"z"}'), 20);
      },
    ];
    const months: string[] = [];
    const lines = clientOf().lines('GET /api/v1/models/{modelId}/validated-churners', { modelId: 'm' });
    for await (const { month } of lines) months.push(month);
    expect(months).toEqual(['2026-08', '服', 'z']);
    expect(server.asked[0]!.headers.accept).toBe('application/x-ndjson');
  });

  test('in pages is read to its end', async () => {
    replies = [
      ({ query }) => ({ json: { tables: [], imports: [query.toString()], nextPageToken: 'p2' } }),
      ({ query }) => ({ json: { tables: [], imports: [query.toString()], nextPageToken: null } }),
    ];
    const found: unknown[] = [];
    for await (const each of clientOf().list('GET /api/v1/imports', 'imports', { pageSize: 2 })) found.push(each);
    expect(found).toEqual(['pageSize=2', 'pageSize=2&pageToken=p2']);
  });

  test('to any request is given as it is', async () => {
    replies = [
      () => problem(404, 'route.unknown'),
      () => ({ json: { a: 1 }, headers: { etag: '"1"' } }),
      () => ({ text: 'no JSON' }),
    ];
    const client = clientOf();
    expect(await client.ask('GET', '/nowhere')).toMatchObject({ status: 404, json: { code: 'route.unknown' } });
    const { headers, json } = await client.ask('POST', '/a', { body: '{"b":1}', headers: { 'x-b': '1' } });
    expect([headers.get('etag'), json]).toEqual(['"1"', { a: 1 }]);
    expect(server.asked[1]).toMatchObject({ body: '{"b":1}', headers: { 'x-b': '1' } });
    expect(await client.ask('GET', '/a')).toMatchObject({ text: 'no JSON', json: {} });
  });
});

describe('a job', () => {
  const event = (state: string): string =>
    `event: job\ndata: ${JSON.stringify({ jobId: 'j', state, error: null })}\n\n`;
  const stream =
    (text: string, breaks = false): Reply =>
    (response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(text, () => (breaks ? response.destroy() : response.end()));
    };

  test('is followed over a connection that breaks, a service that restarts and a stream that ends early', async () => {
    replies = [
      () => stream(event('running'), true),
      () => problem(503, 'service.unavailable'),
      () => stream(`: still here\n\n${event('running')}`),
      () => stream(event('done')),
    ];
    const seen: string[] = [];
    const job = await jobDone(clientOf(), 'j', { onChange: ({ state }) => seen.push(state) });
    expect(job.state).toBe('done');
    expect(seen).toEqual(['running', 'running', 'done']);
    expect(server.asked[0]!.headers.accept).toBe('text/event-stream');
  });

  test.each(['failed', 'cancelled'])('that was %s is an error', async (state) => {
    replies = [() => stream(event(state))];
    await expect(jobDone(clientOf(), 'j')).rejects.toBeInstanceOf(JobFailedError);
  });

  test('that is unknown is an error at once', async () => {
    replies = [() => problem(404, 'job.unknown')];
    await expect(jobDone(clientOf(), 'j')).rejects.toMatchObject({ status: 404 });
  });

  test('is no longer awaited after an abort', async () => {
    replies = [() => stream(event('running'))];
    await expect(jobDone(clientOf(), 'j', { signal: AbortSignal.timeout(100) })).rejects.toThrow('timeout');
  });
});
