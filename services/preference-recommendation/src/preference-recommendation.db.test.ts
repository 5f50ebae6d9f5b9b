import {
  PlanFitServiceDefinition,
  type PlanFit,
  type PlanFitService,
  type PlansFitted,
} from '@holdfast/contracts/preference_recommendation/v1/plan_fit';
import { JobState, type Job } from '@holdfast/contracts/platform/v1/jobs';
import { MonthServiceDefinition, type MonthService } from '@holdfast/contracts/platform/v1/months';
import { readCategoryTexts, readNumbers, readUuids } from '@holdfast/platform/columns';
import { shardOf } from '@holdfast/platform/identity';
import { callOf, systemCall } from '@holdfast/testing/callers';
import { cloneDatabase } from '@holdfast/testing/infra';
import { recordEvents } from '@holdfast/testing/recorder';
import { TestService, eventually } from '@holdfast/testing/service';
import { PreferenceRecommendationModule } from './preference-recommendation.module.js';
import { extractLoaded, extractWithdrawn, plansFitted } from './run/fit-job.js';
import {
  MONTHS,
  SyntheticOperator,
  UNITS,
  dayOf,
  syntheticSubscriber,
  type SyntheticSubscriber,
} from './run/synthetic-operator.fixture.js';

const since2024 = dayOf('2024-01-01');
/** Subscribers; what is right for each is worked out by hand (a minute beyond costs 0.15, on P019 0.50). */
const people = {
  // 50 min per month: 19.00 on P019; saves 20.00
  down: syntheticSubscriber('down'),
  // P019 19 + 400 × 0.50 = 219.00; P039 39 + 360 × 0.15 = 93.00; P059 59 + 260 × 0.15 = 98.00
  up: syntheticSubscriber('up', { plans: [['P019', since2024]], minutes: [460, 460, 460] }),
  content: syntheticSubscriber('content', { plans: [['P019', since2024]] }),
  legacy: syntheticSubscriber('legacy', { plans: [['L088', since2024]], minutes: [90, 90, 90] }),
  // F069 binds until 2027-03-31 (6 months); P019 50 saves 50.00 × 6 > 60.00
  family: syntheticSubscriber('family', { plans: [['F069', since2024, undefined, dayOf('2027-03-31')]] }),
  without: syntheticSubscriber('without', { plans: [], billed: 2_500 }),
  changed: syntheticSubscriber('changed', {
    plans: [
      ['L088', since2024, dayOf('2026-08-01')],
      ['P019', dayOf('2026-08-01')],
    ],
  }),
  late: syntheticSubscriber('late', { since: 1, minutes: [0, 50, 50] }),
  silent: syntheticSubscriber('silent', { minutes: [0, 0, 0], isDoubleZero: true }),
  gone: syntheticSubscriber('gone', { isAtRisk: false }),
} satisfies Record<string, SyntheticSubscriber>;
const crowd = Array.from({ length: 40 }, (_, at) =>
  syntheticSubscriber(`crowd ${at}`, { minutes: [at, at * 3, at * 5] }),
);

const operator = new SyntheticOperator([...Object.values(people), ...crowd]);
const FITTED = Object.values(people).length + crowd.length - 1;
const runner = callOf({ scopes: ['preference:run', 'preference:read'] });
const reader = callOf({ scopes: ['preference:read'] });
const events = recordEvents([plansFitted]);
const service = new TestService(PreferenceRecommendationModule, {
  ...{ service: 'preference-recommendation', now: '2026-10-03T02:00:00Z', calls: ['feature-store'] },
  serve: (server) => operator.serve(server),
});
const fits = service.client<PlanFitService>(PlanFitServiceDefinition);

const TEXTS = ['org_unit_path', 'present_plan_id', 'plan_id', 'principle', 'method'];
const FIGURES = ['present_bill', 'bill', 'saving', 'saving_low', 'saving_high'];

