import { Inject, Injectable } from '@nestjs/common';
import { Validation, Verdict, type ModelComparison } from '@holdfast/contracts/churn_scoring/v1/model';
import type {
  ListPromotionsRequest,
  ListPromotionsResponse,
  Promotion,
  RequestPromotionRequest,
  RollBackModelResponse,
} from '@holdfast/contracts/churn_scoring/v1/promotion';
import { actorOf, actorText, mayBeSame, type Actor } from '@holdfast/platform/actor';
import { systemCaller } from '@holdfast/platform/caller';
import { Clock } from '@holdfast/platform/clock';
import { Database, insertRow, rowsOf, type Transaction } from '@holdfast/platform/database';
import { failure } from '@holdfast/platform/errors';
import type { Call } from '@holdfast/platform/grpc';
import { newId, uuidOrNull } from '@holdfast/platform/identity';
import { Jobs } from '@holdfast/platform/jobs';
import { idAfter, pageOf } from '@holdfast/platform/paging';
import { Parameters } from '@holdfast/platform/parameters';
import { FOLLOW_TABLE } from '../jobs.js';
import type { ChurnScoringParameters } from '../parameters.js';
import { Champions, isNotWithdrawn, versionWithdrawn } from './champions.js';
import { isImported, modelMessage, type ModelRow } from './model-row.js';
import { promotionMessage, type PromotionRow } from './promotion-row.js';
import { Registry } from './registry.js';
import { Shadows } from './shadows.js';
import { promotionRule, verdictOnRequest } from './verdict.js';

const PAGE_ROWS_MAX = 200;
const PAGE_ROWS_DEFAULT = 50;

/** Serialises the attempts of one request. */
const LOCK_REQUEST = 'select pg_advisory_xact_lock(hashtextextended($1, 3))';

const promotionUnknown = failure('notFound', 'promotionRequest.unknown', {
  en: 'There is no such request.',
  'zh-CN': '没有这个启用申请。',
});
const notBetter = failure('conflict', 'promotionRequest.notBetter', {
  en: 'The promotion rule does not accept the model: {why} State why it is to score nevertheless (overrideReason).',
  'zh-CN': '该模型不符合启用规则：{why} 如仍需启用，请说明理由（overrideReason）。',
});
const alreadyChampion = failure('conflict', 'promotionRequest.isChampion', {
  en: 'The model is the champion already.',
  'zh-CN': '该模型已是现役模型。',
});
const alreadyOpen = failure('conflict', 'promotionRequest.open', {
  en: 'There is an open request for the table {table}: {promotion}. It must be decided or cancelled first.',
  'zh-CN': '表 {table} 已有待审批的启用申请 {promotion}，请先审批或撤销。',
});
const alreadyDecided = failure('conflict', 'promotionRequest.closed', {
  en: 'The request is {state} already.',
  'zh-CN': '该申请当前状态为 {state}，不能再处理。',
});
const approverIsRequester = failure('conflict', 'promotionRequest.approverIsRequester', {
  en: 'A request is approved or rejected by another person than the one who made it.',
  'zh-CN': '启用申请须由申请人以外的人员审批。',
});
const championChanged = failure('conflict', 'promotionRequest.championChanged', {
  en: 'The champion has changed since the request, which was about another comparison. Reject or cancel it, and request again.',
  'zh-CN': '申请提出后现役模型已变更，原比较结果不再适用；请驳回或撤销后重新申请。',
});
const notChampion = failure('conflict', 'rollback.notChampion', {
  en: 'The model is not the champion of its table any more: {champion} is.',
  'zh-CN': '该模型已不是现役模型，当前现役模型为 {champion}。',
});
const nothingBefore = failure('conflict', 'rollback.nothingBefore', {
  en: 'No other model that can score has been the champion of the table {table}.',
  'zh-CN': '表 {table} 之前没有可恢复的现役模型。',
});

/** What a person may do with an open request. */
export const DECISIONS = { approve: 'approved', reject: 'rejected', cancel: 'cancelled' } as const;
type Decision = keyof typeof DECISIONS;

