import { ContactServiceDefinition, type ContactService } from '@holdfast/contracts/campaign/v1/contact';
import {
  CampaignServiceDefinition,
  type Campaign,
  type CampaignPlan,
  type CampaignService,
} from '@holdfast/contracts/campaign/v1/plan';
import {
  WorkServiceDefinition,
  type LeaseNextRequest,
  type LeaseNextResponse,
  type WorkItem,
  type WorkService,
} from '@holdfast/contracts/campaign/v1/work';
import { ParameterServiceDefinition, type ParameterService } from '@holdfast/contracts/platform/v1/parameters';
import { readCategoryTexts, readNumbers, readUuids } from '@holdfast/platform/columns';
import type { Rpc } from '@holdfast/platform/grpc';
import { customerId, newId } from '@holdfast/platform/identity';
import { Jobs } from '@holdfast/platform/jobs';
import { Outbox } from '@holdfast/platform/outbox';
import { callOf, systemCall } from '@holdfast/testing/callers';
import { cloneDatabase } from '@holdfast/testing/infra';
import { eventually, startGrpcServer, startService, type RunningService } from '@holdfast/testing/service';
import { CampaignModule } from '../campaign.module.js';
import {
  Listener,
  ServiceClients,
  householdIdOf,
  idOf,
  isListBuilt,
  submitListBuild,
  subscribers,
  publishHouseholdsEvent,
  type Subscriber,
} from '../service-clients.fixture.js';
import { launch, planFor, planner } from '../plan/campaigns.fixture.js';
import { assignArm, sharesOf } from '../plan/randomisation.js';

const DAY_ONE = '2026-10-03T02:00:00Z'; // 10:00 in Shanghai
const agent = callOf({ scopes: ['lease:write', 'work:read', 'disposition:write', 'contact:check'] });

interface Assignment {
  subscriptionId: string;
  householdId: string;
  arm: string;
  stratum: string;
  propensity: number;
  assignedAt: number;
}

