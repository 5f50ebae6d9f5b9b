/** A table that arrives is trained on and scored by the policies, without a request. */
import { CardServiceDefinition, type CardService } from '@holdfast/contracts/churn_scoring/v1/card';
import { ModelServiceDefinition, type Model, type ModelService } from '@holdfast/contracts/churn_scoring/v1/model';
import { PromotionServiceDefinition, type PromotionService } from '@holdfast/contracts/churn_scoring/v1/promotion';
import { ScoringServiceDefinition, type Run, type ScoringService } from '@holdfast/contracts/churn_scoring/v1/scoring';
import { ShadowServiceDefinition, type ShadowService } from '@holdfast/contracts/churn_scoring/v1/shadow';
import { TableWithdrawn } from '@holdfast/contracts/feature_store/v1/extract';
import { ViewMaterialised } from '@holdfast/contracts/feature_store/v1/view';
import { areaUnderCurve, rankOutcomes } from '@holdfast/learning/metrics';
import { eventOf } from '@holdfast/platform/outbox';
import { callOf, systemCall } from '@holdfast/testing/callers';
import { TestService, eventually } from '@holdfast/testing/service';
import { ChurnScoringModule } from '../churn-scoring.module.js';
import { approver, promote } from '../model/promotion.fixture.js';
import { LEAD_MONTHS, MONTHS, SyntheticMonthLake, ids, panel } from '../synthetic-month-lake.fixture.js';

jest.setTimeout(120_000);

const TABLE = 'subscriber-months';
const tableWithdrawn = eventOf('feature-store', TableWithdrawn);
const viewMaterialised = eventOf('feature-store', ViewMaterialised);
const lake = new SyntheticMonthLake();
const service = new TestService(ChurnScoringModule, {
  ...{ service: 'churn-scoring', environment: { HOLDFAST_TRAINING_WORKER: 'none' }, calls: ['feature-store'] },
  serve: (server) => lake.serve(server),
});
const models = service.client<ModelService>(ModelServiceDefinition);
const promotions = service.client<PromotionService>(PromotionServiceDefinition);
const scoring = service.client<ScoringService>(ScoringServiceDefinition);
const cards = service.client<CardService>(CardServiceDefinition);
const training = { kind: '', table: TABLE, version: '', seed: 0, naturalPrevalence: undefined, repeats: 0 };
const scored = { kind: '', table: TABLE, version: '', month: '' };

/** The view with so many months arrives. */
async function arrive(months: number): Promise<void> {
  lake.newest = `m${months}`;
  const month = MONTHS[months - 1]!;
  const event = { view: TABLE, version: lake.newest, month, rows: 1, sequence: months };
  await service.publish(viewMaterialised, { subjectId: lake.newest }, event);
}

/** The run of the newest version, once it is published. */
function runOf(months: number): Promise<Run> {
  return eventually(
    `the scores of ${months} months`,
    async () => {
      const run = await scoring
        .getRun(callOf({ scopes: ['churn:read'] }), { runId: '', table: TABLE, kind: '' })
        .catch(() => undefined);
      return run?.tableVersion === `m${months}` && run;
    },
    60_000,
  );
}

/** By month that they were trained in, oldest first. */
async function allModels(): Promise<Model[]> {
  const page = await models.listModels(systemCall, { table: TABLE, pageSize: 0, pageToken: '' });
  return page.models.sort((left, right) => (left.month < right.month ? -1 : 1));
}

async function champion(): Promise<Model> {
  return (await allModels()).find((model) => model.champion)!;
}

async function countJobs(kind: string): Promise<number> {
  return (await service.database.query('select 1 from job where kind = $1', [kind])).length;
}

/** Until nothing is queued or running. */
async function settled(): Promise<void> {
  await eventually('all jobs have ended', async () => {
    const sql = "select 1 from job where state in ('queued', 'running') union all select 1 from outbox";
    return (await service.database.query(sql)).length === 0;
  });
}

const shadows = service.client<ShadowService>(ShadowServiceDefinition);
const ofProvince = callOf({ scopes: ['model:promote', 'model:read'], client: 'head-office' });
const spansOf = async (modelId: string) => (await shadows.listShadows(ofProvince, { modelId })).shadows;

/** What others read of the current run. */
async function visible(): Promise<object> {
  const reader = callOf({ scopes: ['churn:read'] });
  const rows = await service.database.query(
    `select s.shard, subscription_id, s.probability, priority, first_reason, first_cause, md5(reasons) as reasons
     from score s join scoring_run r on r.id = s.run_id where r.is_current and r.kind = 'status' order by 1, 2`,
  );
  const { atRisk, byQuadrant, byCause } = await scoring.getRun(reader, { runId: '', table: TABLE, kind: '' });
  return { rows, atRisk, byQuadrant, byCause };
}

