/**
 * The month of an operator as its users meet it: `npm start` on an extract, from its rows to the effect of its
 * campaigns. The operator is simulated, so that results can be compared with the truth.
 */
import fs from 'node:fs';
import path from 'node:path';
import type { MonthSummary } from '@holdfast/cli/output/month-summary';
import { subscriptionId } from '@holdfast/platform/identity';
import { GRPC_SERVICES, SERVICES } from '@holdfast/platform/services';
import type { WorkItem } from '@holdfast/client/gen/operations';
import type { RequestOf, RestClient } from '@holdfast/client/rest-client';

import { runCommand } from './support/command-line.js';
import { eventually } from './support/eventually.js';
import { jobDone } from './support/imports.js';
import { Launcher } from './support/launcher.js';
import { LeakSearch } from './support/leak-search.js';
import type { OperatorWorld, Row } from './support/operator-world.js';
import { cloneMonth, jobsOf, preparedMonth } from './support/prepared-month.js';
import type { SystemHome } from './support/system-home.js';
import { checkContact, endLease, openItems, requestLease } from './support/work.js';

type Plan = RequestOf<'POST /api/v1/campaigns'>['body'];

const SECOND_START_SECONDS_MAX = 30;
/** Subscriptions that the gate checks at a time. */
const CHECKED_MAX = 500;

let prepared: Awaited<ReturnType<typeof preparedMonth>>;
let folder: string;
let world: OperatorWorld;
let launcher: Launcher;
let home: SystemHome;
let planner: RestClient;
let lead: RestClient;
let summary: MonthSummary;
let againFile: string;
let tracesFile: string;
let startSeconds: number;

jest.setTimeout(600_000);

beforeAll(async () => {
  prepared = await preparedMonth();
  ({ world, summary } = prepared);
  folder = cloneMonth(prepared, 'month');
  againFile = path.join(folder, 'again.json');
  tracesFile = path.join(folder, 'traces.jsonl');
  const started = performance.now();
  launcher = await Launcher.start(path.join(folder, 'home'), {
    options: ['--extract', world.extract, '--report', againFile],
    environment: { HOLDFAST_TRACES: `file:${tracesFile}` },
  });
  await launcher.untilServing();
  startSeconds = (performance.now() - started) / 1000;
  home = launcher.home;
  planner = home.client('console');
  lead = home.client('marketing-lead');
});

afterAll(() => launcher?.stop());

describe('the report', () => {
  it('has every part', () => {
    expect(summary.unavailable).toEqual([]);
    expect(summary.model).toMatchObject({ scheme: 'forward in time' });
    expect(summary.planFit!.subscriptions).toBeGreaterThan(100);
    expect(summary.households!.count).toBeGreaterThan(5);
    expect(summary.campaign!.arms.map(({ arm }) => arm)).toEqual(['fitted-plan', 'discount', 'control']);
    expect(summary.campaign!.outcomesDue).toBe('2027-01'); // started in October, followed for three months
    expect(summary.effect).toEqual(
      expect.objectContaining({
        estimate: expect.any(Number),
        low: expect.any(Number),
        high: expect.any(Number),
        perThousand: expect.any(Number),
      }),
    );
    expect(summary.script!.text['zh-CN']).toMatch(/套餐/);
  });

  it('rejects the injected errors and no other row; bills are right to the cent', async () => {
    const judgements = await world.judge(prepared.reportFile);
    const exact = judgements.filter(({ part, measure }) => part === 'import' || measure === 'bills equal to the cent');
    expect(exact.length).toBeGreaterThan(3);
    expect(exact.filter(({ verdict }) => verdict !== 'met')).toEqual([]);
  });

  it('prints each step with its time', () => {
    const steps = ['import', 'profiles', 'features', 'train', 'score', 'plan fit', 'households', 'campaign', 'effect'];
    const output = fs.readFileSync(prepared.outputFile, 'utf8');
    for (const step of steps) {
      expect(output).toMatch(new RegExp(`^${step} +\\d+\\.\\d s$`, 'm'));
    }
  });
});

