import { ApiError, RestClient, UnreachableError } from './client.js';
import { jobDone } from './job-watch.js';
import { problem, startRestServer, type Asked, type Reply, type RestServer } from './rest-server.fixture.js';

let server: RestServer;
let replies: ((asked: Asked) => Reply)[];

beforeEach(async () => {
  replies = [];
  server = await startRestServer((asked) => (replies.length > 1 ? replies.shift()! : replies[0]!)(asked));
});
afterEach(() => server.close());

const clientOf = (options: { secret?: string; retrySeconds?: number } = {}): RestClient =>
  new RestClient({
    baseUrl: server.url,
    credentials: { clientId: 'c', secret: options.secret ?? 'right' },
    retrySeconds: options.retrySeconds ?? 30,
  });

test('gets a token once and sends it', async () => {
  replies = [() => ({ json: { ok: true } })];
  const client = clientOf();
  expect(await client.get('/a', { query: { x: 1, y: undefined } })).toEqual({ ok: true });
  await client.get('/a');
  expect(server.tokens).toBe(1);
  expect(server.asked[0]!.headers.authorization).toBe('Bearer token.of.1');
  expect(server.asked[0]!.query.toString()).toBe('x=1');
});

test('sends the reason for reading personal data, in any script', async () => {
  replies = [() => ({ json: 1 })];
  const credentials = { clientId: 'c', secret: 'right' };
  await new RestClient({ baseUrl: server.url, credentials, accessReason: '客户投诉' }).get('/a');
  expect(decodeURIComponent(String(server.asked[0]!.headers['x-access-reason']))).toBe('客户投诉');
  await clientOf().get('/a');
  expect(server.asked[1]!.headers['x-access-reason']).toBeUndefined();
});

test('retries while the system is busy, with the same Idempotency-Key', async () => {
  replies = [
    () => problem(503, 'service.unavailable'),
    () => problem(409, 'idempotencyKey.inFlight'),
    () => ({ json: { done: 1 } }),
  ];
  expect(await clientOf().post('/scores', { table: 't' })).toEqual({ done: 1 });
  const keys = server.asked.map((asked) => asked.headers['idempotency-key']);
  expect(keys).toHaveLength(3);
  expect(new Set(keys).size).toBe(1);
});

test('retries when the connection breaks', async () => {
  replies = [() => (response) => void response.destroy(), () => ({ json: 1 })];
  expect(await clientOf().get('/a')).toBe(1);
});

test('renews a token that is refused, once', async () => {
  replies = [() => problem(401, 'caller.unauthenticated'), () => ({ json: 1 })];
  expect(await clientOf().get('/a')).toBe(1);
  expect(server.tokens).toBe(2);
  replies = [() => problem(401, 'caller.unauthenticated')];
  await expect(clientOf().get('/a')).rejects.toMatchObject({ status: 401 });
});

test.each([400, 403, 404, 422])('takes a %d for an answer', async (status) => {
  replies = [() => problem(status, 'x.y')];
  const error = await clientOf()
    .get('/a')
    .catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(ApiError);
  expect(error).toMatchObject({ status, code: 'x.y', message: 'It is x.y (x.y, trace abc)' });
  expect(server.asked).toHaveLength(1);
});

test('reports a wrong secret', async () => {
  await expect(clientOf({ secret: 'wrong' }).get('/a')).rejects.toMatchObject({ code: 'token.refused' });
});

test('gives up after the retry window', async () => {
  const { url } = server;
  await server.close();
  const client = new RestClient({ baseUrl: url, credentials: { clientId: 'c', secret: 'right' }, retrySeconds: 0 });
  await expect(client.get('/a')).rejects.toBeInstanceOf(UnreachableError);
});

test('reads a list to its end', async () => {
  replies = [
    ({ query }) => ({ json: { items: [query.get('pageToken') ?? 'first'], nextPageToken: 'p2' } }),
    ({ query }) => ({ json: { items: [query.get('pageToken')], nextPageToken: null } }),
  ];
  const all: string[] = [];
  for await (const item of clientOf().all<string>('/list', 'items')) all.push(item);
  expect(all).toEqual(['first', 'p2']);
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
    const job = await jobDone(clientOf(), 'j', ({ state }) => seen.push(state));
    expect(job.state).toBe('done');
    expect(seen).toEqual(['running', 'running', 'done']);
  });

  test.each(['failed', 'cancelled'])('that was %s is an error', async (state) => {
    replies = [() => stream(event(state))];
    await expect(jobDone(clientOf(), 'j', () => undefined)).rejects.toMatchObject({ name: 'JobFailedError' });
  });

  test('that is unknown is an error at once', async () => {
    replies = [() => problem(404, 'job.unknown')];
    await expect(jobDone(clientOf(), 'j', () => undefined)).rejects.toMatchObject({ status: 404 });
  });
});
