// One file for the whole service: training a model takes seconds, and everything here looks at the same one.
import { randomUUID } from 'node:crypto';
import { pagesOf, rowsOfBatches } from '@holdfast/testing/lists';
import { ModelServiceDefinition, type ModelService } from '@holdfast/contracts/churn_scoring/v1/model';
import { PromotionServiceDefinition, type PromotionService } from '@holdfast/contracts/churn_scoring/v1/promotion';
import {
  ListScoresRequest,
  type PredictSubscriptionRequest,
  Reasons,
  ScoringServiceDefinition,
  type ScoreTableRequest,
  type ScoringService,
  type Score,
} from '@holdfast/contracts/churn_scoring/v1/scoring';
import { JobServiceDefinition, JobState, type Job, type JobService } from '@holdfast/contracts/platform/v1/jobs';
import { readBytes, readCategoryTexts, readNumbers, readUuids } from '@holdfast/platform/columns';
import type { Environment } from '@holdfast/platform/config';
import { callOf, systemCall } from '@holdfast/testing/callers';
import { cloneDatabase } from '@holdfast/testing/infra';
import { recordEvents } from '@holdfast/testing/recorder';
import { TestService, eventually } from '@holdfast/testing/service';
import { ChurnScoringModule } from './churn-scoring.module.js';
import { modelPromoted } from './model/champions.js';
import { promote } from './model/promotion.fixture.js';
import { SyntheticLake, ROWS, UNITS, synthetic, subscriptions } from './synthetic-lake.fixture.js';
import { scoresPublished } from './scoring/run-publisher.js';

const lake = new SyntheticLake();
const telco: ScoreTableRequest = { kind: 'status', table: 'telco', version: '', month: '' };
const trainTelco = { ...telco, seed: 4, naturalPrevalence: undefined, repeats: 1 };
const reader = callOf({ scopes: ['churn:read'] });
const allScores = ListScoresRequest.fromPartial({ table: 'telco', pageSize: 1_000 });

const events = recordEvents([scoresPublished, modelPromoted]);
const NO_WORKER: Environment = { HOLDFAST_TRAINING_WORKER: 'none' };
const service = new TestService(ChurnScoringModule, {
  ...{ service: 'churn-scoring', environment: NO_WORKER, calls: ['feature-store'] },
  serve: (server) => lake.serve(server),
});
const models = service.client<ModelService>(ModelServiceDefinition);
const promotions = service.client<PromotionService>(PromotionServiceDefinition);
const scoring = service.client<ScoringService>(ScoringServiceDefinition);

async function scoresOf(request: Partial<ListScoresRequest>): Promise<Score[]> {
  const pages = await pagesOf((pageToken) => scoring.listScores(reader, { ...allScores, ...request, pageToken }));
  return pages.flatMap(({ scores }) => scores);
}

function predicted(subscriptionId: string): PredictSubscriptionRequest {
  return { subscriptionId, kind: '', table: 'telco', numbers: {}, categories: {}, cleared: [] };
}

/** Everything that was computed, by subscription, without the run's id and time. */
async function exported(runId: string): Promise<string[]> {
  const lines: string[] = [];
  for await (const batch of scoring.readScores(systemCall, { runId })) {
    const figures = ['probability', 'value', 'efficiency', 'priority'].map((name) => readNumbers(batch, name));
    const texts = ['quadrant', 'org_unit_path'].map((name) => readCategoryTexts(batch, name));
    const reasons = readBytes(batch, 'reasons').map((bytes) => Buffer.from(bytes).toString('hex'));
    readUuids(batch, 'subscription_id').forEach((id, row) => {
      const cells = [...figures, ...texts].map((column) => column[row]);
      lines.push([id, ...cells, reasons[row]].join(' '));
    });
  }
  return lines.sort();
}

