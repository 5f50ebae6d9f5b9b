import { CampaignResults } from '@holdfast/contracts/evaluation/v1/results';
import { ChurnForecast } from '@holdfast/contracts/feature_store/v1/forecast';
import { Disconnects, FindKeyUnitsResponse } from '@holdfast/contracts/feature_store/v1/stock';
import { failure } from '@holdfast/platform/errors';
import { testGateway, testJob } from '../gateway.fixture.js';

const unknown = failure('notFound', 'results.unknown', { en: 'No such campaign.', 'zh-CN': '没有此活动。' });
const NOTICE = { key: 'results.rough', textEn: 'Few left.', textZhCn: '离网者很少。' };

const PAST = CampaignResults.fromPartial({
  campaignId: 'K 活动/7',
  arms: [{ arm: 'control', subscriptions: 3, churned: 1, meanArpu: { minor: 6120, currency: 'CNY' } }],
  effect: { estimate: -0.02, low: -0.05, high: 0.01, perThousand: 20, method: 'm' },
  randomised: 'yes',
  notices: [NOTICE],
  computedAt: new Date('2026-10-03T02:00:00Z'),
  orgUnitPath: 'demo/',
});

const DEFINITION = {
  ...{ name: 'saved', parameter: 'definition.saved', version: 2, valueJson: '{"afterMonths":2}', setBy: 'console' },
  ...{ validFrom: new Date('2026-10-01T00:00:00Z'), meaningEn: 'Still there.', meaningZhCn: '仍在网。' },
};
const COUNT = {
  ...{
    month: '2026-09',
    orgUnitPath: 'demo/shenyang/',
    valueGroup: 'value_lost',
    stock: 3,
    entered: undefined,
    left: 2,
  },
  ...{ cancelled: 1, arpuMinor: 10_001, billed: 2, contacted: 1, saved: undefined },
};

const gateway = testGateway({
  reports: {
    getValueGroupReport: async () => ({
      counts: [COUNT],
      definitions: [DEFINITION],
      currency: 'CNY',
      asOf: new Date('2026-10-03T02:00:00Z'),
    }),
  },
  stock: {
    countDisconnects: async () => ({
      disconnects: [Disconnects.fromPartial({ month: '2026-09', total: 2, arrears: 2 })],
    }),
    findKeyUnits: async () =>
      FindKeyUnitsResponse.fromPartial({
        units: [{ unit: 'mobile', subscriptions: 3, revenueShare: 1, isFocus: false }],
        ...{ stockMonth: '2026-08', month: '2026-09', asOf: new Date(0) },
      }),
  },
  forecasts: {
    forecastChurn: async () =>
      ChurnForecast.fromPartial({
        counts: [
          {
            ...{ kind: 'all', month: '2026-10', monthsAhead: 1, stock: 812, expected: 12.9, median: 13 },
            ...{ low80: 8, high80: 18, low95: 6, high95: 21 },
          },
        ],
        backtest: [{ kind: 'all', monthsAhead: 1, reason: 'x', reasonEn: 'Too few.', reasonZhCn: '过少。' }],
        causes: [{ kind: 'all', causeEn: 'Spring Festival', causeZhCn: '春节', basis: 'unknown' }],
        asOf: new Date(0),
      }),
  },
  valueGroups: { listDefinitions: async () => ({ definitions: [DEFINITION] }) },
  results: {
    getResults: async (_call, { campaignId }) => {
      if (campaignId !== PAST.campaignId) throw unknown();
      return PAST;
    },
    listResults: async () => ({
      results: [
        PAST,
        {
          ...{ ...PAST, campaignId: 'K-2', effect: undefined },
          arms: [{ ...PAST.arms[0]!, churned: undefined, offerCost: { minor: 6_000, currency: 'CNY' } }],
        },
      ],
    }),
    evaluateCampaigns: async () =>
      testJob('evaluation.01936a44-5a10-7f51-8e41-7a6d5b8e1f77', { kind: 'evaluate-campaigns' }),
  },
});

test("a campaign's results are found by the operator's own id, in the reader's language", async () => {
  const path = `/api/v1/campaigns/${encodeURIComponent(PAST.campaignId)}/results`;
  const english = await gateway.get(path, { headers: { 'accept-language': 'en' } });
  expect(english.status).toBe(200);
  expect(english.json).toMatchObject({
    campaignId: PAST.campaignId,
    effect: { estimate: -0.02, perThousand: 20 },
    sampleRatio: null,
    power: null,
    randomised: true,
    arms: [{ arm: 'control', churned: 1, meanArpu: { amount: '61.20', currency: 'CNY' }, cost: null, offerCost: null }],
    notices: [{ code: 'results.rough', message: 'Few left.' }],
    orgUnit: 'demo/',
  });
  const chinese = await gateway.get(path, { headers: { 'accept-language': 'zh-CN' } });
  expect(chinese.json['notices']).toEqual([{ code: 'results.rough', message: '离网者很少。' }]);
});

