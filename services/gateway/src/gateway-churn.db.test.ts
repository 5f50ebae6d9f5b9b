import { Reasons, Run, Score } from '@holdfast/contracts/churn_scoring/v1/scoring';
import { Model } from '@holdfast/contracts/churn_scoring/v1/model';
import { bytesColumn, categoryColumnOf, numberColumn, uuidColumn } from '@holdfast/platform/columns';
import { failure } from '@holdfast/platform/errors';
import { testGateway, testJob } from './gateway.fixture.js';

const MODEL = '01936a44-5a10-7f51-8e41-7a6d5b8e1f77';
const UNKNOWN = '01936a44-5a10-7f51-8e41-7a6d5b8e1f78';
const SUBSCRIPTIONS = ['1b9d6bcd-bbfd-5b2d-9b5d-ab8dfbbd4bed', '2b9d6bcd-bbfd-5b2d-9b5d-ab8dfbbd4bed'];
const modelUnknown = failure('notFound', 'model.unknown', { en: 'There is no such model.', 'zh-CN': '没有这个模型。' });

const cause = { cause: 'contractEnd', contribution: 1.25, columns: ['contract_months_left'], controllable: true };
const reasons = Reasons.fromPartial({ causes: [cause, { ...cause, cause: 'move', controllable: false }] });

/** A batch of one churner. */
function churner(subscription: string) {
  return {
    rows: 1,
    columns: [
      uuidColumn('subscription_id', [subscription]),
      categoryColumnOf('month', ['2026-08']),
      categoryColumnOf('org_unit_path', ['demo/']),
      numberColumn('probability', Float64Array.of(0.25)),
      bytesColumn('reasons', [Reasons.encode(reasons).finish()]),
    ],
  };
}

const notices = [{ key: 'run.prevalenceDiffers', textEn: 'apart', textZhCn: '不一致' }];
const prevalence = { meanProbability: 0.02, realised: 0.05, realisedMonth: '2026-08', notices };

const score = Score.fromPartial({ subscriptionId: SUBSCRIPTIONS[0]!, probability: 0.5, reasons, month: '2026-09' });
const gateway = testGateway({
  models: {
    getModel: async () =>
      Model.fromPartial({
        modelId: MODEL,
        validation: { scheme: 'forward in time', judgedMonths: ['2026-07'], lostInGap: 3, recall10: 0.4 },
      }),
    readValidatedLeavers: async function* (_call, { modelId }) {
      if (modelId === UNKNOWN) throw modelUnknown();
      for (const subscription of SUBSCRIPTIONS) yield churner(subscription);
    },
  },
  scoring: {
    scoreTable: async () => testJob(`churn-scoring.${MODEL}`),
    getScore: async () => score,
    getRun: async () =>
      Run.fromPartial({ month: '2026-09', atRisk: 2, byCause: [{ cause: 'misfit', count: 2 }], ...prevalence }),
    listScores: async () => ({ scores: [score], nextPageToken: '', runId: MODEL, efficiencySource: undefined }),
  },
});

const churnersOf = (model: string, query = '', headers = {}) =>
  gateway.get(`/api/v1/models/${model}/validated-churners${query}`, { headers });

test('all validated churners come as NDJSON, with their causes', async () => {
  const { lines, headers } = await churnersOf(MODEL, '', { accept: 'application/x-ndjson' });
  expect(headers.get('content-type')).toContain('application/x-ndjson');
  expect(lines).toEqual(
    SUBSCRIPTIONS.map((subscriptionId) =>
      expect.objectContaining({ subscriptionId, month: '2026-08', orgUnit: 'demo/', probability: 0.25 }),
    ),
  );
  expect(lines[0]).toMatchObject({ reasons: { causes: [cause, { cause: 'move', controllable: false }] } });
});

test.each([
  ['?limit=1', 1, false],
  ['?limit=2', 2, true],
  ['', 2, true],
])('the first ones come as JSON%s, with whether they are all', async (query, count, isComplete) => {
  const { json } = await churnersOf(MODEL, query);
  expect(json).toMatchObject({ churners: Array<unknown>(count).fill({ month: '2026-08' }), isComplete });
});

test('an unknown model is a problem, not a stream that breaks off', async () => {
  const { status, json } = await churnersOf(UNKNOWN, '?format=ndjson');
  expect(status).toBe(404);
  expect(json).toMatchObject({ status: 404 });
});

test('a month is scored by name, or the last one', async () => {
  const scored = (body: object) => gateway.post('/api/v1/scores', { table: 'subscriber-months', ...body });
  expect((await scored({ month: '2026-08' })).status).toBe(202);
  expect(gateway.requests.at(-1)).toMatchObject({ month: '2026-08' });
  expect((await scored({})).status).toBe(202);
  expect(gateway.requests.at(-1)).toMatchObject({ month: '' });
  expect((await scored({ month: '2026-13' })).status).toBe(400);
});

test('scores, runs and models name their months and causes', async () => {
  const score = await gateway.get(`/api/v1/subscriptions/${SUBSCRIPTIONS[0]!}/churn`);
  expect(score.json).toMatchObject({ month: '2026-09', reasons: { causes: [cause, { cause: 'move' }] } });
  const run = await gateway.get('/api/v1/churn-runs/latest');
  expect(run.json).toMatchObject({ month: '2026-09', atRisk: { byCause: [{ cause: 'misfit', count: 2 }] } });
  const model = await gateway.get(`/api/v1/models/${MODEL}`);
  const months = { judgedMonths: ['2026-07'], trainingMonths: [], lostInGap: 3, recall10: 0.4 };
  expect(model.json).toMatchObject({ validation: months });
  // What churn-scoring could not work out is null: 0 would be a figure.
  const unknown = { auc: null, brier: null, logLoss: null, calibrationSlope: null, lastMonth: null };
  const validation = { ...unknown, calibrationErrorIdeal: { mean: null, p95: null } };
  expect(model.json).toMatchObject({ validation });
  expect(run.json).toMatchObject({ meanProbability: 0.02, realised: { month: '2026-08', share: 0.05 } });
  expect((run.json as { notices: object[] }).notices).toEqual([{ code: 'run.prevalenceDiffers', message: 'apart' }]);
  const csv = await gateway.get('/api/v1/churn-lists?table=subscriber-months&format=csv');
  const [header, line] = csv.text.split('\r\n').map((row) => row.split(','));
  expect(line![header!.indexOf('causes')]).toBe('contractEnd;move');
  expect(line![header!.indexOf('month')]).toBe('2026-09');
});