/** Every published fit as a line without the run's id. */
async function exported(runId: string, call = reader): Promise<string[]> {
  const lines: string[] = [];
  for await (const batch of fits.readPlanFits(call, { runId })) {
    const texts = TEXTS.map((name) => readCategoryTexts(batch, name));
    const figures = FIGURES.map((name) => readNumbers(batch, name));
    readUuids(batch, 'subscription_id').forEach((id, row) => {
      const cells = [...texts.map((text) => text[row]), ...figures.map((figure) => figure[row])];
      lines.push([shardOf(id), id, ...cells].join(' '));
    });
  }
  return lines;
}

describe('preference-recommendation', () => {
  let runId: string;
  let job: Job;

  const fitsOf = async (...of: SyntheticSubscriber[]): Promise<PlanFit[]> =>
    (await fits.getPlanFits(reader, { subscriptionIds: of.map(({ id }) => id) })).fits;

  beforeAll(async () => {
    job = await service.ended(await fits.fitPlans(runner, { month: '' }));
    runId = job.result['runId']!;
  }, 120_000);

  it('fits every subscription active at the end of the last closed month, and publishes the run whole', async () => {
    expect(job).toMatchObject({ state: JobState.JOB_STATE_DONE, rowsDone: FITTED, result: { month: '2026-09' } });
    const run = await fits.getFitRun(reader, { runId: '' });
    expect(run).toMatchObject({ runId, month: '2026-09', subscriptions: FITTED, doubleZero: 1 });
    const lines = await exported(runId);
    expect(lines).toHaveLength(FITTED);
    const advised = lines.filter((line) => !line.endsWith('NaN NaN NaN NaN'));
    expect(run.advised).toBe(advised.length);
    expect(Object.values(run.byPrinciple).reduce((sum, count) => sum + count, 0)).toBe(run.advised);
    expect(run.saving!.minor).toBe(advised.reduce((sum, line) => sum + Number(line.split(' ').at(-3)), 0));
    const shards = lines.map((line) => Number(line.split(' ')[0]));
    expect(shards).toEqual([...shards].sort((left, right) => left - right));
    const event: PlansFitted = { runId, month: '2026-09', subscriptions: FITTED, advised: run.advised };
    await eventually('the event', async () => events.length > 0);
    expect(events[0]!.payload).toMatchObject(event);
  });

  it('advises what is right for each, with the reason', async () => {
    const { down, up, content, legacy, family, without } = people;
    const asked = [down, up, content, legacy, family, without];
    const found = await fitsOf(...asked);
    expect(found.map(({ subscriptionId }) => subscriptionId)).toEqual(asked.map(({ id }) => id));
    expect(found.map((fit) => [fit.presentPlanId, fit.advised?.planId, fit.principle, fit.reason])).toEqual([
      ['P039', 'P019', 'tier_down', ''],
      ['P019', 'P039', 'tier_up', ''],
      ['P019', undefined, '', 'cheapest_already'],
      ['L088', 'P019', 'migrate', ''],
      ['F069', 'P019', 'migrate', ''],
      ['', 'P019', 'no_plan', ''],
    ]);
  });

  it('gives the actual and the simulated bills, month by month', async () => {
    const cny = (minor: number) => ({ minor, currency: 'CNY' });
    const [fit] = await fitsOf(people.down);
    expect(fit).toMatchObject({
      runId,
      months: MONTHS,
      presentBill: cny(11_700),
      method: 'events',
      orgUnitPath: people.down.orgUnitPath,
      advised: {
        name: '套餐P019',
        bill: cny(5_700),
        saving: cny(2_000),
        savingLow: cny(2_000),
        savingHigh: cny(2_000),
        monthlyBills: [cny(1_900), cny(1_900), cny(1_900)],
      },
    });
    // Not the present plan, no family or retention plan, none that is off sale.
    expect(fit!.others.map(({ planId }) => planId)).toEqual(['P059']);
  });

  it('bills each month on the plan of that month, and saves against the plan of now', async () => {
    const [fit] = await fitsOf(people.changed);
    // 88.00 on L088 in July, then 19.00 twice; on P019 19.00 three times
    expect([fit!.presentBill!.minor, fit!.presentPlanBill!.minor]).toEqual([12_600, 5_700]);
    expect([fit!.advised, fit!.reason]).toEqual([undefined, 'cheapest_already']);
  });

  it('bills only months in which the subscription was there', async () => {
    const [fit] = await fitsOf(people.late);
    expect(fit).toMatchObject({ months: ['2026-08', '2026-09'], presentBill: { minor: 7_800 } });
    expect(fit!.advised!.saving!.minor).toBe(2_000);
  });

  it('excludes subscriptions without use and bill, and cancelled ones', async () => {
    const [silent, gone] = await fitsOf(people.silent, people.gone);
    expect([silent!.reason, silent!.advised, silent!.others]).toEqual(['double_zero', undefined, []]);
    expect(gone).toBeUndefined();
  });

  it('rehearses plans with the parts of each bill, and agrees with the run', async () => {
    const asked = { subscriptionId: people.up.id, planIds: ['R049', 'P059'], month: '' };
    const simulation = await fits.simulatePlans(reader, asked);
    expect(simulation.plans.map(({ planId, bill }) => [planId, bill!.minor])).toEqual([
      ['R049', 300],
      // 59 + 260 × 0.15 = 98.00, three times
      ['P059', 29_400],
    ]);
    const parts = simulation.parts.find(({ planId, month }) => planId === 'P059' && month === '2026-08');
    expect(parts!.parts).toEqual([
      { item: 'fee', units: 1, included: 0, charge: { minor: 5_900, currency: 'CNY' } },
      { item: 'local', units: 460, included: 200, charge: { minor: 3_900, currency: 'CNY' } },
    ]);
    expect(new Set(simulation.parts.map(({ planId }) => planId))).toEqual(new Set(['P019', 'P059', 'R049']));
    const all = await fits.simulatePlans(reader, { ...asked, planIds: [], month: '2026-09' });
    const [published] = await fitsOf(people.up);
    expect({ ...all.fit, runId }).toEqual(published);
  });

  it('has no subscription outside the region of the caller, and no unknown plan', async () => {
    const orgScope = UNITS.filter((unit) => unit !== people.up.orgUnitPath);
    const elsewhere = callOf({ scopes: ['preference:read'], orgScope });
    const asked = { subscriptionId: people.up.id, planIds: [], month: '' };
    await expect(fits.simulatePlans(elsewhere, asked)).rejects.toMatchObject({ key: 'subscription.unknown' });
    const withUnknown = fits.simulatePlans(reader, { ...asked, planIds: ['P000'] });
    await expect(withUnknown).rejects.toMatchObject({ key: 'plan.unknown' });
    const here = Object.values(people).find(({ orgUnitPath }) => orgUnitPath === orgScope[0])!;
    const found = await fits.getPlanFits(elsewhere, { subscriptionIds: [people.up.id, here.id] });
    expect(found.fits.map(({ subscriptionId }) => subscriptionId)).toEqual([here.id]);
    const lines = await exported(runId, elsewhere);
    expect(lines.length).toBeGreaterThan(0);
    expect(lines.every((line) => line.includes(elsewhere.caller.orgScope[0]!))).toBe(true);
    const run = await fits.getFitRun(elsewhere, { runId });
    expect(run.subscriptions).toBe(lines.length);
  });

  it('requires a scope everywhere, and the whole province for a fit', async () => {
    const stranger = callOf();
    const forbidden = { kind: 'forbidden' };
    await expect(fits.fitPlans(reader, { month: '' })).rejects.toMatchObject(forbidden);
    await expect(fits.getFitRun(stranger, { runId: '' })).rejects.toMatchObject(forbidden);
    await expect(fits.getPlanFits(stranger, { subscriptionIds: [] })).rejects.toMatchObject(forbidden);
    const rehearsal = fits.simulatePlans(stranger, { subscriptionId: people.up.id, planIds: [], month: '' });
    await expect(rehearsal).rejects.toMatchObject(forbidden);
    await expect(fits.listPlans(stranger, { onSale: false })).rejects.toMatchObject(forbidden);
    await expect(exported(runId, stranger)).rejects.toMatchObject(forbidden);
    const city = callOf({ scopes: ['preference:run'], orgScope: [UNITS[0]!] });
    await expect(fits.fitPlans(city, { month: '' })).rejects.toMatchObject({ key: 'caller.provinceOnly' });
  });

  it('refuses a month that is not closed, and names the missing table', async () => {
    await expect(fits.fitPlans(runner, { month: '2026-10' })).rejects.toMatchObject({ key: 'month.open' });
    const { tables } = operator;
    operator.tables = tables.filter((table) => table !== 'plan_history');
    const refused = fits.fitPlans(runner, { month: '' });
    const text = { en: expect.stringContaining('plan_history') as string };
    await expect(refused).rejects.toMatchObject({ key: 'facts.needsTable', text });
    operator.tables = tables;
  });

  it('lists the plans, all or those on sale', async () => {
    const { plans } = await fits.listPlans(reader, { onSale: false });
    expect(plans.map(({ planId, onSale }) => [planId, onSale])).toEqual([
      ['F069', true],
      ['L088', false],
      ['P019', true],
      ['P039', true],
      ['P059', true],
      ['R049', true],
    ]);
    const monthlyFee = { minor: 1_900, currency: 'CNY' };
    expect(plans[2]).toMatchObject({ name: '套餐P019', kind: 'mainstream', monthlyFee, voiceMinutes: 60 });
    expect((await fits.listPlans(reader, { onSale: true })).plans).toHaveLength(5);
  });

  it('fits a closed month once, by event or on request', async () => {
    operator.sequence = 2;
    const of = { importId: 'i', extractedAt: new Date(), tables: [], withdrawn: [] };
    const event = { extractId: 'e-2', sequence: 2, ...of };
    const months = { month: '2026-10', closedMonth: '2026-09' };
    await service.publish(extractLoaded, { subjectId: 'e-2' }, { ...event, ...months });
    const asked = await fits.fitPlans(runner, { month: '' });
    const done = await service.ended(asked);
    expect(done.state).toBe(JobState.JOB_STATE_DONE);
    expect(done.jobId).not.toBe(job.jobId);
    await eventually('the event to be handled', async () => {
      const handled = await service.database.query(
        "select 1 from consumed_event where consumer like '%extract-loaded'",
      );
      return handled.length === 1;
    });
    const jobs = await service.database.query("select 1 from job where kind = 'fit-plans'");
    expect(jobs).toHaveLength(2);
    // The extract has begun another month, which it does not close.
    const { steps } = await service
      .client<MonthService>(MonthServiceDefinition)
      .readMonthSteps(systemCall, { month: '' });
    expect(steps.map(({ month, step, job, key }) => [month, step, job?.jobId ?? key])).toEqual([
      ['2026-10', 'fits', 'month.notClosed'],
      ['2026-09', 'fits', done.jobId],
    ]);
    expect((await fits.getFitRun(reader, { runId: '' })).runId).toBe(done.result['runId']);
    expect(await exported(done.result['runId']!)).toEqual(await exported(runId));
  });

  it('advises by the newest month, also after an older one was fitted', async () => {
    const { runId: newest } = await fits.getFitRun(reader, { runId: '' });
    const older = await service.ended(await fits.fitPlans(runner, { month: '2026-08' }));
    expect(older).toMatchObject({ state: JobState.JOB_STATE_DONE, result: { month: '2026-08' } });
    const run = await fits.getFitRun(reader, { runId: older.result['runId']! });
    expect(run).toMatchObject({ month: '2026-08' });
    expect((await fits.getFitRun(reader, { runId: '' })).runId).toBe(newest);
    expect((await fitsOf(people.down))[0]!.runId).toBe(newest);
  });

  it('returns to the fits of the extract before a withdrawn one', async () => {
    const withdrawn = await fits.getFitRun(reader, { runId: '' });
    expect(withdrawn.runId).not.toBe(runId);
    const of = { importId: 'i', extractedAt: new Date(), month: '2026-10', withdrawnAt: new Date() };
    const event = { extractId: 'e-2', sequence: 2, ...of, newest: 1, newestMonth: '2026-09', closedMonth: '2026-09' };
    await service.publish(extractWithdrawn, { subjectId: 'e-2' }, event);
    const current = async () => (await fits.getFitRun(reader, { runId: '' })).runId;
    await eventually('the run before is current', async () => (await current()) === runId);
    expect(await fits.getFitRun(reader, { runId: withdrawn.runId })).toEqual(withdrawn);
    const client = service.client<MonthService>(MonthServiceDefinition);
    const { steps } = await client.readMonthSteps(systemCall, { month: '' });
    expect(steps.map(({ month, version, job }) => [month, version, job?.jobId])).toEqual([
      ['2026-09', '1', `preference-recommendation.${runId}`],
    ]);
  });

  it('finds the same whatever the number of pieces, and of totals what it finds of calls', async () => {
    const clone = await cloneDatabase('preference-recommendation');
    const before = await exported(runId);
    const environment = { HOLDFAST_FIT_PIECE_SUBSCRIPTIONS_MAX: '3' };
    await service.restart({ databaseUrl: clone.url, environment });
    const whole = await service.ended(await fits.fitPlans(runner, { month: '' }));
    expect(await exported(whole.result['runId']!)).toEqual(before);
    operator.sequence = 3;
    operator.eventMonths = ['2026-09'];
    const totals = await service.ended(await fits.fitPlans(runner, { month: '' }));
    const fromUsage = await exported(totals.result['runId']!);
    expect(fromUsage.map((line) => line.replace(' usage ', ' events '))).toEqual(before);
    await service.restart();
    await clone.drop();
  });

  it('names the plans that cannot be billed, with the reason, and compares the others', async () => {
    operator.sequence = 10;
    operator.eventMonths = ['2026-09'];
    operator.networkRates = ['P039'];
    const totals = await service.ended(await fits.fitPlans(runner, { month: '' }));
    [operator.eventMonths, operator.networkRates] = [MONTHS, []];
    const run = await fits.getFitRun(reader, { runId: totals.result['runId']! });
    const held = [people.down, people.late, ...crowd].length;
    expect(run.unbillablePlans).toEqual([
      { planId: 'P039', name: '套餐P039', reason: 'totals_network', subscriptions: held },
    ]);
    expect(run.notBillable).toBe(held);
    const [down, up] = await fitsOf(people.down, people.up);
    expect(down).toMatchObject({ advised: undefined, reason: 'not_billable', presentPlanId: 'P039' });
    expect(down!.others.map(({ planId }) => planId)).toEqual(['P019', 'P059']);
    expect(up!.advised).toMatchObject({ planId: 'P059', bill: { minor: 3 * 9_800 } });
    const ofDalian = await fits.getFitRun(callOf({ scopes: ['preference:read'], orgScope: [UNITS[1]!] }), run);
    expect(ofDalian.notBillable).toBeLessThan(held);
  });

  it('drops the oldest runs, and fits again what is gone', async () => {
    await service.setParameter('fit.runsKept', 1);
    operator.sequence = 11;
    const newest = await service.ended(await fits.fitPlans(runner, { month: '' }));
    await eventually('the purge', async () => {
      const rows = await service.database.query('select 1 from fit_run where purged_at is not null');
      return rows.length === 4;
    });
    await expect(fits.getFitRun(reader, { runId })).rejects.toMatchObject({ kind: 'gone' });
    expect(await exported(newest.result['runId']!)).toHaveLength(FITTED);
    operator.sequence = 2;
    const again = await service.ended(await fits.fitPlans(runner, { month: '' }));
    expect([again.state, again.result['runId'] === runId]).toEqual([JobState.JOB_STATE_DONE, false]);
  });
});