test('the report of value groups is JSON or CSV, and names the versions of its definitions', async () => {
  const { json } = await gateway.get('/api/v1/reports/value-groups?city=shenyang&toMonth=2026-09');
  expect(gateway.requests.at(-1)).toEqual({
    ...{ fromMonth: '', toMonth: '2026-09', orgUnitPath: 'demo/shenyang/', levels: 1 },
  });
  const { arpuMinor: _, orgUnitPath: orgUnit, ...count } = COUNT;
  expect(json['counts']).toEqual([{ ...count, orgUnit, entered: null, saved: null, meanArpu: '50.01' }]);
  expect(json['definitions']).toMatchObject([{ name: 'saved', version: 2, value: { afterMonths: 2 } }]);
  const csv = await gateway.get('/api/v1/reports/value-groups?format=csv');
  expect(csv.text).toBe(
    'month,orgUnit,valueGroup,stock,entered,left,cancelled,meanArpu,billed,contacted,saved,currency,definitions\r\n' +
      '2026-09,demo/shenyang/,value_lost,3,,2,1,50.01,2,1,,CNY,saved=2\r\n',
  );
  const { json: listed } = await gateway.get('/api/v1/definitions', { headers: { 'accept-language': 'zh-CN' } });
  expect(listed['definitions']).toMatchObject([{ meaning: '仍在网。', validFrom: '2026-10-01T00:00:00.000Z' }]);
});

test('the disconnect split and the key units are of an org unit', async () => {
  const split = await gateway.get('/api/v1/reports/disconnects?city=shenyang&levels=2');
  expect(split.json['disconnects']).toMatchObject([{ month: '2026-09', total: 2, arrears: 2, request: 0, unknown: 0 }]);
  const asked = { fromMonth: '', toMonth: '', levels: 2, orgUnitPath: 'demo/shenyang/' };
  expect(gateway.requests.at(-1)).toEqual(asked);
  const { json } = await gateway.get('/api/v1/reports/key-units?by=group&lagMonths=3');
  expect(gateway.requests.at(-1)).toEqual({ by: 'group', month: '', lagMonths: 3, orgUnitPath: '' });
  expect(json).toMatchObject({ units: [{ unit: 'mobile', retention: null }], stockMonth: '2026-08', retention: null });
});

test('the churn forecast is JSON in the language of its reader, or CSV', async () => {
  const zh = { headers: { 'accept-language': 'zh-CN' } };
  const { json } = await gateway.get('/api/v1/reports/churn-forecast?city=shenyang&kind=all', zh);
  const asked = { monthsAhead: 3, kind: 'all', levels: 1, orgUnitPath: 'demo/shenyang/' };
  expect(gateway.requests.at(-1)).toEqual(asked);
  expect(json).toMatchObject({
    counts: [{ orgUnit: null, month: '2026-10', low95: 6 }],
    backtest: [{ reason: '过少。', coverage80: null }],
    causes: [{ cause: '春节', effect: null, fromMonth: null }],
    reason: null,
  });
  const csv = await gateway.get('/api/v1/reports/churn-forecast?format=csv');
  expect(csv.text).toBe(
    'kind,orgUnit,month,monthsAhead,stock,expected,median,low80,high80,low95,high95\r\n' +
      'all,,2026-10,1,812,12.9,13,8,18,6,21\r\n',
  );
  const { status } = await gateway.get('/api/v1/reports/churn-forecast?monthsAhead=7');
  expect(status).toBe(400);
});

test('all of them are listed, with and without an effect', async () => {
  const { json } = await gateway.get('/api/v1/campaign-results');
  expect(json['results']).toMatchObject([{ effect: { low: -0.05 } }, { campaignId: 'K-2', effect: null }]);
  // An unknown value is not zero.
  expect(json['results']).toMatchObject([
    { arms: [{ churned: 1, offerCost: null }] },
    { arms: [{ churned: null, offerCost: { amount: '60.00', currency: 'CNY' } }] },
  ]);
});

test.each([
  ['an unknown campaign', 'K-9', 404],
  ['an id that is too long', 'K'.repeat(65), 400],
])('%s is a problem document', async (_, id, status) => {
  const answered = await gateway.get(`/api/v1/campaigns/${id}/results`);
  expect(answered.status).toBe(status);
  expect(answered.headers.get('content-type')).toContain('application/problem+json');
});

test('an evaluation is a job, and the same key gives the same answer', async () => {
  const headers = { 'idempotency-key': 'evaluate-1' };
  const evaluate = () => gateway.post('/api/v1/campaign-results:evaluate', undefined, { headers });
  gateway.requests.splice(0);
  const first = await evaluate();
  expect(first.status).toBe(202);
  expect(first.json).toMatchObject({ kind: 'evaluate-campaigns', state: 'queued' });
  expect((await evaluate()).json).toEqual(first.json);
  expect(gateway.requests).toHaveLength(1);
});
