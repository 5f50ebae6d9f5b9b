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
}

/** Columns of `work_item i` joined with its `list_build b`. */
export const ITEM_COLUMNS = `i.subscription_id, i.list_build_id, b.queue, b.currency, i.rank, i.probability, i.value_minor,
  i.priority, i.quadrant, i.first_reason, i.state, i.org_unit_path, b.campaign_id, i.arm, i.household_id`;

/** SQL condition: a lease on `work_item i` is in force; `now` is the placeholder of the current time. */
export function leaseInForce(now: string): string {
  return `exists (select from lease l
    where l.subscription_id = i.subscription_id and l.ended_at is null and l.expires_at > ${now})`;
}

/** The id is derived, so that rebuilding the list of a run gives the same ids. */
export function workItemMessage(row: WorkItemRow, leased: boolean, operator: string): WorkItem {
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
  };
}
