/** Drift of runs, and the card of the model that scored them. */
import { CardServiceDefinition, type CardService } from '@holdfast/contracts/churn_scoring/v1/card';
import { DriftServiceDefinition, type DriftService } from '@holdfast/contracts/churn_scoring/v1/drift';
import { ModelServiceDefinition, type ModelService } from '@holdfast/contracts/churn_scoring/v1/model';
import { ScoringServiceDefinition, type ScoringService } from '@holdfast/contracts/churn_scoring/v1/scoring';
import { callOf, systemCall } from '@holdfast/testing/callers';
import { recordEvents } from '@holdfast/testing/recorder';
import { TestService, eventually } from '@holdfast/testing/service';
import { ChurnScoringModule } from '../churn-scoring.module.js';
import { ROWS, SyntheticLake } from '../synthetic-lake.fixture.js';
import { modelDrifted } from './run-drift.js';

jest.setTimeout(120_000);

const lake = new SyntheticLake();
const events = recordEvents([modelDrifted]);
const service = new TestService(ChurnScoringModule, {
  ...{ service: 'churn-scoring', environment: { HOLDFAST_TRAINING_WORKER: 'none' }, calls: ['feature-store'] },
  serve: (server) => lake.serve(server),
});
const models = service.client<ModelService>(ModelServiceDefinition);
const scoring = service.client<ScoringService>(ScoringServiceDefinition);
const drifts = service.client<DriftService>(DriftServiceDefinition);
const cards = service.client<CardService>(CardServiceDefinition);
const telco = { kind: 'status', table: 'telco', version: '', month: '' };
const reader = callOf({ scopes: ['model:read', 'churn:read'] });

let modelId: string;

beforeAll(async () => {
  const spec = { ...telco, seed: 4, naturalPrevalence: undefined, repeats: 1 };
  const { result } = await service.ended(await models.trainModel(systemCall, spec));
  modelId = result['modelId']!;
}, 120_000);

async function scored(contactCost: number): Promise<string> {
  await service.setParameter('contact.cost', contactCost);
  const { result, failure } = await service.ended(await scoring.scoreTable(systemCall, telco));
  expect(failure).toBeUndefined();
  return result['runId']!;
}

async function noticesOf(runId: string): Promise<string[]> {
  const { notices } = await scoring.getRun(reader, { runId, table: '', kind: '' });
  return notices.map(({ key }) => key);
}

it('has no drift on the rows of the training', async () => {
  const runId = await scored(2);
  const drift = await drifts.getRunDrift(reader, { runId, table: '', kind: '' });
  expect(drift).toMatchObject({ runId, modelId, kind: 'status', table: 'telco', month: '', rows: ROWS });
  expect(drift.columns.map(({ column }) => column)).toContain('spend');
  for (const { level, index } of [drift.scores!, ...drift.columns])
    expect([level, index < 0.1]).toEqual(['none', true]);
  expect(await noticesOf(runId)).toEqual([]);
  expect(await service.database.query('select 1 from drift_piece')).toEqual([]);
});

it('names the column that moved, with a notice for each run and one event for the model and month', async () => {
  lake.spendFactor = 3;
  const runs = [await scored(3), await scored(4)];
  for (const runId of runs) {
    const drift = await drifts.getRunDrift(reader, { runId, table: '', kind: '' });
    expect(drift.columns[0]).toMatchObject({ column: 'spend', level: 'strong' });
    expect(drift.columns.slice(1).filter(({ level }) => level === 'strong')).toEqual([]);
    expect(await noticesOf(runId)).toContain('run.drift');
  }
  await eventually('the event', async () => events.length > 0);
  const alarms = await service.database.query("select 1 from outbox where subject like '%model-drifted%'");
  expect(alarms).toEqual([]);
  expect(events.map(({ payload }) => payload)).toEqual([
    expect.objectContaining({ modelId, table: 'telco', month: '', runId: runs[0], columns: ['spend'] }),
  ]);
});

it('needs the scope, and a run', async () => {
  const asked = { runId: '', table: 'telco', kind: '' };
  await expect(drifts.getRunDrift(callOf(), asked)).rejects.toMatchObject({ kind: 'forbidden' });
  await expect(drifts.getRunDrift(reader, { ...asked, table: 'none' })).rejects.toMatchObject({ key: 'run.unknown' });
  expect((await drifts.getRunDrift(reader, asked)).table).toBe('telco');
});

it('shows the card of the model', async () => {
  const card = await cards.getModelCard(reader, { modelId });
  expect(card.data).toMatchObject({ rows: ROWS, labelledRows: ROWS, sampleShare: 1, months: [] });
  expect(card.data!.positives).toBe(card.model!.validation!.positives);
  expect(card.method).toMatchObject({ columns: card.model!.importance.length });
  expect(card.method!.trees).toBeGreaterThan(0);
  expect(card.method!.leavesMax).toBeGreaterThan(card.method!.depthMax);
  expect(JSON.parse(card.method!.settingsJson)).toMatchObject({ seed: 4, repeats: 1 });
  expect(card.model!.validation!.capacity).toMatchObject({ contacts: ROWS / 50, share: 0.02 });
  expect(card.deployments).toMatchObject([{ modelId, how: 'rule', to: undefined }]);
  const keys = card.limits.map(({ key }) => key);
  for (const key of ['limit.notForward', 'limit.suspectedLeak', 'limit.population']) expect(keys).toContain(key);
  expect(card.reasons.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1, 9);
  expect(card.goalEn).not.toBe(card.goalZhCn);
  await expect(cards.getModelCard(callOf(), { modelId })).rejects.toMatchObject({ kind: 'forbidden' });
});
