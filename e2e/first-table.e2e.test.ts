/**
 * The first table of an operator: from a file of subscribers to probabilities, a ranked list and scripts. `npm start` has
 * done the main job on the example table; the tests check its results and work with them.
 */
import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import type { Summary } from '@holdfast/cli/output/summary';
import type { Import, Job, Lease, Model, Script } from '@holdfast/client/gen/operations';
import type { Language, RestClient } from '@holdfast/client/rest-client';
import { uploadTable } from '@holdfast/client/uploads';

import { EXAMPLE_TRUTH, writeExample } from '../examples/generate.mjs';
import { jobDone } from './support/imports.js';
import { repository } from './support/launcher.js';
import { scratchFolder } from './support/once-per-run.js';
import { sharedSystem } from './support/shared-system.js';
import type { SystemHome } from './support/system-home.js';
import { checkContact, endLease, openItems, requestLease } from './support/work.js';

const { table: TABLE } = EXAMPLE_TRUTH;

let home: SystemHome;
let summary: Summary;
let operator: RestClient;
let report: Import;

jest.setTimeout(300_000);

beforeAll(async () => {
  ({ home, summary } = await sharedSystem());
  operator = home.client('console');
  const { imports } = await operator.call('GET /api/v1/imports', { pageSize: 200 });
  report = imports.find(({ tables }) => tables[0]?.table === TABLE)!;
});

describe('the import', () => {
  it('reconciles with the file', () => {
    const { read, accepted, rejected, duplicates } = EXAMPLE_TRUTH;
    expect(report.tables).toEqual([
      { table: TABLE, version: expect.any(String), read, accepted, rejected, duplicates },
    ]);
    expect(summary.imports).toEqual([expect.objectContaining({ table: TABLE, read, accepted, rejected, duplicates })]);
  });

  it('reports the place and the fault of every rejected row', async () => {
    const rejects = await operator.all('GET /api/v1/imports/{importId}/rejects', 'rejects', {
      importId: report.importId,
      table: TABLE,
    });
    const byRule: Record<string, number> = {};
    for (const { rule } of rejects) byRule[rule] = (byRule[rule] ?? 0) + 1;
    expect(byRule).toEqual(EXAMPLE_TRUTH.rejectedByRule);
    const malformed = rejects.filter(({ rule }) => rule === 'number.malformed');
    expect(malformed.map(({ column, value }) => `${column}: ${value}`).sort()).toEqual([
      'arpu: 45.9O',
      'arpu: unknown',
      'dropped_calls: three',
      'months_on_net: 1O',
    ]);
    const fileLines = EXAMPLE_TRUTH.read + 1; // the header is line 1
    expect(rejects.filter(({ line }) => line < 2 || line > fileLines)).toEqual([]);
    expect(rejects.filter(({ file }) => !/^[\w.-]+\.csv$/.test(file))).toEqual([]);
  });

  it('of the same file again is the same job, and changes nothing', async () => {
    const before = await newestVersion();
    const file = path.join(scratchFolder(), 'subscribers.csv');
    writeExample(file);
    const again = await jobDone(
      operator,
      await uploadTable(operator, file, path.join(repository, 'examples', 'example.mapping.yaml')),
    );
    expect(again.jobId).toBe(report.jobId);
    expect(await newestVersion()).toBe(before);
    const { imports } = await operator.call('GET /api/v1/imports', { pageSize: 200 });
    expect(imports.filter(({ tables }) => tables[0]?.table === TABLE)).toHaveLength(1);
  });
});

describe('the model', () => {
  it('ranks and is calibrated as a model of these causes can be', async () => {
    const { models } = await operator.call('GET /api/v1/models', { table: TABLE });
    expect(models).toHaveLength(1);
    const [{ validation, champion }] = models as [Model];
    expect(champion).toBe(true);
    const { mean, low, high } = validation!.auc!;
    expect(mean).toBeGreaterThan(0.75); // the true probabilities reach 0.89
    expect(mean).toBeLessThan(0.95);
    expect(low).toBeLessThan(mean);
    expect(high).toBeGreaterThan(mean);
    expect(validation!.calibrationError!.mean).toBeLessThan(0.03);
  });

  it('is not trained again by a repeated request', async () => {
    const train = (): Promise<Job> => operator.call('POST /api/v1/models', { body: { table: TABLE } });
    const [first, second] = [await train(), await train()];
    expect(second.jobId).toBe(first.jobId);
    expect((await jobDone(operator, second)).result['modelId']).toBeDefined();
    const { models } = await operator.call('GET /api/v1/models', { table: TABLE });
    expect(models).toHaveLength(1);
  });
});

