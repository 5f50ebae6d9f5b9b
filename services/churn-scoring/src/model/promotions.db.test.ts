/** Promotion by two persons, and roll-back by one. */
import { randomUUID } from 'node:crypto';
import { ModelServiceDefinition, type ModelService } from '@holdfast/contracts/churn_scoring/v1/model';
import {
  PromotionServiceDefinition,
  type Promotion,
  type PromotionService,
} from '@holdfast/contracts/churn_scoring/v1/promotion';
import { ShadowServiceDefinition, type ShadowService } from '@holdfast/contracts/churn_scoring/v1/shadow';
import type { Call } from '@holdfast/platform/grpc';
import { callOf, systemCall } from '@holdfast/testing/callers';
import { TestService } from '@holdfast/testing/service';
import { ChurnScoringModule } from '../churn-scoring.module.js';
import { SyntheticLake } from '../synthetic-lake.fixture.js';
import { approver, promote, requester } from './promotion.fixture.js';

jest.setTimeout(120_000);

const TABLE = 'telco';
const lake = new SyntheticLake();
const service = new TestService(ChurnScoringModule, {
  ...{ service: 'churn-scoring', environment: { HOLDFAST_TRAINING_WORKER: 'none' }, calls: ['feature-store'] },
  serve: (server) => lake.serve(server),
});
const models = service.client<ModelService>(ModelServiceDefinition);
const promotions = service.client<PromotionService>(PromotionServiceDefinition);

let first: string;

beforeAll(async () => {
  await service.setParameter('scoring.policy', 'never');
  const spec = { kind: 'status', table: TABLE, version: '', seed: 4, naturalPrevalence: undefined, repeats: 1 };
  const { result } = await service.ended(await models.trainModel(systemCall, spec));
  first = result['modelId']!;
}, 120_000);

/** A copy of the first model under another id, as trained with this comparison. */
async function copied(comparison?: { championId: string; mean: number }, version = 'v1'): Promise<string> {
  const id = randomUUID();
  const difference = comparison && { mean: comparison.mean, low: comparison.mean - 0.01, high: comparison.mean + 0.01 };
  const figures = { months: [], rows: 500, positives: 50, championAuc: 0.7, auc: 0.7 + (comparison?.mean ?? 0) };
  const compared = comparison && { championId: comparison.championId, ...figures, difference };
  const verdict = { promoted: false, key: 'promotion.byHand', textEn: '', textZhCn: '', comparison: compared };
  const sql = `insert into model (id, kind, table_name, name, table_version, training_hash, method, validation, importance,
      excluded, seed, prevalence, bytes, checksum, trained_at, month, verdict, horizons)
    select $1::uuid, kind, table_name, name, $3, training_hash, method, validation, importance,
      excluded, seed, prevalence, bytes, checksum, trained_at, month, $2, horizons from model where id = $4`;
  await service.database.query(sql, [id, JSON.stringify(verdict), version, first]);
  return id;
}

function ask(modelId: string, overrideReason = '', call: Call = requester): Promise<Promotion> {
  return promotions.requestPromotion(call, { modelId, reason: 'better', overrideReason });
}

function decide(promotionId: string, decision: string, call: Call = approver): Promise<Promotion> {
  return promotions.decidePromotion(call, { promotionId, decision, comment: 'seen' });
}

async function championId(): Promise<string> {
  const { championships } = await models.listChampions(systemCall, { kind: '', table: TABLE, at: undefined });
  return championships.find(({ to }) => to === undefined)!.modelId;
}

const asPerson = (person: string, client = 'console'): Call => ({
  caller: callOf({ scopes: ['model:promote', 'model:approve'], client, onBehalfOf: person }).caller,
});

it('is requested with a paired figure that the rule accepts, and approved by another person', async () => {
  const better = await copied({ championId: first, mean: 0.012 });
  const asked = await ask(better);
  expect(asked).toMatchObject({ state: 'requested', championId: first, requestedBy: 'head-office', decidedBy: '' });
  expect(asked.verdict).toMatchObject({ promoted: true, key: 'promotion.notWorse' });
  expect(await championId()).toBe(first);
  const approved = await decide(asked.promotionId, 'approve');
  expect(approved).toMatchObject({ state: 'approved', decidedBy: 'marketing-lead', comment: 'seen' });
  expect(await championId()).toBe(better);
  const { championships } = await models.listChampions(systemCall, { kind: '', table: TABLE, at: undefined });
  expect(championships[0]).toMatchObject({
    ...{ modelId: better, by: 'head-office', reason: 'better', how: 'approval', approvedBy: 'marketing-lead' },
    ...{ overrideReason: '', promotionId: asked.promotionId, to: undefined },
  });
  expect(championships[0]!.comparison).toMatchObject({ championId: first, difference: { mean: 0.012 } });
  expect(championships[1]).toMatchObject({ modelId: first, how: 'rule', approvedBy: '', comparison: undefined });
});

