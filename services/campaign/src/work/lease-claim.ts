import { Injectable } from '@nestjs/common';
import type { LeaseNextRequest } from '@holdfast/contracts/campaign/v1/work';
import type { ContactFacts } from '@holdfast/contracts/customer_profile/v1/consent';
import { Clock } from '@holdfast/platform/clock';
import { Database, rowsOf, type Transaction, insertRow } from '@holdfast/platform/database';
import type { Call } from '@holdfast/platform/grpc';
import { newId } from '@holdfast/platform/identity';
import { Parameters } from '@holdfast/platform/parameters';
import { Contactability, type ContactVerdicts } from '../contact/contactability.js';
import type { Query } from '../contact/contact-history.js';
import type { CampaignParameters } from '../parameters.js';
import { requireRunning } from '../plan/running.js';
import { ITEM_COLUMNS, leaseInForce, type WorkItemRow } from '../list/work-item.js';
import { LeaseLimit } from './lease-limit.js';
import type { LeaseTerms } from './lease-terms.js';

/** Locks the first free candidate. The share lock on the queue blocks a rebuild until the commit. */
const CLAIM = `
  select ${ITEM_COLUMNS}
  from queue q join work_item i on i.list_build_id = q.list_build_id join list_build b on b.id = i.list_build_id
  where q.name = $1 and i.subscription_id = any($2::uuid[]) and i.state = 'open' and not ${leaseInForce('$3')}
  order by array_position($2::uuid[], i.subscription_id) limit 1
  for share of q for update of i skip locked`;

const END_EXPIRED = `
  update lease set ended_at = expires_at, end_reason = 'expired'
  where ended_at is null and expires_at <= $3
    and (subscription_id = $1 or customer_id = $2 or household_id = $4)`;

/** One lease per number: an array has no unique index. Ordered, to avoid deadlocks. */
const LOCK_NUMBERS = `
  select pg_advisory_xact_lock(number) from (
    select distinct hashtextextended(encode(lookup, 'hex'), 0) as number from unnest($1::bytea[]) as given (lookup)
    order by number
  ) numbers`;

const NUMBER_HELD = `
  select 1 as held from lease
  where numbers && $1::bytea[] and customer_id <> $2 and ended_at is null and expires_at > $3 limit 1`;

/** The current household, else that of the enrolment. */
const HOUSEHOLD = `
  select coalesce((select household_id from household_member where subscription_id = $1), $2::uuid) as household_id`;

/** A work item with its lease. */
export interface LeaseRow extends WorkItemRow {
  lease_id: string;
  channel: string;
  expires_at: Date;
}

/** Stores leases of work that the gate allows. */
@Injectable()
export class LeaseClaim {
  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
    private readonly parameters: Parameters<CampaignParameters>,
    private readonly contactability: Contactability,
    private readonly limit: LeaseLimit,
  ) {}

  /** The first available one: another agent may claim some of them, or hold a lease on their customer. */
  async first(
    call: Call,
    request: LeaseTerms,
    allowed: readonly string[],
    verdicts: ContactVerdicts,
    at: Date,
  ): Promise<LeaseRow | undefined> {
    const seconds = await this.parameters.get('lease.seconds', at);
    const remaining = new Set(allowed);
    while (remaining.size > 0) {
      const claimed = await this.database.transaction(async (tx) => {
        // The lock serialises this lease and a pause of the campaign.
        const query: Query = (sql, params) => rowsOf(tx, sql, params);
        await requireRunning(query, request.queue, at, { isLocked: true });
        await this.limit.requireLocked(tx, call, request, at);
        const [item] = await rowsOf<WorkItemRow>(tx, CLAIM, [request.queue, [...remaining], at]);
        if (item === undefined) return 'none left';
        remaining.delete(item.subscription_id);
        const facts = verdicts.of(item.subscription_id).facts!;
        const lease = await this.insertLease(tx, call, request, item, facts, seconds);
        if (lease === undefined) return undefined;
        // The customer may have been contacted through another subscription since the check.
        const { policy, factsAt } = verdicts;
        const recheck = { facts, factsAt, channel: request.channel, at, policy };
        const verdict = await this.contactability.recheck(tx, recheck);
        if (verdict.allowed) return lease;
        await rowsOf(tx, 'delete from lease where id = $1', [lease.lease_id]);
        return undefined;
      });
      if (claimed === 'none left') return undefined;
      if (claimed !== undefined) return claimed;
    }
    return undefined;
  }

  /** Undefined if another lease holds the subscription, its customer, household or number. Waits for a lease that is ending. */
  private async insertLease(
    tx: Transaction,
    call: Call,
    request: LeaseNextRequest,
    item: WorkItemRow,
    facts: ContactFacts,
    seconds: number,
  ): Promise<LeaseRow | undefined> {
    const now = this.clock.now();
    const known = [item.subscription_id, item.household_id];
    const [household] = await rowsOf<{ household_id: string | null }>(tx, HOUSEHOLD, known);
    const numbers = facts.numbers.map((number) => Buffer.from(number));
    await rowsOf(tx, LOCK_NUMBERS, [numbers]);
    const [held] = await rowsOf(tx, NUMBER_HELD, [numbers, facts.customerId, now]);
    if (held !== undefined) return undefined;
    await rowsOf(tx, END_EXPIRED, [item.subscription_id, facts.customerId, now, household!.household_id]);
    // The id of the request, so that a repeated request finds its lease, unless that one has ended.
    const ended = await rowsOf(tx, 'select from lease where id = $1', [call.requestId ?? null]);
    const id = call.requestId === undefined || ended.length > 0 ? newId() : call.requestId;
    const row = {
      ...{ id, subscription_id: item.subscription_id, list_build_id: item.list_build_id, queue: item.queue },
      ...{ customer_id: facts.customerId, household_id: household!.household_id, org_unit_path: item.org_unit_path },
      ...{ channel: request.channel, agent: request.agent, client: call.caller.client, numbers },
      ...{ time_zone: facts.timeZone },
      ...{ leased_at: now, expires_at: new Date(now.getTime() + seconds * 1_000) },
    };
    const returned = 'on conflict do nothing returning id as lease_id, channel, expires_at';
    const [inserted] = await insertRow<Omit<LeaseRow, keyof WorkItemRow>>(tx, 'lease', row, returned);
    return inserted === undefined ? undefined : { ...item, ...inserted };
  }
}
