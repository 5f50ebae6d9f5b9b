/**
 * An operator's first table: a file of subscribers goes in, and out come probabilities, a ranked list and the words for
 * the agent. `npm start` has done the main job on the example table; the stories look at what it left and work with it.
 */
import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import type { Summary } from '@holdfast/cli/output/summary';
import type { Import, Job, Lease, Model, Script, WorkItem } from '@holdfast/client/gen/operations';
import type { Language, ResponseOf, RestClient } from '@holdfast/client/rest-client';
import { uploadTable } from '@holdfast/client/uploads';

import { EXAMPLE_TRUTH, writeExample } from '../examples/generate.mjs';
import { jobDone } from './support/imports.js';
import { repository } from './support/launcher.js';
import { scratchFolder } from './support/once-per-run.js';
import { sharedSystem } from './support/shared-system.js';
import type { SystemHome } from './support/system-home.js';

type LeaseAnswer = ResponseOf<'POST /api/v1/agent-queues/{queue}/leases'>;

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
  it('reconciles with what is known to be in the file', () => {
    const { read, accepted, rejected, duplicates } = EXAMPLE_TRUTH;
    expect(report.tables).toEqual([
      { table: TABLE, version: expect.any(String), read, accepted, rejected, duplicates },
    ]);
    expect(summary.imports).toEqual([expect.objectContaining({ table: TABLE, read, accepted, rejected, duplicates })]);
  });

  it('says of every rejected row where it stands and what is wrong with it', async () => {
    const rejects = await operator.all('GET /api/v1/imports/{importId}/rejects', 'rejects', {
      importId: report.importId,
      table: TABLE,
    });
    expect(countBy(rejects, ({ rule }) => rule)).toEqual(EXAMPLE_TRUTH.rejectedByRule);
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
    expect(mean).toBeGreaterThan(0.75); // the drawn probabilities themselves reach 0.89
    expect(mean).toBeLessThan(0.95);
    expect(low).toBeLessThan(mean);
    expect(high).toBeGreaterThan(mean);
    expect(validation!.calibrationError!.mean).toBeLessThan(0.03);
  });

  it('is asked for again with the same answer, not trained again', async () => {
    const train = (): Promise<Job> => operator.call('POST /api/v1/models', { body: { table: TABLE } });
    const [first, second] = [await train(), await train()];
    expect(second.jobId).toBe(first.jobId);
    expect((await jobDone(operator, second)).result['modelId']).toBeDefined();
    const { models } = await operator.call('GET /api/v1/models', { table: TABLE });
    expect(models).toHaveLength(1);
  });
});