it('needs a reason to override the rule, which is kept', async () => {
  const champion = await championId();
  const cases = [
    await copied({ championId: champion, mean: -0.001 }),
    await copied({ championId: first, mean: 0.2 }), // against another champion
    await copied(), // not compared
  ];
  for (const [at, modelId] of cases.entries()) {
    await expect(ask(modelId)).rejects.toMatchObject({ kind: 'conflict', key: 'promotionRequest.notBetter' });
    const asked = await ask(modelId, 'the champion is unfair to a city');
    const keys = ['promotion.worse', 'promotion.championChanged', 'promotion.notComparable'];
    expect(asked).toMatchObject({
      verdict: { promoted: false, key: keys[at] },
      overrideReason: 'the champion is unfair to a city',
    });
    expect(await decide(asked.promotionId, 'reject')).toMatchObject({ state: 'rejected' });
  }
  expect(await championId()).toBe(champion);
});

it.each([
  ['the same client without a person', requester, { ...callOf({ scopes: ['model:approve'], client: 'head-office' }) }],
  ['the same person on another client', asPerson('anna'), asPerson('anna', 'desk')],
  [
    'a client that named a person, without one',
    asPerson('anna', 'head-office'),
    callOf({ scopes: ['model:approve'], client: 'head-office' }),
  ],
])('is not decided by %s', async (_, one, other) => {
  const asked = await ask(await copied(), 'by hand', one);
  for (const decision of ['approve', 'reject'])
    await expect(decide(asked.promotionId, decision, other)).rejects.toMatchObject({
      key: 'promotionRequest.approverIsRequester',
    });
  const sql = `update promotion set state = 'approved', decided_at = now(), decider_client = $2, decider_person = $3
    where id = $1`;
  const { client, onBehalfOf = null } = other.caller;
  const byHand = service.database.query(sql, [asked.promotionId, client, onBehalfOf]);
  await expect(byHand).rejects.toThrow('promotion_two_persons');
  expect(await decide(asked.promotionId, 'cancel', one)).toMatchObject({ state: 'cancelled' });
});

it('is decided by two persons of one client', async () => {
  const asked = await ask(await copied(), 'by hand', asPerson('anna'));
  expect(asked.requestedBy).toBe('console/anna');
  expect(await decide(asked.promotionId, 'reject', asPerson('bo'))).toMatchObject({ decidedBy: 'console/bo' });
});

it('is open once per table, and decided once', async () => {
  const open = await ask(await copied(), 'by hand');
  await expect(ask(await copied(), 'by hand')).rejects.toMatchObject({ key: 'promotionRequest.open' });
  const waiting = await promotions.listPromotions(requester, {
    ...{ table: TABLE, state: 'requested', pageSize: 0, pageToken: '' },
  });
  expect(waiting.promotions.map(({ promotionId }) => promotionId)).toEqual([open.promotionId]);
  await decide(open.promotionId, 'reject');
  for (const decision of ['approve', 'reject'])
    await expect(decide(open.promotionId, decision)).rejects.toMatchObject({ key: 'promotionRequest.closed' });
  const sql = "update promotion set state = 'requested', decided_at = null, decider_client = null where id = $1";
  await expect(service.database.query(sql, [open.promotionId])).rejects.toThrow('is rejected already');
  await expect(promotions.getPromotion(requester, { promotionId: randomUUID() })).rejects.toMatchObject({
    key: 'promotionRequest.unknown',
  });
});

it('lets one of two concurrent decisions win', async () => {
  const { promotionId } = await ask(await copied(), 'by hand');
  const both = await Promise.allSettled([
    decide(promotionId, 'reject', asPerson('bo')),
    decide(promotionId, 'reject', asPerson('cy')),
  ]);
  expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
});