describe('the steps of the month', () => {
  it('are done, but for lists that no campaign has, each with its job', async () => {
    const { steps, state, unavailable } = await planner.call('GET /api/v1/months/{month}', { month: summary.month });
    expect({ state, unavailable }).toEqual({ state: 'done', unavailable: [] });
    expect(steps.map(({ step, state: of }) => `${step} ${of}`)).toEqual([
      ...['import done', 'profiles done', 'view done', 'training done', 'scoring done'],
      ...['fits done', 'households done', 'changes done', 'lists done', 'effect done'],
    ]);
    const results = Object.fromEntries(steps.map(({ step, result }) => [step, result]));
    expect(results['training']).toMatchObject({ modelId: summary.model!.modelId });
    expect(results['fits']).toMatchObject({ runId: summary.planFit!.runId });
    expect(results['households']).toMatchObject({ runId: summary.households!.runId });
    for (const { jobId, requestedAt, endedAt } of steps) {
      expect(Date.parse(endedAt!)).toBeGreaterThanOrEqual(Date.parse(requestedAt!));
      expect(await planner.call('GET /api/v1/jobs/{jobId}', { jobId: jobId! })).toMatchObject({ state: 'done' });
    }
    const { months } = await planner.call('GET /api/v1/months');
    expect(months.map(({ month }) => month)).toContain(summary.month);
  });

  it('are those of months that have arrived, and of the whole province', async () => {
    const unknown = planner.call('GET /api/v1/months/{month}', { month: '2019-01' });
    await expect(unknown).rejects.toMatchObject({ status: 404, code: 'month.unknown' });
    const city = home.addClient({ scopes: ['jobs:read'], orgScope: ['demo/沈阳'] });
    const other = city.call('GET /api/v1/months/{month}', { month: summary.month });
    await expect(other).rejects.toMatchObject({ status: 404 });
  });
});

it('one subscription is scored at once by its newest values as the month has scored it', async () => {
  const { scores } = await planner.call('GET /api/v1/churn-lists', { table: 'subscriber-months', pageSize: 3 });
  expect(scores).toHaveLength(3);
  for (const { subscriptionId, probability, horizons } of scores) {
    const one = { subscriptionId, body: { table: 'subscriber-months' } };
    const now = await planner.call('POST /api/v1/subscriptions/{subscriptionId}/churn:predict', one);
    expect(now).toMatchObject({ probability, horizons, probabilityBefore: null, isStale: false });
  }
});

it('ranks by value and cost, since the past campaign with a control group shows no effect beyond chance', async () => {
  const effect = await planner.call('GET /api/v1/retention-effect');
  expect(effect.campaigns).toBe(1);
  const query = { table: 'subscriber-months', pageSize: 1 };
  const { efficiencySource } = await planner.call('GET /api/v1/churn-lists', query);
  expect(efficiencySource).toMatchObject({ basis: 'value-cost', reason: 'effect.uncertain', effect });
});

it('no service has a dead letter', async () => {
  for (const service of GRPC_SERVICES) {
    const { deadLetters } = await planner.call('GET /api/v1/dead-letters/{service}', { service });
    expect([service, deadLetters]).toEqual([service, []]);
  }
  const unknown = { service: 'campaign', deadLetterId: crypto.randomUUID() } as const;
  const replay = planner.call('POST /api/v1/dead-letters/{service}/{deadLetterId}:replay', unknown);
  await expect(replay).rejects.toMatchObject({ status: 404 });
});

describe('a second start', () => {
  it('recomputes nothing, soon serves again and writes the same report', async () => {
    expect(startSeconds).toBeLessThan(SECOND_START_SECONDS_MAX);
    expect(launcher.output).toContain('Nothing has changed since the last run');
    expect(await jobsOf(home)).toEqual(prepared.jobs);
    const second = JSON.parse(fs.readFileSync(againFile, 'utf8')) as MonthSummary;
    const lists = { rejects: 'again.rejects.json', reasons: 'again.reasons.json' };
    const { planFit, households } = summary;
    expect(second).toEqual({
      ...{ ...summary, ...lists, curl: second.curl },
      planFit: { ...planFit, recommendations: 'again.recommendations.json' },
      households: { ...households, households: 'again.households.json', rules: 'again.rules.json' },
    });
  });
});

