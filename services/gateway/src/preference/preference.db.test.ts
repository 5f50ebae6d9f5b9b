import {
  FitRun,
  ListPlansResponse,
  PlanFit,
  PlanOffer,
} from '@holdfast/contracts/preference_recommendation/v1/plan_fit';
import { categoryColumnOf, numberColumn, uuidColumn } from '@holdfast/platform/columns';
import { failure } from '@holdfast/platform/errors';
import { testGateway, testJob } from '../gateway.fixture.js';

const SUBSCRIPTION = '1b9d6bcd-bbfd-5b2d-9b5d-ab8dfbbd4bed';
const OTHER = '2b9d6bcd-bbfd-5b2d-9b5d-ab8dfbbd4bed';
const RUN = '01936a42-3e10-7d31-8c21-5e4b3f6c9d56';
const runUnknown = failure('notFound', 'fitRun.unknown', { en: 'There is no such run.', 'zh-CN': '没有。' });

const cny = (minor: number) => ({ minor, currency: 'CNY' });
const bills = { bill: cny(11_700), saving: cny(2_000), savingLow: cny(-50) };
const offer = PlanOffer.fromPartial({ planId: 'P039', ...bills, monthlyBills: [cny(3_900), cny(3_900), cny(3_900)] });
const fit = PlanFit.fromPartial({
  ...{ subscriptionId: SUBSCRIPTION, runId: RUN, presentPlanId: 'P059', presentBill: cny(17_700), advised: offer },
  ...{ principle: 'tier_down', orgUnitPath: 'demo/shenyang/', advisedFrom: '2026-11-01' },
});

const gateway = testGateway({
  planFits: {
    fitPlans: async () => testJob(`preference-recommendation.${RUN}`, { kind: 'fit-plans' }),
    getFitRun: async (_call, { runId }) => {
      if (runId !== '' && runId !== RUN) throw runUnknown();
      return FitRun.fromPartial({ runId: RUN, advised: 1, byPrinciple: { tier_down: 1 }, saving: cny(2_000) });
    },
    getPlanFits: async (_call, { subscriptionIds }) => ({ fits: subscriptionIds[0] === SUBSCRIPTION ? [fit] : [] }),
    simulatePlans: async () => {
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
    listPlans: async (_call, { onSale }) =>
      ListPlansResponse.fromPartial({ plans: [{ planId: 'P039', monthlyFee: cny(3_900), smsCount: 0, onSale }] }),
  },
});

test('a recommendation has the plan, its saving and from when on; without one there is none', async () => {
  const answer = await gateway.get(`/api/v1/subscriptions/${SUBSCRIPTION}/recommendations?type=plan`);
  expect(answer.status).toBe(200);
  expect(answer.json['plan']).toMatchObject({
    ...{ presentPlanId: 'P059', principle: 'tier_down', reason: null, advisedFrom: '2026-11-01' },
    orgUnit: 'demo/shenyang/',
    presentBill: { amount: '177.00', currency: 'CNY' },
    advised: { planId: 'P039', saving: { amount: '20.00' }, savingLow: { amount: '-0.50' }, savingHigh: null },
  });
  const none = await gateway.get(`/api/v1/subscriptions/${OTHER}/recommendations`);
  expect([none.status, none.json['code']]).toEqual([404, 'planFit.unknown']);
  const unknownType = await gateway.get(`/api/v1/subscriptions/${OTHER}/recommendations?type=handset`);
  expect(unknownType.status).toBe(400);
});

test('a rehearsal takes plans and gives the components of their bills', async () => {
  const body = { subscriptionId: SUBSCRIPTION, planIds: ['P039'] };
  const { status, json } = await gateway.post('/api/v1/plan-simulations', body);
  expect([status, gateway.requests.at(-1)]).toEqual([200, { ...body, month: '' }]);
  expect(json).toMatchObject({
    fit: { runId: null, advised: { planId: 'P039' } },
    plans: [{ planId: 'P039', bill: { amount: '117.00' } }],
    bills: [{ planId: 'P039', month: '2026-09', parts: [{ item: 'fee', charge: { amount: '39.00' } }] }],
  });
  const malformed = await gateway.post('/api/v1/plan-simulations', { ...body, month: '2026-13' });
  expect(malformed.status).toBe(400);
});

test('a fit is a job, and its run is read by id or as the latest', async () => {
  const started = await gateway.post('/api/v1/plan-fits', {});
  expect([started.status, started.json['kind']]).toEqual([202, 'fit-plans']);
  for (const runId of [RUN, 'latest']) {
    const { json } = await gateway.get(`/api/v1/plan-fit-runs/${runId}`);
    expect(json).toMatchObject({ runId: RUN, advised: 1, saving: { amount: '20.00' }, byPrinciple: { tier_down: 1 } });
  }
  expect((await gateway.get(`/api/v1/plan-fit-runs/${OTHER}`)).status).toBe(404);
});

test('the fits of a run come one a line', async () => {
  const answer = await gateway.get('/api/v1/plan-fit-runs/latest/fits');
  expect(answer.headers.get('content-type')).toContain('application/x-ndjson');
  const amount = (text: string) => ({ amount: text, currency: 'CNY' });
  expect(answer.lines).toEqual([
    {
      ...{ subscriptionId: SUBSCRIPTION, presentPlanId: 'P059', planId: 'P039', principle: 'tier_down' },
      ...{ method: 'events', orgUnit: 'demo/shenyang/', key: null },
      ...{ presentBill: amount('10.00'), bill: amount('20.00'), saving: amount('30.00') },
      ...{ savingLow: amount('40.00'), savingHigh: amount('50.00') },
    },
    {
      ...{ subscriptionId: OTHER, presentPlanId: null, planId: null, principle: null, method: 'events' },
      ...{
        orgUnit: 'demo/',
        key: null,
        presentBill: amount('2.50'),
        bill: null,
        saving: null,
        savingLow: null,
        savingHigh: null,
      },
    },
  ]);
  expect((await gateway.get(`/api/v1/plan-fit-runs/${OTHER}/fits`)).status).toBe(404);
});

test('the plans', async () => {
  const { json } = await gateway.get('/api/v1/plans?onSale=true');
  expect(json['plans']).toMatchObject([{ planId: 'P039', tier: null, dataMb: null, smsCount: 0, onSale: true }]);
});
