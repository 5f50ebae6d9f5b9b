// A table with a row for each subscription and month: judged forward in time, scored a month at a time.
import { rowsOfBatches } from '@holdfast/testing/lists';
import { ModelServiceDefinition, type Model, type ModelService } from '@holdfast/contracts/churn_scoring/v1/model';
import {
  Reasons,
  ScoringServiceDefinition,
  type Score,
  type ScoresPublished,
  type ScoringService,
} from '@holdfast/contracts/churn_scoring/v1/scoring';
import {
  WorthServiceDefinition,
  type ListedValue,
  type WorthService,
} from '@holdfast/contracts/churn_scoring/v1/worth';
import {
  ResultServiceDefinition,
  RetentionEffect,
  type ResultService,
} from '@holdfast/contracts/evaluation/v1/results';
import { JobState, type Job } from '@holdfast/contracts/platform/v1/jobs';
import { addMonths } from '@holdfast/platform/calendar';
import { requireScope } from '@holdfast/platform/caller';
import { callOf, systemCall } from '@holdfast/testing/callers';
import { recordEvents } from '@holdfast/testing/recorder';
import { TestService, eventually, unimplemented } from '@holdfast/testing/service';
import { ChurnScoringModule } from './churn-scoring.module.js';
import {
  LEAD_MONTHS,
  MONTHS,
  MONTH_UNITS,
  SyntheticMonthLake,
  WITH_ARREARS,
  ids,
  isInArrears,
  panel,
  silentMonthsOf,
  contractMonthsOf,
  reasonCodeOf,
  segmentOf,
  worthOf,
} from './synthetic-month-lake.fixture.js';
import { scoresPublished } from './scoring/run-publisher.js';
import { churnScoringParameters } from './parameters.js';
import { worthParameters } from './worth-parameters.js';

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
/** What evaluation has measured; nothing at first. */
let effect = RetentionEffect.fromPartial({});
const events = recordEvents([scoresPublished]);
const service = new TestService(ChurnScoringModule, {
  ...{ service: 'churn-scoring', environment: { HOLDFAST_TRAINING_WORKER: 'none' } },
  calls: ['feature-store', 'evaluation'],
  serve: (server) => {
    lake.serve(server);
    const results = unimplemented<ResultService>(ResultServiceDefinition, {
      getRetentionEffect: async ({ caller }) => {
        requireScope(caller, 'evaluation:read');
        return effect;
      },
    });
    server.serve<ResultService>(ResultServiceDefinition, results);
  },
});
const models = service.client<ModelService>(ModelServiceDefinition);
const scoring = service.client<ScoringService>(ScoringServiceDefinition);
const worth = service.client<WorthService>(WorthServiceDefinition);
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
  const run = await scoring.getRun(reader, { runId: scored.result['runId']!, table: '', kind: '' });
  const page = {
    table: '',
    kind: '',
    involuntary: '',
    timing: '',
    quadrant: '',
    orgUnitPath: '',
    sort: '-probability',
    pageSize: 1_000,
    pageToken: '',
  };
  const { scores } = await scoring.listScores(reader, { ...page, runId: run.runId, probabilityMin: undefined });
  const mean = scores.reduce((sum, { probability }) => sum + probability, 0) / scores.length;
  expect(scores).toHaveLength(run.rows);
  expect(run.meanProbability!).toBeCloseTo(mean, 5);
  expect(run).toMatchObject({ realised, realisedMonth: month, notices: [] });
  // Who sees a city alone has its own mean, and nothing to compare it with.
  const dalian = callOf({ scopes: ['churn:read'], orgScope: [MONTH_UNITS[1]!] });
  const part = await scoring.getRun(dalian, { runId: run.runId, table: '', kind: '' });
  expect(part.meanProbability).not.toBe(run.meanProbability);
  expect(part.realised).toBeUndefined();
});

it('stores predictions and reasons of churned subscriptions', async () => {
  const left = rowsWhere((row) => JUDGED.includes(MONTHS[panel.months[row]!]!) && panel.labels[row] === 1);
  const key = (row: number): string => `${ids[panel.subscriptions[row]!]!} ${MONTHS[panel.months[row]!]!}`;
  const leavers = await leaversSeenBy();
  expect(leavers.map(({ subscriptionId, month }) => `${subscriptionId} ${month}`).sort()).toEqual(left.map(key).sort());
  const valueAt = (name: string, row: number): number => panel.table.numberColumn(name).values[row]!;
  const told = new Map(
    leavers.map((row) => [`${row.subscriptionId} ${row.month}`, Reasons.decode(row.reasons).causes]),
  );
  const namedAt = (row: number): string[] => told.get(key(row))!.flatMap(({ cause, named }) => (named ? [cause] : []));
  const ofEnded = left.filter((row) => valueAt('contractEnded', row) === 1);
  expect(ofEnded.length).toBeGreaterThan(3);
  for (const row of ofEnded) {
    // Two complaints raise the risk as much as the end of a contract, but this operator's code is then that of the contract.
    expect(namedAt(row)).toEqual(['contractEnd']);
    if (valueAt('complaints', row) !== 2) continue;
    const service = told.get(key(row))!.find(({ cause }) => cause === 'service')!;
    expect(service.contribution).toBeGreaterThan(1);
    expect(service.evidence.map(({ column }) => column)).toEqual(['complaints']);
    expect(service.probability).toBeLessThan(0.2);
  }
  const complaining = left.filter((row) => valueAt('complaints', row) > 0 && valueAt('contractEnded', row) === 0);
  expect(complaining.length).toBeGreaterThan(3);
  for (const row of complaining) expect(namedAt(row)).toEqual(['service']);
  const quiet = left.filter((row) => valueAt('complaints', row) === 0);
  for (const row of quiet) expect(namedAt(row)).not.toContain('service');
});