describe('a campaign', () => {
  /** For all scored subscriptions, so that whole households are in it. */
  const plan = {
    name: 'Story',
    goal: 'retention',
    table: 'subscriber-months',
    quadrants: ['A', 'B', 'C', 'D'],
    arms: [
      { arm: 'care', offerKind: 'care', offerId: '', text: { en: 'We listen.', 'zh-CN': '我们倾听。' }, share: 0.8 },
    ],
    controlShare: 0.2,
    randomisationUnit: 'household',
    channel: 'call',
  } satisfies Plan;
  let campaignId: string;
  let items: WorkItem[];

  it('without approval gives out no work, and its author cannot approve it', async () => {
    const author = home.addClient({ scopes: ['campaign:write', 'campaign:approve'], orgScope: ['demo'] });
    ({ campaignId } = await author.call('POST /api/v1/campaigns', { body: plan }));
    await leasesNothing('draft');
    await author.call('POST /api/v1/campaigns/{campaignId}:submit', { campaignId });
    await leasesNothing('submitted');
    const approval = { body: {}, headers: { 'idempotency-key': 'approval' } };
    const refused = await author.ask('POST', `/api/v1/campaigns/${campaignId}:approve`, approval);
    expect(refused).toMatchObject({ status: 409, json: { code: 'campaign.approverIsAuthor' } });
    await leasesNothing('submitted');

    async function leasesNothing(state: string): Promise<void> {
      const answer = await planner.ask('POST', `/api/v1/agent-queues/${campaignId}/leases`, { body: { agent: 'a' } });
      expect(answer).toMatchObject({ status: 409, json: { code: 'campaign.notRunning' } });
      expect(answer.json.detail).toContain(state);
    }
  });

  it('runs once another client has approved it, without the subscriptions of another campaign', async () => {
    const { enrolJobId } = await lead.call('POST /api/v1/campaigns/{campaignId}:approve', { campaignId, body: {} });
    await jobDone(planner, { jobId: enrolJobId! });
    items = await openItems(planner, campaignId);
    expect(items.length).toBeGreaterThan(200);
    const others = new Set(
      (await openItems(planner, summary.campaign!.campaignId)).map(({ subscriptionId }) => subscriptionId),
    );
    expect(others.size).toBeGreaterThan(5);
    expect(items.filter(({ subscriptionId }) => others.has(subscriptionId))).toEqual([]);
  });

  it('never leases a customer of its control group, also on request by number', async () => {
    const heldOut = await heldOutBy(campaignId);
    expect(heldOut.size).toBeGreaterThan(50);
    expect(items.filter(({ subscriptionId }) => heldOut.has(subscriptionId))).toEqual([]);
    const numbers = world
      .table('number_history')
      .filter((row) => row['valid_to'] === '' && heldOut.has(subscriptionId('demo', row['subscription_id']!)))
      .slice(0, 10);
    expect(numbers).toHaveLength(10);
    for (const { msisdn, subscription_id: external } of numbers) {
      const named = { kind: 'number', value: msisdn! } as const;
      const { subscriptions } = await planner.call('POST /api/v1/customers:resolve', { body: named });
      const wanted = subscriptionId('demo', external!);
      expect(subscriptions.map((each) => each.subscriptionId)).toContain(wanted);
      expect(await leaseOf(wanted)).toEqual({ lease: null, passedOver: { control_group: 1 }, retryAt: null });
      expect(await reasonsAgainst(wanted)).toContain('control_group');
    }
  });

  it('of the demonstration does not lease its control group either', async () => {
    const heldOut = [...(await heldOutBy(summary.campaign!.campaignId))];
    expect(heldOut.length).toBeGreaterThan(3);
    for (const id of heldOut) {
      const answer = await leaseOf(id, summary.campaign!.campaignId);
      expect(answer).toEqual({ lease: null, passedOver: { control_group: 1 }, retryAt: null });
    }
  });

  it('goes from its list over a lease and a script to a disposition, after which the household is not contacted', async () => {
    const inHouseholds = items.filter(({ householdId }) => householdId !== null).slice(0, CHECKED_MAX);
    const allowed = await allowedOf(inHouseholds);
    // Subscriptions of one customer have the frequency of that customer in common, before that of the household.
    const customerOf = new Map(
      world.table('subscriptions').map((row) => [subscriptionId('demo', row['subscription_id']!), row['customer_id']!]),
    );
    const [first, second] = inHouseholds
      .filter(({ subscriptionId: id }) => allowed.has(id))
      .map((item) => [
        item,
        ...inHouseholds.filter(
          ({ householdId, subscriptionId: id }) =>
            householdId === item.householdId &&
            allowed.has(id) &&
            customerOf.get(id) !== customerOf.get(item.subscriptionId),
        ),
      ])
      .find((members) => members.length > 1)!;
    const { lease } = await leaseOf(first!.subscriptionId);
    const held = await leaseOf(second!.subscriptionId);
    expect(held.lease).toBeNull();
    const script = await planner.call('GET /api/v1/scripts/current', { lease: lease!.leaseId, lang: 'en' });
    expect(script.sections.map(({ key: section }) => section)).toEqual(expect.arrayContaining(['offer', 'reasons']));
    const done = { clientRowId: '1', leaseId: lease!.leaseId, outcome: 'declined' } as const;
    const { recorded } = await planner.call('POST /api/v1/dispositions', { body: { rows: [done] } });
    expect(recorded).toEqual([
      { clientRowId: '1', touchId: expect.stringMatching(/^[0-9a-f-]{36}$/), code: null, detail: null },
    ]);
    expect(await leaseOf(second!.subscriptionId)).toEqual({
      lease: null,
      passedOver: { household_frequency: 1 },
      retryAt: expect.any(String),
    });
    expect(await leaseOf(first!.subscriptionId)).toEqual({ lease: null, passedOver: { done: 1 }, retryAt: null });
  });

  it('gives the number in force with the lease, for a reason, and records it', async () => {
    const { lease: nameless } = await leaseOf(null);
    expect(nameless).toMatchObject({ key: null, number: null });
    await endLease(planner, nameless!);
    const { subscriptionId: id } = nameless!.item;
    const request = { queue: campaignId, body: { agent: 'agent with a phone', subscriptionId: id } };
    const stated = { headers: { 'x-access-reason': 'story' } };
    const { lease } = await planner.call('POST /api/v1/agent-queues/{queue}/leases', request, stated);
    const [line] = world
      .table('number_history')
      .filter((row) => row['valid_to'] === '' && subscriptionId('demo', row['subscription_id']!) === id);
    expect(lease).toMatchObject({ key: line!['subscription_id'], number: line!['msisdn'] });
    await endLease(planner, lease!);
    const { entries } = await planner.call('GET /api/v1/audit', { subject: id });
    expect(entries).toContainEqual(
      expect.objectContaining({
        operation: 'POST /api/v1/agent-queues/{queue}/leases',
        accessReason: 'story',
        subjectIds: [campaignId, lease!.leaseId, id],
      }),
    );
  });

  it('does not lease a customer that withdrew consent after the list was built', async () => {
    const { lease } = await leaseOf(null);
    const { subscriptionId: id } = lease!.item;
    await endLease(planner, lease!);
    const { customerId } = await planner.call('GET /api/v1/customers/{customerId}', { customerId: id });
    const withdrawn = { purpose: 'marketing', channel: 'call', granted: false, evidence: 'call-1' } as const;
    await planner.call('PUT /api/v1/customers/{customerId}/consents', { customerId, body: withdrawn });
    expect(await leaseOf(id)).toEqual({ lease: null, passedOver: { consent: 1 }, retryAt: null });
    expect(await reasonsAgainst(id)).toEqual(['consent']);
    expect((await leaseOf(null)).lease!.item.subscriptionId).not.toBe(id);
  });

  /** @param id null for the next of the list */
  function leaseOf(id: string | null, queue = campaignId) {
    const request = { agent: `agent of ${id ?? 'the next'}`, ...(id === null ? {} : { subscriptionId: id }) };
    return requestLease(planner, queue, request);
  }

  /** Subscriptions that may be called now: the arms differ in every run, and not all customers have consented. */
  async function allowedOf(all: readonly WorkItem[]): Promise<Set<string>> {
    const ids = all.map(({ subscriptionId: id }) => id);
    const answers = await checkContact(planner, ids);
    return new Set(answers.filter(({ allowed }) => allowed).map(({ subscriptionId: id }) => id));
  }

  async function reasonsAgainst(id: string): Promise<string[]> {
    const [answer] = await checkContact(planner, [id]);
    expect(answer!.allowed).toBe(false);
    return answer!.reasons;
  }
});

