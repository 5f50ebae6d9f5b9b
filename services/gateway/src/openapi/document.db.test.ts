import { z } from 'zod';
import { testGateway } from '../gateway.fixture.js';

interface Described {
  operationId: string;
  summary: string;
  security: { oauth: string[] }[];
  parameters: { name: string; in: string; example?: string }[];
  requestBody?: { content: Record<string, { schema: unknown; example?: unknown }> };
  responses: Record<string, { description: string; content?: Record<string, { schema: unknown; example?: unknown }> }>;
}

interface OpenApi {
  openapi: string;
  paths: Record<string, Record<string, Described>>;
  components: { schemas: Record<string, unknown> };
}

const gateway = testGateway({});
let document: OpenApi;

beforeAll(async () => {
  document = JSON.parse((await gateway.get('/openapi.json', { client: null })).text) as OpenApi;
});

/** The paths and verbs that the interface promises now. */
const PROMISED = `
POST /oauth/token · GET /.well-known/jwks.json · GET /healthz · GET /readyz · GET /metrics
GET /openapi.json · GET /docs
POST /api/v1/tables · GET /api/v1/tables · GET /api/v1/tables/{table}
GET /api/v1/imports · GET /api/v1/imports/{importId} · GET /api/v1/imports/{importId}/rejects
GET /api/v1/jobs · GET /api/v1/jobs/{jobId} · GET /api/v1/jobs/{jobId}/events · DELETE /api/v1/jobs/{jobId}
GET /api/v1/customers/{customerId} · POST /api/v1/customers:resolve · GET /api/v1/org-units
GET /api/v1/customers/{customerId}/timeline
GET /api/v1/customers/{customerId}/consents · PUT /api/v1/customers/{customerId}/consents
GET /api/v1/suppressions · POST /api/v1/suppressions · DELETE /api/v1/suppressions/{suppressionId}
POST /api/v1/contactability:check
GET /api/v1/subscriptions/{subscriptionId}/features · GET /api/v1/subscriptions/{subscriptionId}/churn
POST /api/v1/subscriptions/{subscriptionId}/churn:predict
POST /api/v1/models · POST /api/v1/models:import · GET /api/v1/models · GET /api/v1/models/{modelId} · PUT /api/v1/models/{kind}/champion
GET /api/v1/models/{kind}/champion/history · GET /api/v1/promotions · GET /api/v1/promotions/{promotionId}
POST /api/v1/promotions/{promotionId}:approve · POST /api/v1/promotions/{promotionId}:reject
POST /api/v1/promotions/{promotionId}:cancel · POST /api/v1/models/{modelId}:rollback · GET /api/v1/models/{modelId}/card · GET /api/v1/churn-runs/{runId}/drift
POST /api/v1/scores · POST /api/v1/scores:predict · GET /api/v1/churn-lists
GET /api/v1/churn-runs/{runId} · GET /api/v1/agent-queues · GET /api/v1/agent-queues/{queue}/items
POST /api/v1/agent-queues/{queue}/leases · PUT /api/v1/leases/{leaseId}:renew · DELETE /api/v1/leases/{leaseId}
GET /api/v1/scripts/current · POST /api/v1/dispositions
GET /api/v1/campaigns · POST /api/v1/campaigns · GET /api/v1/campaigns/{campaignId} · PATCH /api/v1/campaigns/{campaignId}
POST /api/v1/campaigns/{campaignId}:submit · POST /api/v1/campaigns/{campaignId}:approve
POST /api/v1/campaigns/{campaignId}:reject · POST /api/v1/campaigns/{campaignId}:pause
POST /api/v1/campaigns/{campaignId}:resume · POST /api/v1/campaigns/{campaignId}:cancel
POST /api/v1/campaigns/{campaignId}:close · GET /api/v1/campaigns/{campaignId}/arms
GET /api/v1/campaigns/{campaignId}/results · GET /api/v1/campaign-results · POST /api/v1/campaign-results:evaluate
GET /api/v1/retention-effect · GET /api/v1/churn-runs/{runId}/selection
GET /api/v1/plans · POST /api/v1/plan-simulations · GET /api/v1/subscriptions/{subscriptionId}/recommendations
POST /api/v1/models/{modelId}/shadow · DELETE /api/v1/models/{modelId}/shadow · GET /api/v1/models/{modelId}/shadow
GET /api/v1/changes · POST /api/v1/changes
POST /api/v1/plan-fits · GET /api/v1/plan-fit-runs/{runId} · GET /api/v1/plan-fit-runs/{runId}/fits
GET /api/v1/audit · GET /api/v1/audit/verification
GET /api/v1/parameters/{service} · GET /api/v1/parameters/{service}/{key} · PUT /api/v1/parameters/{service}/{key}
`;

