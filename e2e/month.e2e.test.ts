/**
 * The month of an operator as its users meet it: `npm start` on an extract, from its rows to the effect of its campaigns.
 * The operator is made up, so that what is found can be held against what is true.
 */
import fs from 'node:fs';
import path from 'node:path';
import type { MonthSummary } from '@holdfast/cli/month-summary';

import { LeakSearch } from './support/leak-search.js';
import { Launcher } from './support/launcher.js';
import { OperatorWorld, type Row } from './support/operator-world.js';
import type { RestClient } from './support/rest.js';
import { scratchFolder } from './support/shared-system.js';
import type { SystemHome } from './support/system-home.js';
import type { LeaseAnswer, Problem, Script, WorkItem } from './support/answers.js';

const SIZE = { subscribers: 900, months: 12, seed: 11 };
const SERVICES = [
  ...['gateway', 'customer-profile', 'feature-store', 'churn-scoring', 'preference-recommendation'],
  ...['household-identification', 'campaign', 'evaluation'],
];

let folder: string;
let world: OperatorWorld;
let launcher: Launcher;
let home: SystemHome;
let planner: RestClient;
let lead: RestClient;
let summary: MonthSummary;
let reportFile: string;
let tracesFile: string;

jest.setTimeout(600_000);

beforeAll(async () => {
  folder = path.join(scratchFolder(), 'month');
  fs.mkdirSync(folder, { mode: 0o711 });
  world = await OperatorWorld.create(path.join(folder, 'operator'), SIZE);
  reportFile = path.join(folder, 'report.json');
  tracesFile = path.join(folder, 'traces.jsonl');
  launcher = await Launcher.start(path.join(folder, 'home'), {
    options: ['--extract', world.extract, '--report', reportFile],
    environment: { HOLDFAST_TRACES: `file:${tracesFile}` },
  });
  await launcher.untilServing(400_000);
  home = launcher.home;
  planner = home.client('console');
  lead = home.client('marketing-lead');
  summary = JSON.parse(fs.readFileSync(reportFile, 'utf8')) as MonthSummary;
});

afterAll(() => launcher?.stop());

