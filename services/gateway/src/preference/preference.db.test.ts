import type { PlanFit, PlanOffer } from '@holdfast/contracts/preference_recommendation/v1/plan_fit';
import { JobState } from '@holdfast/contracts/platform/v1/jobs';
import { categoryColumnOf, numberColumn, uuidColumn } from '@holdfast/platform/columns';
import { failure } from '@holdfast/platform/errors';
import { cloneDatabase } from '@holdfast/testing/infra';
import { startGateway, type RunningGateway } from '../gateway.fixture.js';

const SUBSCRIPTION = '1b9d6bcd-bbfd-5b2d-9b5d-ab8dfbbd4bed';
const OTHER = '2b9d6bcd-bbfd-5b2d-9b5d-ab8dfbbd4bed';
const RUN = '01936a42-3e10-7d31-8c21-5e4b3f6c9d56';
const runUnknown = failure('notFound', 'fitRun.unknown', { en: 'There is no such run.', 'zh-CN': '没有。' });

const cny = (minor: number) => ({ minor, currency: 'CNY' });
const offer: PlanOffer = {
  ...{ planId: 'P039', name: '畅享套餐39元', bill: cny(11_700), saving: cny(2_000) },
  ...{ savingLow: cny(-50), savingHigh: undefined, monthlyBills: [cny(3_900), cny(3_900), cny(3_900)] },
};
const fit: PlanFit = {
  ...{ subscriptionId: SUBSCRIPTION, runId: RUN, months: ['2026-07', '2026-08', '2026-09'], presentPlanId: 'P059' },
  ...{ presentBill: cny(17_700), presentPlanBill: cny(17_700), advised: offer, others: [], principle: 'tier_down' },
  ...{ method: 'events', reason: '', orgUnitPath: 'demo/shenyang/', advisedFrom: '2026-11-01' },
};

let gateway: RunningGateway;
let dropDatabase: () => Promise<void>;
let simulated: unknown;

beforeAll(async () => {
  const clone = await cloneDatabase('gateway');
  dropDatabase = clone.drop;
  gateway = await startGateway(clone.url, {
    planFits: {
      fitPlans: async (_call, { month }) => ({
        ...{ jobId: `preference-recommendation.${RUN}`, kind: 'fit-plans', state: JobState.JOB_STATE_QUEUED },
        ...{ progress: 0, phase: '' },
        ...{ rowsDone: 0, rowsTotal: undefined, result: { month }, failure: undefined, endedAt: undefined },
        ...{ createdAt: new Date(0), updatedAt: new Date(0) },
      }),
      getFitRun: async (_call, { runId }) => {
        if (runId !== '' && runId !== RUN) throw runUnknown();
        return {
          ...{ runId: RUN, month: '2026-09', subscriptions: 2, advised: 1, doubleZero: 0 },
          ...{ byPrinciple: { tier_down: 1 }, saving: cny(2_000), publishedAt: new Date('2026-10-03T02:00:00Z') },
        };
      },
      getPlanFits: async (_call, { subscriptionIds }) => ({ fits: subscriptionIds[0] === SUBSCRIPTION ? [fit] : [] }),
      simulatePlans: async (_call, request) => {
        simulated = request;
        const parts = [{ item: 'fee', units: 1, included: 0, charge: cny(3_900) }];
        return { fit: { ...fit, runId: '' }, plans: [offer], parts: [{ planId: 'P039', month: '2026-09', parts }] };
      },
      readPlanFits: async function* () {
        yield {
          rows: 2,
          columns: [
            uuidColumn('subscription_id', [SUBSCRIPTION, OTHER]),
            categoryColumnOf('org_unit_path', ['demo/shenyang/', 'demo/']),
            categoryColumnOf('present_plan_id', ['P059', undefined]),
            categoryColumnOf('plan_id', ['P039', undefined]),
            categoryColumnOf('principle', ['tier_down', undefined]),
            categoryColumnOf('method', ['events', 'events']),
            ...['present_bill', 'bill', 'saving', 'saving_low', 'saving_high'].map((name, at) =>
              numberColumn(name, Float64Array.of(1_000 * (at + 1), name === 'present_bill' ? 250 : Number.NaN)),
            ),
          ],
        };
      },
      listPlans: async (_call, { onSale }) => ({
        plans: [
          {
            ...{ planId: 'P039', name: '畅享套餐39元', kind: 'mainstream', tier: undefined },
            ...{ monthlyFee: cny(3_900), voiceMinutes: 100, dataMb: undefined, smsCount: 0, onSale },
          },
        ],
      }),
    },
  });
});

