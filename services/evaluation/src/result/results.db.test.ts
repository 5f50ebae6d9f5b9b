import { Campaign } from '@holdfast/contracts/campaign/v1/plan';
import {
  ResultServiceDefinition,
  type CampaignResults,
  type ResultService,
} from '@holdfast/contracts/evaluation/v1/results';
import { JobState } from '@holdfast/contracts/platform/v1/jobs';
import {
  PastAssignmentServiceDefinition,
  type PastAssignmentService,
} from '@holdfast/contracts/evaluation/v1/past_assignment';
import type { Failure } from '@holdfast/platform/errors';
import { newId } from '@holdfast/platform/identity';
import { callOf } from '@holdfast/testing/callers';
import { TestService, eventually } from '@holdfast/testing/service';
import { EvaluationModule, campaignStarted, extractLoaded, extractWithdrawn } from '../evaluation.module.js';
import { SyntheticOperator, type PastAssignment, type Status } from '../synthetic-operator.fixture.js';

const NOW = '2026-10-03T02:00:00Z';
const OWN = '01936a44-5a10-7f51-8e41-7a6d5b8e1f77';
const reader = callOf({ scopes: ['evaluation:read'] });
const writer = callOf({ scopes: ['evaluation:read', 'evaluation:run', 'jobs:read'] });

const AT = '2026-04-01T09:00:00+08:00';
const HOUSEHOLDS = 240;
const OUTCOME_MONTHS = ['2026-05', '2026-06', '2026-07'];

/** Two per account, by household: every third household is in the control group, the others get one of two offers. */
function armOf(household: number): string {
  return ['control', 'discount', 'video'][household % 3]!;
}

/** The first of a household churns in June: in one of four households of the control group, else in one of eight. */
function leaves(household: number, member: number): boolean {
  const draw = Math.floor(household / 3) % 8;
  return member === 0 && (armOf(household) === 'control' ? draw < 2 : draw === 0);
}

function fillOperator(operator: SyntheticOperator): void {
  operator.described.closedMonths = ['2026-03', '2026-04', ...OUTCOME_MONTHS, '2026-08', '2026-09'];
  const assign = (row: Partial<PastAssignment> & { unit: string; arm: string }): void =>
    void operator.assignments.push({
      campaign: 'K-LOT',
      randomisationUnit: 'subscription',
      at: AT,
      propensity: 1 / 3,
      stratum: '',
      ...row,
    });
  for (let household = 0; household < HOUSEHOLDS; household += 1) {
    for (const member of [0, 1]) {
      const unit = `S${household}-${member}`;
      operator.accounts.set(unit, `A${household}`);
      assign({ unit, arm: armOf(household), stratum: household % 2 === 0 ? 'north' : 'south' });
      operator.statuses.push(...statusesOf(unit, leaves(household, member) ? '2026-06' : undefined));
      if (armOf(household) !== 'control' && member === 0) {
        operator.touches.push({
          id: `T${household}`,
          campaign: 'K-LOT',
          subscription: unit,
          channel: 'telemarketing',
          response: household % 2 === 0 ? 'accepted' : 'no_answer',
          hit: household % 2 === 0 ? 1 : NaN,
          costFen: 250,
        });
      }
    }
    // Randomised by household, with members in the extract; one household has none.
    operator.households.set(`S${household}-0`, `H${household}`);
    assign({ campaign: 'K-HOME', unit: `H${household}`, randomisationUnit: 'household', arm: armOf(household) });
  }
  assign({ campaign: 'K-HOME', unit: 'H-UNKNOWN', randomisationUnit: 'household', arm: 'video' });
  // An earlier churner, an unknown subscription, and the list of an old rule.
  for (const unit of ['GONE', 'UNKNOWN']) assign({ unit, arm: 'control' });
  operator.statuses.push({ subscription: 'GONE', month: '2026-04', atRisk: false, churned: true, arpu: NaN });
  // Rows without information are ignored.
  assign({ unit: 'S0-0', arm: '' });
  for (let household = 0; household < 20; household += 1) {
    const listed = { campaign: 'K-RULE', propensity: NaN, at: '2026-03-02T09:00:00+08:00' };
    assign({ ...listed, unit: `S${household}-1`, arm: 'discount' });
  }
}