it('judges causes by the reason codes of churners of the judged months', () => {
  const left = rowsWhere((row) => JUDGED.includes(MONTHS[panel.months[row]!]!) && panel.labels[row] === 1);
  const codes = left.map(reasonCodeOf);
  const causes = model.validation!.causes!;
  expect(causes).toMatchObject({
    churners: left.length,
    coded: codes.filter((code) => code !== undefined).length,
    codedSeven: codes.filter((code) => code === 'price' || code === 'service').length,
  });
  expect(causes.amongFirstThree).toBeGreaterThan(0.9);
  expect(causes.logLoss).toBeLessThan(causes.logLossShares!);
  expect(causes.learnedFrom).toBeGreaterThan(causes.coded);
  expect(causes.calibration.find((each) => each.causes.includes('misfit'))!.causes).toEqual(['misfit', 'contractEnd']);
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
  const run = await scoring.getRun(reader, { runId: scored.result['runId']!, table: '', kind: '' });
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
  const run = await scoring.getRun(reader, { runId: earlier.result['runId']!, table: '', kind: '' });
  expect(run.rows).toBe(rowsWhere((row) => panel.months[row] === 4).length);
  // Campaigns use the last month.
  const newest = await scoring.getRun(reader, { runId: '', table: table.table, kind: '' });
  expect(newest).toMatchObject({ runId: scored.result['runId'], month: MONTHS.at(-1) });
  await expect(scoring.scoreTable(systemCall, { ...table, month: '2031-01' })).rejects.toMatchObject({
    kind: 'notFound',
    key: 'score.monthUnknown',
  });
});

it('counts the first cause of those at risk as the list shows them', async () => {
  const runId = scored.result['runId']!;
  const run = await scoring.getRun(reader, { runId, table: '', kind: '' });
  const page = {
    table: '',
    kind: '',
    involuntary: '',
    timing: '',
    quadrant: '',
    orgUnitPath: '',
    sort: '-probability',
    pageSize: 1_000,
    pageToken: '',
  };
  const { scores } = await scoring.listScores(reader, { ...page, runId, probabilityMin: run.atRiskProbabilityMin });
  const counted = new Map<string, number>();
  for (const { reasons } of scores) {
    const cause = reasons!.causes.find(({ named }) => named)?.cause;
    expect(reasons!.hasClearReason).toBe(cause !== undefined);
    if (cause !== undefined) counted.set(cause, (counted.get(cause) ?? 0) + 1);
  }
  expect(new Map(run.byCause.map(({ cause, count }) => [cause, count]))).toEqual(counted);
  const named = [...counted.values()].reduce((sum, count) => sum + count, 0);
  expect(run.withoutClearReason).toBe(run.atRisk - named);
  // What would have to change is known of those at risk with something that the operator can change.
  const changes = scores.flatMap(({ reasons }) => reasons!.change ?? []);
  expect(changes.length).toBeGreaterThan(0);
  for (const { levers, columns, probability } of changes) {
    expect(probability).toBeLessThan(run.atRiskProbabilityMin);
    expect([levers.length > 0, columns.length > 0]).toEqual([true, true]);
  }
  expect(scores.every(({ month }) => month === MONTHS.at(-1))).toBe(true);
});