describe('the scores', () => {
  it('exist for all accepted rows, in the order of priority', async () => {
    const scores = await operator.all('GET /api/v1/churn-lists', 'scores', { table: TABLE, pageSize: 1000 });
    expect(new Set(idsOf(scores)).size).toBe(EXAMPLE_TRUTH.accepted);
    expect(isDescending(scores.map(({ priority }) => priority))).toBe(true);
    expect(scores.filter(({ probability }) => !(probability >= 0 && probability <= 1))).toEqual([]);
    const expected = EXAMPLE_TRUTH.leavers / EXAMPLE_TRUTH.accepted;
    const mean = scores.reduce((sum, { probability }) => sum + probability, 0) / scores.length;
    expect(Math.abs(mean - expected)).toBeLessThan(0.02); // calibrated: the mean is the churn rate
  });

  it('name causes that were built into the table', async () => {
    const { scores } = await operator.call('GET /api/v1/churn-lists', {
      table: TABLE,
      sort: '-probability',
      pageSize: 100,
    });
    const causes = new Set(Object.values(EXAMPLE_TRUTH.causes).flat());
    const known = scores.filter(({ reasons }) => causes.has(reasons?.raising[0]?.column ?? ''));
    expect(known.length).toBeGreaterThanOrEqual(90);
  });
});

describe('an agent', () => {
  const frontDesk = (): RestClient => home.client('front-desk');

  it('gets the highest rank that may be called, and a second agent gets other work', async () => {
    const open = await openItems(operator, TABLE);
    const first = await lease(frontDesk(), 'agent-1');
    const second = await lease(frontDesk(), 'agent-2');
    expect(first.item.subscriptionId).toBe(open[0]!.subscriptionId);
    expect(second.item.subscriptionId).toBe(open[1]!.subscriptionId);
    await Promise.all([first, second].map((each) => endLease(operator, each)));
  });

  it('shares a list of work with 20 others, and no two get the same', async () => {
    const agents = Array.from({ length: 20 }, (_, agent) => lease(frontDesk(), `agent-${agent}`));
    const leases = await Promise.all(agents);
    expect(new Set(leases.map(({ item }) => item.subscriptionId)).size).toBe(20);
    await Promise.all(leases.map((each) => endLease(operator, each)));
  });

  it('reads a script in Chinese and in English in which every figure has its source', async () => {
    const held = await lease(frontDesk(), 'agent-1');
    const english = await script(frontDesk(), held.leaseId, 'en');
    const chinese = await script(frontDesk(), held.leaseId, 'zh-CN');
    const keys = ['churnTendency', 'region', 'arpu', 'behaviour', 'priority', 'reasons'];
    for (const each of [english, chinese]) {
      expect(each.sections.map(({ key }) => key)).toEqual(expect.arrayContaining(keys));
      expect(figuresWithoutSource(each)).toEqual([]);
    }
    expect(english.language).toBe('en');
    expect(chinese.language).toBe('zh-CN');
    expect(textOf(chinese)).toMatch(/[\u4e00-\u9fff]{4}/);
    expect(textOf(english)).not.toMatch(/[，。]/);
    const why = [english, chinese].flatMap(({ sections }) => sections.find(({ key }) => key === 'reasons')!.lines);
    expect(why.filter(({ text }) => !/\d ?%/.test(text))).toEqual([]); // each compares with a churn rate
    const { probability } = held.item;
    const tendency = english.sections.find(({ key }) => key === 'churnTendency')!;
    const shown = tendency.lines.map(({ value }) => value).filter((value) => typeof value === 'number');
    expect(Math.min(...shown.map((value) => Math.abs(value - probability)))).toBeLessThan(0.005);
    await endLease(operator, held);
  });

  it('reads the same script as plain text, and not twice when nothing has changed', async () => {
    const held = await lease(frontDesk(), 'agent-1');
    const asText = `/api/v1/scripts/current?lease=${held.leaseId}&format=text&lang=en`;
    const plain = await frontDesk().ask('GET', asText);
    expect(plain.headers.get('content-type')).toContain('text/plain');
    const lines = (await script(frontDesk(), held.leaseId, 'en')).sections.flatMap((section) => section.lines);
    const withoutBreaks = plain.text.replace(/\s+/g, ' ');
    expect(lines.filter(({ text }) => !withoutBreaks.includes(text.replace(/\s+/g, ' ').slice(0, 60)))).toEqual([]);
    expect(plain.text.split('\n').filter((line) => line.length > 120)).toEqual([]);
    const unchanged = await frontDesk().ask('GET', asText, {
      headers: { 'if-none-match': plain.headers.get('etag')! },
    });
    expect(unchanged.status).toBe(304);
    await endLease(operator, held);
  });

  it('records the outcome of the call, once, and the list moves on', async () => {
    const held = await lease(frontDesk(), 'agent-1');
    const disposition = { clientRowId: 'row-1', leaseId: held.leaseId, outcome: 'declined' } as const;
    const send = (key: string) =>
      frontDesk().call('POST /api/v1/dispositions', { body: disposition }, { headers: { 'idempotency-key': key } });
    const [touch] = (await send(`first-${held.leaseId}`)).recorded;
    expect(touch).toEqual({ clientRowId: 'row-1', touchId: expect.any(String), code: null, detail: null });
    const [repeated] = (await send(`second-${held.leaseId}`)).recorded;
    expect(repeated!.touchId).toBe(touch!.touchId); // another request about the same call is the same contact
    const next = await lease(frontDesk(), 'agent-1');
    expect(next.item.subscriptionId).not.toBe(held.item.subscriptionId);
    expect(idsOf(await openItems(operator, TABLE))).not.toContain(held.item.subscriptionId);
    await endLease(operator, next);
  });
});

