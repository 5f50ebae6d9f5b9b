// A table with a row for each subscription and month: judged forward in time, scored a month at a time.
import { rowsOfBatches } from '@holdfast/testing/lists';
import { ModelServiceDefinition, type Model, type ModelService } from '@holdfast/contracts/churn_scoring/v1/model';
import {
  Reasons,
  ScoringServiceDefinition,
  type ScoresPublished,
  type ScoringService,
} from '@holdfast/contracts/churn_scoring/v1/scoring';
import { JobState, type Job } from '@holdfast/contracts/platform/v1/jobs';
import { callOf, systemCall } from '@holdfast/testing/callers';
import { recordEvents } from '@holdfast/testing/recorder';
import { TestService, eventually } from '@holdfast/testing/service';
import { ChurnScoringModule } from './churn-scoring.module.js';
import { LEAD_MONTHS, MONTHS, MONTH_UNITS, SyntheticMonthLake, ids, panel } from './synthetic-month-lake.fixture.js';
import { scoresPublished } from './scoring/run-publisher.js';

const TABLE = 'subscriber-months';
/** As in the parameter; a short panel has few months before them. */
const JUDGED_MONTHS = 2;
/** The last months whose label is known. */
const JUDGED = MONTHS.slice(-LEAD_MONTHS - JUDGED_MONTHS, -LEAD_MONTHS);
const reader = callOf({ scopes: ['churn:read'] });
const table = { kind: '', table: TABLE, version: '', month: '' };
const training = { ...table, seed: 0, naturalPrevalence: undefined, repeats: 0 };

/** Rows of the synthetic panel that are so. */
const rowsWhere = (is: (row: number) => boolean): number[] => [...panel.months.keys()].filter(is);

const lake = new SyntheticMonthLake();
const events = recordEvents([scoresPublished]);
const service = new TestService(ChurnScoringModule, {
  ...{ service: 'churn-scoring', environment: { HOLDFAST_TRAINING_WORKER: 'none' }, calls: ['feature-store'] },
  serve: (server) => lake.serve(server),
});
const models = service.client<ModelService>(ModelServiceDefinition);
const scoring = service.client<ScoringService>(ScoringServiceDefinition);
let model: Model;
let scored: Job;

interface Leaver {
  subscriptionId: string;
  month: string;
  orgUnitPath: string;
  reasons: Uint8Array;
}

const leaversSeenBy = (call = reader): Promise<Leaver[]> =>
  rowsOfBatches(models.readValidatedLeavers(call, { modelId: model.modelId }));

beforeAll(async () => {
  await service.setParameter('model.judgedMonths', JUDGED_MONTHS);
  const trained = await service.ended(await models.trainModel(systemCall, training));
  model = await models.getModel(systemCall, { modelId: trained.result['modelId']! });
  scored = await service.ended(await scoring.scoreTable(systemCall, table));
}, 120_000);

it('judges the last labelled months by what was known when each of them ended', () => {
  const judged = rowsWhere((row) => JUDGED.includes(MONTHS[panel.months[row]!]!));
  const labelled = judged.filter((row) => !Number.isNaN(panel.labels[row]!));
  expect(model.validation).toMatchObject({
    scheme: 'forward in time',
    judgedMonths: JUDGED,
    trainingMonths: MONTHS.slice(0, -2 * LEAD_MONTHS),
    rows: labelled.length,
    positives: labelled.filter((row) => panel.labels[row] === 1).length,
    lostInGap: judged.filter((row) => panel.lostInGap[row] === 1).length,
  });
  expect(model.validation!.lostInGap).toBeGreaterThan(5);
  expect(model.validation!.auc!.mean).toBeGreaterThan(0.68);
  expect(model.validation!.recall10).toBeGreaterThan(0.2);
  expect(model.prevalence).toBeLessThan(0.1);
  // the column of churn inside the gap is not a feature
  const used = model.importance.map(({ column }) => column);
  expect(used).not.toContain('lost_in_gap');
  expect(used).toEqual(expect.arrayContaining(['complaints', 'contractEnded', 'overpaid']));
  // uninformative columns are excluded and reported
  const unused = model.excluded.flatMap(({ column, reason }) => (reason === 'uninformative' ? [column] : []));
  expect([...used, ...unused].sort()).toEqual(['complaints', 'contractEnded', 'noise', 'overpaid']);
});

it('compares prediction and outcome of the last labelled month, and gives the prediction of the run', async () => {
  const month = JUDGED.at(-1)!;
  const labels = rowsWhere((row) => MONTHS[panel.months[row]!] === month)
    .map((row) => panel.labels[row]!)
    .filter((label) => !Number.isNaN(label));
  const realised = labels.reduce((sum, label) => sum + label, 0) / labels.length;
  expect(model.validation!.lastMonth).toMatchObject({ month, rows: labels.length, realised, isForward: true });
  expect(model.validation!.lastMonth!.meanPrediction!).toBeGreaterThan(realised / 2);
  expect(model.validation!.lastMonth!.meanPrediction!).toBeLessThan(realised * 2);
  const run = await scoring.getRun(reader, { runId: scored.result['runId']!, table: '' });
  const page = { table: '', quadrant: '', orgUnitPath: '', sort: '-probability', pageSize: 1_000, pageToken: '' };
  const { scores } = await scoring.listScores(reader, { ...page, runId: run.runId, probabilityMin: undefined });
  const mean = scores.reduce((sum, { probability }) => sum + probability, 0) / scores.length;
  expect(scores).toHaveLength(run.rows);
  expect(run.meanProbability!).toBeCloseTo(mean, 5);
  expect(run).toMatchObject({ realised, realisedMonth: month, notices: [] });
  // Who sees a city alone has its own mean, and nothing to compare it with.
  const dalian = callOf({ scopes: ['churn:read'], orgScope: [MONTH_UNITS[1]!] });
  const part = await scoring.getRun(dalian, { runId: run.runId, table: '' });
  expect(part.meanProbability).not.toBe(run.meanProbability);
  expect(part.realised).toBeUndefined();
});