describe('worth', () => {
  const everything = { month: '', group: '', orgUnitPath: '', quadrant: '', cause: '', grade: '', managerId: '' };
  const asked = {
    ...everything,
    valueMin: undefined,
    paretoOnly: false,
    sort: '',
    pageSize: 1_000,
    pageToken: '',
    segment: '',
  };
  const ofRegion = (orgScope: string[]) => callOf({ scopes: ['value:read'], orgScope });
  const province = ofRegion(['demo/']);
  const listed = async (changed: Partial<typeof asked> = {}, call = province): Promise<ListedValue[]> =>
    (await worth.listValues(call, { ...asked, ...changed })).values;
  const at = (value: { subscriptionId: string }): number => ids.indexOf(value.subscriptionId);
  const valueOf = (index: number, withSensitivity = false, call = province) =>
    worth.getCustomerValue(call, { id: ids[index]!, withSensitivity });

  beforeAll(() => eventually('the worth is computed', () => listed().catch(() => undefined)));

  it('is computed for every scored subscription, in the requested order', async () => {
    const { values, month, definitions, quadrants, runId } = await worth.listValues(province, asked);
    const { scores } = await scoring.listScores(reader, {
      ...{ runId, table: TABLE, kind: '', involuntary: '', quadrant: '', sort: '', orgUnitPath: '', timing: '' },
      ...{ pageSize: 1_000, pageToken: '' },
      probabilityMin: undefined,
    });
    expect([month, definitions, values.length]).toEqual([MONTHS.at(-1), 'midHighEnd=1', scores.length]);
    for (const { subscriptionId, probability, quadrant } of scores)
      expect(values.find((value) => value.subscriptionId === subscriptionId)).toMatchObject({ probability, quadrant });
    const futures = values.map(({ futureValue }) => futureValue!.minor);
    expect(futures).toEqual([...futures].sort((left, right) => right - left));
    expect(quadrants['C']).toBe('Retain first: likely to leave, a contact pays.');
  });

  it('is the discounted margin by survival, and the weighted ranks of the known components', async () => {
    const { subscriptions, missing, settingsJson, hazards } = await valueOf(4);
    const value = subscriptions.find(({ subscriptionId }) => subscriptionId === ids[4])!;
    const { revenue, serveCost } = worthOf(4);
    const margin = revenue - serveCost;
    const monthly = Array.from({ length: 24 }, (_, month) => {
      return margin * Math.pow((1 - value.probability) / Math.pow(1.1, 1 / 12), month + 1);
    });
    const future = monthly.reduce((sum, one) => sum + one, 0);
    expect(value.margin).toEqual({ minor: margin, currency: 'CNY' });
    expect(value.futureValue!.minor).toBe(Math.round(future));
    // The model has no horizons, which the answer shows.
    expect(hazards).toMatchObject({ months: 1, basis: 'constant' });
    expect(hazards!.textEn).toContain('no months in which subscriptions churned');
    expect(value.horizons.map(({ months, basis }) => [months, basis])).toEqual(
      [1, 2, 3, 6, 24].map((months) => [months, 'constant']),
    );
    expect(value.horizons.at(-1)!.value).toEqual(value.futureValue);
    expect(value.expectedLoss!.minor).toBe(Math.round(value.probability * Math.round(future)));
    expect(missing).toEqual(['interconnect']);
    const weights = worthParameters['worth.weights'].default;
    const ranked = value.components.filter(({ rank }) => rank !== undefined);
    expect(ranked.map(({ name }) => name)).toEqual(Object.keys(weights).filter((name) => name !== 'interconnect'));
    const sum = ranked.reduce((total, { weight, rank }) => total + weight * rank!, 0);
    expect(value.valueIndex).toBeCloseTo(sum / (1 - weights.interconnect), 6);
    expect(JSON.parse(settingsJson)['worth.weights']).toEqual({ value: weights, version: 1 });
  });

  it('grades, ranks and selects within the region', async () => {
    const some = (await listed()).slice(0, 60).map(at);
    const all = await Promise.all(some.map(async (index) => (await valueOf(index)).subscriptions));
    const values = new Map(all.flat().map((value) => [value.subscriptionId, value]));
    const { A, B } = worthParameters['worth.grades'].default;
    for (const { percentile, grade } of values.values())
      expect(grade).toBe(percentile! <= A ? 'A' : percentile! <= B ? 'B' : percentile! <= 0.8 ? 'C' : 'D');
    for (const unit of MONTH_UNITS) {
      const own = (await listed({ sort: '-loss' })).filter(({ orgUnitPath }) => orgUnitPath === unit);
      const selected = own.filter(({ inPareto }) => inPareto);
      expect(selected).toEqual(own.slice(0, selected.length));
      expect(selected.length / own.length).toBeCloseTo(0.2, 1);
      const ranked = (await listed({ sort: '-index' })).filter(({ orgUnitPath }) => orgUnitPath === unit);
      expect(ranked.filter(({ grade }) => grade === 'A').length / own.length).toBeCloseTo(0.2, 1);
    }
    expect((await listed({ paretoOnly: true })).every(({ inPareto }) => inPareto)).toBe(true);
  });

  it('shows how a grade changes with each weight, and leaves it where nothing changes', async () => {
    const { subscriptions } = await valueOf(7, true);
    const value = subscriptions.find(({ subscriptionId }) => subscriptionId === ids[7])!;
    expect(value.sensitivity.map(({ component }) => component)).toEqual(value.components.map(({ name }) => name));
    for (const { component, lower, higher } of value.sensitivity) {
      const { weight, rank } = value.components.find(({ name }) => name === component)!;
      expect(lower!.weight).toBeCloseTo(Math.max(0, weight - 0.05), 9);
      expect(higher!.weight).toBeCloseTo(weight + 0.05, 9);
      // Components without facts have no influence; the others pull the index towards their rank.
      const pull = rank === undefined ? 0 : Math.sign(rank - value.valueIndex!);
      expect(Math.sign(Math.round((higher!.valueIndex - value.valueIndex!) * 1e7))).toBe(pull);
    }
    const unchanged = value.sensitivity.find(({ component }) => component === 'interconnect')!;
    expect(unchanged.higher!.percentile).toBeCloseTo(value.percentile!, 9);
    expect((await valueOf(7)).subscriptions[0]!.sensitivity).toEqual([]);
  });

  it('has the derived models, and names the basis of the churn index', async () => {
    const of = async (index: number) =>
      (await valueOf(index)).subscriptions.find(({ subscriptionId }) => subscriptionId === ids[index])!;
    const scored = (await listed()).map(at);
    const first = (is: (index: number) => boolean): number => scored.find(is)!;
    const without = await of(first((index) => worthOf(index).arrearsMonths === 0));
    expect(without).toMatchObject({ creditGrade: 'A', arrearsMonths: 0, fingerprint: { voice: 0.25 } });
    expect(await of(first((index) => worthOf(index).arrearsMonths === 4))).toMatchObject({ creditGrade: 'D' });
    expect(await of(first((index) => worthOf(index).billChange === 0.6))).toMatchObject({ changed: true });
    expect(await of(first((index) => worthOf(index).billChange === 0.4))).toMatchObject({ changed: false });
    const { runId } = await worth.listValues(province, asked);
    const atRiskFrom = (await scoring.getRun(reader, { runId, table: TABLE, kind: '' })).atRiskProbabilityMin;
    for (const { lifecycle, subscriptionId, probability } of await listed()) {
      const index = ids.indexOf(subscriptionId);
      const { billChange } = worthOf(index);
      const isDeclining = index % 10 === 0 || billChange <= -0.2;
      const later = isDeclining ? 'declining' : billChange >= 0.1 ? 'growing' : 'mature';
      expect(lifecycle).toBe(probability >= atRiskFrom ? 'leaving' : index % 40 < 6 ? 'new' : later);
    }
    const answered = await of(first((index) => index % 50 === 0));
    expect(answered).toMatchObject({ churnIndex: 0.5, churnIndexBasis: 'survey' });
    expect(answered.churnIndexFactorsJson).toContain('price');
    expect(await of(first((index) => index % 50 !== 0))).toMatchObject({ churnIndex: undefined, churnIndexBasis: '' });
  });

  it('lists potential mid/high-end subscriptions by manager and reason, page by page, within the region', async () => {
    const potential = await listed({ group: 'potential' });
    for (const value of potential) {
      const { valueGroup, billChange, usage } = worthOf(at(value));
      expect(valueGroup).not.toBe('mid_high_end');
      expect(value.potential === 'near_line').toBe(valueGroup === 'quasi_mid_high_end');
      const isSo = { near_line: true, rising: billChange >= 0.2, heavy_use: usage >= 0.8 }[value.potential];
      expect(isSo).toBe(true);
    }
    expect(new Set(potential.map(({ potential: why }) => why))).toEqual(new Set(['near_line', 'rising', 'heavy_use']));
    const own = potential.filter(({ managerId }) => managerId === 'ST1');
    expect(await listed({ group: 'potential', managerId: 'ST1' })).toEqual(own);
    const pages: ListedValue[] = [];
    for (let pageToken = ''; pages.length === 0 || pageToken !== '';) {
      const page = await worth.listValues(province, { ...asked, group: 'potential', pageSize: 50, pageToken });
      pages.push(...page.values);
      pageToken = page.nextPageToken;
    }
    expect(pages).toEqual(potential);
    const dalian = ofRegion(['demo/dalian/']);
    expect(await listed({ group: 'potential' }, dalian)).toEqual(
      potential.filter(({ orgUnitPath }) => orgUnitPath === 'demo/dalian/'),
    );
    const other = [...ids.keys()].find((index) => worthOf(index).unit === 'demo/shenyang/')!;
    await expect(valueOf(other, false, dalian)).rejects.toMatchObject({ kind: 'notFound', key: 'value.unknown' });
    await expect(listed({}, reader)).rejects.toMatchObject({ kind: 'forbidden' });
    await expect(listed({ group: 'rich' })).rejects.toMatchObject({ key: 'value.listInvalid' });
    await expect(listed({ month: '2020-01' })).rejects.toMatchObject({ key: 'value.monthUnknown' });
  });

  it('has early adopters with their agreement, and mature-stage choosers with the offers of rivals', async () => {
    const early = await listed({ segment: 'early_adopter' });
    expect(early.length).toBeGreaterThan(20);
    expect(early).toEqual((await listed()).filter((value) => segmentOf(at(value)) === 'early_adopter'));
    await expect(listed({ segment: 'rich' })).rejects.toMatchObject({ key: 'value.listInvalid' });
    const of = async (index: number) =>
      (await valueOf(index)).subscriptions.find(({ subscriptionId }) => subscriptionId === ids[index])!.segment!;
    const first = (is: (index: number) => boolean): number => early.map(at).find(is)!;
    const bound = await of(first((index) => index % 2 === 0));
    expect(bound).toMatchObject({
      adoptions: [{ launchedOn: '', rank: 8, users: 120 }],
      agreement: { contractId: 'K1', endsOn: '2027-06-30', penalty: { minor: 10_000, currency: 'CNY' } },
      ...{ eligibleOn: '2027-07-01', offers: [], signs: [] },
    });
    expect(bound.adviceEn).toMatch(
      /not a one-off: .* from 2027-07-01 on. The agreement K1 is in force until 2027-06-30/,
    );
    expect(bound.adviceZhCn).toContain('现有协议 K1 有效期至 2027-06-30，保持不变。');
    const free = await of(first((index) => index % 2 === 1));
    expect(free).toMatchObject({ agreement: undefined, eligibleOn: '2027-01-01' });
    expect(free.adviceEn).toContain('No agreement is in force.');
    const chooser = (await listed({ segment: 'mature_chooser' }))[0]!;
    const score = { subscriptionId: chooser.subscriptionId, kind: '' };
    const { segment } = await scoring.getScore(reader, score);
    expect(segment).toEqual(await of(at(chooser)));
    expect(segment).toMatchObject({
      signs: [{ kind: 'rival_contact', count: 3 }],
      offers: [{ rival: 'rival_a', cost: { minor: 5_900 }, difference: { minor: -2_100 }, atLeast: true }],
    });
    expect(segment!.adviceEn).toContain(
      '“59元 10GB” of rival_a (market_months, 2026-12) would cost at most 21.00 CNY less',
    );
    expect(segment!.adviceZhCn).toContain('每月最多便宜 21.00 CNY');
    const unknown = (await listed({ segment: 'unknown' }))[0]!;
    expect(await of(at(unknown))).toMatchObject({ reasons: ['no_new_item', 'needs:surveys'], adviceEn: '' });
    const elsewhere = callOf({ scopes: ['churn:read'], orgScope: ['demo/none/'] });
    await expect(scoring.getScore(elsewhere, score)).rejects.toMatchObject({ key: 'score.unknown' });
  });

  it('is withdrawn with its run', async () => {
    const { runId } = await worth.listValues(province, asked);
    await service.database.query('update scoring_run set withdrawn_at = now(), is_current = false where id = $1', [
      runId,
    ]);
    const { runId: before } = await worth.listValues(province, asked).catch(() => ({ runId: '' }));
    expect(before).not.toBe(runId);
  });
});

