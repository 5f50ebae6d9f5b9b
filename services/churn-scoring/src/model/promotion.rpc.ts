import { Inject, Injectable } from '@nestjs/common';
import type { PromotionService } from '@holdfast/contracts/churn_scoring/v1/promotion';
import { requireAllOrgUnits, requireScope } from '@holdfast/platform/caller';
import { failure } from '@holdfast/platform/errors';
import type { Call, Rpc } from '@holdfast/platform/grpc';
import { scoped } from '@holdfast/platform/scoped';
import { CONFIG } from '@holdfast/platform/service';
import type { ChurnScoringConfig } from '../config.js';
import { DECISIONS, Promotions } from './promotions.js';

export const REASON_LENGTH_MAX = 500;

export const reasonTooLong = failure('invalid', 'model.reasonTooLong', {
  en: 'A reason has at most {max} characters.',
  'zh-CN': '原因最多 {max} 个字符。',
});
const reasonMissing = failure('invalid', 'model.reasonMissing', { en: 'A reason is needed.', 'zh-CN': '请填写原因。' });
const decisionUnknown = failure('invalid', 'promotionRequest.decisionUnknown', {
  en: 'Unknown decision. Use one of: {known}.',
  'zh-CN': '没有此决定。可用决定：{known}。',
});

/** PromotionService: checks scopes and the form of requests. Which model scores is decided for the whole operator. */
@Injectable()
export class PromotionRpc {
  constructor(
    private readonly promotions: Promotions,
    @Inject(CONFIG) private readonly config: ChurnScoringConfig,
  ) {}

  readonly handlers: Rpc<PromotionService> = {
    requestPromotion: scoped('model:promote', async (call, request) => {
      this.check(call, request.reason, request.overrideReason);
      return this.promotions.request(call, request);
    }),

    getPromotion: scoped('model:read', (_call, { promotionId }) => this.promotions.get(promotionId)),

    listPromotions: scoped('model:read', (_call, request) => this.promotions.list(request)),

    decidePromotion: async (call, { promotionId, decision, comment }) => {
      if (!isDecision(decision)) throw decisionUnknown({ known: Object.keys(DECISIONS).join(', ') });
      // The right to request a promotion includes cancelling it; deciding about it is another right.
      requireScope(call.caller, decision === 'cancel' ? 'model:promote' : 'model:approve');
      this.check(call, comment);
      return this.promotions.decide(call, promotionId, decision, comment);
    },

    rollBackModel: scoped('model:promote', async (call, { modelId, reason }) => {
      this.check(call, reason);
      if (reason.trim() === '') throw reasonMissing();
      return this.promotions.rollBack(call, modelId, reason);
    }),
  };

  /** @throws forbidden, invalid */
  private check({ caller }: Call, ...reasons: readonly string[]): void {
    requireAllOrgUnits(caller, this.config.operator);
    if (reasons.some(({ length }) => length > REASON_LENGTH_MAX)) throw reasonTooLong({ max: REASON_LENGTH_MAX });
  }
}

function isDecision(asked: string): asked is keyof typeof DECISIONS {
  return Object.hasOwn(DECISIONS, asked);
}
