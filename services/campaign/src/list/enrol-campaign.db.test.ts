import type { ColumnBatch } from '@holdfast/contracts/platform/v1/columns';
import { rowsOfBatches } from '@holdfast/testing/lists';
import type { Campaign, CampaignPlan } from '@holdfast/contracts/campaign/v1/plan';
import { HouseholdsIdentified } from '@holdfast/contracts/household_identification/v1/household';
import { customerId } from '@holdfast/platform/identity';
import { eventOf } from '@holdfast/platform/outbox';
import { systemCall } from '@holdfast/testing/callers';
import { eventually } from '@holdfast/testing/service';
import { TestCampaign, agent } from '../campaign.fixture.js';
import { planFor, planner } from '../plan/campaigns.fixture.js';
import { assignArm, sharesOf } from '../plan/randomisation.js';
import { householdIdOf, idOf, type Subscriber } from '../service-clients.fixture.js';

const DAY_ONE = '2026-10-03T02:00:00Z'; // 10:00 in Shanghai

interface Assignment {
  subscriptionId: string;
  householdId: string;
  arm: string;
  stratum: string;
  propensity: number;
  assignedAt: number;
}

describe('enrolling a campaign', () => {
  const campaign = new TestCampaign(DAY_ONE, { hasListener: true });
  const { services, campaigns, work } = campaign;

  /** Publishes these people, two by two, as households. */
  function pairUp(rows: readonly Subscriber[]): void {
    const pairs = Array.from({ length: Math.floor(rows.length / 2) }, (_, pair): [string, string[]] => [
      `${rows[2 * pair]!.key}-home`,
      [rows[2 * pair]!.key, rows[2 * pair + 1]!.key],
    ]);
    services.publishHouseholds(Object.fromEntries(pairs));
  }

  const assignmentsOf = (campaignId: string): Promise<Assignment[]> =>
    rowsOfBatches(campaigns.readAssignments(systemCall, { campaignId }));

  const armOf = ({ campaignId }: Campaign, plan: CampaignPlan, unitId: string): string => {
    const shares = sharesOf(plan);
    return shares[assignArm(campaignId, unitId, shares)]!.arm;
  };

  it('assigns the audience by household, and queues only the arms with offers, by rank', async () => {
    const { table, rows } = campaign.scored(60, (_, index) => ({
      ...(index >= 50 ? { quadrant: 'D' } : {}),
      ...(index >= 45 && index < 50 ? { probability: 0.3 } : {}),
    }));
    pairUp(rows);
    const plan = planFor(table, { probabilityMin: 0.5 });
    const enrolled = await campaign.launch(plan);
    const { campaignId } = enrolled;
    expect(enrolled).toMatchObject({ state: 'running', notices: [{ key: 'campaign.noPlanFits' }] });

    const assignments = await assignmentsOf(campaignId);
    const audience = rows.slice(0, 45);
    expect(assignments.map((each) => each.subscriptionId)).toEqual(audience.map((row) => idOf(row.key)).sort());
    for (const { subscriptionId, householdId, arm, propensity, stratum, assignedAt } of assignments) {
      const index = rows.findIndex((row) => idOf(row.key) === subscriptionId);
      expect(householdId).toBe(householdIdOf(`${rows[index - (index % 2)]!.key}-home`));
      expect(arm).toBe(armOf(enrolled, plan, householdId));
      expect(propensity).toBeCloseTo({ fitted: 0.4, discount: 0.3, control: 0.3 }[arm]!, 12);
      expect(stratum).toBe('C/沈阳');
      expect(assignedAt).toBeGreaterThanOrEqual(Date.parse(DAY_ONE));
      expect(assignedAt).toBeLessThanOrEqual(enrolled.startedAt!.getTime());
    }

    const items = await campaign.itemsOf(campaignId);
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

    expect(enrolled.assignedArms.map(({ arm }) => arm)).toEqual(['fitted', 'discount', 'control']);
    for (const { arm, subscriptions, units, meanProbability } of enrolled.assignedArms) {
      const assigned = assignments.filter((each) => each.arm === arm);
      expect(subscriptions).toBe(assigned.length);
      expect(units).toBe(new Set(assigned.map((each) => each.householdId)).size);
      expect(meanProbability).toBeCloseTo(0.9, 9);
    }
    const events = await eventually('the start is published', async () => {
      const received = campaign.received.filter(({ subjectId }) => subjectId === campaignId);
      return received.some(({ type }) => type === 'campaign-started') && received;
    });
    expect(events).toContainEqual({
      type: 'campaign-started',
      subjectId: campaignId,
      payload: { campaignId, subscriptions: 45, month: '', startedAt: enrolled.startedAt },
    });
  });

  it('has no subscriptions in its audience that leave involuntarily, unless the plan includes them: then they are last', async () => {
    const scored = () => campaign.scored(40, (_, index) => ({ isInvoluntary: index < 10 }));
    const without = await campaign.launch(planFor(scored().table));
    expect(await assignmentsOf(without.campaignId)).toHaveLength(30);
    const notice = without.notices.find(({ key }) => key === 'campaign.involuntaryExcluded');
    expect(notice!.textEn).toMatch(/^10 subscriptions are not in the audience/);
    const { table } = scored();
    const plan = planFor(table, { includeInvoluntary: true, randomisationUnit: 'subscription' });
    const { campaignId } = await campaign.launch(plan);
    expect(await assignmentsOf(campaignId)).toHaveLength(40);
    const items = await campaign.itemsOf(campaignId);
    const first = new Set(Array.from({ length: 10 }, (_, index) => idOf(`${table}-${index}`)));
    const marked = items.map(({ subscriptionId }) => first.has(subscriptionId));
    expect(marked.indexOf(true)).toBe(marked.filter((is) => !is).length);
    const sectionsOf = async (subscriptionId: string): Promise<string[]> => {
      const of = { $case: 'subscriptionId', subscriptionId } as const;
      const script = await campaign.scripts.getScript(agent, { of, channel: '', language: 'en' });
      return script.sections.flatMap(({ key, lines }) => (key === 'levers' ? lines.map(({ text }) => text) : []));
    };
    expect(await sectionsOf(items[0]!.subscriptionId)).toEqual([]);
    expect(await sectionsOf(items.at(-1)!.subscriptionId)).toEqual([
      expect.stringMatching(/likelier than leaving for another reason: 95 %/),
      expect.stringMatching(/^Tolerate the delay/),
      expect.stringMatching(/in instalments/),
      expect.stringMatching(/last day of payment/),
    ]);
  });

  it('never leases the control group: not by id, not on other queues, nor other members of its households', async () => {
    const { table, rows } = campaign.scored(40);
    // The second member of each household is not in the audience.
    services.runs.clear();
    const audience = rows.filter((_, index) => index % 2 === 0);
    services.addRun(table, '2026-10-03T01:00:00Z', audience);
    pairUp(rows);
    const { campaignId } = await campaign.launch(planFor(table));
    const control = (await assignmentsOf(campaignId)).filter(({ arm }) => arm === 'control');
    expect(control.length).toBeGreaterThan(0);
    const listed = rows.map((row) => ({ ...row, quadrant: 'D' }));
    const other = await campaign.listed(listed);

    const heldOut = new Set(control.map(({ subscriptionId }) => subscriptionId));
    for (const [index, { key }] of rows.entries()) {
      const isHouseholdHeldOut = heldOut.has(idOf(rows[index - (index % 2)]!.key));
      const { lease: held, passedOver } = await campaign.lease(other, { subscriptionId: idOf(key) });
      expect(held === undefined).toBe(isHouseholdHeldOut);
      expect(passedOver).toEqual(isHouseholdHeldOut ? { control_group: 1 } : {});
      if (held !== undefined) await work.releaseLease(agent, { leaseId: held.leaseId });
    }
    for (const subscriptionId of heldOut)
      expect(await campaign.lease(campaignId, { subscriptionId })).toEqual({ passedOver: { control_group: 1 } });
    const answers = await campaign.check([], { subscriptionIds: [...heldOut], channel: 'sms' });
    expect(answers.every(({ allowed, reasons }) => !allowed && reasons.includes('control_group'))).toBe(true);
    // No lease of either list is for a member of the control group.
    const leased = await campaign.database.query<{ subscription_id: string }>('select subscription_id from lease');
    expect(leased.filter((row) => heldOut.has(row.subscription_id))).toEqual([]);
  });

  it("holds out a customer's other subscriptions, too", async () => {
    const { table, rows } = campaign.scored(30);
    services.publishHouseholds({});
    const enrolled = await campaign.launch(planFor(table));
    const control = (await assignmentsOf(enrolled.campaignId)).find(({ arm }) => arm === 'control')!;
    const { key } = rows.find((row) => idOf(row.key) === control.subscriptionId)!;
    expect(control.householdId).toBe(customerId('demo', key));
    const second = `${key}-second`;
    services.addPerson(second, { customerId: customerId('demo', key) });
    const list = await campaign.listed([{ ...rows[0]!, key: second }]);
    expect(await campaign.lease(list)).toEqual({ passedOver: { control_group: 1 }, retryAt: expect.any(Date) });
  });

  it('holds out the control group until the end of the evaluated months', async () => {
    const { table } = campaign.scored(20);
    services.publishHouseholds({});
    const enrolled = await campaign.launch(planFor(table, { endsOn: '2026-10-20' }));
    const { campaignId } = enrolled;
    // Three months after the month of its start, in Shanghai (UTC+8).
    expect(enrolled.holdoutUntil).toEqual(new Date('2027-01-31T16:00:00Z'));
    expect(enrolled.contactUntil).toEqual(new Date('2026-10-20T16:00:00Z'));
    await campaigns.moveCampaign(planner, { campaignId, move: 'close' });
    const control = (await assignmentsOf(campaignId)).find(({ arm }) => arm === 'control')!;
    const subscriptionIds = [control.subscriptionId];
    const answer = async (at: string) => (await campaign.check([], { subscriptionIds, at: new Date(at) }))[0]!;
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
    const { table } = campaign.scored(20);
    services.publishHouseholds({});
    const { campaignId } = await campaign.launch(planFor(table, { endsOn: '2026-10-03' }));
    await campaign.restart({ now: '2026-10-03T12:59:00Z' }); // a minute before the quiet hours of its last day
    expect((await campaign.lease(campaignId)).lease).toBeDefined();
    await campaign.restart({ now: '2026-10-03T16:00:00Z' }); // midnight
    await expect(campaign.lease(campaignId)).rejects.toMatchObject({ kind: 'conflict', key: 'campaign.contactsOver' });
    await campaign.restart({ now: '2026-10-04T02:00:00Z' });
    await expect(campaign.lease(campaignId)).rejects.toMatchObject({ key: 'campaign.contactsOver' });
    await campaign.restart();
  });

  it('keeps a household with one agent, and apart after a contact, also on the list of a plain table', async () => {
    const { table, rows } = campaign.scored(2);
    services.publishHouseholds({ [`${table}-home`]: rows.map(({ key }) => key) });
    const other = await campaign.listed(rows);
    const householdsIdentified = eventOf('household-identification', HouseholdsIdentified);
    const about = { subjectId: services.householdRunId };
    const event = { runId: services.householdRunId, month: '2026-08', households: 1 };
    await campaign.publish(householdsIdentified, about, event);
    await eventually('the households are copied', async () => {
      const copied = await campaign.database.query<{ run_id: string }>('select run_id from household_copy');
      return copied[0]?.run_id === services.householdRunId;
    });
    const agents = Array.from({ length: 6 }, (_, index) => `agent-${index}`);
    const answers = await Promise.all(agents.map((each) => campaign.lease(other, { agent: each })));
    const given = answers.flatMap((answer) => answer.lease ?? []);
    expect(given).toHaveLength(1);
    const [held] = given;
    const second = rows.map(({ key }) => idOf(key)).find((id) => id !== held!.item!.subscriptionId)!;
    await campaign.contact(held!.leaseId, 'no_answer'); // not reached: the other member may be called
    const next = await campaign.lease(other, { subscriptionId: second });
    await campaign.contact(next.lease!.leaseId, 'declined');
    const first = { subscriptionId: held!.item!.subscriptionId };
    await campaign.restart({ now: '2026-10-10T01:59:00Z' });
    expect(await campaign.lease(other, first)).toEqual({
      passedOver: { household_frequency: 1 },
      retryAt: expect.any(Date),
    });
    await campaign.restart({ now: '2026-10-10T02:10:00Z' }); // seven days after the contact with the other
    expect((await campaign.lease(other, first)).lease).toBeDefined();
    await campaign.restart();
  });

  it('respects a consent withdrawn between list build and lease', async () => {
    const { table, rows } = campaign.scored(12);
    services.publishHouseholds({});
    const { campaignId } = await campaign.launch(planFor(table));
    const [top, next] = await campaign.itemsOf(campaignId);
    const { key } = rows.find((row) => idOf(row.key) === top!.subscriptionId)!;
    services.addPerson(key, { consented: false });
    expect(await campaign.lease(campaignId)).toMatchObject({
      lease: { item: { subscriptionId: next!.subscriptionId } },
      passedOver: { consent: 1 },
    });
  });

  it('limits the queue by rank to the maximum of contacts, and keeps the rest assigned', async () => {
    const { table } = campaign.scored(30);
    services.publishHouseholds({});
    const { campaignId, assignedArms } = await campaign.launch(planFor(table, { contactsMax: 5 }));
    const items = await campaign.itemsOf(campaignId);
    expect(items.map(({ rank }) => rank)).toEqual([1, 2, 3, 4, 5]);
    expect(assignedArms.reduce((sum, { subscriptions }) => sum + subscriptions, 0)).toBe(30);
    const { queues } = await work.listQueues(planner, {});
    const queue = queues.find((each) => each.queue === campaignId)!;
    expect(queue.items).toEqual({ open: 5, leased: 0, done: 0 });
  });

  it('randomises by customer, with a notice, if no households are published', async () => {
    const { table, rows } = campaign.scored(10);
    services.households = undefined;
    const enrolled = await campaign.launch(planFor(table));
    expect(enrolled.notices.map(({ key }) => key)).toContain('campaign.noHouseholds');
    const assignments = await assignmentsOf(enrolled.campaignId);
    const expected = rows.map((row) => `${idOf(row.key)} ${customerId('demo', row.key)}`);
    expect(assignments.map((each) => `${each.subscriptionId} ${each.householdId}`).sort()).toEqual(expected.sort());
  });

  it('randomises subscriptions if the plan specifies it', async () => {
    const { table, rows } = campaign.scored(30);
    pairUp(rows);
    const plan = planFor(table, { randomisationUnit: 'subscription' });
    const enrolled = await campaign.launch(plan);
    for (const { subscriptionId, householdId, arm } of await assignmentsOf(enrolled.campaignId)) {
      expect(householdId).toBe(subscriptionId);
      expect(arm).toBe(armOf(enrolled, plan, subscriptionId));
    }
  });

  it('excludes customers of another campaign, with their households', async () => {
    const { table, rows } = campaign.scored(40);
    pairUp(rows);
    const first = await campaign.launch(planFor(table, { orgUnitPath: 'demo/沈阳/' }));
    // The same subscribers and some more, in newer scores.
    const more = campaign.scored(6);
    services.addRun(more.table, '2026-10-03T01:20:00Z', [...rows.slice(0, 20), ...more.rows]);
    const second = await campaign.launch(planFor(more.table));
    expect(first.notices.map(({ key }) => key)).not.toContain('campaign.overlapExcluded');
    expect(second.notices).toContainEqual(expect.objectContaining({ key: 'campaign.overlapExcluded' }));
    expect(second.notices.find(({ key }) => key === 'campaign.overlapExcluded')!.textEn).toMatch(/^20 subscriptions/);
    const ids = (await assignmentsOf(second.campaignId)).map(({ subscriptionId }) => subscriptionId);
    expect(ids).toEqual(more.rows.map(({ key }) => idOf(key)).sort());
    // After its end the arms with offers are available again; the control group is not.
    await campaigns.moveCampaign(planner, { campaignId: first.campaignId, move: 'close' });
    const third = await campaign.launch(planFor(table));
    const enrolled = new Set((await assignmentsOf(third.campaignId)).map(({ subscriptionId }) => subscriptionId));
    for (const { subscriptionId, arm } of await assignmentsOf(first.campaignId))
      expect([subscriptionId, enrolled.has(subscriptionId)]).toEqual([subscriptionId, arm !== 'control']);
  });

  it('is limited to its org unit', async () => {
    const { table, rows } = campaign.scored(20, (_, index) => ({
      orgUnitPath: index % 2 === 0 ? 'demo/沈阳/皇姑/' : 'demo/大连/',
    }));
    services.publishHouseholds({});
    const { campaignId } = await campaign.launch(planFor(table, { orgUnitPath: 'demo/沈阳/' }));
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
      const { table } = campaign.scored(40, ({ key }) => ({ key: `seeded-${key}` }));
      services.publishHouseholds({});
      const { campaignId } = await campaign.launch(planFor(table, { randomisationSeed }));
      const assigned = (await assignmentsOf(campaignId)).map(({ arm }) => arm);
      // Releases them for the next campaign.
      const sql = 'update campaign set contact_until = assigned_at, holdout_until = assigned_at where id = $1';
      await campaign.database.query(sql, [campaignId]);
      return assigned;
    };
    const first = await arms('one');
    expect(first).toHaveLength(40);
    expect(await arms('one')).toEqual(first);
    expect(await arms('two')).not.toEqual(first);
  });

  it('resumes after an interruption with the same result', async () => {
    const { table } = campaign.scored(20);
    services.publishHouseholds({});
    const plan = planFor(table);
    services.fitFailures = 1;
    const enrolled = await campaign.launch(plan);
    expect(services.fitFailures).toBe(0);
    expect(enrolled.state).toBe('running');
    for (const { householdId, arm } of await assignmentsOf(enrolled.campaignId))
      expect(arm).toBe(armOf(enrolled, plan, householdId));
    const items = await campaign.itemsOf(enrolled.campaignId);
    const { queues } = await work.listQueues(planner, {});
    expect(queues.find(({ queue }) => queue === enrolled.campaignId)!.items['open']).toBe(items.length);
  });

  it('supplies touches with their costs to evaluation', async () => {
    const { table } = campaign.scored(12);
    services.publishHouseholds({});
    const { campaignId } = await campaign.launch(planFor(table));
    const { lease: held } = await campaign.lease(campaignId);
    await campaign.contact(held!.leaseId, 'accepted');
    const batches: ColumnBatch[] = [];
    for await (const batch of campaigns.readTouches(systemCall, { campaignId })) batches.push(batch);
    expect(batches).toHaveLength(1);
    const { subscriptionId, arm } = held!.item!;
    expect(await rowsOfBatches(batches)).toMatchObject([
      { subscriptionId, arm, outcome: 'accepted', cost: 250, hit: Number.NaN },
    ]);
    const read = () => rowsOfBatches(campaigns.readAssignments(agent, { campaignId }));
    await expect(read()).rejects.toMatchObject({ kind: 'forbidden' });
  });

  it('builds no separate list over a view of full extracts', async () => {
    const { table, rows } = campaign.scored(3);
    services.tableOrigins.set(table, 'view');
    const runId = services.addRun(table, '2026-10-03T01:30:00Z', rows);
    await campaign.buildList(runId);
    await expect(campaign.itemsOf(table)).rejects.toMatchObject({ key: 'queue.unknown' });
    services.publishHouseholds({});
    expect(await campaign.launch(planFor(table))).toMatchObject({ state: 'running', runId });
  });

  it('uses its parameters, and the follow-up months of its plan', async () => {
    await campaign.setParameter('campaign.contactDays', 2);
    services.publishHouseholds({});
    const enrolled = await campaign.launch(planFor(campaign.scored(10).table, { followMonths: 1 }));
    expect(enrolled.plan).toMatchObject({ followMonths: 1 });
    expect(enrolled.contactUntil).toEqual(new Date('2026-10-04T16:00:00Z'));
    expect(enrolled.holdoutUntil).toEqual(new Date('2026-11-30T16:00:00Z'));
  });
});
