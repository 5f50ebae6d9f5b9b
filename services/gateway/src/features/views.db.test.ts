import { ListViewsResponse } from '@holdfast/contracts/feature_store/v1/view';
import { FeatureState } from '@holdfast/contracts/feature_store/v1/online';
import { testGateway, testJob } from '../gateway.fixture.js';

const SUBSCRIPTION = '1b9d6bcd-bbfd-5b2d-9b5d-ab8dfbbd4bed';
const KNOWLEDGE_TIME = new Date('2026-10-02T03:00:00Z');

const gateway = testGateway({
  views: {
    listViews: async () =>
      ListViewsResponse.fromPartial({
        views: [
          {
            name: 'subscriber-months',
            features: [
              { name: 'arpu_cny_m0', labelEn: 'bill, this month', labelZhCn: '账单（当月）' },
              { name: 'handset_brand', reason: 'contractEnd', unavailable: 'not available: needs table handset_use' },
            ],
          },
        ],
      }),
    getViewStatistics: async (_call, { view, month }) => ({
      ...{ view, version: 'v1', month: month === '' ? '2026-09' : month, rows: 2 },
      features: [
        { feature: 'arpu_cny_m0', missing: 1, distinct: 1, mean: 10, deviation: 0, quantiles: [10] },
        { feature: 'brand', missing: 0, distinct: 2, mean: undefined, deviation: undefined, quantiles: [] },
      ],
    }),
    materialiseView: async () => testJob(`feature-store.${SUBSCRIPTION}`, { kind: 'materialise-view' }),
    getFeaturesAsOf: async (_call, { subscriptionId }) => ({
      ...{ subscriptionId, month: '2026-09', knowledgeTime: KNOWLEDGE_TIME },
      ...{ numbers: { arpu_cny_m0: 39.5 }, categories: { plan_id: 'P039' } },
    }),
  },
  online: {
    getFeatures: async (_call, { subscriptionIds }) => {
      const value = { $case: 'number', number: 7 } as const;
      const times = { eventAt: KNOWLEDGE_TIME, knowledgeTime: KNOWLEDGE_TIME };
      const values = [{ feature: 'fee', state: FeatureState.FEATURE_STATE_PRESENT, value, ...times }];
      return { vectors: [{ subscriptionId: subscriptionIds[0]!, version: 'v1', values }] };
    },
  },
});

test('the views describe each feature and what is missing', async () => {
  const { status, json } = await gateway.get('/api/v1/feature-views');
  expect(status).toBe(200);
  const label = { en: 'bill, this month', 'zh-CN': '账单（当月）' };
  const features = [
    { name: 'arpu_cny_m0', unavailable: null, reason: null, label },
    { name: 'handset_brand', unavailable: 'not available: needs table handset_use', reason: 'contractEnd' },
  ];
  expect(json['views']).toMatchObject([{ name: 'subscriber-months', features }]);
});

test('statistics are of a month, the last where none is named', async () => {
  const at = '/api/v1/feature-views/subscriber-months/statistics';
  const { json } = await gateway.get(at);
  expect(json).toMatchObject({
    ...{ view: 'subscriber-months', month: '2026-09', rows: 2 },
    features: [
      { mean: 10, missing: 1 },
      { feature: 'brand', mean: null, deviation: null, quantiles: [] },
    ],
  });
  expect((await gateway.get(`${at}?month=2026-05`)).json['month']).toBe('2026-05');
  expect((await gateway.get(`${at}?month=2026-13`)).status).toBe(400);
});

test('a training set is a job', async () => {
  const { status, json } = await gateway.post('/api/v1/training-sets', {});
  expect([status, json['kind']]).toEqual([202, 'materialise-view']);
});

test('features are read as of a month and as known at a moment, or the newest of a table', async () => {
  const at = `/api/v1/subscriptions/${SUBSCRIPTION}/features`;
  const query = '?view=subscriber-months&asOf=2026-09&knowledgeTime=2026-10-02T03:00:00Z';
  const asOf = await gateway.get(`${at}${query}`);
  const view = 'subscriber-months';
  expect(gateway.requests.at(-1)).toEqual({
    subscriptionId: SUBSCRIPTION,
    view,
    month: '2026-09',
    knowledgeTime: KNOWLEDGE_TIME,
  });
  const present = { state: 'present', eventAt: null, knowledgeTime: KNOWLEDGE_TIME.toISOString() };
  expect(asOf.json).toEqual({
    ...{ subscriptionId: SUBSCRIPTION, table: 'subscriber-months', version: null, asOf: '2026-09' },
    values: [
      { feature: 'arpu_cny_m0', value: 39.5, ...present },
      { feature: 'plan_id', value: 'P039', ...present },
    ],
  });
  const newest = await gateway.get(`${at}?table=telco`);
  const values = [{ feature: 'fee', value: 7 }];
  expect(newest.json).toMatchObject({ table: 'telco', version: 'v1', asOf: null, values });
  expect((await gateway.get(`${at}?asOf=September`)).status).toBe(400);
});
