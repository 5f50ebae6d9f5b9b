import type { WorkItem } from '@holdfast/contracts/campaign/v1/work';
import { derivedId } from '@holdfast/platform/identity';
import { moneyOf } from '@holdfast/platform/money';

/** Row of ITEM_COLUMNS. */
export interface WorkItemRow {
  subscription_id: string;
  list_build_id: string;
  queue: string;
  currency: string;
  rank: string;
  probability: number;
  value_minor: string | null;
  priority: number;
  quadrant: string;
  first_reason: string;
  state: 'open' | 'done';
  org_unit_path: string;
  campaign_id: string | null;
  arm: string | null;
  household_id: string | null;
  deferred_until: Date | null;
  call_back_at: Date | null;
  call_back_agent: string | null;
}

interface ItemContext {
  leased: boolean;
  now: Date;
  operator: string;
}

/** Columns of `work_item i` joined with its `list_build b`. */
export const ITEM_COLUMNS = `i.subscription_id, i.list_build_id, b.queue, b.currency, i.rank, i.probability, i.value_minor,
  i.priority, i.quadrant, i.first_reason, i.state, i.org_unit_path, b.campaign_id, i.arm, i.household_id, i.deferred_until,
  (select c.at from call_back c where c.queue = b.queue and c.subscription_id = i.subscription_id) as call_back_at,
  (select c.agent from call_back c where c.queue = b.queue and c.subscription_id = i.subscription_id) as call_back_agent`;

/** SQL condition: a lease on `work_item i` is in force; `now` is the placeholder of the current time. */
export function leaseInForce(now: string): string {
  return `exists (select from lease l
    where l.subscription_id = i.subscription_id and l.ended_at is null and l.expires_at > ${now})`;
}

/** The id is derived, so that rebuilding the list of a run gives the same ids. */
export function workItemMessage(row: WorkItemRow, { leased, now, operator }: ItemContext): WorkItem {
  const { call_back_at: callBackAt, call_back_agent: agent } = row;
  return {
    itemId: derivedId('work-item', operator, `${row.list_build_id}/${row.subscription_id}`),
    queue: row.queue,
    subscriptionId: row.subscription_id,
    rank: Number(row.rank),
    probability: row.probability,
    value: moneyOf(row.value_minor, row.currency),
    priority: row.priority,
    quadrant: row.quadrant,
    firstReason: row.first_reason,
    state: leased ? 'leased' : row.state,
    orgUnitPath: row.org_unit_path,
    campaignId: row.campaign_id ?? '',
    arm: row.arm ?? '',
    householdId: row.household_id ?? '',
    retryAt: leased || row.state !== 'open' ? undefined : retryAtOf(row, now),
    callBack: callBackAt === null ? undefined : { at: callBackAt, agent: agent! },
  };
}

/** After a rebuild of the list, the item is not deferred, but the gate still waits for the call back. */
function retryAtOf(
  { deferred_until: deferredUntil, call_back_at: callBackAt }: WorkItemRow,
  now: Date,
): Date | undefined {
  const retryAt = new Date(Math.max(deferredUntil?.getTime() ?? 0, callBackAt?.getTime() ?? 0));
  return retryAt > now ? retryAt : undefined;
}