/** A bill of 60 yuan every month until the churn. */
function statusesOf(subscription: string, leftMonth: string | undefined): Status[] {
  return ['2026-03', '2026-04', ...OUTCOME_MONTHS, '2026-08', '2026-09']
    .filter((month) => leftMonth === undefined || month <= leftMonth)
    .map((month) => {
      const churned = month === leftMonth;
      return { subscription, month, atRisk: !churned, churned, arpu: churned ? NaN : 60 };
    });
}

describe('results of campaigns', () => {
  const operator = new SyntheticOperator();
  const evaluation = new TestService(EvaluationModule, {
    ...{ service: 'evaluation', now: NOW, calls: ['feature-store', 'campaign'] },
    serve: (server) => operator.serve(server),
  });
  const results = evaluation.client<ResultService>(ResultServiceDefinition);

  beforeAll(() => fillOperator(operator));

  async function loaded(sequence: number): Promise<void> {
    operator.described.sequence = sequence;
    const months = { month: '2026-09', closedMonth: '2026-09' };
    const event = {
      extractId: `e-${sequence}`,
      sequence,
      importId: OWN,
      extractedAt: new Date(NOW),
      ...{ tables: [], withdrawn: [] },
      ...months,
    };
    await evaluation.publish(extractLoaded, { subjectId: OWN }, event);
  }

  /** Requests an evaluation and waits for it. */
  async function evaluated(): Promise<string> {
    const { jobId } = await results.evaluateCampaigns(writer, {});
    const { state } = await evaluation.ended({ jobId });
    expect(state).toBe(JobState.JOB_STATE_DONE);
    return jobId;
  }

  const resultsOf = (campaignId: string): Promise<CampaignResults> => results.getResults(reader, { campaignId });

  async function updates(): Promise<number> {
    const rows = await evaluation.database.query<{ of: string }>('select campaign_id as of from result');
    return rows.length;
  }

  test('a past campaign is judged when its extract is loaded', async () => {
    await loaded(1);
    await eventually('there are results', async () => (await updates()) === 3);
    const found = await resultsOf('K-LOT');
    expect(found).toMatchObject({
      origin: 'extract',
      name: '活动 K-LOT',
      startedOn: '2026-04-01',
      followMonths: 3,
      outcomeMonths: OUTCOME_MONTHS,
      state: 'final',
      dueMonth: '2026-07',
      randomised: 'yes',
      randomisationUnit: 'household',
      orgUnitPath: 'demo/',
      notJudged: 2,
      computedAt: expect.any(Date) as Date,
    });
    // Of 80 households of two in each group, 20 and 10 lost their first.
    expect(
      found.arms.map(({ arm, subscriptions, churned, notJudged }) => [arm, subscriptions, churned, notJudged]),
    ).toEqual([
      ['discount', 160, 10, 0],
      ['video', 160, 10, 0],
      ['control', 160, 20, 2],
    ]);
    expect(found.effect!.estimate).toBeCloseTo(20 / 320 - 20 / 160, 12);
    expect(found.effect!.perThousand).toBeCloseTo(62.5, 9);
    expect(found.effect!.method).toBe('difference in means within 2 strata, Neyman variance, clustered by household');
    expect(found.effect!.low).toBeLessThan(found.effect!.estimate);
    expect(found.effect!.high).toBeGreaterThan(found.effect!.estimate);
    expect(found.effects.map(({ arm }) => arm)).toEqual(['discount', 'video']);
    expect(found.sampleRatio).toMatchObject({ fits: true });
    expect(found.power!.detectableEffect).toBeGreaterThan(0.02);
    expect(found.power!.powerAtGoal).toBeUndefined();
    expect(found.notices.map(({ key }) => key)).toEqual(['results.clustered']);
  });

  test('the groups of a past campaign are listed, of the region of the caller alone', async () => {
    await eventually('there are results', async () => (await updates()) >= 3);
    const assignments = evaluation.client<PastAssignmentService>(PastAssignmentServiceDefinition);
    const list = (campaignId: string, arm = '', orgScope = ['demo/'], pageToken = '', pageSize = 1_000) =>
      assignments.listPastAssignments(callOf({ scopes: ['campaign:read'], orgScope }), {
        campaignId,
        arm,
        pageSize,
        pageToken,
      });
    const { assignments: all, nextPageToken } = await list('K-LOT');
    expect(nextPageToken).toBe('');
    expect(all).toHaveLength(2 * HOUSEHOLDS + 2);
    const ids = all.map(({ subscriptionId: id }) => id);
    expect(ids.every((id, at) => at === 0 || ids[at - 1]! < id)).toBe(true);
    const control = await list('K-LOT', 'control');
    expect(control.assignments).toEqual(all.filter(({ arm }) => arm === 'control'));
    expect(control.assignments).toHaveLength((2 * HOUSEHOLDS) / 3 + 2);
    expect(control.assignments.find(({ stratum }) => stratum === 'north')).toMatchObject({
      propensity: 1 / 3,
      month: '2026-04',
    });
    expect((await list('K-RULE')).assignments[0]).toMatchObject({
      arm: 'discount',
      propensity: undefined,
      month: '2026-03',
    });
    const first = await list('K-LOT', '', ['demo/'], '', 5);
    const second = await list('K-LOT', '', ['demo/'], first.nextPageToken, 5);
    expect([...first.assignments, ...second.assignments]).toEqual(all.slice(0, 10));
    // This operator has no org units, so that all results are the province's; here one is a city's.
    const [one] = all;
    const move = `update assignment set org_unit_path = $1 where subscription_id = $2 and campaign_id = 'K-LOT'`;
    await evaluation.database.query(move, ['demo/shenyang/', one!.subscriptionId]);
    const seen = (await list('K-LOT', '', ['demo/shenyang/'])).assignments;
    expect(seen).toEqual([{ ...one, orgUnitPath: 'demo/shenyang/' }]);
    expect((await list('K-LOT')).assignments).toHaveLength(all.length);
    await evaluation.database.query(move, ['demo/', one!.subscriptionId]);
    const unknown = { kind: 'notFound', key: 'campaign.unknown' };
    await expect(list('K-LOT', '', ['demo/dalian/'])).rejects.toMatchObject(unknown);
    await expect(list('K-NONE')).rejects.toMatchObject(unknown);
    await expect(list('K-RULE', 'control')).rejects.toMatchObject({ key: 'campaign.groupUnknown' });
    await expect(list('K-LOT', '', ['demo/'], 'nonsense')).rejects.toMatchObject({ key: 'pageToken.invalid' });
    const request = { campaignId: 'K-LOT', arm: '', pageSize: 0, pageToken: '' };
    await expect(assignments.listPastAssignments(reader, request)).rejects.toMatchObject({ kind: 'forbidden' });
  });

  test('it contains touches, costs and bills', async () => {
    const { arms, channels } = await resultsOf('K-LOT');
    const discount = arms.find(({ arm }) => arm === 'discount')!;
    expect(discount).toMatchObject({ touched: 80, accepted: 40, cost: { minor: 80 * 250, currency: 'CNY' } });
    // Three months of 160 at 60 yuan, without two months of the ten churners of the second.
    expect(discount.meanArpu).toEqual({ minor: Math.round((6_000 * (480 - 20)) / 480), currency: 'CNY' });
    expect(arms.at(-1)).toMatchObject({ arm: 'control', touched: 0, cost: undefined });
    expect(channels).toEqual([
      { channel: 'telemarketing', touches: 160, responses: { accepted: 80, no_answer: 80 }, hitRate: 1 },
    ]);
  });

  test('closed campaigns give the effect of a contact, to callers who see the whole of them', async () => {
    await eventually('there are results', async () => (await updates()) >= 3);
    expect(await results.getRetentionEffect(reader, {})).toMatchObject({ campaigns: 0, groups: [] });
    await evaluation.setParameter('effect.customersMin', 160);
    const effect = await results.getRetentionEffect(reader, {});
    // Half of the offers were contacted; K-HOME has no contacts and K-RULE no control group.
    expect(effect).toMatchObject({ campaigns: 1, customers: 480, deviation: 0 });
    const { effect: assigned } = await resultsOf('K-LOT');
    expect(effect.saved!.estimate).toBeCloseTo(-assigned!.estimate * 2, 12);
    expect(effect.saved!.low).toBeCloseTo(-assigned!.high * 2, 3);
    expect(effect.groups.map(({ dimension, name }) => `${dimension} ${name}`)).toEqual([
      ...['arm discount', 'arm video', 'channel telemarketing', 'region demo/'],
    ]);
    const city = callOf({ scopes: ['evaluation:read'], orgScope: ['demo/dalian/'] });
    expect(await results.getRetentionEffect(city, {})).toMatchObject({ campaigns: 0, saved: undefined });
    await expect(results.getRetentionEffect(callOf({ scopes: [] }), {})).rejects.toMatchObject({ kind: 'forbidden' });
  });

  test('a campaign with a list built by a rule gets a notice instead of an effect', async () => {
    const found = await resultsOf('K-RULE');
    expect(found).toMatchObject({ randomised: 'no', state: 'final', effect: undefined, effects: [] });
    expect(found.sampleRatio).toBeUndefined();
    expect(found.arms).toMatchObject([{ arm: 'discount', subscriptions: 20 }]);
    expect(found.notices.map(({ key }) => key)).toEqual(['results.noControl', 'results.notRandomised']);
    expect(found.notices[1]!.textZhCn).toMatch(/随机/);
  });

  test('households stand for their known members', async () => {
    const found = await resultsOf('K-HOME');
    expect(found).toMatchObject({ randomisationUnit: 'household', randomised: 'yes', notJudged: 1 });
    expect(found.arms.map(({ arm, subscriptions, churned }) => [arm, subscriptions, churned])).toEqual([
      ['discount', 80, 10],
      ['video', 80, 10],
      ['control', 80, 20],
    ]);
    expect(found.notices.map(({ key }) => key)).toEqual(['results.unitsUnknown']);
  });

  test('a repeated request with the same extract returns the same job, also the one of the event', async () => {
    const first = await evaluated();
    expect(await evaluated()).toBe(first);
    const kinds = await evaluation.database.query<{ kind: string }>('select kind from job');
    expect(kinds).toEqual([{ kind: 'evaluate-campaigns' }]);
  });

  test('a later extract corrects outcomes; an older one that comes late changes nothing', async () => {
    const late = operator.statuses.find(({ subscription, month }) => subscription === 'S1-1' && month === '2026-07')!;
    Object.assign(late, { churned: true, atRisk: false, arpu: NaN });
    await loaded(3);
    await eventually('the correction is in', async () => {
      const { arms } = await resultsOf('K-LOT');
      return arms.find(({ arm }) => arm === 'discount')!.churned === 11;
    });
    operator.described.sequence = 3;
    await loaded(2);
    operator.described.sequence = 3;
    await eventually('the event is received', async () => {
      const heard = await evaluation.database.query('select from consumed_event');
      return heard.length === 3;
    });
    const keys = await evaluation.database.query<{ n: string }>('select count(*) as n from job');
    expect(keys).toEqual([{ n: '2' }]);
  });

  test('one of ours is due first, then partial, then final', async () => {
    const households = Array.from({ length: 60 }, (_, at) => at);
    operator.own.set(OWN, {
      campaign: Campaign.fromPartial({
        campaignId: OWN,
        plan: { name: '挽留', randomisationUnit: 'household', effectGoal: 0.02 },
        state: 'running',
        orgUnitPath: 'demo/shenyang/',
        startedAt: new Date('2026-07-31T16:30:00Z'), // the first of August in Shanghai
        assignedArms: [
          { arm: 'plan', subscriptions: 60, units: 30, meanProbability: 0.05 },
          { arm: 'control', subscriptions: 60, units: 30, meanProbability: 0.07 },
        ],
      }),
      assignments: households.flatMap((household) =>
        [0, 1].map((member) => ({
          subscription: `S${household}-${member}`,
          household: `S${household}-0`,
          arm: household % 2 === 0 ? 'plan' : 'control',
          propensity: 0.5,
          at: '2026-07-31T16:30:00Z',
        })),
      ),
      touches: [
        {
          ...{ id: 'U1', campaign: OWN, subscription: 'S0-1', channel: 'call', response: 'accepted', hit: 1 },
          ...{ costFen: 300, offerCostFen: 6_000 },
        },
        { id: 'U2', campaign: OWN, subscription: 'S1-1', channel: 'call', response: 'declined', hit: 0, costFen: 300 },
      ],
    });
    operator.described.closedMonths = operator.described.closedMonths.filter((month) => month < '2026-08');
    const startedAt = new Date('2026-07-31T16:30:00Z');
    const event = { campaignId: OWN, subscriptions: 120, month: '2026-07', startedAt };
    await evaluation.publish(campaignStarted, { subjectId: OWN }, event);
    await eventually('the campaign has results', () => resultsOf(OWN).catch(() => undefined));

    const due = await resultsOf(OWN);
    expect(due).toMatchObject({
      origin: 'holdfast',
      name: '挽留',
      startedOn: '2026-08-01',
      state: 'due',
      dueMonth: '2026-11',
      randomised: 'yes',
      effect: undefined,
      notJudged: 0,
      orgUnitPath: 'demo/shenyang/',
    });
    expect(due.arms.map(({ arm, subscriptions, touched }) => [arm, subscriptions, touched])).toEqual([
      ['plan', 60, 1],
      ['control', 60, 1],
    ]);
    // Churn is still unknown, not 0.
    expect(due.arms.map(({ churned }) => churned)).toEqual([undefined, undefined]);
    expect(due.arms.map(({ cost, offerCost }) => [cost?.minor, offerCost?.minor])).toEqual([
      [300, 6_000],
      [300, undefined],
    ]);
    expect(due.notices.map(({ key }) => key)).toEqual(['results.outcomesDue', 'results.controlTouched']);
    // 60 against 60 with an expected churn of 1 - 0.94³: about 16 points at 80 %.
    expect(due.power!.detectableEffect).toBeGreaterThan(0.15);
    expect(due.power!.detectableEffect).toBeLessThan(0.25);
    expect(due.power!.powerAtGoal).toBeLessThan(0.1);

    operator.described.closedMonths.push('2026-08', '2026-09');
    await loaded(4);
    await eventually('September is in', async () => (await resultsOf(OWN)).state === 'partial');
    const partial = await resultsOf(OWN);
    expect(partial.outcomeMonths).toEqual(['2026-09', '2026-10', '2026-11']);
    expect(partial.notices.map(({ key }) => key)).toContain('results.partial');
    // Churners before the start are not evaluated; there are none afterwards.
    expect(partial.notJudged).toBe(households.filter((household) => leaves(household, 0)).length);
    expect(partial.effect).toMatchObject({ estimate: 0 });
    expect(partial.effect!.method).toContain('Agresti');

    operator.described.closedMonths.push('2026-10', '2026-11');
    await loaded(5);
    await eventually('all are in', async () => (await resultsOf(OWN)).state === 'final');
  });

  test('a withdrawn extract does not count, and blocks no extract of a lower sequence', async () => {
    operator.described.closedMonths.splice(-2);
    operator.described.sequence = 4;
    const of = { extractId: 'e-5', sequence: 5, importId: OWN, extractedAt: new Date(NOW), month: '2026-11' };
    const now = { withdrawnAt: new Date(NOW), newest: 4, newestMonth: '2026-09', closedMonth: '2026-09' };
    await evaluation.publish(extractWithdrawn, { subjectId: OWN }, { ...of, ...now });
    await eventually('it is evaluated without it', async () => (await resultsOf(OWN)).state === 'partial');
    const seen = async () => evaluation.database.query<{ sequence: string }>('select sequence from extract_seen');
    expect(await seen()).toEqual([{ sequence: '4' }]);
    operator.described.closedMonths.push('2026-10', '2026-11');
    await loaded(6);
    await eventually('all are in again', async () => (await resultsOf(OWN)).state === 'final');
  });

  test('results are seen by those who see the whole campaign', async () => {
    const shenyang = callOf({ scopes: ['evaluation:read'], orgScope: ['demo/shenyang/'] });
    const dalian = callOf({ scopes: ['evaluation:read'], orgScope: ['demo/dalian/'] });
    const listed = async (call: typeof reader): Promise<string[]> =>
      (await results.listResults(call, {})).results.map(({ campaignId }) => campaignId);
    expect(await listed(reader)).toEqual([OWN, 'K-HOME', 'K-LOT', 'K-RULE']);
    expect(await listed(shenyang)).toEqual([OWN]);
    expect(await listed(dalian)).toEqual([]);
    await expect(results.getResults(shenyang, { campaignId: 'K-LOT' })).rejects.toMatchObject({
      kind: 'notFound',
      key: 'results.unknown',
    } satisfies Partial<Failure>);
    await expect(results.getResults(callOf(), { campaignId: 'K-LOT' })).rejects.toMatchObject({ kind: 'forbidden' });
    const regional = callOf({ scopes: ['evaluation:run'], orgScope: ['demo/shenyang/'] });
    await expect(results.evaluateCampaigns(regional, {})).rejects.toMatchObject({ kind: 'forbidden' });
    await expect(results.evaluateCampaigns(reader, {})).rejects.toMatchObject({ kind: 'forbidden' });
  });

  test('one of ours is followed for the months of its plan, the operator’s past ones for those of the parameter', async () => {
    const months = { [newId()]: 1, [newId()]: 5 };
    for (const [campaignId, followMonths] of Object.entries(months)) {
      const startedAt = new Date('2026-04-10T02:00:00Z');
      const plan = { name: `of ${followMonths}`, randomisationUnit: 'subscription', followMonths };
      const rows = ['plan', 'control'].map((arm, at) => {
        return { subscription: `S${at}-0`, household: `S${at}-0`, arm, propensity: 0.5, at: startedAt.toISOString() };
      });
      const campaign = Campaign.fromPartial({
        campaignId,
        plan,
        state: 'running',
        orgUnitPath: 'demo/shenyang/',
        startedAt,
      });
      operator.own.set(campaignId, { campaign, assignments: rows, touches: [] });
      const event = { campaignId, subscriptions: 2, month: '2026-03', startedAt };
      await evaluation.publish(campaignStarted, { subjectId: campaignId }, event);
      await eventually('it has results', () => resultsOf(campaignId).catch(() => undefined));
      const { outcomeMonths } = await resultsOf(campaignId);
      expect(outcomeMonths).toEqual(['2026-05', '2026-06', '2026-07', '2026-08', '2026-09'].slice(0, followMonths));
    }
    await evaluation.setParameter('eval.followMonths', 2);
    await evaluated();
    expect((await resultsOf('K-LOT')).outcomeMonths).toEqual(['2026-05', '2026-06']);
    for (const [campaignId, followMonths] of Object.entries(months))
      expect(await resultsOf(campaignId)).toMatchObject({ followMonths });
  });

  test('no row of a table leaves the row’s unit unsaid', async () => {
    const bare = await evaluation.database.query(
      `select from assignment where org_unit_path !~ '^demo/' union all select from outcome where org_unit_path !~ '^demo/'
       union all select from touch where org_unit_path !~ '^demo/'`,
    );
    expect(bare).toEqual([]);
  });
});