it('is not approved where another model has become champion since', async () => {
  const champion = await championId();
  const asked = await ask(await copied({ championId: champion, mean: 0.1 }));
  const rolled = await promotions.rollBackModel(requester, { modelId: champion, reason: 'wrong' });
  expect(rolled.championship).toMatchObject({ modelId: first, how: 'rollback', by: 'head-office', reason: 'wrong' });
  await expect(decide(asked.promotionId, 'approve')).rejects.toMatchObject({ key: 'promotionRequest.championChanged' });
  await decide(asked.promotionId, 'cancel', requester);
});

it('does the same request once', async () => {
  const modelId = await copied();
  const requestId = randomUUID();
  const call = { ...requester, requestId };
  const asked = await ask(modelId, 'by hand', call);
  expect(await ask(modelId, 'by hand', call)).toEqual(asked);
  const approving = { ...approver, requestId: randomUUID() };
  const approved = await decide(asked.promotionId, 'approve', approving);
  expect(await decide(asked.promotionId, 'approve', approving)).toEqual(approved);
  const back = { ...requester, requestId: randomUUID() };
  const once = await promotions.rollBackModel(back, { modelId, reason: 'wrong' });
  const again = await promotions.rollBackModel(back, { modelId, reason: 'wrong' });
  expect(again.championship).toEqual(once.championship);
  expect(await championId()).toBe(first);
});

it('rolls back step by step, never to a model that was rolled back, and never twice from the same one', async () => {
  const [second, third] = [await copied(), await copied()];
  for (const modelId of [second, third]) await promote(promotions, modelId);
  const rollBack = (modelId: string) => promotions.rollBackModel(requester, { modelId, reason: 'wrong' });
  expect((await rollBack(third)).model!.modelId).toBe(second);
  await expect(rollBack(third)).rejects.toMatchObject({ kind: 'conflict', key: 'rollback.notChampion' });
  expect((await rollBack(second)).model!.modelId).toBe(first);
  await expect(rollBack(first)).rejects.toMatchObject({ key: 'rollback.nothingBefore' });
  for (const reason of ['', '  '])
    await expect(promotions.rollBackModel(requester, { modelId: first, reason })).rejects.toMatchObject({
      key: 'model.reasonMissing',
    });
  await expect(promotions.rollBackModel(approver, { modelId: first, reason: 'x' })).rejects.toMatchObject({
    kind: 'forbidden',
  });
});

it('skips models of withdrawn versions, which are not promoted either', async () => {
  const withdrawn = await copied(undefined, 'gone');
  const live = await copied();
  for (const modelId of [withdrawn, live]) await promote(promotions, modelId);
  const sql = "insert into withdrawn_version (table_name, version, withdrawn_at) values ($1, 'gone', now())";
  await service.database.query(sql, [TABLE]);
  const { model } = await promotions.rollBackModel(requester, { modelId: live, reason: 'wrong' });
  expect(model!.modelId).toBe(first);
  await expect(ask(withdrawn, 'by hand')).rejects.toMatchObject({ key: 'model.versionWithdrawn' });
});

it('shows which model was live at a time', async () => {
  const { championships } = await models.listChampions(systemCall, { kind: '', table: TABLE, at: undefined });
  expect(championships.length).toBeGreaterThan(5);
  const liveAt = async (time: Date): Promise<string[]> => {
    const live = await models.listChampions(systemCall, { kind: '', table: TABLE, at: time });
    return live.championships.map(({ modelId }) => modelId);
  };
  const spans = championships.filter(({ from, to }) => to?.getTime() !== from!.getTime());
  for (const { modelId, from } of spans) expect(await liveAt(from!)).toEqual([modelId]);
  for (const { modelId, to } of spans.slice(1)) expect(await liveAt(to!)).not.toContain(modelId);
  const before = new Date(championships.at(-1)!.from!.getTime() - 1);
  const none = await models.listChampions(systemCall, { kind: '', table: TABLE, at: before });
  expect(none.championships).toEqual([]);
});

it('ends the shadow of a model that becomes champion', async () => {
  const modelId = await copied();
  const shadows = service.client<ShadowService>(ShadowServiceDefinition);
  await shadows.startShadow(requester, { modelId, reason: 'to compare' });
  await promote(promotions, modelId);
  const { shadows: spans } = await shadows.listShadows(requester, { modelId });
  expect(spans).toMatchObject([{ endedHow: 'promotion', endedBy: '', runs: [] }]);
  expect(spans[0]!.endedAt).toBeInstanceOf(Date);
  const again = shadows.startShadow(requester, { modelId, reason: '' });
  await expect(again).rejects.toMatchObject({ key: 'shadow.isChampion' });
});