const entries = (): [string, Described][] =>
  Object.entries(document.paths).flatMap(([path, verbs]) =>
    Object.entries(verbs).map(([verb, described]): [string, Described] => [`${verb.toUpperCase()} ${path}`, described]),
  );

test('is OpenAPI 3.1 and has every promised operation', () => {
  expect(document.openapi).toBe('3.1.0');
  const promised = PROMISED.split(/[·\n]/)
    .map((line) => line.trim())
    .filter((line) => line !== '');
  expect(entries().map(([name]) => name)).toEqual(expect.arrayContaining(promised));
});

test('every operation is served, to those with a token and its scope', async () => {
  for (const { method, path, scope, example } of gateway.operations) {
    const params = (example.params ?? {}) as Record<string, string>;
    const at = path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(params[name]!));
    const anonymous = await gateway.ask(method, at, { client: null });
    expect([path, anonymous.json['code']]).not.toEqual([path, 'route.unknown']);
    if (scope === 'open') continue;
    expect([path, anonymous.status]).toEqual([path, 401]);
    expect([path, (await gateway.ask(method, at, { client: 'no-scopes' })).status]).toEqual([path, 403]);
  }
});

/** What an operation lacks of what every operation has; empty if nothing. */
function lacks(name: string, { summary, security, requestBody, responses }: Described): string[] {
  const scope = security[0]?.oauth[0];
  const [status, success] = Object.entries(responses).find(([code]) => code.startsWith('2'))!;
  const body = requestBody?.content['application/json'];
  return [
    ...(summary === '' ? ['summary'] : []),
    ...(name.includes('/api/v1/') && !/^[a-z]+:[a-z]+$/.test(scope ?? '') ? ['scope'] : []),
    ...(status !== '204' && Object.values(success.content ?? {})[0]?.example === undefined
      ? ['example of the answer']
      : []),
    ...(body !== undefined && body.example === undefined ? ['example of the body'] : []),
  ];
}

test('every operation has a unique name, a summary, its scope and an example', () => {
  const names = entries().map(([, { operationId }]) => operationId);
  expect(new Set(names).size).toBe(names.length);
  const lacking = entries().map(([name, described]) => [name, lacks(name, described)] as const);
  expect(lacking.filter(([, what]) => what.length > 0)).toEqual([]);
});

test('every example matches its schema', () => {
  for (const { path, params, query, body, response, example } of gateway.operations) {
    const parts: [string, z.ZodType | undefined, unknown][] = [
      ['params', params, example.params],
      ['query', query, example.query ?? {}],
      ['body', body, example.body],
      ['response', response, example.response],
    ];
    for (const [part, schema, value] of parts) {
      if (schema === undefined || (part === 'query' && example.query === undefined)) continue;
      expect([path, part, schema.safeParse(value).error?.issues]).toEqual([path, part, undefined]);
    }
  }
});

test('every reference leads somewhere', () => {
  const references = [...JSON.stringify(document).matchAll(/"\$ref":"#\/components\/schemas\/(\w+)"/g)].map(
    (match) => match[1]!,
  );
  expect(references.length).toBeGreaterThan(50);
  for (const name of references) expect(document.components.schemas).toHaveProperty(name);
  expect(document.components.schemas['Problem']).toHaveProperty('properties.code');
});