it('stores predictions and reasons of churned subscriptions', async () => {
  const left = rowsWhere((row) => JUDGED.includes(MONTHS[panel.months[row]!]!) && panel.labels[row] === 1);
  const key = (row: number): string => `${ids[panel.subscriptions[row]!]!} ${MONTHS[panel.months[row]!]!}`;
  const leavers = await leaversSeenBy();
  expect(leavers.map(({ subscriptionId, month }) => `${subscriptionId} ${month}`).sort()).toEqual(left.map(key).sort());
  const valueAt = (name: string, row: number): number => panel.table.numberColumn(name).values[row]!;
  const causes = (reasons: Uint8Array): string[] => Reasons.decode(reasons).causes.map(({ cause }) => cause);
  const causesOf = new Map(leavers.map((row) => [`${row.subscriptionId} ${row.month}`, causes(row.reasons)]));
  const ofEnded = left.filter((row) => valueAt('contractEnded', row) === 1);
  expect(ofEnded.length).toBeGreaterThan(3);
  for (const row of ofEnded) expect(causesOf.get(key(row))![0]).toBe('contractEnd');
  const quiet = left.filter((row) => valueAt('complaints', row) === 0);
  for (const row of quiet) expect(causesOf.get(key(row))).not.toContain('service');
});

it('shows churners of the region of the caller alone, with the scope of scores', async () => {
  const dalian = callOf({ scopes: ['churn:read'], orgScope: [MONTH_UNITS[1]!] });
  const leavers = await leaversSeenBy(dalian);
  expect(new Set(leavers.map(({ orgUnitPath }) => orgUnitPath))).toEqual(new Set([MONTH_UNITS[1]]));
  expect(leavers.length).toBeLessThan((await leaversSeenBy()).length);
  await expect(leaversSeenBy(callOf({ scopes: ['model:read'] }))).rejects.toMatchObject({ kind: 'forbidden' });
  const unknown = models.readValidatedLeavers(reader, { modelId: ids[0]! })[Symbol.asyncIterator]();
  await expect(unknown.next()).rejects.toMatchObject({ kind: 'notFound' });
});

it('scores the last month where none is named, and its rows alone', async () => {
  const last = MONTHS.at(-1)!;
  const rows = rowsWhere((row) => MONTHS[panel.months[row]!] === last);
  expect(scored).toMatchObject({ state: JobState.JOB_STATE_DONE, rowsDone: rows.length, result: { month: last } });
  const run = await scoring.getRun(reader, { runId: scored.result['runId']!, table: '' });
  expect(run).toMatchObject({ month: last, rows: rows.length });
  const score = await scoring.getScore(reader, { subscriptionId: ids[panel.subscriptions[rows[0]!]!]!, kind: '' });
  expect(score).toMatchObject({ month: last, runId: run.runId });
  const causes = run.byCause.reduce((sum, { count }) => sum + count, 0);
  expect(causes).toBeGreaterThan(0);
  expect(causes).toBeLessThanOrEqual(run.atRisk);
  await eventually('the month is published', async () => {
    const published = events.map(({ payload }) => payload as ScoresPublished);
    return published.some(({ runId, month }) => runId === run.runId && month === last);
  });
});

it('gives the same job for the month by name, another for another month, none for one without rows', async () => {
  const named = await scoring.scoreTable(systemCall, { ...table, month: MONTHS.at(-1)! });
  expect(named.jobId).toBe(scored.jobId);
  const earlier = await service.ended(await scoring.scoreTable(systemCall, { ...table, month: MONTHS[4]! }));
  expect(earlier.jobId).not.toBe(scored.jobId);
  const run = await scoring.getRun(reader, { runId: earlier.result['runId']!, table: '' });
  expect(run.rows).toBe(rowsWhere((row) => panel.months[row] === 4).length);
  // Campaigns use the last month.
  const newest = await scoring.getRun(reader, { runId: '', table: table.table });
  expect(newest).toMatchObject({ runId: scored.result['runId'], month: MONTHS.at(-1) });
  await expect(scoring.scoreTable(systemCall, { ...table, month: '2031-01' })).rejects.toMatchObject({
    kind: 'notFound',
    key: 'score.monthUnknown',
  });
});

it('counts the first cause of those at risk as the list shows them', async () => {
  const runId = scored.result['runId']!;
  const run = await scoring.getRun(reader, { runId, table: '' });
  const page = { table: '', quadrant: '', orgUnitPath: '', sort: '-probability', pageSize: 1_000, pageToken: '' };
  const { scores } = await scoring.listScores(reader, { ...page, runId, probabilityMin: run.atRiskProbabilityMin });
  const counted = new Map<string, number>();
  for (const { reasons } of scores) {
    const cause = reasons!.causes[0]?.cause;
    if (cause !== undefined) counted.set(cause, (counted.get(cause) ?? 0) + 1);
  }
  expect(new Map(run.byCause.map(({ cause, count }) => [cause, count]))).toEqual(counted);
  expect(scores.every(({ month }) => month === MONTHS.at(-1))).toBe(true);
});
