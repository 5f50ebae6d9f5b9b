/**
 * A second extract with corrected rows changes answers as of its knowledge time and later, and none before. Once it is
 * withdrawn, everything is as it was.
 */
import path from 'node:path';
import { subscriptionId } from '@holdfast/platform/identity';
import { ApiError } from '@holdfast/client/errors';
import type { Customer } from '@holdfast/client/gen/operations';
import type { RestClient } from '@holdfast/client/rest-client';

import { runCommand } from './support/command-line.js';
import { eventually } from './support/eventually.js';
import { jobDone } from './support/imports.js';
import { Launcher } from './support/launcher.js';
import type { OperatorWorld } from './support/operator-world.js';
import { VIEW } from './support/month-results.js';
import { cloneMonth, preparedMonth } from './support/prepared-month.js';
import { exportedScores } from './support/results.js';

/** The first extract was written on 2 October, the second one on the 16th; business time is the 17th. */
const BETWEEN = '2026-10-10T02:00:00.000Z';
const NOW = '2026-10-17T02:00:00.000Z';

let world: OperatorWorld;
let launcher: Launcher;
let client: RestClient;
let untouched: object;

jest.setTimeout(300_000);

beforeAll(async () => {
  const prepared = await preparedMonth();
  ({ world } = prepared);
  launcher = await Launcher.start(path.join(cloneMonth(prepared, 'corrections'), 'home'), {
    options: ['--extract', world.extract],
    environment: { HOLDFAST_NOW: NOW },
  });
  await launcher.untilServing();
  client = launcher.home.client('console');
  untouched = await exports();
});

afterAll(() => launcher?.stop());

it('corrected rows change features and the 360 view as of later knowledge times only', async () => {
  const corrected = correctedRows();
  expect(corrected.length).toBeGreaterThan(8);
  const before = await answersOf(corrected);
  await importCorrections();
  const after = await answersOf(corrected);

  expect(after.then).toEqual(before.then);
  const isChanged = (at: number, what: 'features' | 'view'): boolean =>
    JSON.stringify(after.now[at]![what]) !== JSON.stringify(before.now[at]![what]);
  const places = [...corrected.keys()];
  expect(places.filter((at) => isChanged(at, 'features')).length).toBeGreaterThan(places.length / 2);
  expect(places.filter((at) => isChanged(at, 'view')).length).toBeGreaterThan(3);
  // The newest answers have the figures of the second extract.
  const bills = corrected.flatMap(({ arpu }, at) => {
    const found = after.now[at]!.features['arpu_cny_m0'];
    return arpu === undefined || found === undefined ? [] : [{ found, arpu }];
  });
  expect(bills.length).toBeGreaterThan(3);
  expect(bills.filter(({ found, arpu }) => found !== arpu)).toEqual([]);
});

it('withdrawn corrections leave the earlier answers, also while jobs on them run', async () => {
  const { extracts } = await client.call('GET /api/v1/extracts');
  const { importId } = extracts.find(({ sequence }) => sequence === 2)!;
  const command = ['imports', 'withdraw', importId, '--because', 'bills of another month'];
  expect(await runCommand(launcher.home, ...command)).toMatchObject({ code: 0 });
  await profilesDone('withdraw-extract-profiles');
  await allJobsEnd();
  expect(await exports()).toEqual(untouched);
  const { stdout } = await runCommand(launcher.home, 'imports', 'show', importId);
  expect(stdout).toMatch(/withdrawn at \S+ by console: bills of another month/);
});

interface Corrected {
  subscription: string;
  month: string;
  /** What the bill ought to have been; undefined where a figure of use was wrong. */
  arpu: number | undefined;
}

/** Some of the newest months: each takes four answers that are worked out from the facts. */
function correctedRows(): Corrected[] {
  return ['billing', 'usage']
    .flatMap((table) =>
      world
        .corrected(table)
        .filter(({ month }) => month! >= '2026-08')
        .slice(0, 5),
    )
    .map((row) => ({
      subscription: subscriptionId('demo', row['subscription_id']!),
      month: row['month']!,
      arpu: row['arpu'] === undefined ? undefined : Number(row['arpu']),
    }));
}

