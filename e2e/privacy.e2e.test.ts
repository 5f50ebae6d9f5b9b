/**
 * Personal data stays in customer-profile. Keys and names of the example table have a prefix, the traces of all services
 * are on, and after a whole run no value with a prefix may be stored anywhere else.
 */
import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import type { Client } from 'pg';
import { SERVICES, schemaOf } from '@holdfast/platform/services';
import type { RestClient } from '@holdfast/client/rest-client';

import { EXAMPLE_TRUTH, exampleCsv } from '../examples/generate.mjs';
import { eventually } from './support/eventually.js';
import { LeakSearch } from './support/leak-search.js';
import { scratchFolder } from './support/once-per-run.js';
import { sharedSystem } from './support/shared-system.js';
import type { SystemHome } from './support/system-home.js';
import { openItems } from './support/work.js';

const { table: TABLE, keyPrefix, namePrefix } = EXAMPLE_TRUTH;
/** With the zeros that follow in every key: three bytes alone occur by chance in encrypted data. */
const search = new LeakSearch([`${keyPrefix}00`, namePrefix]);

let home: SystemHome;
let tracesFile: string;
let operator: RestClient;
let database: Client;

jest.setTimeout(300_000);

beforeAll(async () => {
  ({ home, tracesFile } = await sharedSystem());
  operator = home.client('console');
  database = await home.openDatabase();
  await usePersonalData();
});

afterAll(() => database?.end());

it('shows a key and a name only to a client with the scope and a reason', async () => {
  const value = `${keyPrefix}000001`;
  const resolve = (headers: Record<string, string>) =>
    operator.call('POST /api/v1/customers:resolve', { body: { kind: 'key', value } }, { headers });
  expect((await resolve({})).personal).toEqual({});
  const { personal } = await resolve({ 'x-access-reason': 'story' });
  expect(personal['key']).toBe(value);
  expect(personal['name']).toMatch(namePrefix);
  const audited = await database.query(
    "select 1 from gateway.audit_entry where operation = 'POST /api/v1/customers:resolve'",
  );
  expect(audited.rowCount).toBeGreaterThan(0);
});

describe('no key and no name', () => {
  it('is in a log', () => {
    const logs = home.file('logs');
    expect(fs.readdirSync(logs).sort()).toEqual(SERVICES.map((service) => `${service}.log`));
    expect(SERVICES.filter((service) => fs.statSync(path.join(logs, `${service}.log`)).size === 0)).toEqual([]);
    expect(search.inFiles(logs)).toEqual([]);
  });

  it('is in a trace, or in a URL in one', async () => {
    const spans = await eventually('every service has written traces', () => {
      const seen = spansOf(tracesFile);
      return SERVICES.every((service) => seen.some((span) => span.service === service)) && seen;
    });
    expect(spans.length).toBeGreaterThan(500);
    expect(search.inFiles(tracesFile)).toEqual([]);
  });

  it('is in a message of the event bus', async () => {
    const bus = await home.openBus();
    const { messages, finds } = await search.inStreams(bus.manager);
    await bus.close();
    expect(messages).toBeGreaterThanOrEqual(4); // table loaded, customers imported, scores published, list built
    expect(finds).toEqual([]);
    expect(search.inFiles(home.file('nats'))).toEqual([]); // also of work that is done and gone
  });

  it("is in another service's tables, nor in clear in those of customer-profile", async () => {
    const { rows } = await database.query<{ name: string }>(
      "select nspname as name from pg_namespace where nspname !~ '^(pg_|information_schema$)' order by 1",
    );
    const schemas = rows.map(({ name }) => name);
    expect(schemas).toEqual(expect.arrayContaining(SERVICES.map(schemaOf)));
    const { columns, finds } = await search.inSchemas(database, schemas);
    expect(columns).toBeGreaterThan(50);
    expect(finds).toEqual([]);
  });

  it('is in a file of the lake', async () => {
    expect(search.inFiles(home.file('lake'))).toEqual([]);
    const { texts, finds } = await search.inParquet(home.file('lake'));
    expect(texts).toBeGreaterThan(100);
    expect(finds).toEqual([]);
  });

  it('is in the output of the start', () => {
    const folder = path.join(scratchFolder(), 'shared');
    expect(search.inFiles(path.join(folder, 'output'))).toEqual([]);
    expect(search.inFiles(path.join(folder, 'report.json'))).toEqual([]);
    expect(search.inFiles(home.file('summary.json'))).toEqual([]);
  });
});