/** Promotion by hand, by two persons, and roll-back by one. */
@Injectable()
export class Promotions {
  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
    private readonly registry: Registry,
    private readonly champions: Champions,
    private readonly shadows: Shadows,
    private readonly jobs: Jobs,
    @Inject(Parameters) private readonly parameters: ChurnScoringParameters,
  ) {}

  /** @throws notFound; conflict; precondition where the model is damaged */
  async request(call: Call, { modelId, reason, overrideReason }: RequestPromotionRequest): Promise<Promotion> {
    const model = await this.registry.get(modelId);
    await this.registry.load(model); // a model that cannot score is not let in
    const rule = await promotionRule(this.parameters);
    return this.database.transaction(async (tx) => {
      const earlier = await this.ofRequest(tx, call);
      if (earlier !== undefined) return promotionMessage(earlier);
      await this.champions.lock(tx, model.kind, model.table_name);
      await this.requirePresentVersion(tx, model);
      const championId = await this.champions.current(tx, model.kind, model.table_name);
      if (championId === model.id) throw alreadyChampion();
      await this.requireNoneOpen(tx, model);
      const inShadow = championId && (await this.shadows.comparisonWith(model.id, championId));
      const verdict = verdictOnRequest(judgedOf(model, inShadow || undefined), rule, championId);
      if (!verdict.promoted && overrideReason === '')
        throw notBetter({ why: `${verdict.textEn} / ${verdict.textZhCn}` });
      const actor = actorOf(call.caller);
      const row = {
        ...{ id: newId(), model_id: model.id, kind: model.kind, table_name: model.table_name },
        ...{ champion_id: championId ?? null, verdict, reason, requested_at: this.clock.now() },
        // A reason against the rule is of no use where the rule accepts the model.
        override_reason: verdict.promoted ? '' : overrideReason,
        ...{ requester_client: actor.client, requester_person: actor.person },
      };
      const [promotion] = await insertRow<PromotionRow>(tx, 'promotion', row, 'returning *');
      await this.record(tx, promotion!, 'request', actor, call.requestId);
      return promotionMessage(promotion!);
    });
  }

  /** @throws notFound */
  async get(promotionId: string): Promise<Promotion> {
    const sql = 'select * from promotion where id = $1';
    const [row] = await this.database.query<PromotionRow>(sql, [uuidOrNull(promotionId)]);
    if (row === undefined) throw promotionUnknown();
    return promotionMessage(row);
  }

  /** Newest first. @throws invalid */
  async list({ table, state, pageSize, pageToken }: ListPromotionsRequest): Promise<ListPromotionsResponse> {
    const size = Math.min(pageSize || PAGE_ROWS_DEFAULT, PAGE_ROWS_MAX);
    const sql = `select * from promotion where ($1 = '' or table_name = $1) and ($2 = '' or state = $2)
        and ($3::uuid is null or (requested_at, id) < (select requested_at, id from promotion where id = $3))
      order by requested_at desc, id desc limit $4`;
    const rows = await this.database.query<PromotionRow>(sql, [table, state, idAfter(pageToken), size + 1]);
    const { page, nextPageToken } = pageOf(rows, size, ({ id }) => id);
    return { promotions: page.map(promotionMessage), nextPageToken };
  }

  /**
   * Decides an open request; an approval makes the model champion and has its table scored.
   * @throws notFound; conflict; precondition where the model is damaged
   */
  async decide(call: Call, promotionId: string, decision: Decision, comment: string): Promise<Promotion> {
    const { modelId } = await this.get(promotionId);
    const model = await this.registry.get(modelId);
    if (decision === 'approve') await this.registry.load(model);
    return this.database.transaction(async (tx) => {
      const earlier = await this.ofRequest(tx, call);
      if (earlier !== undefined) return promotionMessage(earlier);
      await this.champions.lock(tx, model.kind, model.table_name);
      const open = await this.lockRow(tx, promotionId);
      if (open.state !== 'requested') throw alreadyDecided({ state: open.state });
      const actor = actorOf(call.caller);
      const requester = { client: open.requester_client, person: open.requester_person };
      if (decision !== 'cancel' && mayBeSame(requester, actor)) throw approverIsRequester();
      if (decision === 'approve') await this.requireSameChampion(tx, model, open);
      const sql = `update promotion set state = $2, decider_client = $3, decider_person = $4, decided_at = $5, comment = $6
        where id = $1 returning *`;
      const params = [open.id, DECISIONS[decision], actor.client, actor.person, this.clock.now(), comment];
      const [row] = await rowsOf<PromotionRow>(tx, sql, params);
      await this.record(tx, row!, decision, actor, call.requestId);
      if (decision === 'approve') await this.appoint(tx, model, row!);
      return promotionMessage(row!);
    });
  }

  /**
   * Makes the champion before the present one score again.
   * @param modelId the champion that is replaced: a second request for it, by another person, is refused
   * @throws notFound; conflict; precondition where the model before is damaged
   */
  async rollBack(call: Call, modelId: string, reason: string): Promise<RollBackModelResponse> {
    const model = await this.registry.get(modelId);
    const { kind, table_name: table } = model;
    const championship = await this.database.transaction(async (tx) => {
      const { caller, requestId } = call;
      if (requestId !== undefined) {
        await rowsOf(tx, LOCK_REQUEST, [requestId]);
        const earlier = await this.champions.ofRequest(tx, requestId);
        if (earlier !== undefined) return earlier;
      }
      await this.champions.lock(tx, kind, table);
      const current = await this.champions.current(tx, kind, table);
      if (current !== model.id) throw notChampion({ champion: current ?? '–' });
      const before = await this.champions.before(tx, kind, table, model.id);
      if (before === undefined) throw nothingBefore({ table });
      await this.registry.load(before);
      const { client, person } = actorOf(caller);
      const appointment = { by: actorText(client, person), reason, how: 'rollback', requestId } as const;
      await this.champions.appoint(tx, { id: before.id, kind, table }, appointment);
      await this.follow(tx, table);
      return (await this.champions.present(tx, kind, table))!;
    });
    return { model: modelMessage(await this.registry.get(championship.modelId)), championship };
  }

  private async appoint(tx: Transaction, model: ModelRow, row: PromotionRow): Promise<void> {
    const { kind, table_name: table } = model;
    await this.champions.appoint(
      tx,
      { id: model.id, kind, table },
      {
        by: actorText(row.requester_client, row.requester_person),
        ...{ reason: row.reason, how: 'approval', promotionId: row.id },
        // Of a comparison with another champion than the present one, the figure is not about this change.
        comparison: isAbout(row) ? Verdict.fromPartial(row.verdict).comparison : undefined,
      },
    );
    await this.follow(tx, table);
  }

  /** The newest version of the table is to be scored by its new champion. */
  private follow(tx: Transaction, table: string): Promise<unknown> {
    const params = { table, version: '', source: '', after: 'promotion', cause: newId() } as const;
    const caller = systemCaller('churn-scoring');
    return this.jobs.submit(tx, { kind: FOLLOW_TABLE, key: JSON.stringify(params), params, caller });
  }

  private async requireSameChampion(tx: Transaction, model: ModelRow, open: PromotionRow): Promise<void> {
    await this.requirePresentVersion(tx, model);
    const current = await this.champions.current(tx, model.kind, model.table_name);
    if ((current ?? null) !== open.champion_id) throw championChanged();
  }

  private async requirePresentVersion(tx: Transaction, { id }: ModelRow): Promise<void> {
    const sql = `select 1 from model m where m.id = $1 and ${isNotWithdrawn('m')}`;
    if ((await rowsOf(tx, sql, [id])).length === 0) throw versionWithdrawn();
  }

  private async requireNoneOpen(tx: Transaction, { kind, table_name: table }: ModelRow): Promise<void> {
    const sql = "select id from promotion where kind = $1 and table_name = $2 and state = 'requested'";
    const [open] = await rowsOf<{ id: string }>(tx, sql, [kind, table]);
    if (open !== undefined) throw alreadyOpen({ table, promotion: open.id });
  }

  private async lockRow(tx: Transaction, promotionId: string): Promise<PromotionRow> {
    const [row] = await rowsOf<PromotionRow>(tx, 'select * from promotion where id = $1 for update', [promotionId]);
    return row!;
  }

  /** What an earlier attempt of the request made or decided; undefined for the first one. */
  private async ofRequest(tx: Transaction, { requestId }: Call): Promise<PromotionRow | undefined> {
    if (requestId === undefined) return undefined;
    await rowsOf(tx, LOCK_REQUEST, [requestId]);
    const sql = 'select p.* from promotion p join promotion_step s on s.promotion_id = p.id where s.request_id = $1';
    return (await rowsOf<PromotionRow>(tx, sql, [requestId]))[0];
  }

  private async record(
    tx: Transaction,
    { id }: PromotionRow,
    step: Decision | 'request',
    { client, person }: Actor,
    requestId: string | undefined,
  ): Promise<void> {
    const at = this.clock.now();
    const row = { promotion_id: id, step, at, client, person, request_id: requestId ?? null };
    await insertRow(tx, 'promotion_step', row);
  }
}

/** A comparison in shadow is of rows that neither model has learned from, and newer than that of the training. */
function judgedOf(model: ModelRow, inShadow: ModelComparison | undefined) {
  const trained = model.verdict === null ? undefined : Verdict.fromPartial(model.verdict);
  return {
    validation: Validation.fromPartial(model.validation),
    verdict: inShadow === undefined ? trained : Verdict.fromPartial({ comparison: inShadow }),
    isImported: isImported(model) && inShadow === undefined,
  };
}

function isAbout({ verdict, champion_id: championId }: PromotionRow): boolean {
  return Verdict.fromPartial(verdict).comparison?.championId === championId;
}