describe('enrolling a campaign', () => {
  const services = new ServiceClients();
  let wire: { address: string; stop: () => Promise<void> };
  let database: { url: string; drop: () => Promise<void> };
  let service: RunningService;
  let listener: RunningService;
  let campaigns: Rpc<CampaignService>;
  let work: Rpc<WorkService>;

  async function start(now: string): Promise<void> {
    const around = { databaseUrl: database.url, services: ServiceClients.at(wire) };
    service = await startService(CampaignModule, { service: 'campaign', now, ...around });
    campaigns = service.client<CampaignService>(CampaignServiceDefinition);
    work = service.client<WorkService>(WorkServiceDefinition);
  }

  async function restart(now: string): Promise<void> {
    await service.stop();
    await start(now);
  }

  beforeAll(async () => {
    wire = await startGrpcServer((server) => services.serve(server));
    database = await cloneDatabase('campaign');
    await start(DAY_ONE);
    listener = await startService(Listener, { service: 'listener' });
  });

  afterAll(async () => {
    await listener?.stop();
    await service?.stop();
    await database?.drop();
    await wire?.stop();
  });

  /** Scored subscribers of a new table; the keys begin with the table's name. */
  function scored(
    count: number,
    changed: (row: Subscriber, index: number) => Partial<Subscriber> = () => ({}),
  ): { table: string; rows: Subscriber[] } {
    const table = `t-${newId()}`;
    const rows = subscribers(count).map((row, index) => ({ ...row, key: `${table}-${index}`, ...changed(row, index) }));
    for (const { key, orgUnitPath } of rows) services.addPerson(key, { orgUnitPath });
    services.addRun(table, '2026-10-03T01:00:00Z', rows);
    return { table, rows };
  }

  /** Publishes these people, two by two, as households. */
  function pairUp(rows: readonly Subscriber[]): void {
    const pairs = Array.from({ length: Math.floor(rows.length / 2) }, (_, pair): [string, string[]] => [
      `${rows[2 * pair]!.key}-home`,
      [rows[2 * pair]!.key, rows[2 * pair + 1]!.key],
    ]);
    services.publishHouseholds(Object.fromEntries(pairs));
  }

  async function assignmentsOf(campaignId: string): Promise<Assignment[]> {
    const found: Assignment[] = [];
    for await (const batch of campaigns.readAssignments(systemCall, { campaignId })) {
      const ids = readUuids(batch, 'subscription_id');
      const households = readUuids(batch, 'household_id');
      const arms = readCategoryTexts(batch, 'arm');
      const strata = readCategoryTexts(batch, 'stratum');
      const propensities = readNumbers(batch, 'propensity');
      const moments = readNumbers(batch, 'assigned_at');
      for (let row = 0; row < batch.rows; row++) {
        found.push({
          subscriptionId: ids[row]!,
          householdId: households[row]!,
          arm: arms[row]!,
          stratum: strata[row]!,
          propensity: propensities[row]!,
          assignedAt: moments[row]!,
        });
      }
    }
    return found;
  }

  async function itemsOf(queue: string): Promise<WorkItem[]> {
    return (await work.listWorkItems(planner, { queue, state: '', pageSize: 1_000, pageToken: '' })).items;
  }

  function lease(queue: string, changed: Partial<LeaseNextRequest> = {}): Promise<LeaseNextResponse> {
    return work.leaseNext(agent, { queue, agent: 'a1', channel: 'call', subscriptionId: '', ...changed });
  }

  async function contact(leaseId: string, outcome = 'declined'): Promise<void> {
    const disposition = { clientRowId: '', leaseId, outcome, at: undefined };
    const { recorded } = await work.recordDispositions(agent, { dispositions: [disposition] });
    expect(recorded[0]!.failureKey).toBe('');
  }

  const armOf = (campaign: Campaign, plan: CampaignPlan, unitId: string): string => {
    const shares = sharesOf(plan);
    return shares[assignArm(campaign.campaignId, unitId, shares)]!.arm;
  };

  it('assigns the audience by household, and queues only the arms with offers, by rank', async () => {
    const { table, rows } = scored(60, (_, index) => ({
      ...(index >= 50 ? { quadrant: 'D' } : {}),
      ...(index >= 45 && index < 50 ? { probability: 0.3 } : {}),
    }));
    pairUp(rows);
    const plan = planFor(table, { probabilityMin: 0.5 });
    const campaign = await launch(service, plan);
    const { campaignId } = campaign;
    expect(campaign).toMatchObject({ state: 'running', notices: [{ key: 'campaign.noPlanFits' }] });

    const assignments = await assignmentsOf(campaignId);
    const audience = rows.slice(0, 45);
    expect(assignments.map((each) => each.subscriptionId)).toEqual(audience.map((row) => idOf(row.key)).sort());
    for (const { subscriptionId, householdId, arm, propensity, stratum, assignedAt } of assignments) {
      const index = rows.findIndex((row) => idOf(row.key) === subscriptionId);
      expect(householdId).toBe(householdIdOf(`${rows[index - (index % 2)]!.key}-home`));
      expect(arm).toBe(armOf(campaign, plan, householdId));
      expect(propensity).toBeCloseTo({ fitted: 0.4, discount: 0.3, control: 0.3 }[arm]!, 12);
      expect(stratum).toBe('C/沈阳');
      expect(assignedAt).toBeGreaterThanOrEqual(Date.parse(DAY_ONE));
      expect(assignedAt).toBeLessThanOrEqual(campaign.startedAt!.getTime());
    }

    const items = await itemsOf(campaignId);
    const offered = assignments.filter(({ arm }) => arm !== 'control');
    expect(items.map((item) => item.subscriptionId).sort()).toEqual(offered.map((each) => each.subscriptionId).sort());
    expect(items.map((item) => item.rank)).toEqual(items.map((_, index) => index + 1));
    const priorities = items.map((item) => item.priority);
    expect(priorities).toEqual(priorities.toSorted((a, b) => b - a));
    for (const item of items) {
      const assigned = assignments.find((each) => each.subscriptionId === item.subscriptionId)!;
      const { arm, householdId } = assigned;
      expect(item).toMatchObject({ campaignId, queue: campaignId, arm, householdId });
    }

    expect(campaign.assignedArms.map(({ arm }) => arm)).toEqual(['fitted', 'discount', 'control']);
    for (const { arm, subscriptions, units, meanProbability } of campaign.assignedArms) {
      const assigned = assignments.filter((each) => each.arm === arm);
      expect(subscriptions).toBe(assigned.length);
      expect(units).toBe(new Set(assigned.map((each) => each.householdId)).size);
      expect(meanProbability).toBeCloseTo(0.9, 9);
    }
    const events = await eventually('the start is published', async () => {
      const received = listener.get(Listener).received.filter(({ subjectId }) => subjectId === campaignId);
      return received.some(({ type }) => type === 'campaign-started') && received;
    });
    expect(events).toContainEqual({
      type: 'campaign-started',
      subjectId: campaignId,
      payload: { campaignId, subscriptions: 45, month: '', startedAt: campaign.startedAt },
    });
  });

  it('never leases the control group: not by id, not on other queues, nor other members of its households', async () => {
    const { table, rows } = scored(40);
    // The second member of each household is not in the audience.
    services.runs.clear();
    const audience = rows.filter((_, index) => index % 2 === 0);
    services.addRun(table, '2026-10-03T01:00:00Z', audience);
    pairUp(rows);
    const { campaignId } = await launch(service, planFor(table));
    const control = (await assignmentsOf(campaignId)).filter(({ arm }) => arm === 'control');
    expect(control.length).toBeGreaterThan(0);
    const other = scored(0).table;
    const listed = rows.map((row) => ({ ...row, quadrant: 'D' }));
    const runId = services.addRun(other, '2026-10-03T01:10:00Z', listed);
    await submitListBuild(service.database, service.get(Jobs), runId);
    await eventually('the list is built', () => isListBuilt(service.database, runId));

    const heldOut = new Set(control.map(({ subscriptionId }) => subscriptionId));
    for (const [index, { key }] of rows.entries()) {
      const isHouseholdHeldOut = heldOut.has(idOf(rows[index - (index % 2)]!.key));
      const { lease: held, passedOver } = await lease(other, { subscriptionId: idOf(key) });
      expect(held === undefined).toBe(isHouseholdHeldOut);
      expect(passedOver).toEqual(isHouseholdHeldOut ? { control_group: 1 } : {});
      if (held !== undefined) await work.releaseLease(agent, { leaseId: held.leaseId });
    }
    for (const subscriptionId of heldOut) {
      expect(await lease(campaignId, { subscriptionId })).toEqual({ passedOver: { control_group: 1 } });
    }
    const gate = service.client<ContactService>(ContactServiceDefinition);
    const request = { subscriptionIds: [...heldOut], purpose: 'marketing', channel: 'sms', at: undefined };
    const { answers } = await gate.checkContactability(agent, request);
    expect(answers.every(({ allowed, reasons }) => !allowed && reasons.includes('control_group'))).toBe(true);
    // No lease of either list is for a member of the control group.
    const leased = await service.database.query<{ subscription_id: string }>('select subscription_id from lease');
    expect(leased.filter((row) => heldOut.has(row.subscription_id))).toEqual([]);
  });

  it("holds out a customer's other subscriptions, too", async () => {
    const { table, rows } = scored(30);
    services.publishHouseholds({});
    const campaign = await launch(service, planFor(table));
    const control = (await assignmentsOf(campaign.campaignId)).find(({ arm }) => arm === 'control')!;
    const { key } = rows.find((row) => idOf(row.key) === control.subscriptionId)!;
    expect(control.householdId).toBe(customerId('demo', key));
    const second = `${key}-second`;
    services.addPerson(second, { customerId: customerId('demo', key) });
    const list = scored(0).table;
    const runId = services.addRun(list, '2026-10-03T01:10:00Z', [{ ...rows[0]!, key: second }]);
    await submitListBuild(service.database, service.get(Jobs), runId);
    await eventually('the list is built', () => isListBuilt(service.database, runId));
    expect(await lease(list)).toEqual({ passedOver: { control_group: 1 } });
  });

  it('holds out the control group until the end of the evaluated months', async () => {
    const { table } = scored(20);
    services.publishHouseholds({});
    const campaign = await launch(service, planFor(table, { endsOn: '2026-10-20' }));
    const { campaignId } = campaign;
    // Three months after the month of its start, in Shanghai (UTC+8).
    expect(campaign.holdoutUntil).toEqual(new Date('2027-01-31T16:00:00Z'));
    expect(campaign.contactUntil).toEqual(new Date('2026-10-20T16:00:00Z'));
    await campaigns.moveCampaign(planner, { campaignId, move: 'close' });
    const control = (await assignmentsOf(campaignId)).find(({ arm }) => arm === 'control')!;
    const gate = service.client<ContactService>(ContactServiceDefinition);
    const answer = async (at: string) => {
      const who = { subscriptionIds: [control.subscriptionId], purpose: 'marketing', channel: 'call' };
      return (await gate.checkContactability(agent, { ...who, at: new Date(at) })).answers[0]!;
    };
    expect(await answer('2027-01-31T12:59:00Z')).toMatchObject({
      allowed: false,
      reasons: ['control_group'],
      retryAt: new Date('2027-02-01T01:00:00Z'),
    });
    expect(await answer('2027-02-01T01:00:00Z')).toMatchObject({ allowed: true });
    expect((await answer('2027-01-31T15:59:59.999Z')).reasons).toContain('control_group');
    expect((await answer('2027-01-31T16:00:00Z')).reasons).toEqual(['quiet_hours']);
  });

  it('leases no work after the last day of contacts', async () => {
    const { table } = scored(20);
    services.publishHouseholds({});
    const { campaignId } = await launch(service, planFor(table, { endsOn: '2026-10-03' }));
    await restart('2026-10-03T12:59:00Z'); // a minute before the quiet hours of its last day
    expect((await lease(campaignId)).lease).toBeDefined();
    await restart('2026-10-03T16:00:00Z'); // midnight
    await expect(lease(campaignId)).rejects.toMatchObject({ kind: 'conflict', key: 'campaign.contactsOver' });
    await restart('2026-10-04T02:00:00Z');
    await expect(lease(campaignId)).rejects.toMatchObject({ key: 'campaign.contactsOver' });
    await restart(DAY_ONE);
  });

  it('keeps a household with one agent, and apart after a contact, also on the list of a plain table', async () => {
    const { table, rows } = scored(2);
    services.publishHouseholds({ [`${table}-home`]: rows.map(({ key }) => key) });
    const other = scored(0).table;
    const runId = services.addRun(other, '2026-10-03T01:10:00Z', rows);
    await submitListBuild(service.database, service.get(Jobs), runId);
    await eventually('the list is built', () => isListBuilt(service.database, runId));
    await publishHouseholdsEvent(service, service.get(Outbox), services);
    await eventually('the households are copied', async () => {
      const copied = await service.database.query<{ run_id: string }>('select run_id from household_copy');
      return copied[0]?.run_id === services.householdRunId;
    });
    const agents = Array.from({ length: 6 }, (_, index) => `agent-${index}`);
    const answers = await Promise.all(agents.map((each) => lease(other, { agent: each })));
    const given = answers.flatMap((answer) => answer.lease ?? []);
    expect(given).toHaveLength(1);
    const [held] = given;
    const second = rows.map(({ key }) => idOf(key)).find((id) => id !== held!.item!.subscriptionId)!;
    await contact(held!.leaseId, 'no_answer'); // not reached: the other member may be called
    const next = await lease(other, { subscriptionId: second });
    await contact(next.lease!.leaseId, 'declined');
    const first = { subscriptionId: held!.item!.subscriptionId };
    await restart('2026-10-10T01:59:00Z');
    expect(await lease(other, first)).toEqual({ passedOver: { household_frequency: 1 } });
    await restart('2026-10-10T02:10:00Z'); // seven days after the contact with the other
    expect((await lease(other, first)).lease).toBeDefined();
    await restart(DAY_ONE);
  });

  it('respects a consent withdrawn between list build and lease', async () => {
    const { table, rows } = scored(12);
    services.publishHouseholds({});
    const { campaignId } = await launch(service, planFor(table));
    const [top, next] = await itemsOf(campaignId);
    const { key } = rows.find((row) => idOf(row.key) === top!.subscriptionId)!;
    services.addPerson(key, { consented: false });
    expect(await lease(campaignId)).toMatchObject({
      lease: { item: { subscriptionId: next!.subscriptionId } },
      passedOver: { consent: 1 },
    });
  });

  it('limits the queue by rank to the maximum of contacts, and keeps the rest assigned', async () => {
    const { table } = scored(30);
    services.publishHouseholds({});
    const { campaignId, assignedArms } = await launch(service, planFor(table, { contactsMax: 5 }));
    const items = await itemsOf(campaignId);
    expect(items.map(({ rank }) => rank)).toEqual([1, 2, 3, 4, 5]);
    expect(assignedArms.reduce((sum, { subscriptions }) => sum + subscriptions, 0)).toBe(30);
    const { queues } = await work.listQueues(planner, {});
    const queue = queues.find((each) => each.queue === campaignId)!;
    expect(queue.items).toEqual({ open: 5, leased: 0, done: 0 });
  });

  it('randomises by customer, with a notice, if no households are published', async () => {
    const { table, rows } = scored(10);
    services.households = undefined;
    const campaign = await launch(service, planFor(table));
    expect(campaign.notices.map(({ key }) => key)).toContain('campaign.noHouseholds');
    const assignments = await assignmentsOf(campaign.campaignId);
    const expected = rows.map((row) => `${idOf(row.key)} ${customerId('demo', row.key)}`);
    expect(assignments.map((each) => `${each.subscriptionId} ${each.householdId}`).sort()).toEqual(expected.sort());
  });

  it('randomises subscriptions if the plan specifies it', async () => {
    const { table, rows } = scored(30);
    pairUp(rows);
    const plan = planFor(table, { randomisationUnit: 'subscription' });
    const campaign = await launch(service, plan);
    for (const { subscriptionId, householdId, arm } of await assignmentsOf(campaign.campaignId)) {
      expect(householdId).toBe(subscriptionId);
      expect(arm).toBe(armOf(campaign, plan, subscriptionId));
    }
  });

  it('excludes customers of another campaign, with their households', async () => {
    const { table, rows } = scored(40);
    pairUp(rows);
    const first = await launch(service, planFor(table, { orgUnitPath: 'demo/沈阳/' }));
    // The same subscribers and some more, in newer scores.
    const more = scored(6);
    services.addRun(more.table, '2026-10-03T01:20:00Z', [...rows.slice(0, 20), ...more.rows]);
    const second = await launch(service, planFor(more.table));
    expect(first.notices.map(({ key }) => key)).not.toContain('campaign.othersFirst');
    expect(second.notices).toContainEqual(expect.objectContaining({ key: 'campaign.othersFirst' }));
    expect(second.notices.find(({ key }) => key === 'campaign.othersFirst')!.textEn).toMatch(/^20 subscriptions/);
    const ids = (await assignmentsOf(second.campaignId)).map(({ subscriptionId }) => subscriptionId);
    expect(ids).toEqual(more.rows.map(({ key }) => idOf(key)).sort());
    // After its end the arms with offers are available again; the control group is not.
    await campaigns.moveCampaign(planner, { campaignId: first.campaignId, move: 'close' });
    const third = await launch(service, planFor(table));
    const enrolled = new Set((await assignmentsOf(third.campaignId)).map(({ subscriptionId }) => subscriptionId));
    for (const { subscriptionId, arm } of await assignmentsOf(first.campaignId)) {
      expect([subscriptionId, enrolled.has(subscriptionId)]).toEqual([subscriptionId, arm !== 'control']);
    }
  });

  it('is limited to its org unit', async () => {
    const { table, rows } = scored(20, (_, index) => ({
      orgUnitPath: index % 2 === 0 ? 'demo/沈阳/皇姑/' : 'demo/大连/',
    }));
    services.publishHouseholds({});
    const { campaignId } = await launch(service, planFor(table, { orgUnitPath: 'demo/沈阳/' }));
    const ids = (await assignmentsOf(campaignId)).map(({ subscriptionId }) => subscriptionId);
    expect(ids).toEqual(
      rows
        .filter((_, index) => index % 2 === 0)
        .map(({ key }) => idOf(key))
        .sort(),
    );
  });

  it('is equal with the same seed, and different with another', async () => {
    const arms = async (randomisationSeed: string): Promise<string[]> => {
      const { table, rows } = scored(0);
      const people = subscribers(40).map((row) => ({ ...row, key: `seeded-${row.key}` }));
      for (const { key } of people) services.addPerson(key);
      services.addRun(table, '2026-10-03T01:00:00Z', [...rows, ...people]);
      services.publishHouseholds({});
      const { campaignId } = await launch(service, planFor(table, { randomisationSeed }));
      const assigned = (await assignmentsOf(campaignId)).map(({ arm }) => arm);
      // Releases them for the next campaign.
      await service.database.query(
        'update campaign set contact_until = assigned_at, holdout_until = assigned_at where id = $1',
        [campaignId],
      );
      return assigned;
    };
    const first = await arms('one');
    expect(first).toHaveLength(40);
    expect(await arms('one')).toEqual(first);
    expect(await arms('two')).not.toEqual(first);
  });

  it('resumes after an interruption with the same result', async () => {
    const { table } = scored(20);
    services.publishHouseholds({});
    const plan = planFor(table);
    services.fitFailures = 1;
    const campaign = await launch(service, plan);
    expect(services.fitFailures).toBe(0);
    expect(campaign.state).toBe('running');
    for (const { householdId, arm } of await assignmentsOf(campaign.campaignId)) {
      expect(arm).toBe(armOf(campaign, plan, householdId));
    }
    const items = await itemsOf(campaign.campaignId);
    const { queues } = await work.listQueues(planner, {});
    expect(queues.find(({ queue }) => queue === campaign.campaignId)!.items['open']).toBe(items.length);
  });

  it('supplies touches with their costs to evaluation', async () => {
    const { table } = scored(12);
    services.publishHouseholds({});
    const { campaignId } = await launch(service, planFor(table));
    const { lease: held } = await lease(campaignId);
    await contact(held!.leaseId, 'accepted');
    const batches = [];
    for await (const batch of campaigns.readTouches(systemCall, { campaignId })) batches.push(batch);
    expect(batches).toHaveLength(1);
    const [touches] = batches;
    expect(readUuids(touches!, 'subscription_id')).toEqual([held!.item!.subscriptionId]);
    expect(readCategoryTexts(touches!, 'arm')).toEqual([held!.item!.arm]);
    expect(readCategoryTexts(touches!, 'outcome')).toEqual(['accepted']);
    expect([...readNumbers(touches!, 'cost')]).toEqual([250]);
    expect([...readNumbers(touches!, 'hit')]).toEqual([NaN]);
    const read = async (call = agent) => {
      for await (const batch of campaigns.readAssignments(call, { campaignId })) batches.push(batch);
    };
    await expect(read()).rejects.toMatchObject({ kind: 'forbidden' });
  });

  it('builds no separate list over a view of full extracts', async () => {
    const { table, rows } = scored(3);
    services.tableOrigins.set(table, 'view');
    const runId = services.addRun(table, '2026-10-03T01:30:00Z', rows);
    await submitListBuild(service.database, service.get(Jobs), runId);
    await eventually('the job is done', () => isListBuilt(service.database, runId));
    await expect(itemsOf(table)).rejects.toMatchObject({ key: 'queue.unknown' });
    services.publishHouseholds({});
    expect(await launch(service, planFor(table))).toMatchObject({ state: 'running', runId });
  });

  it('uses its parameters, and the follow-up months of its plan', async () => {
    const parameters = service.client<ParameterService>(ParameterServiceDefinition);
    const set = (key: string, value: unknown) =>
      parameters.setParameter(systemCall, { key, valueJson: JSON.stringify(value), validFrom: undefined });
    await set('campaign.contactDays', 2);
    services.publishHouseholds({});
    const campaign = await launch(service, planFor(scored(10).table, { followMonths: 1 }));
    expect(campaign.plan).toMatchObject({ followMonths: 1 });
    expect(campaign.contactUntil).toEqual(new Date('2026-10-04T16:00:00Z'));
    expect(campaign.holdoutUntil).toEqual(new Date('2026-11-30T16:00:00Z'));
  });
});
