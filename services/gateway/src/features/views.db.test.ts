import type { GetFeaturesAsOfRequest } from '@holdfast/contracts/feature_store/v1/view';
import { FeatureState } from '@holdfast/contracts/feature_store/v1/online';
import { JobState } from '@holdfast/contracts/platform/v1/jobs';
import { cloneDatabase } from '@holdfast/testing/infra';
import { startGateway, type RunningGateway } from '../gateway.fixture.js';

const SUBSCRIPTION = '1b9d6bcd-bbfd-5b2d-9b5d-ab8dfbbd4bed';
const KNOWLEDGE_TIME = new Date('2026-10-02T03:00:00Z');

let gateway: RunningGateway;
let dropDatabase: () => Promise<void>;
let asked: GetFeaturesAsOfRequest | undefined;

beforeAll(async () => {
  const clone = await cloneDatabase('gateway');
  dropDatabase = clone.drop;
  gateway = await startGateway(clone.url, {
    views: {
      listViews: async () => ({
        views: [
          {
            ...{ name: 'subscriber-months', version: 'v1' },
            features: [
              {
                ...{ name: 'arpu_cny_m0', family: 'money', needs: ['billing'], unavailable: '', reason: '' },
                ...{ labelEn: 'bill, this month', labelZhCn: '账单（当月）' },
              },
              {
                ...{ name: 'handset_brand', family: 'handset', needs: ['handset_use'], reason: 'contractEnd' },
                unavailable: 'not available: needs table handset_use',
                ...{ labelEn: 'brand', labelZhCn: '品牌' },
              },
            ],
          },
        ],
      }),
      getViewStatistics: async (_call, { view, month }) => ({
        ...{ view, version: 'v1', month: month === '' ? '2026-09' : month, rows: 2 },
        features: [
          {
            feature: 'arpu_cny_m0',
            missing: 1,
            distinct: 1,
            mean: 10,
            deviation: 0,
            quantiles: Array<number>(7).fill(10),
          },
          { feature: 'brand', missing: 0, distinct: 2, mean: undefined, deviation: undefined, quantiles: [] },
        ],
      }),
      materialiseView: async (_call, { view }) => ({
        ...{ jobId: 'feature-store.01936a42-3e10-7d31-8c21-5e4b3f6c9d56', kind: 'materialise-view' },
        ...{ state: JobState.JOB_STATE_QUEUED, progress: 0, phase: '', rowsDone: 0, rowsTotal: undefined },
        ...{ result: { view }, failure: undefined, endedAt: undefined },
        ...{ createdAt: new Date(0), updatedAt: new Date(0) },
      }),
      getFeaturesAsOf: async (_call, request) => {
        asked = request;
        return {
          ...{ subscriptionId: request.subscriptionId, month: '2026-09', knowledgeTime: KNOWLEDGE_TIME },
          ...{ numbers: { arpu_cny_m0: 39.5 }, categories: { plan_id: 'P039' } },
        };
      },
    },
    online: {
      getFeatures: async (_call, { subscriptionIds }) => ({
        vectors: [
          {
            ...{ subscriptionId: subscriptionIds[0]!, version: 'v1' },
            values: [
              {
                ...{ feature: 'fee', state: FeatureState.FEATURE_STATE_PRESENT, value: { $case: 'number', number: 7 } },
                ...{ eventAt: KNOWLEDGE_TIME, knowledgeTime: KNOWLEDGE_TIME },
              },
            ],
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

test('the views describe each feature and what is missing', async () => {
  const { status, json } = await gateway.ask('GET', '/api/v1/feature-views');
  expect(status).toBe(200);
  expect(json['views']).toMatchObject([
    {
      name: 'subscriber-months',
      features: [
        {
          name: 'arpu_cny_m0',
          unavailable: null,
          reason: null,
          label: { en: 'bill, this month', 'zh-CN': '账单（当月）' },
        },
        { name: 'handset_brand', unavailable: 'not available: needs table handset_use', reason: 'contractEnd' },
      ],
    },
  ]);
  expect((await gateway.ask('GET', '/api/v1/feature-views', { client: 'reader' })).status).toBe(403);
});

test('statistics are of a month, the last where none is named', async () => {
  const at = '/api/v1/feature-views/subscriber-months/statistics';
  const { json } = await gateway.ask('GET', at);
  expect(json).toMatchObject({
    ...{ view: 'subscriber-months', month: '2026-09', rows: 2 },
    features: [
      { mean: 10, missing: 1 },
      { feature: 'brand', mean: null, deviation: null, quantiles: [] },
    ],
  });
  expect((await gateway.ask('GET', `${at}?month=2026-05`)).json['month']).toBe('2026-05');
  expect((await gateway.ask('GET', `${at}?month=2026-13`)).status).toBe(400);
});

test('a training set is a job', async () => {
  const { status, json } = await gateway.ask('POST', '/api/v1/training-sets', { body: {} });
  expect([status, json['kind']]).toEqual([202, 'materialise-view']);
  const refused = await gateway.ask('POST', '/api/v1/training-sets', { body: {}, client: 'reader' });
  expect(refused.status).toBe(403);
});

test('features are read as of a month and as known at a moment, or the newest of a table', async () => {
  const at = `/api/v1/subscriptions/${SUBSCRIPTION}/features`;
  const query = '?view=subscriber-months&asOf=2026-09&knowledgeTime=2026-10-02T03:00:00Z';
  const asOf = await gateway.ask('GET', `${at}${query}`);
  const view = 'subscriber-months';
  expect(asked).toEqual({ subscriptionId: SUBSCRIPTION, view, month: '2026-09', knowledgeTime: KNOWLEDGE_TIME });
  expect(asOf.json).toEqual({
    ...{ subscriptionId: SUBSCRIPTION, table: 'subscriber-months', version: null, asOf: '2026-09' },
    values: [
      {
        feature: 'arpu_cny_m0',
        state: 'present',
        value: 39.5,
        eventAt: null,
        knowledgeTime: KNOWLEDGE_TIME.toISOString(),
      },
      {
        feature: 'plan_id',
        state: 'present',
        value: 'P039',
        eventAt: null,
        knowledgeTime: KNOWLEDGE_TIME.toISOString(),
      },
    ],
  });
  const newest = await gateway.ask('GET', `${at}?table=telco`);
  const values = [{ feature: 'fee', value: 7 }];
  expect(newest.json).toMatchObject({ table: 'telco', version: 'v1', asOf: null, values });
  expect((await gateway.ask('GET', `${at}?asOf=September`)).status).toBe(400);
});