describe('a table that distinguishes kinds of churn', () => {
  const subject = { ...table, table: WITH_ARREARS };
  let trainedKinds: Job;
  let scoredKinds: Job;

  const listOf = async (kind: string, involuntary = '', silent?: boolean, timing = ''): Promise<Score[]> => {
    const filter = { quadrant: '', orgUnitPath: '', sort: '-probability', probabilityMin: undefined, silent, timing };
    const page = { runId: '', table: WITH_ARREARS, pageSize: 1_000, pageToken: '', kind, involuntary };
    return (await scoring.listScores(reader, { ...filter, ...page })).scores;
  };

  beforeAll(async () => {
    trainedKinds = await service.ended(await models.trainModel(systemCall, { ...training, table: WITH_ARREARS }));
    scoredKinds = await service.ended(await scoring.scoreTable(systemCall, subject));
  }, 120_000);

  it('trains a model of each kind on the same rows, each churner positive for one of them', async () => {
    const [status, involuntary] = await Promise.all(
      ['modelId', 'involuntaryModelId'].map((name) =>
        models.getModel(systemCall, { modelId: trainedKinds.result[name]! }),
      ),
    );
    const judged = rowsWhere((row) => JUDGED.includes(MONTHS[panel.months[row]!]!));
    const left = judged.filter((row) => panel.labels[row] === 1);
    const [inArrears, otherwise] = [left.filter(isInArrears).length, left.filter((row) => !isInArrears(row)).length];
    expect(inArrears).toBeGreaterThan(5);
    expect(status).toMatchObject({ kind: 'status', champion: true, validation: { positives: otherwise } });
    expect(involuntary).toMatchObject({ kind: 'involuntary', champion: true, validation: { positives: inArrears } });
    expect(involuntary!.validation!.auc!.mean).toBeGreaterThan(0.8);
    expect(involuntary!.validation!.rows).toBe(status!.validation!.rows);
    const lost = judged.filter((row) => panel.lostInGap[row] === 1).length;
    expect(status!.validation!.lostInGap + involuntary!.validation!.lostInGap).toBe(lost);
    expect(involuntary!.importance[0]!.column).toBe('complaints');
    const contacted = judged.filter((row) => row % 11 === 0 && !Number.isNaN(panel.labels[row]!)).length;
    const treated = { treatment: 'keep', comparedWith: 'exclude', judgedContacted: contacted };
    expect(status!.validation!.contacted).toMatchObject(treated);
    expect(status!.validation!.contacted!.comparedAuc).toBeGreaterThan(0.5);
    expect(involuntary!.validation!.contacted).toBeUndefined();
    // Alone it gives the same model.
    const alone = { ...training, table: WITH_ARREARS, kind: 'involuntary' };
    const again = await service.ended(await models.trainModel(systemCall, alone));
    expect(again.result).toMatchObject({ modelId: involuntary!.modelId });
  });

  it('refuses to train a kind that a table has no label of', async () => {
    const request = { ...training, kind: 'involuntary' };
    await expect(models.trainModel(systemCall, request)).rejects.toMatchObject({ key: 'training.labelMissing' });
    await expect(scoring.scoreTable(systemCall, { ...table, kind: 'involuntary' })).rejects.toMatchObject({
      key: 'model.noChampion',
    });
  });

  it('publishes all kinds at once, and lists no involuntary churner for retention, unless requested', async () => {
    const [all, without, only, arrears] = await Promise.all([
      listOf('', 'include'),
      listOf('status'),
      listOf('', 'only'),
      listOf('involuntary'),
    ]);
    const run = await scoring.getRun(reader, { runId: '', table: WITH_ARREARS, kind: '' });
    const ofArrears = await scoring.getRun(reader, { runId: '', table: WITH_ARREARS, kind: 'involuntary' });
    expect(run.runId).toBe(scoredKinds.result['runId']);
    expect(ofArrears).toMatchObject({
      runId: scoredKinds.result['involuntaryRunId'],
      rows: run.rows,
      kind: 'involuntary',
    });
    const sql = 'select distinct xmin::text from scoring_run where id = any($1::uuid[])';
    expect(await service.database.query(sql, [[run.runId, ofArrears.runId]])).toHaveLength(1); // one transaction
    expect(only.length).toBeGreaterThan(10);
    expect(all).toHaveLength(run.rows);
    expect([...without, ...only].map(({ subscriptionId }) => subscriptionId).sort()).toEqual(
      all.map(({ subscriptionId }) => subscriptionId).sort(),
    );
    const probabilityOf = new Map(arrears.map((score) => [score.subscriptionId, score.probability]));
    for (const { subscriptionId, probability, involuntaryProbability, isInvoluntary } of all) {
      expect(involuntaryProbability).toBe(probabilityOf.get(subscriptionId));
      const isLikelier =
        involuntaryProbability! >= ofArrears.atRiskProbabilityMin && involuntaryProbability! > probability;
      expect(isInvoluntary).toBe(isLikelier);
    }
    expect(run.involuntary).toBe(only.length);
    expect(Object.values(run.byQuadrant).reduce((sum, rows) => sum + rows, 0)).toBe(without.length);
    expect(run.atRisk).toBe(without.filter(({ probability }) => probability >= run.atRiskProbabilityMin).length);
    await expect(listOf('', 'some')).rejects.toMatchObject({ key: 'score.involuntaryUnknown' });
    await eventually('all runs are published', async () => {
      const published = events.map(({ payload }) => payload as ScoresPublished);
      const kinds = published.filter((event) => event.table === WITH_ARREARS).map(({ kind }) => kind);
      return kinds.sort().join() === 'involuntary,status,value';
    });
  });

  it('names what can be done about arrears for those at risk of them, in both lists and for campaigns', async () => {
    const arrears = await listOf('involuntary');
    const byQuadrant = new Map(arrears.map(({ quadrant, levers }) => [quadrant, levers]));
    expect(byQuadrant.get('C')).toEqual(['tacitTolerance', 'instalments', 'cutOffDate']);
    expect(byQuadrant.get('D')).toEqual(['instalments', 'cutOffDate']);
    expect(byQuadrant.get('A')).toEqual([]);
    const leversOf = new Map(arrears.map(({ subscriptionId, levers }) => [subscriptionId, levers]));
    const only = await listOf('', 'only');
    for (const { subscriptionId, levers } of only) expect(levers).toEqual(leversOf.get(subscriptionId));
    expect((await listOf('')).every(({ levers }) => levers.length === 0)).toBe(true);
    const runId = scoredKinds.result['runId']!;
    const marked = (await rowsOfBatches<Marked>(scoring.readScores(reader, { runId }))).filter(
      ({ isInvoluntary }) => isInvoluntary === 1,
    );
    expect(new Set(marked.map(({ levers }) => levers))).toEqual(new Set(only.map(({ levers }) => levers.join(','))));
    expect(marked).toHaveLength(only.length);
  });

  it('predicts the loss of value better than the drop of the bill does, and lists it by priority', async () => {
    const model = await models.getModel(systemCall, { modelId: trainedKinds.result['valueModelId']! });
    const { averagePrecision, baseline, judgedMonths, lostInGap } = model.validation!;
    expect(model).toMatchObject({ kind: 'value', champion: true });
    expect([judgedMonths, lostInGap]).toEqual([MONTHS.slice(-4, -2), 0]);
    expect(baseline).toMatchObject({ name: 'bill_drop' });
    expect(model.validation!.horizons).toEqual([]);
    expect(averagePrecision!.mean).toBeGreaterThan(1.5 * baseline!.averagePrecision);
    const scores = await listOf('value');
    const run = await scoring.getRun(reader, { runId: '', table: WITH_ARREARS, kind: 'value' });
    expect(run).toMatchObject({ runId: scoredKinds.result['valueRunId'], rows: scores.length });
    const overpaid = panel.table.numberColumn('overpaid').values;
    const last = rowsWhere((row) => MONTHS[panel.months[row]!] === MONTHS.at(-1));
    const losing = new Set(last.filter((row) => overpaid[row]! > 0.75).map((row) => ids[panel.subscriptions[row]!]!));
    const atRisk = scores.filter(({ probability }) => probability >= run.atRiskProbabilityMin);
    expect(atRisk.filter(({ subscriptionId }) => losing.has(subscriptionId)).length / atRisk.length).toBeGreaterThan(
      0.9,
    );
    const one = await scoring.getScore(reader, { subscriptionId: scores[0]!.subscriptionId, kind: 'value' });
    expect({ ...one, efficiencySource: undefined }).toEqual(scores[0]);
  });

  it('gives the probability within 1, 2, 3 and 6 months, never falling, with what it is worth', async () => {
    for (const kind of ['status', 'involuntary']) {
      for (const { probability, horizons } of await listOf(kind, 'include')) {
        expect(horizons.map(({ months }) => months)).toEqual([1, 2, 3, 6]);
        const within = horizons.map((horizon) => horizon.probability!);
        expect(within[0]).toBeCloseTo(probability, 12);
        expect(within).toEqual([...within].sort((left, right) => left - right));
        expect(within[3]).toBeLessThanOrEqual(1);
      }
    }
    expect((await listOf('value')).every(({ horizons }) => horizons.length === 0)).toBe(true);
    const { validation } = await models.getModel(systemCall, { modelId: trainedKinds.result['modelId']! });
    const [first, second, , longest] = validation!.horizons;
    expect(first).toMatchObject({ judgedMonths: JUDGED, rows: validation!.rows, positives: validation!.positives });
    expect(first!.auc).toBeCloseTo(validation!.auc!.mean, 6);
    expect(second!.judgedMonths).toEqual(JUDGED.slice(0, 1));
    const month = MONTHS.indexOf(JUDGED[0]!);
    const left = rowsWhere((row) => panel.months[row] === month && !isInArrears(row) && panel.labels[row] === 1);
    expect(second!.positives).toBeGreaterThan(left.length);
    expect(second!.rate).toBeGreaterThan(first!.rate! * 1.3);
    expect(Math.abs(second!.meanPrediction! / second!.rate! - 1)).toBeLessThan(0.5);
    expect(second!.auc).toBeGreaterThan(0.6);
    // The panel is too short for a judged month half a year before its end.
    expect(longest).toMatchObject({ judgedMonths: [], reason: 'horizon.notJudged', auc: undefined });
  });

  it('gives the value within each horizon by the hazards of its months, and by the last one beyond them', async () => {
    const asked = { month: '', group: '', orgUnitPath: '', quadrant: '', cause: '', grade: '', managerId: '' };
    const request = { ...asked, valueMin: undefined, paretoOnly: false, sort: '', segment: '' };
    const call = callOf({ scopes: ['value:read'] });
    const { values, hazards } = await eventually('the worth is computed', async () => {
      const list = await worth.listValues(call, { ...request, pageSize: 1_000, pageToken: '' }).catch(() => undefined);
      return list?.runId === scoredKinds.result['runId'] ? list : undefined;
    });
    expect(hazards).toMatchObject({ months: 6, basis: 'hazards' });
    const scores = new Map((await listOf('status', 'include')).map((score) => [score.subscriptionId, score]));
    const discount = Math.pow(1.1, -1 / 12);
    for (const { subscriptionId, margin, futureValue, expectedLoss, probability, horizons } of values) {
      const within = scores.get(subscriptionId)!.horizons.map((horizon) => horizon.probability!);
      expect(horizons.map(({ months }) => months)).toEqual([1, 2, 3, 6, 24]);
      for (const [at, each] of within.entries()) expect(horizons[at]!.probability).toBeCloseTo(each, 9);
      // One month is certain up to the published probability; the whole of it is the stored future value.
      expect(horizons[0]!.value!.minor).toBe(Math.round(margin!.minor * (1 - probability) * discount));
      expect(Math.abs(horizons[4]!.value!.minor - futureValue!.minor)).toBeLessThanOrEqual(1);
      expect(expectedLoss!.minor).toBe(Math.max(0, Math.round(probability * futureValue!.minor)));
      const [amounts, losses] = [horizons.map(({ value }) => value!.minor), horizons.map(({ loss }) => loss!.minor)];
      expect(amounts).toEqual([...amounts].sort((left, right) => left - right));
      expect(losses).toEqual([...losses].sort((left, right) => left - right));
      expect(horizons.map(({ basis }) => basis)).toEqual([...Array<string>(4).fill('hazards'), 'last-hazard']);
    }
    expect(values).toHaveLength(scores.size);
  });

  it('finds the best month to contact those that a campaign may keep, and what earlier and later cost', async () => {
    const listed = await listOf('status', 'include');
    const rows = new Map(
      rowsWhere((row) => MONTHS[panel.months[row]!] === MONTHS.at(-1)).map((row) => [
        ids[panel.subscriptions[row]!]!,
        row,
      ]),
    );
    const monthAfter = (months: number): string => addMonths(MONTHS.at(-1)!, months);
    for (const { subscriptionId, isInvoluntary, timing } of listed) {
      expect(timing === undefined).toBe(isInvoluntary);
      if (timing === undefined) continue;
      const left = contractMonthsOf(rows.get(subscriptionId)!);
      expect(timing.contractEndsMonth).toBe(left >= 0 ? monthAfter(left) : '');
      expect(timing).toMatchObject({ saveRateBasis: 'assumed', ruleVersion: 1, moments: [] });
      const { bestAfterMonths: best } = timing;
      expect(timing.bestMonth).toBe(best === undefined ? '' : monthAfter(best + 1));
    }
    const timings = listed.flatMap(({ timing }) => timing ?? []);
    expect(timings.some(({ bestMonth }) => bestMonth === monthAfter(1))).toBe(true);
    expect(timings.some(({ bestMonth }) => bestMonth === '')).toBe(true);
    // A single score has each month, by the rule.
    const { probability, value, timing, subscriptionId } = await scoring.getScore(reader, {
      subscriptionId: listed.find((score) => (score.timing?.net?.minor ?? 0) > 0)!.subscriptionId,
      kind: '',
    });
    const { moments, ...summary } = timing!;
    expect({ ...summary, moments: [] }).toEqual(
      listed.find((score) => score.subscriptionId === subscriptionId)!.timing,
    );
    expect(moments.map(({ month }) => month)).toEqual(moments.map((_, at) => monthAfter(at + 1)));
    const rule = churnScoringParameters['timing.rule'].default;
    const margin = value! * rule.marginShare * rule.retainedMonths * rule.saveRate;
    const [now] = moments;
    expect(now!.cost!.minor).toBe(100 * (2 + rule.takeUp * rule.offerCost));
    expect(now!.gain!.minor).toBeGreaterThan(99 * margin * probability);
    for (const { net, gain, cost } of moments) expect(Math.abs(net!.minor - gain!.minor + cost!.minor)).toBeLessThan(2);
    expect(timing!.net!.minor).toBe(Math.max(...moments.map(({ net }) => net!.minor)));
    expect((await listOf('value')).every((score) => score.timing === undefined)).toBe(true);
    const batches = await rowsOfBatches<{ timing: Uint8Array; segment: Uint8Array }>(
      scoring.readScores(reader, { runId: scoredKinds.result['runId']! }),
    );
    expect(batches.filter((row) => row.timing.length > 0)).toHaveLength(timings.length);
  });

  it('filters by the best moment to contact, as each score has it', async () => {
    const all = await listOf('status', 'include');
    const timingOf = ({ timing }: Score): string | undefined => {
      if (timing === undefined) return undefined;
      return timing.bestAfterMonths === undefined ? 'none' : timing.bestAfterMonths === 0 ? 'now' : 'later';
    };
    for (const timing of ['now', 'later', 'none']) {
      const expected = all.filter((score) => timingOf(score) === timing);
      expect(expected.length).toBeGreaterThan(0);
      expect(await listOf('status', 'include', undefined, timing)).toEqual(expected);
    }
    expect(await listOf('value', '', undefined, 'now')).toEqual([]);
    await expect(listOf('status', '', undefined, 'soon')).rejects.toMatchObject({ key: 'score.timingUnknown' });
  });

  it('compares contacting the best, all at risk, and all customers, within the region', async () => {
    const runId = scoredKinds.result['runId']!;
    const compare = (contacts: number, call = reader) => scoring.compareSelection(call, { runId, table: '', contacts });
    const run = await scoring.getRun(reader, { runId, table: '', kind: '' });
    const listed = await listOf('status');
    const rows = await Promise.all(
      listed.map(async ({ subscriptionId, probability, orgUnitPath }) => {
        const { timing } = await scoring.getScore(reader, { subscriptionId, kind: '' });
        return { probability, orgUnitPath, net: timing!.moments[0]!.net!.minor };
      }),
    );
    const sum = (of: typeof rows): number => of.reduce((total, { net }) => total + net, 0);
    const byNet = [...rows].sort((left, right) => right.net - left.net);
    const gaining = byNet.filter(({ net }) => net > 0);
    const atRisk = rows.filter(({ probability }) => probability >= run.atRiskProbabilityMin);
    const found = await compare(25);
    expect(gaining.length).toBeGreaterThan(0);
    expect(gaining.length).toBeLessThan(rows.length);
    expect(found).toMatchObject({
      best: { contacts: 25, net: { minor: sum(byNet.slice(0, 25)), currency: 'CNY' } },
      atRisk: { contacts: atRisk.length, net: { minor: sum(atRisk) } },
      all: { contacts: rows.length, net: { minor: sum(rows) }, cost: { minor: rows.length * 500 } },
      breakEven: { contacts: gaining.length, net: { minor: sum(gaining) } },
      ...{ lastNet: { minor: byNet[24]!.net }, withoutValue: 0, saveRateBasis: 'assumed' },
    });
    // No selection is better than those whose net is above 0.
    for (const { net } of [found.best, found.atRisk, found.all].map((each) => each!))
      expect(net!.minor).toBeLessThanOrEqual(found.breakEven!.net!.minor);
    expect(found.textEn).toContain('Contacting the 25 subscriptions with the highest net');
    expect(found.textZhCn).toContain('接触净收益最高的 25 户');
    const dalian = await compare(25, callOf({ scopes: ['churn:read'], orgScope: ['demo/dalian/'] }));
    const own = rows.filter(({ orgUnitPath }) => orgUnitPath === 'demo/dalian/');
    expect(dalian.all).toMatchObject({ contacts: own.length, net: { minor: sum(own) } });
    // As many as the team can contact, by the parameters.
    expect((await compare(0)).best!.contacts).toBe(Math.round(0.02 * rows.length));
    await expect(compare(25, callOf({ scopes: ['value:read'] }))).rejects.toMatchObject({ kind: 'forbidden' });
    const ofValue = { runId: scoredKinds.result['valueRunId']!, table: '', contacts: 5 };
    await expect(scoring.compareSelection(reader, ofValue)).rejects.toMatchObject({ key: 'selection.notComputed' });
  });

  it('keeps the best month of a published run where the rule changes', async () => {
    const [before] = await listOf('status');
    const value = { ...churnScoringParameters['timing.rule'].default, saveRate: 0.2, saveRateBasis: 'measured' };
    await service.setParameter('timing.rule', value);
    expect((await listOf('status'))[0]).toEqual(before);
  });

  it('gives no number for a horizon where the table has no dates, but the reason', async () => {
    const subscriptionId = ids[panel.subscriptions[rowsWhere((row) => panel.months[row] === MONTHS.length - 1)[0]!]!]!;
    const page = { quadrant: '', orgUnitPath: '', sort: '-probability', probabilityMin: undefined, kind: '' };
    const request = {
      ...page,
      runId: scored.result['runId']!,
      table: '',
      involuntary: '',
      timing: '',
      pageSize: 1_000,
      pageToken: '',
    };
    const { scores } = await scoring.listScores(reader, request);
    const { horizons } = scores.find((score) => score.subscriptionId === subscriptionId)!;
    expect(horizons).toHaveLength(4);
    for (const { probability, reason } of horizons)
      expect([probability, reason]).toEqual([undefined, 'horizon.noDates']);
  });

  it('flags silent subscribers, and filters by them', async () => {
    const [all, silent, active] = await Promise.all([listOf(''), listOf('', '', true), listOf('', '', false)]);
    const rows = rowsWhere((row) => MONTHS[panel.months[row]!] === MONTHS.at(-1));
    const expected = new Map(rows.map((row) => [ids[panel.subscriptions[row]!]!, silentMonthsOf(row)]));
    for (const { subscriptionId, silentMonths } of all) expect(silentMonths).toBe(expected.get(subscriptionId));
    expect(silent.every(({ silentMonths }) => silentMonths! > 0)).toBe(true);
    expect([silent.length + active.length, silent.length > 0]).toEqual([all.length, true]);
    const run = await scoring.getRun(reader, { runId: '', table: WITH_ARREARS, kind: '' });
    expect(run.silent).toBe(rows.filter((row) => silentMonthsOf(row) > 0).length);
  });

  it('computes the efficiency with the measured effect of contacts, by region, which stays with the run', async () => {
    const before = await scoring.getRun(reader, { runId: '', table: WITH_ARREARS, kind: '' });
    expect(before.efficiencySource).toMatchObject({ basis: 'value-cost', reason: 'effect.none' });
    const saved = { estimate: 0.02, low: 0.01, high: 0.03 };
    const group = (name: string, estimate: number) => ({ dimension: 'region', name, shrunk: { ...saved, estimate } });
    const groups = [group('demo/dalian/', 0.03), group('demo/shenyang/', 0.01)];
    await service.setParameter('quadrant.valueMin', 80);
    effect = RetentionEffect.fromPartial({ campaigns: 2, customers: 5_000, saved, groups, version: '7f' });
    const job = await service.ended(await scoring.scoreTable(systemCall, subject));
    expect(job.jobId).not.toBe(scoredKinds.jobId);
    const scores = await listOf('status', 'include');
    const upliftOf: Record<string, number> = { 'demo/': 0.02, 'demo/dalian/': 0.03, 'demo/shenyang/': 0.01 };
    for (const { value, efficiency, priority, probability, orgUnitPath } of scores) {
      expect(efficiency).toBeCloseTo((upliftOf[orgUnitPath]! * value!) / 2, 12);
      expect(priority).toBeCloseTo(probability * efficiency!, 12);
    }
    expect(new Set(scores.map(({ orgUnitPath }) => orgUnitPath)).size).toBe(3);
    // By a limit of value, whatever the efficiency; the run before keeps its median.
    for (const { value, quadrant } of scores) expect(['B', 'C'].includes(quadrant)).toBe(value! >= 80);
    for (const quadrant of ['A', 'B', 'C', 'D']) expect(scores.some((score) => score.quadrant === quadrant)).toBe(true);
    expect(before.quadrantLimits).toMatchObject({ valueMin: undefined, efficiencyMin: expect.any(Number) as number });
    // What is measured later changes no answer about the run; a city sees its own groups.
    effect = RetentionEffect.fromPartial({});
    const city = callOf({ scopes: ['churn:read'], orgScope: ['demo/dalian/'] });
    const run = await scoring.getRun(city, { runId: job.result['runId']!, table: '', kind: '' });
    expect(run).toMatchObject({ efficiencyBasis: 'uplift-value-cost', contactCost: { minor: 200, currency: 'CNY' } });
    expect(run.quadrantLimits).toMatchObject({ valueMin: { minor: 8_000, currency: 'CNY' }, efficiencyMin: undefined });
    expect(run.efficiencySource).toMatchObject({
      textEn: 'Measured in 2 campaigns with control groups: 2.0 points fewer churn per contact (± 1.0).',
      effect: { version: '7f', campaigns: 2, groups: [{ name: 'demo/dalian/' }] },
    });
    const { subscriptionId } = scores.find(({ orgUnitPath }) => orgUnitPath === 'demo/dalian/')!;
    const one = await scoring.getScore(city, { subscriptionId, kind: '' });
    expect(one.efficiencySource).toEqual(run.efficiencySource);
  });
});

interface Marked {
  isInvoluntary: number;
  levers: string;
}
