/** A plain table with a row for each subscriber and month: learned and judged as months, and the last one is scored. */
import { syntheticMonthName, syntheticMonths, syntheticMonthsCsv } from '@holdfast/learning/synthetic-months.fixture';
import type { Score } from './support/answers.js';
import { jobDone, uploadTable } from './support/imports.js';
import type { RestClient } from './support/rest.js';
import { sharedSystem } from './support/shared-system.js';

jest.setTimeout(300_000);

const MONTHS = 9;
const LAST = MONTHS - 1;
const rows = syntheticMonths({ subscribers: 1_500, months: MONTHS, seed: 8 });
const MAPPING = `table: monthly
key: id
asOf: { column: month }
label: { column: churn, positive: "1", negative: "0" }
value: fee
`;

interface LastMonth {
  month: string;
  rows: number;
  positives: number;
  realised: number;
  meanPrediction: number;
  isForward: boolean;
}

interface MonthlyModel {
  validation: { scheme: string; judgedMonths: string[]; lastMonth: LastMonth };
  excluded: { column: string; reason: string }[];
  prevalence: number;
}

interface MonthlyRun {
  month: string;
  rows: number;
  meanProbability: number;
  realised: { month: string; share: number };
  notices: unknown[];
}

interface ScorePage {
  scores: Score[];
  nextPageToken: string | null;
}

let operator: RestClient;

beforeAll(async () => {
  const { home } = await sharedSystem();
  operator = home.client('console');
});

it('learns from all months, and its list is that of the last one at its natural rate', async () => {
  const file = syntheticMonthsCsv(rows, ({ month, leaves }) => (month === LAST ? '' : leaves ? '1' : '0'));
  await jobDone(operator, await uploadTable(operator, MAPPING, 'monthly.csv', file));
  const trained = await jobDone(operator, await operator.post('/api/v1/models', { table: 'monthly' }));
  const model = await operator.get<MonthlyModel>(`/api/v1/models/${trained.result['modelId']}`);
  const labelled = rows.filter(({ month }) => month === LAST - 1);
  const left = labelled.filter(({ leaves }) => leaves).length;
  expect(model.excluded).toContainEqual({ column: 'price_index', reason: 'calendar' });
  expect(model.validation.scheme).toBe('forward in time');
  const { lastMonth } = model.validation;
  expect(lastMonth).toMatchObject({
    month: syntheticMonthName(LAST - 1),
    rows: labelled.length,
    positives: left,
    isForward: true,
  });
  expect(lastMonth.realised).toBeCloseTo(left / labelled.length, 9);

  const scored = await jobDone(operator, await operator.post('/api/v1/scores', { table: 'monthly' }));
  const run = await operator.get<MonthlyRun>(`/api/v1/churn-runs/${scored.result['runId']}`);
  const current = rows.filter(({ month }) => month === LAST);
  expect(run).toMatchObject({ month: syntheticMonthName(LAST), rows: current.length, notices: [] });
  expect(run.realised).toEqual({ month: lastMonth.month, share: lastMonth.realised });
  const list = await operator.all<ScorePage, Score>(
    '/api/v1/churn-lists?table=monthly&pageSize=1000',
    ({ scores }) => scores,
  );
  expect(list).toHaveLength(current.length);
  const mean = list.reduce((sum, { probability }) => sum + probability, 0) / list.length;
  expect(mean).toBeCloseTo(run.meanProbability, 4);
  // One in fifty leaves; of all rows that are somebody's newest, one in five would have.
  expect(run.meanProbability).toBeGreaterThan(0.015);
  expect(run.meanProbability).toBeLessThan(0.026);
});