afterAll(async () => {
  await gateway.stop();
  await dropDatabase();
});

test('a recommendation has the plan, its saving and from when on; without one there is none', async () => {
  const answer = await gateway.ask('GET', `/api/v1/subscriptions/${SUBSCRIPTION}/recommendations?type=plan`);
  expect(answer.status).toBe(200);
  expect(answer.json['plan']).toMatchObject({
    ...{ presentPlanId: 'P059', principle: 'tier_down', reason: null, advisedFrom: '2026-11-01' },
    orgUnit: 'demo/shenyang/',
    presentBill: { amount: '177.00', currency: 'CNY' },
    advised: { planId: 'P039', saving: { amount: '20.00' }, savingLow: { amount: '-0.50' }, savingHigh: null },
  });
  const none = await gateway.ask('GET', `/api/v1/subscriptions/${OTHER}/recommendations`);
  expect([none.status, none.json['code']]).toEqual([404, 'planFit.unknown']);
  const unknownType = await gateway.ask('GET', `/api/v1/subscriptions/${OTHER}/recommendations?type=handset`);
  expect(unknownType.status).toBe(400);
});

test('a rehearsal takes plans and gives the components of their bills', async () => {
  const body = { subscriptionId: SUBSCRIPTION, planIds: ['P039'] };
  const { status, json } = await gateway.ask('POST', '/api/v1/plan-simulations', { body });
  expect([status, simulated]).toEqual([200, { ...body, month: '' }]);
  expect(json).toMatchObject({
    fit: { runId: null, advised: { planId: 'P039' } },
    plans: [{ planId: 'P039', bill: { amount: '117.00' } }],
    bills: [{ planId: 'P039', month: '2026-09', parts: [{ item: 'fee', charge: { amount: '39.00' } }] }],
  });
  const malformed = await gateway.ask('POST', '/api/v1/plan-simulations', { body: { ...body, month: '2026-13' } });
  expect(malformed.status).toBe(400);
});

test('a fit is a job, and its run is read by id or as the latest', async () => {
  const started = await gateway.ask('POST', '/api/v1/plan-fits', { body: {} });
  expect([started.status, started.json['kind']]).toEqual([202, 'fit-plans']);
  for (const runId of [RUN, 'latest']) {
    const { json } = await gateway.ask('GET', `/api/v1/plan-fit-runs/${runId}`);
    expect(json).toMatchObject({ runId: RUN, advised: 1, saving: { amount: '20.00' }, byPrinciple: { tier_down: 1 } });
  }
  expect((await gateway.ask('GET', `/api/v1/plan-fit-runs/${OTHER}`)).status).toBe(404);
});

test('the fits of a run come one a line', async () => {
  const answer = await gateway.ask('GET', '/api/v1/plan-fit-runs/latest/fits');
  expect(answer.headers.get('content-type')).toContain('application/x-ndjson');
  const lines = answer.text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as object);
  expect(lines).toEqual([
    {
      ...{ subscriptionId: SUBSCRIPTION, presentPlanId: 'P059', planId: 'P039', principle: 'tier_down' },
      ...{ method: 'events', orgUnit: 'demo/shenyang/' },
      presentBill: { amount: '10.00', currency: 'CNY' },
      bill: { amount: '20.00', currency: 'CNY' },
      saving: { amount: '30.00', currency: 'CNY' },
      savingLow: { amount: '40.00', currency: 'CNY' },
      savingHigh: { amount: '50.00', currency: 'CNY' },
    },
    {
      ...{
        subscriptionId: OTHER,
        presentPlanId: null,
        planId: null,
        principle: null,
        method: 'events',
        orgUnit: 'demo/',
      },
      presentBill: { amount: '2.50', currency: 'CNY' },
      ...{ bill: null, saving: null, savingLow: null, savingHigh: null },
    },
  ]);
  expect((await gateway.ask('GET', `/api/v1/plan-fit-runs/${OTHER}/fits`)).status).toBe(404);
});

test('the plans, and the scope that everything needs', async () => {
  const { json } = await gateway.ask('GET', '/api/v1/plans?onSale=true');
  expect(json['plans']).toMatchObject([{ planId: 'P039', tier: null, dataMb: null, smsCount: 0, onSale: true }]);
  const client = 'reader'; // may read churn alone
  for (const path of ['/api/v1/plans', '/api/v1/plan-fit-runs/latest', '/api/v1/plan-fit-runs/latest/fits']) {
    expect((await gateway.ask('GET', path, { client })).status).toBe(403);
  }
  expect((await gateway.ask('POST', '/api/v1/plan-fits', { client, body: {} })).status).toBe(403);
});