/** Subscriptions in the control group of a campaign. */
function heldOutBy(campaignId: string): Promise<Set<string>> {
  return assignedBy(campaignId, 'control');
}

/** Subscriptions that a campaign assigned to an arm, or to any. */
async function assignedBy(campaignId: string, arm: string | null = null): Promise<Set<string>> {
  const rows = await home.query<{ id: string }>(
    'select subscription_id as id from campaign.assignment where campaign_id = $1 and arm = coalesce($2, arm)',
    [campaignId, arm],
  );
  return new Set(rows.map(({ id }) => id));
}

describe('personal data', () => {
  /** Prefixes of every name, number and address of the simulated operator. */
  const MARKERS = ['孪', '1990000'];
  const search = new LeakSearch(MARKERS);
  const isMarked = (text: string): boolean => MARKERS.some((marker) => text.includes(marker));
  /** Columns with personal data. */
  const PERSONAL: [string, string[]][] = [
    ['customers', ['name', 'address', 'contact_phone']],
    ['number_history', ['msisdn']],
    ['address_observations', ['address']],
  ];
  const everything = (): string[] =>
    PERSONAL.flatMap(([table, columns]) =>
      world.table(table).flatMap((row: Row) => columns.map((column) => row[column] ?? '')),
    ).filter((text) => text !== '');

  it('can be found by its prefixes', () => {
    const texts = everything();
    expect(texts.length).toBeGreaterThan(2_000);
    expect(texts.filter((text) => !isMarked(text))).toEqual([]);
  });

  it('is in no log', () => {
    const logs = home.file('logs');
    expect(fs.readdirSync(logs).sort()).toEqual(SERVICES.map((service) => `${service}.log`));
    expect(search.inFiles(logs)).toEqual([]);
  });

  it('is in no trace, nor in a URL in one', async () => {
    const spans = fs.readFileSync(prepared.tracesFile, 'utf8');
    expect(SERVICES.filter((service) => !spans.includes(`"${service}"`))).toEqual([]);
    expect(search.inFiles(prepared.tracesFile)).toEqual([]);
    const isWritten = () => fs.existsSync(tracesFile) && fs.statSync(tracesFile).size > 10_000;
    await eventually('the spans of the second start are written', isWritten);
    expect(search.inFiles(tracesFile)).toEqual([]);
  });

  it('is in no event, nor in what the bus has on disk', async () => {
    const bus = await home.openBus();
    const { messages, finds } = await search.inStreams(bus.manager);
    await bus.close();
    expect(messages).toBeGreaterThanOrEqual(8);
    expect(finds).toEqual([]);
    expect(search.inFiles(home.file('nats'))).toEqual([]);
  });

  it('is in no output of the start', () => {
    expect(search.inFiles(prepared.outputFile)).toEqual([]);
    expect(search.inFiles(launcher.outputFile)).toEqual([]);
    const reports = path.dirname(prepared.reportFile);
    expect(fs.readdirSync(reports).length).toBeGreaterThan(4);
    expect(search.inFiles(reports)).toEqual([]);
  });
});

