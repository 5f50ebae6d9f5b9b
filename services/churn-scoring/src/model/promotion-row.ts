import { Verdict } from '@holdfast/contracts/churn_scoring/v1/model';
import type { Promotion } from '@holdfast/contracts/churn_scoring/v1/promotion';
import { actorText } from '@holdfast/platform/actor';

/** A row of table `promotion`. */
export interface PromotionRow {
  id: string;
  model_id: string;
  kind: string;
  table_name: string;
  state: 'requested' | 'approved' | 'rejected' | 'cancelled';
  champion_id: string | null;
  verdict: object;
  reason: string;
  override_reason: string;
  requester_client: string;
  requester_person: string | null;
  requested_at: Date;
  decider_client: string | null;
  decider_person: string | null;
  decided_at: Date | null;
  comment: string;
}

export function promotionMessage(row: PromotionRow): Promotion {
  return {
    promotionId: row.id,
    modelId: row.model_id,
    kind: row.kind,
    table: row.table_name,
    state: row.state,
    championId: row.champion_id ?? '',
    verdict: Verdict.fromPartial(row.verdict),
    reason: row.reason,
    overrideReason: row.override_reason,
    requestedBy: actorText(row.requester_client, row.requester_person),
    requestedAt: row.requested_at,
    decidedBy: actorText(row.decider_client, row.decider_person),
    decidedAt: row.decided_at ?? undefined,
    comment: row.comment,
  };
}