/** Two splits: the first feature at 12.5, and beyond it the second at 40. */
function lightgbmText(features: string): string {
  const head = ['tree', 'version=v4', 'num_class=1', 'num_tree_per_iteration=1', 'max_feature_idx=1'];
  const model = ['objective=binary sigmoid:1', `feature_names=${features}`, 'tree_sizes=300'];
  const splits = ['Tree=0', 'num_leaves=3', 'split_feature=0 1', 'threshold=12.5 40', 'decision_type=10 2'];
  const nodes = ['left_child=-1 -2', 'right_child=1 -3', 'leaf_value=0.8 -0.3 -1.2', 'is_linear=0'];
  const counts = ['leaf_count=400 300 500', 'internal_count=1200 800'];
  return [[...head, ...model], [...splits, ...nodes, ...counts], ['end of trees']]
    .map((block) => block.join('\n'))
    .join('\n\n');
}

describe('churn-scoring', () => {
  let trained: Job;
  let scored: Job;
  let modelId: string;
  let runId: string;
  let undisturbed: { scores: string[]; rowsHash: string; checksum: string };

  const fingerprint = async (run: string): Promise<typeof undisturbed> => {
    const sql = 'select r.rows_hash, m.checksum from scoring_run r join model m on m.id = r.model_id where r.id = $1';
    const [row] = await service.database.query<{ rows_hash: string; checksum: string }>(sql, [run]);
    return { scores: await exported(run), rowsHash: row!.rows_hash, checksum: row!.checksum };
  };

  beforeAll(async () => {
    trained = await service.ended(await models.trainModel(callOf({ scopes: ['model:train'] }), trainTelco));
    modelId = trained.result['modelId']!;
    scored = await service.ended(await scoring.scoreTable(callOf({ scopes: ['score:run'] }), telco));
    runId = scored.result['runId']!;
  }, 120_000);

  it('trains the first model of a table, which becomes its champion', async () => {
    expect(trained).toMatchObject({ state: JobState.JOB_STATE_DONE, result: { table: 'telco', version: 'v1' } });
    const model = await models.getModel(callOf({ scopes: ['model:read'] }), { modelId });
    expect(model).toMatchObject({
      name: `telco-${modelId.slice(0, 8)}`,
      table: 'telco',
      tableVersion: 'v1',
      champion: true,
      seed: 4,
    });
    expect(model.validation).toMatchObject({ scheme: 'repeated 5-fold', rows: ROWS });
    expect(model.validation!.auc!.mean).toBeGreaterThan(0.7);
    expect(model.validation!.auc!.low).toBeLessThan(model.validation!.auc!.mean);
    expect(model.validation!.bins).toHaveLength(10);
    expect(
      model.importance
        .slice(0, 3)
        .map(({ column }) => column)
        .sort(),
    ).toEqual(expect.arrayContaining(['contract', 'tenure']));
    expect(model.excluded).toEqual([
      { column: 'remark', reason: 'excluded' },
      { column: 'closing code', reason: 'suspected_leak' },
    ]);
  });

  it('gives the same job for the same request', async () => {
    const again = await models.trainModel(systemCall, { ...trainTelco, version: 'v1' });
    expect(again.jobId).toBe(trained.jobId);
    expect((await scoring.scoreTable(systemCall, telco)).jobId).toBe(scored.jobId);
  });

  it('publishes a run whole, with a summary that agrees with its rows', async () => {
    expect(scored).toMatchObject({
      state: JobState.JOB_STATE_DONE,
      rowsDone: ROWS,
      result: { modelId, table: 'telco', version: 'v1' },
    });
    const run = await scoring.getRun(reader, { runId: '', table: 'telco', kind: '' });
    expect(run).toMatchObject({ runId, rows: ROWS, efficiencyBasis: 'value-cost', modelId });
    // evaluation does not run here: scores do not depend on it.
    expect(run.efficiencySource).toMatchObject({
      basis: 'value-cost',
      reason: 'effect.unavailable',
      effect: undefined,
    });
    const all = await scoresOf({});
    expect(new Set(all.map((score) => score.subscriptionId)).size).toBe(ROWS);
    const atRisk = all.filter(({ probability }) => probability >= run.atRiskProbabilityMin);
    expect(run.atRisk).toBe(atRisk.length);
    expect(run.atRisk).toBeGreaterThan(20);
    expect(run.byReason.reduce((sum, { count }) => sum + count, 0)).toBe(run.atRisk);
    expect(run.byReason[0]!.count).toBe(
      atRisk.filter(({ reasons }) => reasons!.raising[0]!.column === run.byReason[0]!.column).length,
    );
    for (const quadrant of ['A', 'B', 'C', 'D']) {
      const inQuadrant = all.filter((score) => score.quadrant === quadrant).length;
      expect(run.byQuadrant[quadrant]).toBe(inQuadrant);
      const listed = await scoresOf({ quadrant });
      expect(listed.every((score) => score.quadrant === quadrant)).toBe(true);
      expect(listed).toHaveLength(inQuadrant);
    }
    expect(run.byQuadrant['C']).toBeGreaterThan(0);
  });

  it('ranks by probability times value over cost, page by page as in one', async () => {
    for (const sort of ['-priority', '-probability', '-value'] as const) {
      const figureOf = (score: Score): number =>
        sort === '-value' ? (score.value ?? -Infinity) : sort === '-priority' ? score.priority : score.probability;
      const paged = await scoresOf({ sort, pageSize: 171 });
      expect(new Set(paged.map((score) => score.subscriptionId)).size).toBe(ROWS);
      const figures = paged.map(figureOf);
      expect(figures).toEqual([...figures].sort((left, right) => (right > left ? 1 : right < left ? -1 : 0)));
    }
    const { scores } = await scoring.listScores(reader, allScores);
    for (const score of scores.filter(({ value }) => value !== undefined)) {
      expect(score.efficiency).toBe(score.value! / 2);
      expect(score.priority).toBe(score.probability * score.efficiency!);
    }
    const unknown = await scoring.getScore(reader, { subscriptionId: subscriptions[10]!, kind: '' });
    expect([unknown.value, unknown.efficiency, unknown.currency, unknown.priority]).toEqual([
      undefined,
      undefined,
      '',
      unknown.probability,
    ]);
  });

  it('explains a score by the values of its row and the training rows', async () => {
    const row = subscriptions.findIndex(
      (_, at) =>
        synthetic.table.categoryColumn('contract').codes[at] === 0 &&
        synthetic.table.numberColumn('tenure').values[at]! < 4,
    );
    const score = await scoring.getScore(reader, { subscriptionId: subscriptions[row]!, kind: 'status' });
    expect(score).toMatchObject({
      modelName: `telco-${modelId.slice(0, 8)}`,
      runId,
      table: 'telco',
      tableVersion: 'v1',
      orgUnitPath: UNITS[row % 3],
    });
    const raising = new Map(score.reasons!.raising.map((reason) => [reason.column, reason]));
    expect(raising.get('tenure')).toMatchObject({
      type: 'number',
      value: { $case: 'number', number: synthetic.table.numberColumn('tenure').values[row] },
    });
    const { figure, against, from, to } = raising.get('tenure')!.comparison!;
    expect(figure).toBeGreaterThan(against);
    expect([from, to]).toEqual([undefined, expect.any(Number)]);
    const contract = raising.get('contract')!;
    expect(contract).toMatchObject({ type: 'category', value: { $case: 'text', text: 'monthly' } });
    expect(contract.comparison!.figure).toBeGreaterThan(contract.comparison!.against);
  });

  it('stores reasons in few bytes, and reads those of former releases, which are messages', async () => {
    const sql = 'select avg(length(reasons))::float8 as bytes from score where run_id = $1';
    const [stored] = await service.database.query<{ bytes: number }>(sql, [runId]);
    expect(stored!.bytes).toBeLessThan(60);
    // Indexed after they were loaded, in the order of lists by partition alone.
    const indexes = "select tablename from pg_indexes where tablename in ('score', $1) order by 1";
    const partition = `score_${runId.replaceAll('-', '')}`;
    const found = await service.database.query<{ tablename: string }>(indexes, [partition]);
    expect(found.map(({ tablename }) => tablename)).toEqual(['score', ...Array(3).fill(partition)]);
    const subscriptionId = subscriptions[9]!;
    const before = await scoring.getScore(reader, { subscriptionId, kind: '' });
    const message = Buffer.from(Reasons.encode(before.reasons!).finish());
    const rewrite = 'update score set reasons = $1 where run_id = $2 and subscription_id = $3';
    await service.database.query(rewrite, [message, runId, subscriptionId]);
    expect(await scoring.getScore(reader, { subscriptionId, kind: '' })).toEqual(before);
  });

  it('shows no row outside the region of the caller', async () => {
    const dalian = callOf({ scopes: ['churn:read'], orgScope: ['demo/dalian/'] });
    const { scores } = await scoring.listScores(dalian, allScores);
    expect(scores).toHaveLength(ROWS / 3);
    expect(new Set(scores.map(({ orgUnitPath }) => orgUnitPath))).toEqual(new Set(['demo/dalian/']));
    expect((await scoring.getRun(dalian, { runId, table: '', kind: '' })).rows).toBe(ROWS / 3);
    const shenyang = await scoring.listScores(dalian, { ...allScores, orgUnitPath: 'demo/shenyang/' });
    expect(shenyang.scores).toEqual([]);
    await expect(scoring.getScore(dalian, { subscriptionId: subscriptions[2]!, kind: '' })).rejects.toMatchObject({
      kind: 'notFound',
    });
    expect(await rowsOfBatches(scoring.readScores(dalian, { runId }))).toHaveLength(ROWS / 3);
    const noRegion = callOf({ scopes: ['churn:read'], orgScope: [] });
    expect((await scoring.listScores(noRegion, allScores)).scores).toEqual([]);
  });

  it('refuses decisions for the province by a caller of a city', async () => {
    const provinceOnly = { kind: 'forbidden', key: 'caller.provinceOnly' };
    const scopes = ['model:train', 'model:promote', 'score:run'];
    const local = callOf({ scopes, orgScope: ['demo/dalian/'] });
    const asked = { modelId, reason: '', overrideReason: '' };
    await expect(models.trainModel(local, trainTelco)).rejects.toMatchObject(provinceOnly);
    await expect(promotions.requestPromotion(local, asked)).rejects.toMatchObject(provinceOnly);
    await expect(scoring.scoreTable(local, telco)).rejects.toMatchObject(provinceOnly);
  });

  it('requires a scope everywhere', async () => {
    const stranger = callOf();
    for (const call of [
      () => models.trainModel(stranger, trainTelco),
      () => models.getModel(stranger, { modelId }),
      () => models.listModels(stranger, { table: '', pageSize: 0, pageToken: '' }),
      () => promotions.requestPromotion(stranger, { modelId, reason: '', overrideReason: '' }),
      () => models.listChampions(stranger, { kind: '', table: '', at: undefined }),
      () => scoring.scoreTable(stranger, telco),
      () => scoring.getScore(stranger, { subscriptionId: subscriptions[0]!, kind: '' }),
      () => scoring.listScores(stranger, allScores),
      () => scoring.getRun(stranger, { runId, table: '', kind: '' }),
      () => scoring.predictRows(stranger, { kind: '', table: 'telco', rows: [] }),
      () => scoring.predictSubscription(stranger, predicted(subscriptions[0]!)),
      () => rowsOfBatches(scoring.readScores(stranger, { runId })),
    ])
      await expect(call()).rejects.toMatchObject({ kind: 'forbidden' });
  });

  it('scores one subscription by its newest values as it scores the table, and what would change', async () => {
    const subscriptionId = subscriptions[7]!;
    const stored = await scoring.getScore(reader, { subscriptionId, kind: '' });
    const now = await scoring.predictSubscription(reader, predicted(subscriptionId));
    expect(now).toMatchObject({
      ...{ subscriptionId, kind: 'status', modelId, tableVersion: 'v1', isStale: false, unknownColumns: [] },
      ...{ probability: stored.probability, probabilityBefore: undefined, horizons: stored.horizons },
      eventAt: new Date('2026-10-31T16:00:00Z'),
    });
    expect(Reasons.encode(now.reasons!).finish()).toEqual(Reasons.encode(stored.reasons!).finish());
    const changes = { numbers: { tenure: 1, 'shoe size': 43 }, categories: {}, cleared: ['spend'] };
    const changed = await scoring.predictSubscription(reader, { ...predicted(subscriptionId), ...changes });
    expect(changed).toMatchObject({ probabilityBefore: stored.probability, unknownColumns: ['shoe size'] });
    expect(changed.missingColumns).toContain('spend');
    expect(now.missingColumns).not.toContain('spend');
    expect(changed.probability).toBeGreaterThan(stored.probability); // short tenure causes churn
  });

  it('predicts no subscription outside the region of the caller, nor by values that do not fit', async () => {
    const elsewhere = subscriptions[2]!;
    const away = callOf({ scopes: ['churn:read'], orgScope: ['demo/dalian/'] });
    await expect(scoring.predictSubscription(away, predicted(elsewhere))).rejects.toMatchObject({
      key: 'predict.valuesUnknown',
    });
    expect((await scoring.predictSubscription(away, predicted(subscriptions[1]!))).probability).toBeGreaterThan(0);
    const unfit = { ...predicted(elsewhere), categories: { tenure: 'long' } };
    await expect(scoring.predictSubscription(reader, unfit)).rejects.toMatchObject({
      key: 'predict.rowsInvalid',
      fields: [{ pointer: '/rows/0/tenure' }],
    });
  });

  it('scores rows by hand as it scores the table', async () => {
    const row = 7;
    const numbers = Object.fromEntries(
      synthetic.table.columns.flatMap((column) =>
        column.kind === 'number' && !Number.isNaN(column.values[row]!) ? [[column.name, column.values[row]!]] : [],
      ),
    );
    const categories = Object.fromEntries(
      synthetic.table.columns.flatMap((column) =>
        column.kind === 'category' ? [[column.name, column.categories[column.codes[row]!]!]] : [],
      ),
    );
    const answer = await scoring.predictRows(reader, {
      kind: 'status',
      table: 'telco',
      rows: [
        { clientRowId: 'mine', numbers: { ...numbers, 'shoe size': 43 }, categories },
        { clientRowId: 'empty', numbers: {}, categories: {} },
      ],
    });
    const stored = await scoring.getScore(reader, { subscriptionId: subscriptions[row]!, kind: '' });
    expect(answer.modelId).toBe(modelId);
    expect(answer.rows[0]).toMatchObject({
      clientRowId: 'mine',
      probability: stored.probability,
      unknownColumns: ['shoe size'],
    });
    expect(Reasons.encode(answer.rows[0]!.reasons!).finish()).toEqual(Reasons.encode(stored.reasons!).finish());
    expect(answer.rows[1]!.probability).toBeGreaterThan(0);
    expect(answer.rows[1]!.reasons!.raising.every(({ value }) => value === undefined)).toBe(true);
  });

  it.each([
    ['an unknown sort', { sort: 'name' }, 'score.sortUnknown'],
    ['an unknown quadrant', { quadrant: 'E' }, 'score.quadrantUnknown'],
    ['an invented page token', { pageToken: 'abc' }, 'pageToken.invalid'],
    ['a run that is none', { runId: 'latest' }, 'run.unknown'],
    ['a table without a run', { table: 'other' }, 'run.unknown'],
  ])('refuses %s', async (_what, change, key) => {
    await expect(scoring.listScores(reader, { ...allScores, ...change })).rejects.toMatchObject({ key });
  });

  it('refuses to train where there is nothing to learn, and to score what the model does not fit', async () => {
    await expect(models.trainModel(systemCall, { ...trainTelco, table: 'flat' })).rejects.toMatchObject({
      kind: 'precondition',
      text: { en: expect.stringContaining('0 churned and 1200 retained subscribers') as string },
    });
    await expect(models.trainModel(systemCall, { ...trainTelco, table: 'narrow' })).rejects.toMatchObject({
      key: 'training.labelMissing',
    });
    await expect(models.trainModel(systemCall, { ...trainTelco, table: 'nope' })).rejects.toMatchObject({
      kind: 'notFound',
    });
    await expect(models.trainModel(systemCall, { ...trainTelco, kind: 'mood' })).rejects.toMatchObject({
      kind: 'invalid',
    });
    await expect(models.trainModel(systemCall, { ...trainTelco, kind: 'value' })).rejects.toMatchObject({
      key: 'training.labelMissing',
    });
    await expect(scoring.scoreTable(systemCall, { ...telco, table: 'narrow' })).rejects.toMatchObject({
      key: 'model.noChampion',
    });
  });

  it('publishes the champion and the run once each', async () => {
    await eventually('both events', async () => events.length >= 2);
    const sql = 'select rows_hash from scoring_run where id = $1';
    const [row] = await service.database.query<{ rows_hash: string }>(sql, [runId]);
    const recorded = (type: string, payload: object) =>
      expect.objectContaining({ type, payload: expect.objectContaining(payload) as object }) as object;
    expect(events).toHaveLength(2);
    expect(events).toContainEqual(recorded('model-promoted', { modelId }));
    expect(events).toContainEqual(recorded('scores-published', { rows: ROWS, rowsHash: row!.rows_hash }));
    undisturbed = await fingerprint(runId);
    expect(undisturbed.scores).toHaveLength(ROWS);
  });

  it('promotes a later model on request only, keeps the history, and scores with it', async () => {
    const changed = { ...trainTelco, version: 'v2', naturalPrevalence: 0.02 };
    const later = await service.ended(await models.trainModel(systemCall, changed));
    const id = later.result['modelId']!;
    const model = await models.getModel(systemCall, { modelId: id });
    expect(model).toMatchObject({
      name: `telco-${id.slice(0, 8)}`,
      tableVersion: 'v2',
      champion: false,
      prevalence: 0.02,
    });
    expect(model.validation).toMatchObject({ scheme: 'given split', rows: ROWS / 4 });
    await promote(promotions, id);
    expect((await models.getModel(systemCall, { modelId: id })).champion).toBe(true);
    await expect(promote(promotions, id)).rejects.toMatchObject({ key: 'promotionRequest.isChampion' });
    const asked = { kind: 'status', table: 'telco', at: undefined };
    const { championships } = await models.listChampions(systemCall, asked);
    expect(championships.map((span) => [span.modelId, span.by, span.to === undefined])).toEqual([
      [id, 'head-office', true],
      [modelId, 'test-client', false],
    ]);
    expect(championships[1]!.to).toEqual(championships[0]!.from);
    const {
      models: [newest],
      nextPageToken,
    } = await models.listModels(systemCall, { table: 'telco', pageSize: 1, pageToken: '' });
    const second = await models.listModels(systemCall, { table: 'telco', pageSize: 1, pageToken: nextPageToken });
    expect([newest!.modelId, second.models[0]!.modelId, second.nextPageToken]).toEqual([id, modelId, '']);
    expect(newest!.name).not.toBe(second.models[0]!.name);
    for (const pageToken of ['x', randomUUID()]) {
      const page = models.listModels(systemCall, { table: '', pageSize: 1, pageToken });
      await expect(page).rejects.toMatchObject({ kind: 'invalid', key: 'pageToken.invalid' });
    }
    const sql = `insert into championship (id, kind, table_name, model_id, valid_from, appointed_by, reason)
      values (gen_random_uuid(), 'status', 'telco', $1, now(), 'x', 'x')`;
    await expect(service.database.query(sql, [modelId])).rejects.toThrow('championship_open');

    const run = await service.ended(await scoring.scoreTable(systemCall, telco));
    expect(run.result).toMatchObject({ modelId: id });
    expect(run.result['runId']).not.toBe(runId);
    const score = await scoring.getScore(reader, { subscriptionId: subscriptions[3]!, kind: '' });
    expect(score).toMatchObject({ modelId: id, modelName: `telco-${id.slice(0, 8)}` });
    expect((await scoring.getRun(reader, { runId: '', table: '', kind: '' })).atRiskProbabilityMin).toBe(0.04);
    expect(await exported(runId)).toEqual(undisturbed.scores); // the older run stays
  }, 120_000);

  it('deletes runs beyond the retention, records it, and computes them again on request', async () => {
    await service.setParameter('score.runsKept', 1);
    await service.setParameter('contact.cost', 4);
    const dearer = await service.ended(await scoring.scoreTable(systemCall, telco));
    await eventually('the older runs are dropped', async () => {
      const rows = await service.database.query('select 1 from scoring_run where purged_at is null');
      return rows.length === 1;
    });
    await expect(scoring.getRun(reader, { runId, table: '', kind: '' })).rejects.toMatchObject({ kind: 'gone' });
    const partitions = await service.database.query('select 1 from pg_inherits where inhparent = $1::regclass', [
      'score',
    ]);
    expect(partitions).toHaveLength(1);
    await service.setParameter('contact.cost', 2);
    const again = await service.ended(await scoring.scoreTable(systemCall, telco));
    expect(again).toMatchObject({ state: JobState.JOB_STATE_DONE });
    expect([runId, dearer.result['runId']]).not.toContain(again.result['runId']);
    expect((await scoring.getRun(reader, { runId: again.result['runId']!, table: '', kind: '' })).rows).toBe(ROWS);
  });

  it('explains the requested share of the highest probabilities and all at risk, and predicts the others as before', async () => {
    const before = new Map((await scoresOf({})).map((score) => [score.subscriptionId, score]));
    await service.setParameter('score.explainedShare', 0.3);
    const { result } = await service.ended(await scoring.scoreTable(systemCall, telco));
    await service.setParameter('score.explainedShare', 1);
    const scores = await scoresOf({ runId: result['runId']! });
    const run = await scoring.getRun(reader, { runId: result['runId']!, table: '', kind: '' });
    const explained = scores.filter(({ reasons }) => reasons !== undefined);
    expect(scores).toHaveLength(ROWS);
    // The share is that of the population that the model is served to; the table has more churners than that one.
    expect(explained.length / ROWS).toBeGreaterThan(0.3);
    expect(explained.length / ROWS).toBeLessThan(0.6);
    const probabilityMin = Math.min(...explained.map(({ probability }) => probability));
    for (const score of scores) {
      const { probability, quadrant, reasons } = before.get(score.subscriptionId)!;
      const isExplained = probability >= probabilityMin;
      expect(score).toMatchObject({ probability, quadrant, reasons: isExplained ? reasons : undefined });
    }
    expect(scores.filter(({ probability }) => probability >= run.atRiskProbabilityMin).length).toBe(run.atRisk);
    expect(probabilityMin).toBeLessThanOrEqual(run.atRiskProbabilityMin);
    expect(run.byReason.reduce((sum, { count }) => sum + count, 0)).toBe(run.atRisk);
  });

  it('does not make a model the champion that may rank no better than chance, unless a person promotes it', async () => {
    const noise = { ...telco, table: 'noise' };
    const { result } = await service.ended(await models.trainModel(systemCall, { ...trainTelco, table: 'noise' }));
    const unsure = { modelId: result['modelId']! };
    const model = await models.getModel(systemCall, unsure);
    expect(model.validation!.auc!.low).toBeLessThan(0.5);
    expect(model).toMatchObject({ champion: false, notices: [{ key: 'model.chance' }] });
    await expect(scoring.scoreTable(systemCall, noise)).rejects.toMatchObject({ key: 'model.noChampion' });
    await promote(promotions, unsure.modelId);
    expect(await models.getModel(systemCall, unsure)).toMatchObject({ champion: true });
  }, 60_000);

  it('imports a model of another program, judges it as a trained one, and lets a person promote it', async () => {
    // tenure below a year, and missing ages as 0
    const content = lightgbmText('tenure_months age');
    const asked = { ...telco, table: 'noise', format: 'lightgbm', content, naturalPrevalence: undefined };
    const importing = callOf({ scopes: ['model:train'] });
    await expect(models.importModel(reader, { ...asked, columns: {} })).rejects.toMatchObject({ kind: 'forbidden' });
    await expect(
      models.importModel(importing, { ...asked, columns: { tenure_months: 'tenure' } }),
    ).rejects.toMatchObject({
      key: 'model.featuresMissing',
      text: { en: expect.stringContaining('model: age.') as string },
    });
    const columns = { tenure_months: 'tenure', age: 'spend' };
    const categorical = { ...asked, columns: { ...columns, age: 'contract' } };
    await expect(models.importModel(importing, categorical)).rejects.toMatchObject({ key: 'model.featuresMissing' });
    const truncated = { ...asked, columns, content: content.slice(0, 200) };
    await expect(models.importModel(importing, truncated)).rejects.toMatchObject({
      key: 'model.fileRefused',
      text: { en: expect.stringContaining('no line "end of trees"') as string },
    });
    const { result } = await service.ended(await models.importModel(importing, { ...asked, columns }));
    expect((await models.importModel(importing, { ...asked, columns })).result).toEqual(result);
    const imported = { modelId: result['modelId']! };
    expect(await models.getModel(systemCall, imported)).toMatchObject({
      method: 'imported from lightgbm',
      champion: false,
      validation: { rows: ROWS },
      verdict: { promoted: false, key: 'promotion.chance' }, // the labels are those of other rows
      importance: [{ column: 'tenure' }, { column: 'spend' }],
    });
    await promote(promotions, imported.modelId);
    const rows = [
      { clientRowId: 'new', numbers: { tenure: 5 }, categories: {} },
      { clientRowId: 'frugal', numbers: { tenure: 20 }, categories: {} },
      { clientRowId: 'spender', numbers: { tenure: 20, spend: 50 }, categories: {} },
    ];
    const answer = await scoring.predictRows(reader, { kind: '', table: 'noise', rows });
    expect(answer.modelId).toBe(imported.modelId);
    [0.8, -0.3, -1.2].forEach((logit, row) => {
      expect(answer.rows[row]!.probability).toBeCloseTo(1 / (1 + Math.exp(-logit)), 12);
    });
  }, 60_000);

  it('refuses a model whose bytes are not those that were trained', async () => {
    await service.restart();
    const listed = await models.listModels(systemCall, { table: 'telco', pageSize: 1, pageToken: '' });
    const newest = listed.models[0]!.modelId;
    const sql = 'update model set bytes = set_byte(bytes, 100, 255 - get_byte(bytes, 100)) where id = $1';
    await service.database.query(sql, [newest]);
    await expect(scoring.predictRows(reader, { kind: '', table: 'telco', rows: [] })).rejects.toMatchObject({
      kind: 'precondition',
      key: 'model.damaged',
    });
    const promoted = promote(promotions, newest);
    await expect(promoted).rejects.toMatchObject({ key: 'model.damaged' });
    await expect(promoted).rejects.toThrow(/wrong checksum .*: header, bytes 48 to \d+/);
  });

  it('gives the same in a worker thread, in other pieces, and after a stop in the middle', async () => {
    const other = await cloneDatabase('churn-scoring');
    const environment = { HOLDFAST_SCORING_PIECE_ROWS_MAX: '20', HOLDFAST_TRAINING_WORKER: undefined };
    await service.restart({ databaseUrl: other.url, environment });
    try {
      const again = await service.ended(await models.trainModel(systemCall, trainTelco));
      expect(again.failure).toBeUndefined();
      expect(again.result['modelId']).toBe(modelId);
      lake.delayMs = 60;
      const job = await scoring.scoreTable(systemCall, telco);
      await eventually(
        'some pieces are in',
        async () => (await service.database.query('select 1 from job_shard')).length >= 5,
      );
      expect(await service.database.query('select 1 from scoring_run where published_at is not null')).toEqual([]);
      await expect(scoring.getRun(reader, { runId: '', table: 'telco', kind: '' })).rejects.toMatchObject({
        kind: 'notFound',
      });
      await service.restart({ databaseUrl: other.url, environment });
      expect((await service.database.query('select 1 from job_shard')).length).toBeLessThan(60); // of 60 pieces
      lake.delayMs = 0;
      const resumed = await service.ended(job);
      expect(resumed).toMatchObject({ state: JobState.JOB_STATE_DONE, rowsDone: ROWS });
      expect(await fingerprint(resumed.result['runId']!)).toEqual(undisturbed);
    } finally {
      lake.delayMs = 0;
      await service.stop();
      await other.drop();
    }
  }, 120_000);

  it('ends a training that is cancelled, and keeps nothing of it', async () => {
    const other = await cloneDatabase('churn-scoring');
    await service.restart({ databaseUrl: other.url, environment: {} });
    try {
      const jobs = service.client<JobService>(JobServiceDefinition);
      const { jobId } = await models.trainModel(systemCall, { ...trainTelco, repeats: 20 });
      await eventually('it validates', async () =>
        (await jobs.getJob(systemCall, { jobId })).phase.startsWith('validating 1/100'),
      );
      await jobs.cancelJob(systemCall, { jobId });
      expect((await service.ended({ jobId })).state).toBe(JobState.JOB_STATE_CANCELLED);
      expect(await service.database.query('select 1 from model')).toEqual([]);
    } finally {
      await service.stop();
      await other.drop();
    }
  });
});