describe('the scores', () => {
  it('are there for everybody who was accepted, in the order of priority', async () => {
    const scores = await operator.all('GET /api/v1/churn-lists', 'scores', { table: TABLE, pageSize: 1000 });
    expect(new Set(scores.map(({ subscriptionId }) => subscriptionId)).size).toBe(EXAMPLE_TRUTH.accepted);
    expect(isDescending(scores.map(({ priority }) => priority))).toBe(true);
    expect(scores.filter(({ probability }) => !(probability >= 0 && probability <= 1))).toEqual([]);
    const expected = EXAMPLE_TRUTH.leavers / EXAMPLE_TRUTH.accepted;
    const mean = scores.reduce((sum, { probability }) => sum + probability, 0) / scores.length;
    expect(Math.abs(mean - expected)).toBeLessThan(0.02); // calibrated: the mean is the share that left
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
    const open = await openItems();
    const first = await lease(frontDesk(), 'agent-1');
    const second = await lease(frontDesk(), 'agent-2');
    expect(first.item.subscriptionId).toBe(open[0]!.subscriptionId);
    expect(second.item.subscriptionId).toBe(open[1]!.subscriptionId);
    await Promise.all([first, second].map((each) => giveBack(each)));
  });

  it('shares a list of work with 20 others, and no two get the same', async () => {
    const agents = Array.from({ length: 20 }, (_, agent) => lease(frontDesk(), `agent-${agent}`));
    const leases = await Promise.all(agents);
    expect(new Set(leases.map(({ item }) => item.subscriptionId)).size).toBe(20);
    await Promise.all(leases.map((each) => giveBack(each)));
  });

  it('reads a script in Chinese and in English in which every figure has its source', async () => {
    const held = await lease(frontDesk(), 'agent-1');
    const english = await script(held.leaseId, 'en');
    const chinese = await script(held.leaseId, 'zh-CN');
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
    expect(why.filter(({ text }) => !/\d ?%/.test(text))).toEqual([]); // each compares, with the share that left
    const { probability } = held.item;
    const tendency = english.sections.find(({ key }) => key === 'churnTendency')!;
    const shown = tendency.lines.map(({ value }) => value).filter((value) => typeof value === 'number');
    expect(Math.min(...shown.map((value) => Math.abs(value - probability)))).toBeLessThan(0.005);
    await giveBack(held);
  });

  it('reads the same script as plain text, and not twice when nothing has changed', async () => {
    const held = await lease(frontDesk(), 'agent-1');
    const asText = `/api/v1/scripts/current?lease=${held.leaseId}&format=text&lang=en`;
    const plain = await frontDesk().ask('GET', asText);
    expect(plain.headers.get('content-type')).toContain('text/plain');
    const lines = (await script(held.leaseId, 'en')).sections.flatMap((section) => section.lines);
    const withoutBreaks = plain.text.replace(/\s+/g, ' ');
    expect(lines.filter(({ text }) => !withoutBreaks.includes(text.replace(/\s+/g, ' ').slice(0, 60)))).toEqual([]);
    expect(plain.text.split('\n').filter((line) => line.length > 120)).toEqual([]);
    const unchanged = await frontDesk().ask('GET', asText, {
      headers: { 'if-none-match': plain.headers.get('etag')! },
    });
    expect(unchanged.status).toBe(304);
    await giveBack(held);
  });

  it('says what came of the call, once, and the list moves on', async () => {
    const held = await lease(frontDesk(), 'agent-1');
    const disposition = { clientRowId: 'row-1', leaseId: held.leaseId, outcome: 'declined' } as const;
    const send = (key: string) =>
      frontDesk().call('POST /api/v1/dispositions', { body: disposition }, { headers: { 'idempotency-key': key } });
    const [touch] = (await send(`first-${held.leaseId}`)).recorded;
    expect(touch).toEqual({ clientRowId: 'row-1', touchId: expect.any(String), code: null });
    const [repeated] = (await send(`second-${held.leaseId}`)).recorded;
    expect(repeated!.touchId).toBe(touch!.touchId); // another request about the same call is the same contact
    const next = await lease(frontDesk(), 'agent-1');
    expect(next.item.subscriptionId).not.toBe(held.item.subscriptionId);
    expect((await openItems()).map(({ subscriptionId }) => subscriptionId)).not.toContain(held.item.subscriptionId);
    await giveBack(next);
  });
});