beforeAll(async () => {
  await service.setParameter('model.judgedMonths', 2);
  await service.setParameter('score.runsKept', 6);
});

it('trains and scores nothing where the policies are never', async () => {
  await service.setParameter('training.policy', 'never');
  await service.setParameter('scoring.policy', 'never');
  await arrive(8);
  await eventually('the table was followed', async () => (await countJobs('follow-table')) === 1);
  await settled();
  expect([await countJobs('train-model'), await countJobs('score-table')]).toEqual([0, 0]);
  await service.setParameter('training.policy', 'monthly');
  await service.setParameter('scoring.policy', 'always');
});

it('trains the first model of a table, which becomes champion, and scores the last month with it', async () => {
  await arrive(9);
  const run = await runOf(9);
  const [first, ...others] = await allModels();
  expect(others).toEqual([]);
  expect(first).toMatchObject({ champion: true, month: MONTHS[8], tableVersion: 'm9' });
  expect(first!.verdict).toMatchObject({ promoted: true, key: 'promotion.first', comparison: undefined });
  expect(run).toMatchObject({ month: MONTHS[8], modelId: first!.modelId });
  await settled();
  // A request for what has happened gives its job.
  const before = [await countJobs('train-model'), await countJobs('score-table')];
  expect((await models.trainModel(systemCall, training)).result).toMatchObject({ modelId: first!.modelId });
  expect((await scoring.scoreTable(systemCall, scored)).result).toMatchObject({ runId: run.runId });
  expect([await countJobs('train-model'), await countJobs('score-table')]).toEqual(before);
});

it('does nothing for an event that comes again, and for a version that is not the newest', async () => {
  const before = await countJobs('score-table');
  const event = { view: TABLE, version: 'm8', month: MONTHS[7]!, rows: 1, sequence: 8 };
  await service.publish(viewMaterialised, { subjectId: 'again' }, event);
  await arrive(9);
  await settled();
  expect([await countJobs('train-model'), await countJobs('score-table')]).toEqual([1, before]);
});

it('trains in a new month, compares with the champion on months that it has not learned from, and takes the newer of equals', async () => {
  const former = await champion();
  await arrive(10);
  const run = await runOf(10);
  const challenger = (await allModels()).at(-1)!;
  expect(challenger).toMatchObject({ month: MONTHS[9], tableVersion: 'm10' });
  const { promoted, comparison } = challenger.verdict!;
  // Of the two judged months the champion has learned the labels of the first.
  expect(comparison).toMatchObject({ championId: former.modelId, months: [MONTHS[9 - LEAD_MONTHS]] });
  // The method is the same, so with the months of the champion it gives the same predictions.
  const { difference, auc, championAuc } = comparison!;
  expect(difference).toEqual({ mean: 0, low: 0, high: 0 });
  expect([auc, promoted]).toEqual([championAuc, true]);
  expect(run.modelId).toBe(challenger.modelId);
  expect((await champion()).modelId).toBe(run.modelId);
});

