/** A table that arrives is trained on and scored by the policies, without a request. */
import { ModelServiceDefinition, type Model, type ModelService } from '@holdfast/contracts/churn_scoring/v1/model';
import { PromotionServiceDefinition, type PromotionService } from '@holdfast/contracts/churn_scoring/v1/promotion';
import { ScoringServiceDefinition, type Run, type ScoringService } from '@holdfast/contracts/churn_scoring/v1/scoring';
import { TableWithdrawn } from '@holdfast/contracts/feature_store/v1/extract';
import { ViewMaterialised } from '@holdfast/contracts/feature_store/v1/view';
import { eventOf } from '@holdfast/platform/outbox';
import { callOf, systemCall } from '@holdfast/testing/callers';
import { TestService, eventually } from '@holdfast/testing/service';
import { ChurnScoringModule } from '../churn-scoring.module.js';
import { promote } from '../model/promotion.fixture.js';
import { LEAD_MONTHS, MONTHS, SyntheticMonthLake } from '../synthetic-month-lake.fixture.js';

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

beforeAll(() => service.setParameter('model.judgedMonths', 2));

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

it('trains in a new month, compares with the champion on months that it has not learned from, and keeps the better', async () => {
  const former = await champion();
  await arrive(10);
  const run = await runOf(10);
  const challenger = (await allModels()).at(-1)!;
  expect(challenger).toMatchObject({ month: MONTHS[9], tableVersion: 'm10' });
  const { promoted, comparison } = challenger.verdict!;
  // Of the two judged months the champion has learned the labels of the first.
  expect(comparison).toMatchObject({ championId: former.modelId, months: [MONTHS[9 - LEAD_MONTHS]] });
  const { difference, auc, championAuc } = comparison!;
  expect(difference!.mean).toBeCloseTo(auc - championAuc, 12);
  expect(difference!.low!).toBeLessThan(difference!.mean);
  expect(difference!.high!).toBeGreaterThan(difference!.mean);
  expect(promoted).toBe(difference!.mean >= 0);
  expect(run.modelId).toBe(promoted ? challenger.modelId : former.modelId);
  expect((await champion()).modelId).toBe(run.modelId);
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