interface Answer {
  /** Value by feature; empty for a customer that had churned by then. */
  features: Record<string, number | string | null>;
  view: Customer['view'];
}

/** Of each corrected row: features of its month and the 360 view, as known between the extracts and as known now. */
async function answersOf(corrected: readonly Corrected[]): Promise<{ then: Answer[]; now: Answer[] }> {
  const found = { then: [] as Answer[], now: [] as Answer[] };
  for (const { subscription, month } of corrected) {
    found.then.push(await answerOf(subscription, month, BETWEEN));
    found.now.push(await answerOf(subscription, month, NOW));
  }
  return found;
}

async function answerOf(subscription: string, month: string, at: string): Promise<Answer> {
  const view = await wholeView({ customerId: subscription, asOf: at, include: 'fees,calls,sms,handset' });
  const request = { subscriptionId: subscription, asOf: month, knowledgeTime: at };
  const { values } = await client
    .call('GET /api/v1/subscriptions/{subscriptionId}/features', request)
    .catch((error: unknown) => {
      if (error instanceof ApiError && error.status === 404) return { values: [] };
      throw error;
    });
  return { features: Object.fromEntries(values.map(({ feature, value }) => [feature, value])), view };
}

/** Without fields whose service did not answer in time, as the first reads after a start under load. */
function wholeView(request: { customerId: string; asOf?: string; include: string }): Promise<Customer['view']> {
  return eventually(
    'a view without a service that does not answer',
    async () => {
      const { view } = await client.call('GET /api/v1/customers/{customerId}', request);
      return JSON.stringify(view).includes('does not answer') ? undefined : view;
    },
    { withinMs: 60_000, everyMs: 500 },
  );
}

/** As an operator's nightly job does it; then waits until the profiles have it, too. */
async function importCorrections(): Promise<void> {
  expect(await runCommand(launcher.home, 'import', world.corrections)).toMatchObject({ code: 0 });
  await profilesDone('import-extract-profiles');
}

/** @param kind of the job that follows the second extract */
async function profilesDone(kind: string): Promise<void> {
  const job = await eventually(`${kind} of the second extract`, async () => {
    const { jobs } = await client.call('GET /api/v1/jobs', { pageSize: 200 });
    return jobs.find((each) => each.kind === kind && each.result['sequence'] === '2');
  });
  await jobDone(client, job);
}

async function allJobsEnd(): Promise<void> {
  const ended = new Set(['done', 'failed', 'cancelled']);
  await eventually(
    'all jobs have ended',
    async () => {
      const { jobs } = await client.call('GET /api/v1/jobs', { pageSize: 200 });
      return jobs.every(({ state }) => ended.has(state));
    },
    { withinMs: 240_000, everyMs: 500 },
  );
}

/** What users can take out, without the moment of reading. */
async function exports(): Promise<object> {
  const ids = [...new Set(correctedRows().map(({ subscription }) => subscription))];
  const views = await Promise.all(
    ids.map(async (customerId) => {
      const view = await wholeView({ customerId, include: 'basic,fees,calls,sms,handset' });
      return { ...view, asOf: '' };
    }),
  );
  const latest = { runId: 'latest' };
  const all = {
    views,
    results: await client.call('GET /api/v1/campaign-results'),
    extracts: await client.call('GET /api/v1/extracts'),
    table: await client.call('GET /api/v1/tables/{table}', { table: VIEW }),
    statistics: await client.call('GET /api/v1/feature-views/{name}/statistics', { name: VIEW }),
    scores: await exportedScores(launcher.home, VIEW),
    fits: await client.call('GET /api/v1/plan-fit-runs/{runId}', latest),
    households: await client.call('GET /api/v1/household-runs/{runId}', latest),
  };
  // Campaigns are evaluated again, by another job.
  const ofJob = new Set(['jobId', 'computedAt']);
  return JSON.parse(JSON.stringify(all, (name, value: unknown) => (ofJob.has(name) ? '' : value))) as object;
}