test('no schema refers to itself, not even by way of others', () => {
  const refersTo = (name: string): string[] =>
    [...JSON.stringify(document.components.schemas[name]).matchAll(/schemas\/(\w+)"/g)].map((match) => match[1]!);
  const reach = (name: string, from: readonly string[]): void => {
    expect(from).not.toContain(name);
    for (const next of refersTo(name)) reach(next, [...from, name]);
  };
  for (const name of Object.keys(document.components.schemas)) reach(name, []);
});

test('closed sets are declared as such', () => {
  const wordsOf = (name: string) => (document.components.schemas[name] as { enum: string[] }).enum;
  expect(wordsOf('Outcome')).toContain('wrong_person');
  expect(wordsOf('GateReason')).toContain('quiet_hours');
  expect(wordsOf('Quadrant')).toEqual(['A', 'B', 'C', 'D']);
  expect(wordsOf('ProblemCode')).toEqual(expect.arrayContaining(['lease.gone', 'form.broken', 'service.unavailable']));
  expect(wordsOf('JobKind')).toContain('train-model');
});

test('answers that were forgotten before are declared', () => {
  const statusesOf = (path: string, verb: string) => Object.keys(document.paths[path]![verb]!.responses);
  expect(statusesOf('/api/v1/agent-queues/{queue}/leases', 'post')).toEqual(
    expect.arrayContaining(['200', '201', '409']),
  );
  expect(statusesOf('/api/v1/leases/{leaseId}:renew', 'put')).toContain('410');
  expect(statusesOf('/api/v1/leases/{leaseId}', 'delete')).toContain('204');
  expect(statusesOf('/api/v1/scripts/current', 'get')).toContain('304');
  expect(statusesOf('/oauth/token', 'post')).toEqual(expect.arrayContaining(['400', '401', '429']));
});

test('the form of the token endpoint, the header and the scope of personal data are declared', () => {
  const token = document.paths['/oauth/token']!['post']!;
  expect(Object.keys(token.requestBody!.content)).toEqual(['application/json', 'application/x-www-form-urlencoded']);
  const customer = document.paths['/api/v1/customers/{customerId}']!['get']!;
  expect(customer.parameters.map(({ name }) => name)).toContain('X-Access-Reason');
  expect(customer.security).toContainEqual({ oauth: ['profile:read', 'pii:read'] });
});

test.each([
  '/api/v1/household-runs/{runId}/pairs',
  '/api/v1/household-runs/latest/members',
  '/api/v1/plan-fit-runs/{runId}/fits',
])('%s is declared as what it is: NDJSON', (path) => {
  expect(Object.keys(document.paths[path]!['get']!.responses['200']!.content!)).toEqual(['application/x-ndjson']);
});

describe('/', () => {
  test('is an index for programs', async () => {
    const { status, json } = await gateway.get('/', { client: null });
    expect([status, json]).toEqual([
      200,
      expect.objectContaining({ documentation: '/docs', openapi: '/openapi.json' }),
    ]);
    const { name: _name, api: _api, ...places } = json;
    for (const path of Object.values(places)) expect(document.paths).toHaveProperty([String(path)]);
  });

  test.each([
    ['en', 'en-GB,en;q=0.9', '', 'All operations'],
    ['zh-CN', 'zh-CN,zh;q=0.9', '', '全部接口'],
    ['zh-CN', 'en', '?lang=zh-CN', '全部接口'],
  ])('is a page in %s for browsers', async (language, accepted, query, words) => {
    const accept = 'text/html,application/xhtml+xml,*/*;q=0.8';
    const page = await gateway.get(`/${query}`, { client: null, headers: { accept, 'accept-language': accepted } });
    expect(page.headers.get('content-type')).toContain('text/html');
    expect(page.text).toContain(`<html lang="${language}">`);
    expect(page.text).toContain(words);
    expect(page.text).toContain('href="/docs"');
    expect(page.text).not.toMatch(/(?:src|href)="https?:/);
  });
});

describe('/docs', () => {
  test('loads nothing from elsewhere and runs under its own policy', async () => {
    const page = await gateway.get('/docs', { client: null });
    const policy = page.headers.get('content-security-policy')!;
    expect(policy).toContain("script-src 'self'");
    expect(policy).not.toContain('upgrade-insecure-requests');
    const assets = [...page.text.matchAll(/(?:src|href)="([^"]+)"/g)].map((match) => match[1]!);
    expect(assets).toHaveLength(4);
    for (const asset of assets) expect((await gateway.get(asset, { client: null })).status).toBe(200);
    expect(page.text).not.toMatch(/<script>|https?:/);
  });

  test('serves no other file', async () => {
    for (const file of ['package.json', '..%2fpackage.json', 'constructor']) {
      expect((await gateway.get(`/docs/${file}`, { client: null })).status).toBe(404);
    }
  });
});

test('/healthz is fine and /readyz lists the services that do not answer', async () => {
  expect((await gateway.get('/healthz', { client: null })).json).toEqual({ status: 'ok' });
  const ready = await gateway.get('/readyz', { client: null });
  expect(ready.status).toBe(503);
  expect(ready.json).toMatchObject({ status: 'not ready', parts: { database: true, campaign: false } });
});