describe('the search itself', () => {
  const leakedName = `${namePrefix}王伟0001`;

  it('finds a value in a file, written plainly, escaped, or in a URL', () => {
    const folder = path.join(scratchFolder(), 'leaks');
    fs.mkdirSync(folder);
    const forms = [
      leakedName,
      JSON.stringify({ url: `/x?name=${encodeURIComponent(leakedName)}` }),
      `"\\u6837\\u4f8b\\u738b"`,
      `{"key":"EX-000001"}`,
    ];
    forms.forEach((text, at) =>
      fs.writeFileSync(path.join(folder, `control-${at}.log`), `{"level":"info"}\n${text}\n`),
    );
    expect(search.inFiles(folder).map(({ where }) => path.basename(where))).toEqual(
      forms.map((_, at) => `control-${at}.log`),
    );
  });

  it('finds a value in a table, as text, as JSON and as bytes', async () => {
    const schema = `leaks_${randomBytes(4).toString('hex')}`;
    await database.query(`create schema ${schema}`);
    try {
      await database.query(`create table ${schema}.control (a text, b jsonb, c bytea, d text[], e int)`);
      await database.query(`insert into ${schema}.control values ($1, $2, convert_to($1, 'UTF8'), array['x', $1], 1)`, [
        leakedName,
        JSON.stringify({ deep: { name: leakedName } }),
      ]);
      const { finds } = await search.inSchemas(database, [schema]);
      expect(finds.map(({ where }) => where.split('.').at(-1))).toEqual(['a', 'b', 'c', 'd']);
    } finally {
      await database.query(`drop schema ${schema} cascade`);
    }
  });

  it('finds the prefixes in the input', () => {
    expect(search.inBytes('the example', Buffer.from(exampleCsv()))).toHaveLength(2);
  });
});

interface Span {
  service: string;
  traceId: string;
}

/** Uses personal data as a working day does, also by mistake: the ways by which a key might get into a log. */
async function usePersonalData(): Promise<void> {
  const traceId = randomBytes(16).toString('hex');
  const traced = { traceparent: `00-${traceId}-${randomBytes(8).toString('hex')}-01` };
  const reason = { 'x-access-reason': 'story' };
  const key = `${keyPrefix}000017`;
  const withReason = { headers: { ...traced, ...reason } };
  const named = { kind: 'key', value: key } as const;
  const { customerId } = await operator.call('POST /api/v1/customers:resolve', { body: named }, withReason);
  await operator.call('GET /api/v1/customers/{customerId}', { customerId }, withReason);
  const predicted = { clientRowId: key, values: { subscriber_name: `${namePrefix}王伟`, arpu: 'x' } };
  const refusals = [
    ['customers:resolve', { kind: 'key', value: `${keyPrefix}999999` }],
    ['customers:resolve', { kind: 'number', value: key }],
    ['customers:resolve', { kind: 'key', [key]: key }],
    ['scores:predict', { table: TABLE, rows: [predicted] }],
  ].map(([path, body]) => operator.ask('POST', `/api/v1/${path as string}`, { body, headers: traced }));
  for (const { json, status } of await Promise.all(refusals)) {
    if (status >= 400) expect(json.detail).not.toContain(keyPrefix);
  }
  const { imports } = await operator.call('GET /api/v1/imports');
  for (const { importId } of imports)
    await operator.text('GET /api/v1/imports/{importId}/rejects', { importId, format: 'csv' }, { headers: traced });
  const lease = await eventually('there is work', async () => {
    const subscriptionId = (await openItems(operator, TABLE)).at(-2)!.subscriptionId; // other tests work at the top
    const request = { queue: TABLE, body: { agent: 'agent-3', subscriptionId } };
    return (await operator.call('POST /api/v1/agent-queues/{queue}/leases', request, withReason)).lease ?? undefined;
  });
  expect(lease.key).toMatch(keyPrefix); // for a client with the scope and a reason
  await operator.call('GET /api/v1/scripts/current', { lease: lease.leaseId }, { headers: traced });
  await operator.call('DELETE /api/v1/leases/{leaseId}', { leaseId: lease.leaseId }, { headers: traced });
  await eventually('the traces of this day are written', () =>
    spansOf(tracesFile).some((span) => span.traceId === traceId),
  );
}

function spansOf(file: string): Span[] {
  const lines = fs.readFileSync(file, 'utf8').split('\n');
  return lines.slice(0, -1).map((line) => JSON.parse(line) as Span); // the last one may be half written
}
