import { Inject, Injectable } from '@nestjs/common';
import type { ContactFacts } from '@holdfast/contracts/customer_profile/v1/consent';
import type { Lease, LeaseNextRequest, LeaseNextResponse } from '@holdfast/contracts/campaign/v1/work';
import { orgUnitFilter } from '@holdfast/platform/caller';
import { Clock } from '@holdfast/platform/clock';
import type { PlatformConfig } from '@holdfast/platform/config';
import { CONTROL } from '@holdfast/platform/control-group';
import { Database, rowsOf, type Transaction, insertRow } from '@holdfast/platform/database';
import { failure } from '@holdfast/platform/errors';
import type { Call } from '@holdfast/platform/grpc';
import { newId } from '@holdfast/platform/identity';
import { Parameters } from '@holdfast/platform/parameters';
import { CONFIG } from '@holdfast/platform/service';
import { Contactability, type ContactCheck, type ContactVerdicts } from '../contact/contactability.js';
import type { Query } from '../contact/contact-history.js';
import type { Verdict } from '../contact/gate.js';
import type { CampaignParameters } from '../parameters.js';
import { OfferCatalogue } from '../plan/offer-catalogue.js';
import { channelOf, requireRunning } from '../plan/running.js';
import { queueUnknown } from '../list/queue.js';
import { CallBackNotes } from './call-back-notes.js';
import { ITEM_COLUMNS, leaseInForce, workItemMessage, type WorkItemRow } from '../list/work-item.js';

/** Purpose of contacts from the queue of a plain table. */
const PURPOSE = 'marketing';

/** Candidates checked at a time: few at first, since the first is mostly allowed; 500 in all. */
const BATCHES: readonly number[] = [20, 80, 200, 200];

const workUnknown = failure('notFound', 'work.unknown', {
  en: 'This subscription is not on the queue.',
  'zh-CN': '该用户不在此工作队列中。',
});
const factsUnavailable = failure('unavailable', 'contact.factsUnavailable', {
  en: 'Contactability cannot be checked at the moment, so no work is leased. Try again soon.',
  'zh-CN': '目前无法确认客户是否可以联系，因此暂不派发工作，请稍后再试。',
});
const leaseUnknown = failure('notFound', 'lease.unknown', {
  en: 'There is no such lease.',
  'zh-CN': '没有此工作租约。',
});
const leaseGone = failure('gone', 'lease.gone', {
  en: 'The lease has expired or ended.',
  'zh-CN': '工作租约已到期或已结束。',
});

/**
 * Open, unleased and not deferred work of a queue by rank. The list build is a scalar subquery: with a join the planner
 * sorts the list instead of walking the index by rank (470 ms instead of 11 for 100,000 items).
 */
const OFFERED = `i.list_build_id = (select list_build_id from queue where name = $1) and i.state = 'open'
    and i.org_unit_path ^@ any($2::text[])
    and (i.deferred_until is null or i.deferred_until <= $3 or i.deferred_channel <> $4)
    and not ${leaseInForce('$3')} and (i.arm is null or i.arm <> all($6::text[]))`;

/** Work by rank, without call backs that are reserved for another agent. */
const CANDIDATES = `
  select i.subscription_id, i.rank from work_item i
  where ${OFFERED} and i.rank > $9 and not exists (select from call_back c
    where c.queue = $1 and c.subscription_id = i.subscription_id and c.agent <> $7
      and c.at + make_interval(mins => $8) > $3)
  order by i.rank limit $5`;

/** Due call backs: those of the agent, then those that no longer are reserved for another. */
const DUE_CALL_BACKS = `
  select i.subscription_id from call_back c join work_item i on i.subscription_id = c.subscription_id
  where ${OFFERED} and c.queue = $1 and c.channel = $4 and c.at <= $3
    and (c.agent = $7 or c.at + make_interval(mins => $8) <= $3)
  order by c.agent = $7 desc, c.at, i.rank limit $5`;

/** When the first deferred work is offered again. */
const NEXT_RETRY = `
  select min(i.deferred_until) as retry_at from work_item i
  where i.list_build_id = (select list_build_id from queue where name = $1) and i.state = 'open'
    and i.org_unit_path ^@ any($2::text[]) and i.deferred_until > $3 and i.deferred_channel = $4`;

/** Serialises the leases of one agent, so that concurrent requests cannot exceed the limit. */
const LOCK_AGENT = 'select pg_advisory_xact_lock(hashtextextended($1, 1))';

const LEASES_OF_AGENT = `
  select count(*) as leases from lease where agent = $1 and client = $2 and ended_at is null and expires_at > $3`;