/** The month was trained on and compared with the champion; the model that is named has scored, also the list. */
async function trainedAgain(next: MonthSummary): Promise<void> {
  const { trained, model } = next;
  expect(trained!.modelId).not.toBe(summary.model!.modelId);
  const { promoted, comparison } = trained!.verdict!;
  // The one month whose labels the champion had not learned from.
  expect(comparison).toMatchObject({ championId: summary.model!.modelId, months: ['2026-08'] });
  const { difference } = comparison!;
  expect(difference!.low!).toBeLessThanOrEqual(difference!.mean);
  expect(difference!.high!).toBeGreaterThanOrEqual(difference!.mean);
  expect(promoted).toBe(trained!.verdict!.code === 'promotion.notWorse');
  expect(model!.modelId).toBe(promoted ? trained!.modelId : summary.model!.modelId);
  expect(launcher.output).toContain(`Trained ${trained!.version}: `);
  const client = launcher.home.client('console');
  const { queues } = await client.call('GET /api/v1/agent-queues');
  const queue = queues.find((each) => each.queue === next.campaign!.campaignId);
  expect(queue).toMatchObject({ modelId: model!.modelId, modelName: model!.version, month: '2026-10' });
  const [first] = next.list;
  const score = await client.call('GET /api/v1/subscriptions/{subscriptionId}/churn', {
    subscriptionId: first!.subscriptionId,
  });
  expect(score).toMatchObject({ month: '2026-10', model: { modelId: model!.modelId } });
  // Business time and the 360 view are those of the new month.
  const customer = { customerId: first!.subscriptionId, include: 'fees' };
  const { view } = await client.call('GET /api/v1/customers/{customerId}', customer);
  expect(view!.month).toBe('2026-10');
  expect(Date.parse(view!.asOf!)).toBeGreaterThan(Date.parse('2026-11-01T00:00:00+08:00'));
}