describe('the contact gate', () => {
  it('does not give out somebody who withdrew consent after the list was drawn', async () => {
    const [next] = await openItems();
    const { customerId } = await operator.call('GET /api/v1/customers/{customerId}', {
      customerId: next!.subscriptionId,
    });
    const withdrawal = { purpose: 'marketing', channel: 'any', granted: false, evidence: 'story-1' } as const;
    await operator.call('PUT /api/v1/customers/{customerId}/consents', { customerId, body: withdrawal });
    const refused = await leaseOf(next!.subscriptionId);
    expect(refused).toEqual({ lease: null, passedOver: { consent: 1 } });
    const held = await lease(operator, 'agent-1');
    expect(held.item.subscriptionId).not.toBe(next!.subscriptionId);
    await giveBack(held);
  });

  it('does not give out somebody who is suppressed', async () => {
    const next = (await mayBeCalled())[0]!;
    const { customerId } = await operator.call('GET /api/v1/customers/{customerId}', { customerId: next });
    await operator.call('POST /api/v1/suppressions', { body: { customerId, reason: 'complaint_open' } });
    expect(await leaseOf(next)).toEqual({ lease: null, passedOver: { suppressed: 1 } });
  });

  it('says that nothing may be done in quiet hours, and why', async () => {
    const asked = (await mayBeCalled()).slice(0, 3);
    const quietHours = { service: 'campaign', key: 'contact.quietHours' } as const;
    const setQuietHours = (value: unknown) =>
      operator.call('PUT /api/v1/parameters/{service}/{key}', { ...quietHours, body: { value } });
    const { value: usual } = await operator.call('GET /api/v1/parameters/{service}/{key}', quietHours);
    await setQuietHours({ from: '00:00', to: '23:59' }); // the system's day is at 10:00
    try {
      const check = await operator.call('POST /api/v1/contactability:check', { body: { subscriptionIds: asked } });
      expect(check.answers).toEqual(
        asked.map((subscriptionId) => ({
          subscriptionId,
          allowed: false,
          reasons: ['quiet_hours'],
          retryAt: expect.any(String),
        })),
      );
      const taken = await operator.call('POST /api/v1/agent-queues/{queue}/leases', {
        queue: TABLE,
        body: { agent: 'agent-1' },
      });
      expect(taken.lease).toBeNull();
      expect(taken.passedOver['quiet_hours']).toBeGreaterThan(0);
    } finally {
      await setQuietHours(usual);
    }
    const after = await operator.call('POST /api/v1/contactability:check', { body: { subscriptionIds: asked } });
    expect(after.answers.map(({ allowed }) => allowed)).toEqual(asked.map(() => true));
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
    const items = await operator.call('GET /api/v1/agent-queues/{queue}/items', { queue: TABLE, pageSize: 5 });
    expect(summary.list.map(({ subscriptionId }) => subscriptionId)).toEqual(
      items.items.map(({ subscriptionId }) => subscriptionId),
    );
  });
});

async function newestVersion(): Promise<string> {
  return (await operator.call('GET /api/v1/tables/{table}', { table: TABLE })).version;
}

async function openItems(): Promise<WorkItem[]> {
  const { items } = await operator.call('GET /api/v1/agent-queues/{queue}/items', {
    queue: TABLE,
    state: 'open',
    pageSize: 100,
  });
  return items;
}

/** Subscriptions of the list that the gate allows, by rank. */
async function mayBeCalled(): Promise<string[]> {
  const subscriptionIds = (await openItems()).map(({ subscriptionId }) => subscriptionId);
  const { answers } = await operator.call('POST /api/v1/contactability:check', { body: { subscriptionIds } });
  return answers.filter(({ allowed }) => allowed).map(({ subscriptionId }) => subscriptionId);
}

async function lease(client: RestClient, agent: string): Promise<Lease> {
  const { lease: held } = await client.call('POST /api/v1/agent-queues/{queue}/leases', {
    queue: TABLE,
    body: { agent },
  });
  if (held === null) throw new Error('There is nothing to do');
  return held;
}

function leaseOf(subscriptionId: string): Promise<LeaseAnswer> {
  return operator.call('POST /api/v1/agent-queues/{queue}/leases', {
    queue: TABLE,
    body: { agent: 'agent-1', subscriptionId },
  });
}

async function giveBack({ leaseId }: Lease): Promise<void> {
  await operator.call('DELETE /api/v1/leases/{leaseId}', { leaseId });
}

function script(leaseId: string, lang: Language): Promise<Script> {
  return operator.call('GET /api/v1/scripts/current', { lease: leaseId, lang });
}

function textOf({ sections }: Script): string {
  return sections.flatMap(({ title, lines }) => [title, ...lines.map(({ text }) => text)]).join('\n');
}

/** Lines with a figure that do not say where it comes from. */
function figuresWithoutSource({ sections }: Script): string[] {
  const lines = sections.filter(({ key }) => key !== 'notAvailable').flatMap((section) => section.lines);
  return lines
    .filter(({ text, value, source }) => (value !== null || /\d/.test(text)) && !source?.service)
    .map(({ text }) => text);
}

function countBy<T>(values: T[], nameOf: (value: T) => string): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const name of values.map(nameOf)) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}

function isDescending(values: number[]): boolean {
  return values.every((value, at) => at === 0 || value <= values[at - 1]!);
}