/** Open work whose offer is no longer on sale. */
const COUNT_WITHDRAWN = `
  select count(*) as items from work_item i
  where i.list_build_id = (select list_build_id from queue where name = $1) and i.state = 'open' and i.arm = any($2::text[])
    and i.org_unit_path ^@ any($3::text[])`;

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

/** Whether a subscription is in the control group of a campaign. */
const HELD_OUT = `
  select from assignment s join campaign c on c.id = s.campaign_id
  where s.subscription_id = $1 and s.arm = '${CONTROL}' and s.org_unit_path ^@ any($2::text[]) and c.holdout_until > $3
  limit 1`;

/** Defers refused work, so that it does not hide the work ranked below it. */
const DEFER = `
  with free as (
    select i.subscription_id, i.list_build_id, refused.until
    from queue q join work_item i on i.list_build_id = q.list_build_id
    join unnest($2::uuid[], $3::timestamptz[]) as refused (subscription_id, until) using (subscription_id)
    where q.name = $1 and i.state = 'open'
    for update of i skip locked
  )
  update work_item i set deferred_until = free.until, deferred_channel = $4
  from free where i.subscription_id = free.subscription_id and i.list_build_id = free.list_build_id`;

const tooManyLeases = failure('conflict', 'lease.tooMany', {
  en: 'The agent already has {max} leases. Record their outcomes or release one (parameter lease.perAgentMax).',
  'zh-CN': '该坐席已持有 {max} 个工作租约。请先提交结果或释放其一（参数 lease.perAgentMax）。',
});

/** A lease request with the approved terms of its queue. */
interface LeaseTerms extends LeaseNextRequest {
  purpose: string;
  leasesMax: number;
  reservedMinutes: number;
  /** Arms whose offers are no longer on sale. */
  withdrawnArms: readonly string[];
}

interface LeaseRow extends WorkItemRow {
  lease_id: string;
  channel: string;
  expires_at: Date;
}

/**
 * Leases of work items. A lease expires by its end time, without a process that ends it. Three unique indexes allow one
 * agent at a time per subscription, customer and household.
 */