describe('the report', () => {
  it('has every part', () => {
    expect(summary.unavailable).toEqual([]);
    expect(summary.model).toMatchObject({ scheme: 'forward in time' });
    expect(summary.planFit!.subscriptions).toBeGreaterThan(100);
    expect(summary.households!.count).toBeGreaterThan(5);
    expect(summary.campaign!.arms.map(({ arm }) => arm)).toEqual(['fitted-plan', 'discount', 'control']);
    expect(summary.campaign!.outcomesDue).toMatch(/^2026-1\d$/);
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

  it('rejects what was spoilt, and nothing else; bills are right to the cent', async () => {
    const judgements = await world.judge(reportFile);
    const exact = judgements.filter(({ part, measure }) => part === 'import' || measure === 'bills equal to the cent');
    expect(exact.length).toBeGreaterThan(3);
    expect(exact.filter(({ verdict }) => verdict !== 'met')).toEqual([]);
  });

  it('says the month as it goes, with the time of each step', () => {
    for (const step of ['import', 'profiles', 'features', 'train', 'score', 'plan fit', 'households', 'campaign', 'effect']) {
      expect(launcher.output).toMatch(new RegExp(`^${step} +\\d+\\.\\d s$`, 'm'));
    }
  });
});

describe('a campaign', () => {
  const plan = {
    name: 'Story',
    goal: 'retention',
    table: 'subscriber-months',
    quadrants: ['C', 'D'],
    arms: [{ arm: 'care', offerKind: 'care', offerId: '', text: { en: 'We listen.', 'zh-CN': '我们倾听。' }, share: 0.5 }],
    noActionShare: 0.5,
    randomisationUnit: 'household',
    channel: 'call',
  };

  it('that nobody has approved has no work', async () => {
    const { campaignId } = await planner.post<{ campaignId: string }>('/api/v1/campaigns', plan, key());
    await planner.post(`/api/v1/campaigns/${campaignId}:submit`, {}, key());
    const { status } = await planner.ask('POST', `/api/v1/agent-queues/${campaignId}/leases`, { body: { agent: 'a' } });
    expect(status).toBe(404);
  });

  it('is not approved by its author', async () => {
    const both = home.addClient({ scopes: ['campaign:read', 'campaign:write', 'campaign:approve'], orgScope: ['demo'] });
    const { campaignId } = await both.post<{ campaignId: string }>('/api/v1/campaigns', { ...plan, name: 'Own' }, key());
    await both.post(`/api/v1/campaigns/${campaignId}:submit`, {}, key());
    const refused = await both.ask('POST', `/api/v1/campaigns/${campaignId}:approve`, { body: {}, headers: key() });
    expect([403, 409]).toContain(refused.status);
    expect((refused.json as Problem).code).toBe('campaign.approverIsAuthor');
    const approved = await lead.post<{ state: string }>(`/api/v1/campaigns/${campaignId}:approve`, {}, key());
    expect(['drawing', 'running']).toContain(approved.state);
    await planner.post(`/api/v1/campaigns/${campaignId}:cancel`, {}, key());
  });

  it('never leases a customer of its no-action group, also when asked for by id', async () => {
    const { campaignId } = summary.campaign!;
    const database = await home.openDatabase();
    const { rows } = await database.query<{ subscription_id: string }>(
      "select subscription_id from campaign.assignment where campaign_id = $1 and arm = 'control' limit 20",
      [campaignId],
    );
    await database.end();
    expect(rows.length).toBeGreaterThan(3);
    for (const { subscription_id: subscriptionId } of rows) {
      const body = { agent: 'agent-1', subscriptionId };
      const { lease } = await planner.post<LeaseAnswer>(`/api/v1/agent-queues/${campaignId}/leases`, body);
      expect(lease).toBeNull();
      const { answers } = await planner.post<{ answers: { allowed: boolean; reasons: string[] }[] }>(
        '/api/v1/contactability:check',
        { subscriptionIds: [subscriptionId], purpose: 'marketing', channel: 'call' },
      );
      expect(answers[0]!.allowed).toBe(false);
      expect(answers[0]!.reasons).toContain('no_action_group');
    }
  });

  it('goes from its list over a lease and a script to a disposition, and the household is left in peace', async () => {
    const { campaignId } = summary.campaign!;
    const asked = { agent: 'agent-2' };
    const { lease } = await planner.post<LeaseAnswer>(`/api/v1/agent-queues/${campaignId}/leases`, asked);
    const script = await planner.get<Script>(`/api/v1/scripts/current?lease=${lease!.leaseId}&lang=en`);
    expect(script.sections.map(({ key: section }) => section)).toEqual(expect.arrayContaining(['offer', 'reasons']));
    const { recorded } = await planner.post<{ recorded: { touchId: string | null }[] }>('/api/v1/dispositions', {
      dispositions: [{ clientRowId: '1', leaseId: lease!.leaseId, outcome: 'declined' }],
    });
    expect(recorded[0]!.touchId).not.toBeNull();
    const { items } = await planner.get<{ items: WorkItem[] }>(`/api/v1/agent-queues/${campaignId}/items?state=done`);
    expect(items.map(({ subscriptionId }) => subscriptionId)).toContain(lease!.item.subscriptionId);
  });
});

describe('who the subscribers are', () => {
  /** Beginnings that every name, number and address of the made-up operator has. */
  const MARKERS = ['孪', '1990000'];
  const search = new LeakSearch(MARKERS);
  const isMarked = (text: string): boolean => MARKERS.some((marker) => text.includes(marker));
  /** Cells of these columns are personal; spoilt ones may have lost their mark and are looked for as they stand. */
  const PERSONAL: [string, string[]][] = [
    ['customers', ['name', 'address', 'contact_phone']],
    ['number_history', ['msisdn']],
    ['address_observations', ['address']],
  ];
  const everything = (): string[] =>
    PERSONAL.flatMap(([table, columns]) =>
      world.table(table).flatMap((row: Row) => columns.map((column) => row[column] ?? '')),
    ).filter((text) => text !== '');

  it('can be found by their marks', () => {
    const texts = everything();
    expect(texts.length).toBeGreaterThan(2_000);
    expect(texts.filter((text) => !isMarked(text))).toEqual([]);
  });

  it('is in no log', () => {
    const logs = home.file('logs');
    expect(fs.readdirSync(logs).sort()).toEqual(SERVICES.map((service) => `${service}.log`).sort());
    expect(search.inFiles(logs)).toEqual([]);
  });

  it('is in no trace, nor in a URL in one', () => {
    const spans = fs.readFileSync(tracesFile, 'utf8');
    expect(SERVICES.filter((service) => !spans.includes(`"${service}"`))).toEqual([]);
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

  it('is in nothing that the start wrote for people', () => {
    expect(search.inFiles(launcher.outputFile)).toEqual([]);
    for (const name of fs.readdirSync(folder).filter((each) => each.startsWith('report'))) {
      expect(search.inFiles(path.join(folder, name))).toEqual([]);
    }
  });
});

describe('a second start', () => {
  it('recomputes nothing and writes the same report', async () => {
    await launcher.stop();
    const again = path.join(folder, 'again.json');
    const { code, output } = await Launcher.run(home.folder, {
      options: ['--extract', world.extract, '--once', '--report', again],
      outputFile: path.join(folder, 'again.output'),
    });
    expect(code).toBe(0);
    expect(output).toContain('Nothing has changed since the last run');
    const second = JSON.parse(fs.readFileSync(again, 'utf8')) as MonthSummary;
    expect({ ...second, curl: [], seconds: {}, rejects: '', reasons: '' }).toMatchObject({
      extract: summary.extract,
      model: summary.model,
      campaign: summary.campaign,
      effect: summary.effect,
    });
  });
});

/** Transitions ask for one. */
function key(): Record<string, string> {
  return { 'idempotency-key': crypto.randomUUID() };
}