describe('a model in shadow of the champion', () => {
  it('is put there by the province alone, one of a table, and never the champion', async () => {
    await settled();
    const now = await champion();
    const first = (await allModels()).find(({ champion: isChampion }) => !isChampion);
    const city = callOf({ scopes: ['model:promote'], orgScope: ['demo/shenyang/'] });
    const asked = { modelId: first!.modelId, reason: 'the first one' };
    await expect(shadows.startShadow(city, asked)).rejects.toMatchObject({ kind: 'forbidden' });
    await expect(shadows.startShadow(approver, asked)).rejects.toMatchObject({ kind: 'forbidden' });
    const ofChampion = shadows.startShadow(ofProvince, { modelId: now.modelId, reason: '' });
    await expect(ofChampion).rejects.toMatchObject({ key: 'shadow.isChampion' });
    await expect(shadows.stopShadow(ofProvince, asked)).rejects.toMatchObject({ key: 'shadow.none' });
    const started = await shadows.startShadow(ofProvince, asked);
    expect(started).toMatchObject({ modelId: first!.modelId, startedBy: 'head-office', endedAt: undefined, runs: [] });
    expect(await shadows.startShadow(ofProvince, asked)).toEqual(started);
    expect((await spansOf(first!.modelId)).map(({ shadowId }) => shadowId)).toEqual([started.shadowId]);
  });

  it('scores the same rows in the same job, and nothing that others read changes', async () => {
    const before = await visible();
    const first = (await allModels()).find(({ champion: isChampion }) => !isChampion);
    const published = await service.database.query(`select 1 from published_event where subject ~ 'scores-published'`);
    await service.ended(await scoring.scoreTable(systemCall, scored));
    await settled();
    expect(await visible()).toEqual(before);
    const all = await service.database.query<{ payload: Buffer }>(
      `select payload from published_event where subject ~ 'scores-published' order by published_at`,
    );
    const events = all.slice(published.length);
    expect(events.length).toBeGreaterThan(0);
    expect(events.every(({ payload }) => !payload.includes(first!.modelId))).toBe(true);
    const [span] = await spansOf(first!.modelId);
    const { championId, month, figures, outcome } = span!.runs[0]!;
    expect([championId, month, outcome]).toEqual([(await champion()).modelId, MONTHS[9], undefined]);
    const own = await service.database.query<{ champion: number; shadow: number }>(
      `select probability as champion, shadow_probability as shadow from score s join scoring_run r on r.id = s.run_id
       where r.is_current and r.kind = 'status' order by subscription_id`,
    );
    const meanOf = (of: 'champion' | 'shadow') => own.reduce((sum, row) => sum + row[of], 0) / own.length;
    expect(figures!.rows).toBe(own.length);
    expect(figures!.meanProbability).toBeCloseTo(meanOf('shadow'), 8);
    expect(figures!.championMeanProbability).toBeCloseTo(meanOf('champion'), 8);
    const top = (of: 'champion' | 'shadow') =>
      new Set(
        [...own.keys()].sort((one, two) => own[two]![of] - own[one]![of] || one - two).slice(0, figures!.contacts),
      );
    const [ofChampion, ofShadow] = [top('champion'), top('shadow')];
    const inBoth = [...ofShadow].filter((row) => ofChampion.has(row)).length;
    expect(figures!.overlap).toBeCloseTo(inBoth / figures!.contacts, 12);
    expect(figures!.rankCorrelation).toBeGreaterThan(0.3);
    expect(figures!.rankCorrelation).toBeLessThan(1);
    expect(figures!.stabilityIndex).toBeGreaterThanOrEqual(0);
    expect(figures!.atRisk - figures!.entering).toBe(figures!.championAtRisk - figures!.leaving);
  });
});

it('keeps the champion against a model that the rule does not accept, and scores with it', async () => {
  const former = await champion();
  await service.setParameter('promotion.differenceMin', 0.5);
  await arrive(11);
  const run = await runOf(11);
  expect((await allModels()).at(-1)!.verdict).toMatchObject({ promoted: false, key: 'promotion.worse' });
  expect(run.modelId).toBe(former.modelId);
  await service.setParameter('promotion.differenceMin', 0);
});

it('judges shadow and champion once the labels are known, and a promotion may rest on that', async () => {
  await service.setParameter('promotion.policy', 'by-hand');
  const [{ model_id: modelId } = { model_id: '' }] = await service.database.query<{ model_id: string }>(
    'select model_id from shadow where ended_at is null',
  );
  const another = (await allModels()).at(-1)!;
  const second = shadows.startShadow(ofProvince, { modelId: another.modelId, reason: '' });
  await expect(second).rejects.toMatchObject({ kind: 'conflict', key: 'shadow.open' });
  await arrive(12);
  await runOf(12);
  await settled();
  const { runs } = (await spansOf(modelId))[0]!;
  expect(runs.map(({ month, outcome }) => [month, outcome !== undefined])).toEqual([
    ...[MONTHS[11], MONTHS[10]].map((month) => [month, false]),
    [MONTHS[9], true],
  ]);
  const { runId, championId, outcome } = runs[2]!;
  const { comparison, precision, championPrecision } = outcome!;
  const scored = await service.database.query<{ id: string; champion: number; shadow: number }>(
    'select subscription_id as id, probability as champion, shadow_probability as shadow from score where run_id = $1',
    [runId],
  );
  const labelBy = new Map(
    Array.from(panel.months.keys(), (row) => row)
      .filter((row) => panel.months[row] === 9 && panel.lostInGap[row] !== 1)
      .map((row) => [ids[panel.subscriptions[row]!]!, panel.labels[row]!]),
  );
  const judged = scored.filter(({ id }) => labelBy.has(id));
  expect(comparison).toMatchObject({ championId, months: [MONTHS[9]], rows: judged.length });
  const labels = Uint8Array.from(judged, ({ id }) => labelBy.get(id)!);
  const aucOf = (of: 'champion' | 'shadow') =>
    areaUnderCurve(
      rankOutcomes(
        Float64Array.from(judged, (row) => row[of]),
        labels,
      ),
    );
  expect(comparison!.auc).toBeCloseTo(aucOf('shadow'), 12);
  expect(comparison!.championAuc).toBeCloseTo(aucOf('champion'), 12);
  expect(comparison!.difference!.low!).toBeLessThanOrEqual(comparison!.difference!.mean);
  for (const figure of [precision!, championPrecision!]) expect(figure.low!).toBeLessThanOrEqual(figure.high!);

  const sole = { modelId, reason: 'better in shadow', overrideReason: 'to be cancelled' };
  const asked = await promotions.requestPromotion(ofProvince, sole);
  expect(asked.championId).toBe(championId);
  expect(asked.verdict!.comparison).toEqual(comparison);
  expect(asked.verdict!.promoted).toBe(comparison!.difference!.mean >= 0);
  await promotions.decidePromotion(ofProvince, { promotionId: asked.promotionId, decision: 'cancel', comment: '' });
  const { shadows: ofCard } = await cards.getModelCard(systemCall, { modelId });
  expect(ofCard.map(({ runs: shown }) => shown.map(({ month }) => month))).toEqual([[MONTHS[11]]]);
  const ended = await shadows.stopShadow(ofProvince, { modelId });
  expect(ended).toMatchObject({ endedHow: 'stopped', endedBy: 'head-office', endedAt: expect.any(Date) });
});

