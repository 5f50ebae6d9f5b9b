import type { Promotion, PromotionService } from '@holdfast/contracts/churn_scoring/v1/promotion';
import type { Rpc } from '@holdfast/platform/grpc';
import { callOf } from '@holdfast/testing/callers';

export const requester = callOf({ scopes: ['model:promote', 'model:read'], client: 'head-office' });
export const approver = callOf({ scopes: ['model:approve', 'model:read'], client: 'marketing-lead' });

/** Promotes a model by hand, whatever its figures. */
export async function promote(promotions: Rpc<PromotionService>, modelId: string): Promise<Promotion> {
  const asked = { modelId, reason: 'looked at', overrideReason: 'it is to score now' };
  const { promotionId } = await promotions.requestPromotion(requester, asked);
  return promotions.decidePromotion(approver, { promotionId, decision: 'approve', comment: 'agreed' });
}
