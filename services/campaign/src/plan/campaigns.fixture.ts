import { CampaignPlan } from '@holdfast/contracts/campaign/v1/plan';
import type { Call } from '@holdfast/platform/grpc';
import { callOf } from '@holdfast/testing/callers';

/** Who plans, and who approves: two clients. */
export const planner = callOf({ client: 'planner', scopes: ['campaign:write', 'campaign:read', 'work:read'] });
export const approver = callOf({ client: 'approver', scopes: ['campaign:approve', 'campaign:read'] });

/** The call of a person who uses a client. */
export function asPerson(call: Call, person: string): Call {
  return { caller: { ...call.caller, onBehalfOf: person } };
}

/** A plan with two offers and a control group. */
export function planFor(table: string, changed: Partial<CampaignPlan> = {}): CampaignPlan {
  return CampaignPlan.fromPartial({
    name: 'Stay with us',
    table,
    arms: [
      { arm: 'fitted', offerKind: 'fitted_plan', textEn: 'A plan that fits.', textZhCn: '适合您的套餐。', share: 0.4 },
      {
        arm: 'discount',
        offerKind: 'discount',
        offerId: 'loyalty-20',
        textEn: '20 CNY off for three months.',
        textZhCn: '三个月每月减免 20 元。',
        share: 0.3,
      },
    ],
    controlShare: 0.3,
    ...changed,
  });
}