describe('the contact gate', () => {
  it('does not lease a customer that withdrew consent after the list was built', async () => {
    const [next] = await openItems(operator, TABLE);
    const { customerId } = await operator.call('GET /api/v1/customers/{customerId}', {
      customerId: next!.subscriptionId,
    });
    const withdrawal = { purpose: 'marketing', channel: 'any', granted: false, evidence: 'story-1' } as const;
    await operator.call('PUT /api/v1/customers/{customerId}/consents', { customerId, body: withdrawal });
    const refused = await requestLease(operator, TABLE, { agent: 'agent-1', subscriptionId: next!.subscriptionId });
    expect(refused).toEqual({ lease: null, passedOver: { consent: 1 }, retryAt: null });
    const held = await lease(operator, 'agent-1');
    expect(held.item.subscriptionId).not.toBe(next!.subscriptionId);
    await endLease(operator, held);
  });

  it('does not lease a suppressed customer', async () => {
    const next = (await mayBeCalled())[0]!;
    const { customerId } = await operator.call('GET /api/v1/customers/{customerId}', { customerId: next });
    await operator.call('POST /api/v1/suppressions', { body: { customerId, reason: 'complaint_open' } });
    expect(await requestLease(operator, TABLE, { agent: 'agent-1', subscriptionId: next })).toEqual({
      lease: null,
      passedOver: { suppressed: 1 },
      retryAt: null,
    });
  });

  it('allows no contact in quiet hours, with the reason', async () => {
    const asked = (await mayBeCalled()).slice(0, 3);
    const quietHours = { service: 'campaign', key: 'contact.quietHours' } as const;
    const setQuietHours = (value: unknown) =>
      operator.call('PUT /api/v1/parameters/{service}/{key}', { ...quietHours, body: { value } });
    const { value: usual } = await operator.call('GET /api/v1/parameters/{service}/{key}', quietHours);
    await setQuietHours({ from: '00:00', to: '23:59' }); // the system's day is at 10:00
    try {
      expect(await checkContact(operator, asked)).toEqual(
        asked.map((subscriptionId) => ({
          subscriptionId,
          allowed: false,
          reasons: ['quiet_hours'],
          retryAt: expect.any(String),
        })),
      );
      const taken = await requestLease(operator, TABLE, { agent: 'agent-1' });
      expect(taken.lease).toBeNull();
      expect(taken.passedOver['quiet_hours']).toBeGreaterThan(0);
    } finally {
      await setQuietHours(usual);
    }
    const after = await checkContact(operator, asked);
    expect(after.map(({ allowed }) => allowed)).toEqual(asked.map(() => true));
  });
});

describe('the summary of the start', () => {
  it('has commands that work when they are pasted', async () => {
    expect(summary.curl.length).toBeGreaterThan(0);
    for (const command of summary.curl) {
      const quiet = command.replace(/^curl /, 'curl --silent --show-error --fail ');
      const { stdout } = await promisify(execFile)('/bin/sh', ['-c', quiet], { cwd: scratchFolder() });
      expect(stdout).not.toBe('');
    }
  });

  it('names the first five of the list', async () => {
    expect(summary.list).toHaveLength(5);
    const { items } = await operator.call('GET /api/v1/agent-queues/{queue}/items', { queue: TABLE, pageSize: 5 });
    expect(idsOf(summary.list)).toEqual(idsOf(items));
  });
});

async function newestVersion(): Promise<string> {
  return (await operator.call('GET /api/v1/tables/{table}', { table: TABLE })).version;
}

/** Subscriptions of the list that may be contacted, by rank. */
async function mayBeCalled(): Promise<string[]> {
  const items = (await openItems(operator, TABLE)).slice(0, 100);
  const answers = await checkContact(operator, idsOf(items));
  return idsOf(answers.filter(({ allowed }) => allowed));
}

async function lease(client: RestClient, agent: string): Promise<Lease> {
  const { lease: held } = await requestLease(client, TABLE, { agent });
  if (held === null) throw new Error('There is nothing to do');
  return held;
}

function script(client: RestClient, leaseId: string, lang: Language): Promise<Script> {
  return client.call('GET /api/v1/scripts/current', { lease: leaseId, lang });
}

function idsOf(rows: readonly { subscriptionId: string }[]): string[] {
  return rows.map(({ subscriptionId }) => subscriptionId);
}

function textOf({ sections }: Script): string {
  return sections.flatMap(({ title, lines }) => [title, ...lines.map(({ text }) => text)]).join('\n');
}

/** Lines with a figure without a source. */
function figuresWithoutSource({ sections }: Script): string[] {
  const lines = sections.filter(({ key }) => key !== 'notAvailable').flatMap((section) => section.lines);
  return lines
    .filter(({ text, value, source }) => (value !== null || /\d/.test(text)) && !source?.service)
    .map(({ text }) => text);
}

function isDescending(values: number[]): boolean {
  return values.every((value, at) => at === 0 || value <= values[at - 1]!);
}