it('keeps the champion where models are promoted by hand, and scores again with the one that is', async () => {
  const former = await champion();
  await service.setParameter('promotion.policy', 'by-hand');
  await arrive(12);
  expect((await runOf(12)).modelId).toBe(former.modelId);
  const trained = (await allModels()).at(-1)!;
  expect(trained.verdict).toMatchObject({ promoted: false, key: 'promotion.byHand' });
  await promote(promotions, trained.modelId);
  await eventually('the promoted model has scored', async () => (await runOf(12)).modelId === trained.modelId);
});

it('returns to the scores and the champion before a withdrawn version, and learns its month from the next one', async () => {
  await settled();
  const withdrawn = await runOf(12);
  const trained = await champion();
  expect(trained.tableVersion).toBe('m12');
  // Another model of that version, in shadow.
  const again = {
    kind: '',
    table: TABLE,
    version: 'm12',
    month: '',
    seed: 7,
    naturalPrevalence: undefined,
    repeats: 0,
  };
  const { result } = await service.ended(await models.trainModel(systemCall, again));
  const inShadow = { modelId: result['modelId']!, reason: 'to compare' };
  expect(await shadows.startShadow(ofProvince, inShadow)).toMatchObject({ endedAt: undefined });
  await settled();
  lake.newest = 'm11';
  const newest = {
    newestVersion: 'm11',
    newestMonth: MONTHS[10]!,
    newestRows: 1,
    newestKeySpace: '',
    newestImportId: '',
  };
  const event = {
    importId: '',
    table: TABLE,
    version: 'm12',
    month: MONTHS[11]!,
    withdrawnAt: new Date(),
    sequence: 12,
  };
  await service.publish(tableWithdrawn, { subjectId: TABLE }, { ...event, ...newest, newestSequence: 11 });
  const run = await runOf(11);
  expect(run.notices.map(({ key }) => key)).not.toContain('run.withdrawn');
  const [span] = await spansOf(inShadow.modelId);
  expect(span).toMatchObject({ endedHow: 'withdrawal', endedAt: expect.any(Date) as Date, endedBy: '' });
  await expect(shadows.startShadow(ofProvince, inShadow)).rejects.toMatchObject({ key: 'model.versionWithdrawn' });
  const history = await scoring.getRun(callOf({ scopes: ['churn:read'] }), {
    runId: withdrawn.runId,
    table: '',
    kind: '',
  });
  expect(history.notices.map(({ key }) => key)).toContain('run.withdrawn');
  expect(history.rows).toBe(withdrawn.rows);
  const before = await champion();
  expect(before.tableVersion).not.toBe('m12');
  expect(before.modelId).toBe(run.modelId);
  lake.newest = 'v1';
  const corrected = { view: TABLE, version: 'v1', month: MONTHS[11]!, rows: 1, sequence: 13 };
  await service.publish(viewMaterialised, { subjectId: 'v1' }, corrected);
  await eventually(
    'a model has learned the month again',
    async () => (await allModels()).some(({ tableVersion }) => tableVersion === 'v1'),
    60_000,
  );
});