@Injectable()
export class Leases {
  private readonly query: Query = (sql, params) => this.database.query(sql, params);

  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
    private readonly parameters: Parameters<CampaignParameters>,
    private readonly contactability: Contactability,
    private readonly offers: OfferCatalogue,
    private readonly notes: CallBackNotes,
    @Inject(CONFIG) private readonly config: PlatformConfig,
  ) {}

  /**
   * Leases the highest-ranked work that the gate allows. No row is locked during calls to customer-profile; agents with
   * the same candidates then claim them one after the other by rank.
   * @throws notFound; unavailable; conflict if the queue's campaign is not running or the agent has too many leases;
   *   unprocessable if the channel is not the approved one
   */
  async next(call: Call, leaseRequest: LeaseNextRequest): Promise<LeaseNextResponse> {
    const at = this.clock.now();
    const request = await this.withTerms(leaseRequest, at);
    const { purpose } = request;
    await this.requireFewLeases(this.query, call, request, at);
    const recheckMs = (await this.parameters.get('contact.recheckMinutes', at)) * 60_000;
    const passedOver = await this.countWithdrawn(call, request);
    let retryAt: Date | undefined;
    for await (const candidates of this.candidates(call, request, at, passedOver)) {
      const verdicts = await this.check(call, { subscriptionIds: candidates, purpose, channel: request.channel, at });
      const refused = new Map<string, Date>();
      for (const candidate of candidates) {
        const { verdict } = verdicts.of(candidate);
        if (verdict.allowed) continue;
        for (const reason of verdict.reasons) count(passedOver, reason);
        refused.set(candidate, deferredUntil(verdict, at, recheckMs));
        if (request.subscriptionId !== '') retryAt = verdict.retryAt;
      }
      await this.defer(request, refused);
      const allowed = candidates.filter((id) => !refused.has(id));
      const lease = await this.claimFirst(call, request, allowed, verdicts, at);
      if (lease !== undefined) return { lease, passedOver };
    }
    if (request.subscriptionId === '') retryAt = await this.nextRetry(call, request, at);
    return { lease: undefined, passedOver, retryAt };
  }

  private async nextRetry(call: Call, { queue, channel }: LeaseTerms, at: Date): Promise<Date | undefined> {
    const params = [queue, orgUnitFilter(call.caller), at, channel];
    const [next] = await this.database.query<{ retry_at: Date | null }>(NEXT_RETRY, params, 'lease-next-retry');
    return next!.retry_at ?? undefined;
  }

  private async requireFewLeases(query: Query, call: Call, { agent, leasesMax }: LeaseTerms, at: Date): Promise<void> {
    const [held] = await query<{ leases: string }>(LEASES_OF_AGENT, [agent, call.caller.client, at]);
    if (Number(held!.leases) >= leasesMax) throw tooManyLeases({ max: leasesMax });
  }

  /** Adds the approved terms of the queue's campaign. */
  private async withTerms(request: LeaseNextRequest, at: Date): Promise<LeaseTerms> {
    const campaign = await requireRunning(this.query, request.queue, at);
    const [leasesMax, reservedMinutes] = await Promise.all([
      this.parameters.get('lease.perAgentMax', at),
      this.parameters.get('callBack.reservedMinutes', at),
    ]);
    return {
      ...request,
      leasesMax,
      reservedMinutes,
      channel: channelOf(campaign?.plan, request.channel),
      purpose: campaign?.purpose ?? PURPOSE,
      withdrawnArms: campaign === undefined ? [] : await this.offers.withdrawnArms(campaign.plan),
    };
  }

  /** Work within the caller's region that is passed over because its offer is no longer on sale. */
  private async countWithdrawn(
    call: Call,
    { queue, subscriptionId, withdrawnArms }: LeaseTerms,
  ): Promise<Record<string, number>> {
    if (withdrawnArms.length === 0 || subscriptionId !== '') return {};
    const params = [queue, withdrawnArms, orgUnitFilter(call.caller)];
    const [withdrawn] = await this.database.query<{ items: string }>(COUNT_WITHDRAWN, params);
    return withdrawn!.items === '0' ? {} : { offer_gone: Number(withdrawn!.items) };
  }

  /** Extends a lease to the duration of a new one, up to its maximum. @throws notFound, gone */
  async renew(call: Call, leaseId: string): Promise<Lease> {
    const now = this.clock.now();
    const [seconds, minutesMax] = await Promise.all([
      this.parameters.get('lease.seconds', now),
      this.parameters.get('lease.minutesMax', now),
    ]);
    const sql = `with renewed as (
        update lease
        set expires_at = greatest(expires_at,
          least($2::timestamptz + make_interval(secs => $3), leased_at + make_interval(mins => $4)))
        where id = $1 and org_unit_path ^@ any($5::text[]) and ended_at is null and expires_at > $2
        returning id, subscription_id, list_build_id, channel, expires_at
      )
      select r.id as lease_id, r.channel, r.expires_at, ${ITEM_COLUMNS}
      from renewed r
      join work_item i on i.subscription_id = r.subscription_id and i.list_build_id = r.list_build_id
      join list_build b on b.id = i.list_build_id`;
    const params = [leaseId, now, seconds, minutesMax, orgUnitFilter(call.caller)];
    const [renewed] = await this.database.query<LeaseRow>(sql, params);
    if (renewed !== undefined) return this.message(renewed, now);
    await this.requireExisting(call, leaseId);
    throw leaseGone();
  }

  /** Ends a lease without a disposition; no effect on an ended one. @throws notFound */
  async release(call: Call, leaseId: string): Promise<void> {
    const sql = `update lease set ended_at = $2, end_reason = 'released'
      where id = $1 and org_unit_path ^@ any($3::text[]) and ended_at is null returning 1`;
    const released = await this.database.query(sql, [leaseId, this.clock.now(), orgUnitFilter(call.caller)]);
    if (released.length === 0) await this.requireExisting(call, leaseId);
  }

  private async requireExisting(call: Call, leaseId: string): Promise<void> {
    const sql = 'select 1 from lease where id = $1 and org_unit_path ^@ any($2::text[])';
    const existing = await this.database.query(sql, [leaseId, orgUnitFilter(call.caller)]);
    if (existing.length === 0) throw leaseUnknown();
  }

  /** Subscriptions to check, in batches by rank; or the requested one, deferred or not. */
  private async *candidates(
    call: Call,
    request: LeaseTerms,
    at: Date,
    passedOver: Record<string, number>,
  ): AsyncGenerator<string[]> {
    const region = orgUnitFilter(call.caller);
    if (request.subscriptionId !== '') {
      const sql = `select case when ${leaseInForce('$4')} then 'leased' when i.state = 'open' and i.arm = any($5::text[])
          then 'offer_gone' else i.state end as state
        from queue q join work_item i on i.list_build_id = q.list_build_id
        where q.name = $1 and i.subscription_id = $2 and i.org_unit_path ^@ any($3::text[])`;
      const params = [request.queue, request.subscriptionId, region, at, request.withdrawnArms];
      const [named] = await this.database.query<{ state: string }>(sql, params);
      if (named === undefined) {
        if (!(await this.isQueue(request.queue))) throw queueUnknown();
        const heldOut = await this.database.query(HELD_OUT, [request.subscriptionId, region, at]);
        if (heldOut.length === 0) throw workUnknown();
        count(passedOver, 'control_group');
        return;
      }
      if (named.state === 'open') yield [request.subscriptionId];
      else count(passedOver, named.state);
      return;
    }
    const { queue, channel, agent, reservedMinutes, withdrawnArms } = request;
    const paramsOf = (limit: number) => [queue, region, at, channel, limit, withdrawnArms, agent, reservedMinutes];
    const due = await this.database.query<{ subscription_id: string }>(
      DUE_CALL_BACKS,
      paramsOf(BATCHES[0]!),
      'lease-call-backs',
    );
    if (due.length > 0) yield due.map((row) => row.subscription_id);
    let afterRank = 0;
    for (const limit of BATCHES) {
      const rows = await this.database.query<{ subscription_id: string; rank: string }>(
        CANDIDATES,
        [...paramsOf(limit), afterRank],
        'lease-candidates',
      );
      if (rows.length === 0) {
        if (afterRank === 0 && !(await this.isQueue(request.queue))) throw queueUnknown();
        return;
      }
      yield rows.map((row) => row.subscription_id);
      afterRank = Number(rows.at(-1)!.rank);
    }
  }

  private async isQueue(name: string): Promise<boolean> {
    return (await this.database.query('select 1 from queue where name = $1', [name])).length > 0;
  }

  private async check(call: Call, contact: ContactCheck): Promise<ContactVerdicts> {
    const verdicts = await this.contactability.check(call, contact);
    if (verdicts.of(contact.subscriptionIds[0]!).verdict.reasons.includes('unavailable'))
      throw factsUnavailable({}, { retryAfterSeconds: 5 });
    return verdicts;
  }

  private async defer(request: LeaseNextRequest, refused: ReadonlyMap<string, Date>): Promise<void> {
    if (refused.size === 0) return;
    await this.database.query(DEFER, [request.queue, [...refused.keys()], [...refused.values()], request.channel]);
  }

  /** The first available one: another agent may claim some of them, or hold a lease on their customer. */
  private async claimFirst(
    call: Call,
    request: LeaseTerms,
    allowed: readonly string[],
    verdicts: ContactVerdicts,
    at: Date,
  ): Promise<Lease | undefined> {
    const seconds = await this.parameters.get('lease.seconds', at);
    const remaining = new Set(allowed);
    while (remaining.size > 0) {
      const claimed = await this.database.transaction(async (tx) => {
        // The lock serialises this lease and a pause of the campaign.
        const query: Query = (sql, params) => rowsOf(tx, sql, params);
        await requireRunning(query, request.queue, at, { isLocked: true });
        await rowsOf(tx, LOCK_AGENT, [JSON.stringify([call.caller.client, request.agent])]);
        await this.requireFewLeases(query, call, request, at);
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
      if (claimed !== undefined) {
        const hasNote = claimed.call_back_at !== null;
        const note = hasNote ? await this.notes.read(call.caller, claimed.queue, claimed.subscription_id) : '';
        return this.message(claimed, at, note);
      }
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
    const row = {
      ...{ id: newId(), subscription_id: item.subscription_id, list_build_id: item.list_build_id, queue: item.queue },
      ...{ customer_id: facts.customerId, household_id: household!.household_id, org_unit_path: item.org_unit_path },
      ...{ channel: request.channel, agent: request.agent, client: call.caller.client, numbers },
      ...{ time_zone: facts.timeZone },
      ...{ leased_at: now, expires_at: new Date(now.getTime() + seconds * 1_000) },
    };
    const returned = 'on conflict do nothing returning id as lease_id, channel, expires_at';
    const [inserted] = await insertRow<Omit<LeaseRow, keyof WorkItemRow>>(tx, 'lease', row, returned);
    return inserted === undefined ? undefined : { ...item, ...inserted };
  }

  private message(row: LeaseRow, now: Date, note = ''): Lease {
    return {
      leaseId: row.lease_id,
      item: workItemMessage(row, { leased: true, now, operator: this.config.operator }),
      expiresAt: row.expires_at,
      channel: row.channel,
      note,
    };
  }
}

function count(tally: Record<string, number>, key: string): void {
  tally[key] = (tally[key] ?? 0) + 1;
}

/** Until the reason ends, at most until the recheck: facts change without notice. */
function deferredUntil({ retryAt }: Verdict, at: Date, recheckMs: number): Date {
  return new Date(Math.min(retryAt?.getTime() ?? Infinity, at.getTime() + recheckMs));
}