/** One command brings the month into the running system, and business time follows it. */
async function publishedWhileRunning(extract: string): Promise<void> {
  const businessTime = async (): Promise<string> => {
    const customer = { customerId: summary.list[0]!.subscriptionId, include: 'fees' };
    const { view } = await planner.call('GET /api/v1/customers/{customerId}', customer);
    return `${view!.month} ${view!.asOf!.slice(0, 7)}`;
  };
  expect(await businessTime()).toBe('2026-09 2026-10');
  const { code, stdout, stderr } = await runCommand(home, '--json', 'month', extract);
  expect({ code, stderr }).toEqual({ code: 0, stderr: expect.any(String) });
  expect(JSON.parse(stdout)).toMatchObject({ month: '2026-10', extract: { sequence: 3 } });
  expect(await businessTime()).toBe('2026-10 2026-11');
}

describe('the next month', () => {
  it('comes with the next extract, and has a separate campaign', async () => {
    const called = summary.list.map(({ subscriptionId: id }) => id);
    const contact = { at: '2026-10-08T10:00:00+08:00', offer: 'fitted_plan' };
    const later = await world.goOn(path.join(folder, 'operator-2'), called, contact);
    await publishedWhileRunning(later.extract);
    await launcher.stop();
    const report = path.join(folder, 'next.json');
    launcher = await Launcher.start(home.folder, {
      options: ['--extract', later.extract, '--report', report],
      outputFile: path.join(folder, 'next.output'),
    });
    await launcher.untilServing(400_000);
    expect(launcher.output).toContain('Seconds: '); // of the main job, which did not fail
    const next = JSON.parse(fs.readFileSync(report, 'utf8')) as MonthSummary;
    expect(next.unavailable).toEqual([]);
    // Extract 2 of this operator has the corrections.
    expect(next).toMatchObject({ month: '2026-10', extract: { sequence: 3, from: '2026-10', to: '2026-10' } });
    expect(next.campaign).toMatchObject({ state: 'running', outcomesDue: '2027-02' });
    await trainedAgain(next);
    expect(next.list.length).toBeGreaterThan(0);
    const heldOut = await heldOutBy(summary.campaign!.campaignId);
    const assigned = await assignedBy(next.campaign!.campaignId);
    expect(assigned.size).toBeGreaterThan(10);
    expect([...assigned].filter((id) => heldOut.has(id))).toEqual([]); // their outcome without contacts is still to be measured
    const imports = (await later.judge(report)).filter(({ part }) => part === 'import');
    expect(imports.length).toBeGreaterThan(3);
    expect(imports.filter(({ verdict }) => verdict !== 'met')).toEqual([]);
  });
});
