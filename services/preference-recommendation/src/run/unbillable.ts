import type { UnbillablePlan } from '@holdfast/contracts/preference_recommendation/v1/plan_fit';
import { totalsObstacle } from '../bill/tariff.js';
import type { Plan } from '../catalogue/plan.js';
import type { Method } from '../fit/fit.js';

/** Why subscriptions cannot be billed on their present plan. */
export function unbillablePlan(
  planId: string,
  subscriptions: number,
  { catalogue, method }: { catalogue: readonly Plan[]; method: Method },
): UnbillablePlan {
  const plan = catalogue.find(({ id }) => id === planId);
  return { planId, name: plan?.name ?? '', reason: reasonOf(planId, plan, method), subscriptions };
}

function reasonOf(planId: string, plan: Plan | undefined, method: Method): string {
  if (planId === '') return 'no_bill';
  if (plan === undefined) return 'plan_unreadable';
  const obstacle = method === 'usage' ? totalsObstacle(plan) : undefined;
  return obstacle === undefined ? 'no_rate' : `totals_${obstacle}`;
}
