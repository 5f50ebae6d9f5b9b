import { Inject, Injectable } from '@nestjs/common';
import type { ContactFacts } from '@holdfast/contracts/customer_profile/v1/consent';
import type { Lease, LeaseNextRequest, LeaseNextResponse } from '@holdfast/contracts/campaign/v1/work';
import { orgUnitFilter } from '@holdfast/platform/caller';
import { Clock } from '@holdfast/platform/clock';
import type { PlatformConfig } from '@holdfast/platform/config';
import { Database, rowsOf, type Transaction } from '@holdfast/platform/database';
import { failure } from '@holdfast/platform/errors';
import type { Call } from '@holdfast/platform/grpc';
import { newId } from '@holdfast/platform/identity';
import { Parameters } from '@holdfast/platform/parameters';
import { CONFIG } from '@holdfast/platform/service';
import { Contactability, type Answers, type ContactQuestion } from '../contact/contactability.js';
import { CONTROL, type Query } from '../contact/contact-history.js';
import type { Verdict } from '../contact/gate.js';
import type { CampaignParameters } from '../parameters.js';
import { OfferCatalogue } from '../plan/offer-catalogue.js';
import { channelOf, requireRunning } from '../plan/running.js';
import { queueUnknown } from './queue.js';
import { ITEM_COLUMNS, leaseInForce, workItemMessage, type WorkItemRow } from './work-item.js';

/** What work on the list of a plain table is for. */
const PURPOSE = 'marketing';

/** Candidates asked about at a time: few at first, since the first is mostly allowed; 500 in all. */
const BATCHES: readonly number[] = [20, 80, 200, 200];

const workUnknown = failure('notFound', 'work.unknown', {
  en: 'This subscription is not on the queue.',
  'zh-CN': '该用户不在此工作队列中。',
});
const factsUnavailable = failure('unavailable', 'contact.factsUnavailable', {
  en: 'Whether customers may be contacted cannot be known now, so that no work is given out. Try again soon.',
  'zh-CN': '目前无法确认客户是否可以联系，因此暂不派发工作，请稍后再试。',
});
const leaseUnknown = failure('notFound', 'lease.unknown', {
  en: 'There is no such lease.',
  'zh-CN': '没有此工作租约。',
});
const leaseGone = failure('gone', 'lease.gone', {
  en: 'The lease has run out or has ended.',
  'zh-CN': '工作租约已到期或已结束。',
});

/**
 * Open work of a queue by rank that nobody holds and that was not put off for now. The draw is a scalar, not a join:
 * only so does the planner walk the index by rank instead of sorting the list (a lease from 100,000: 11 ms, not 470).
 */
const CANDIDATES = `
  select i.subscription_id, i.rank
  from work_item i
  where i.list_build_id = (select list_build_id from queue where name = $1) and i.state = 'open' and i.rank > $2
    and i.org_unit_path ^@ any($3::text[])
    and (i.deferred_until is null or i.deferred_until <= $4 or i.deferred_channel <> $5)
    and not ${leaseInForce('$4')} and (i.arm is null or i.arm <> all($7::text[]))
  order by i.rank limit $6`;

/** Open work whose offer is not on sale any more. */
const COUNT_GONE = `
  select count(*) as items from work_item i
  where i.list_build_id = (select list_build_id from queue where name = $1) and i.state = 'open' and i.arm = any($2::text[])
    and i.org_unit_path ^@ any($3::text[])`;

/** The first of some candidates that no other agent is taking at this moment. Holds off a new draw until the commit. */
const TAKE = `
  select ${ITEM_COLUMNS}
  from queue q join work_item i on i.list_build_id = q.list_build_id join list_build d on d.id = i.list_build_id
  where q.name = $1 and i.subscription_id = any($2::uuid[]) and i.state = 'open' and not ${leaseInForce('$3')}
  order by i.rank limit 1
  for share of q for update of i skip locked`;

const END_EXPIRED = `
  update lease set ended_at = expires_at, end_reason = 'expired'
  where ended_at is null and expires_at <= $3
    and (subscription_id = $1 or customer_id = $2 or household_id = $4)`;

/** One lease of a number at a time: an array has no unique index. In one order, so that no two wait for each other. */
const LOCK_NUMBERS = `
  select pg_advisory_xact_lock(number) from (
    select distinct hashtextextended(encode(lookup, 'hex'), 0) as number from unnest($1::bytea[]) as given (lookup)
    order by number
  ) numbers`;

const NUMBER_HELD = `
  select 1 as held from lease
  where numbers && $1::bytea[] and customer_id <> $2 and ended_at is null and expires_at > $3 limit 1`;

/** The household as it is known now, else as it was when the campaign was drawn. */
const HOUSEHOLD = `
  select coalesce((select household_id from household_member where subscription_id = $1), $2::uuid) as household_id`;

/** Whether somebody who is on no queue was drawn to be left alone. */
const HELD_OUT = `
  select from assignment s join campaign c on c.id = s.campaign_id
  where s.subscription_id = $1 and s.arm = '${CONTROL}' and s.org_unit_path ^@ any($2::text[]) and c.holdout_until > $3
  limit 1`;

/** Work that was refused is not looked at again for a while, else refused work at the top would hide all below it. */
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

/** What is asked for, with what was approved for the queue. */
interface WorkWanted extends LeaseNextRequest {
  purpose: string;
  /** Arms whose offers are not on sale any more. */
  goneArms: readonly string[];
}

interface LeaseRow extends WorkItemRow {
  lease_id: string;
  channel: string;
  expires_at: Date;
}

/**
 * Who works on what. A lease is a row with an end; it is in force while that lies ahead, and nothing needs to run for
 * it to end. Three unique indexes keep a subscription, a customer and a household with one agent at a time, whatever
 * happens at once.
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
    @Inject(CONFIG) private readonly config: PlatformConfig,
  ) {}

  /**
   * Leases the highest-ranked work that the gate allows. No row is locked while customer-profile is asked: agents may
   * well be told about the same candidates, and then take one after the other from the top.
   * @throws notFound, unavailable; conflict for the queue of a campaign that does not run; unprocessable for a channel for
   *   which it was not approved
   */
  async next(call: Call, asked: LeaseNextRequest): Promise<LeaseNextResponse> {
    const at = this.clock.now();
    const request = await this.wanted(asked, at);
    const { purpose } = request;
    const recheckMs = (await this.parameters.get('contact.recheckMinutes', at)) * 60_000;
    const passedOver = await this.goneWork(call, request);
    for await (const candidates of this.candidates(call, request, at, passedOver)) {
      const answers = await this.ask(call, { subscriptionIds: candidates, purpose, channel: request.channel, at });
      const refused = new Map<string, Date>();
      for (const candidate of candidates) {
        const { verdict } = answers.of(candidate);
        if (verdict.allowed) continue;
        for (const reason of verdict.reasons) count(passedOver, reason);
        refused.set(candidate, deferredUntil(verdict, at, recheckMs));
      }
      await this.defer(request, refused);
      const lease = await this.takeFirst(
        call,
        request,
        candidates.filter((id) => !refused.has(id)),
        answers,
        at,
      );
      if (lease !== undefined) return { lease, passedOver };
    }
    return { lease: undefined, passedOver };
  }

  /** On the queue of a campaign, what was approved decides. */
  private async wanted(asked: LeaseNextRequest, at: Date): Promise<WorkWanted> {
    const campaign = await requireRunning(this.query, asked.queue, at);
    return {
      ...asked,
      channel: channelOf(campaign?.plan, asked.channel),
      purpose: campaign?.purpose ?? PURPOSE,
      goneArms: campaign === undefined ? [] : await this.offers.goneArms(campaign.plan),
    };
  }

  /** The work that is passed over since its offer is not on sale any more, within the caller's region. */
  private async goneWork(call: Call, { queue, subscriptionId, goneArms }: WorkWanted): Promise<Record<string, number>> {
    if (goneArms.length === 0 || subscriptionId !== '') return {};
    const params = [queue, goneArms, orgUnitFilter(call.caller)];
    const [gone] = await this.database.query<{ items: string }>(COUNT_GONE, params);
    return gone!.items === '0' ? {} : { offer_gone: Number(gone!.items) };
  }

  /** Holds a lease from now on for as long as a new one, within its longest. @throws notFound, gone */
  async renew(call: Call, leaseId: string): Promise<Lease> {
    const now = this.clock.now();
    const [seconds, minutesMax] = await Promise.all([
      this.parameters.get('lease.seconds', now),
      this.parameters.get('lease.minutesMax', now),
    ]);
    const [renewed] = await this.database.query<LeaseRow>(
      `with renewed as (
         update lease
         set expires_at = greatest(expires_at,
           least($2::timestamptz + make_interval(secs => $3), leased_at + make_interval(mins => $4)))
         where id = $1 and org_unit_path ^@ any($5::text[]) and ended_at is null and expires_at > $2
         returning id, subscription_id, list_build_id, channel, expires_at
       )
       select r.id as lease_id, r.channel, r.expires_at, ${ITEM_COLUMNS}
       from renewed r
       join work_item i on i.subscription_id = r.subscription_id and i.list_build_id = r.list_build_id
       join list_build d on d.id = i.list_build_id`,
      [leaseId, now, seconds, minutesMax, orgUnitFilter(call.caller)],
    );
    if (renewed !== undefined) return this.message(renewed);
    await this.mustExist(call, leaseId);
    throw leaseGone();
  }

  /** Gives work back. A lease that has ended already stays as it is. @throws notFound */
  async release(call: Call, leaseId: string): Promise<void> {
    const released = await this.database.query(
      `update lease set ended_at = $2, end_reason = 'released'
       where id = $1 and org_unit_path ^@ any($3::text[]) and ended_at is null returning 1`,
      [leaseId, this.clock.now(), orgUnitFilter(call.caller)],
    );
    if (released.length === 0) await this.mustExist(call, leaseId);
  }

  private async mustExist(call: Call, leaseId: string): Promise<void> {
    const found = await this.database.query('select 1 from lease where id = $1 and org_unit_path ^@ any($2::text[])', [
      leaseId,
      orgUnitFilter(call.caller),
    ]);
    if (found.length === 0) throw leaseUnknown();
  }

  /** Subscriptions to ask about, in batches by rank; or the one that was named, put off or not. */
  private async *candidates(
    call: Call,
    request: WorkWanted,
    at: Date,
    passedOver: Record<string, number>,
  ): AsyncGenerator<string[]> {
    const region = orgUnitFilter(call.caller);
    if (request.subscriptionId !== '') {
      const [named] = await this.database.query<{ state: string }>(
        `select case when ${leaseInForce('$4')} then 'leased' when i.state = 'open' and i.arm = any($5::text[])
           then 'offer_gone' else i.state end as state
         from queue q join work_item i on i.list_build_id = q.list_build_id
         where q.name = $1 and i.subscription_id = $2 and i.org_unit_path ^@ any($3::text[])`,
        [request.queue, request.subscriptionId, region, at, request.goneArms],
      );
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
    let afterRank = 0;
    for (const limit of BATCHES) {
      const rows = await this.database.query<{ subscription_id: string; rank: string }>(
        CANDIDATES,
        [request.queue, afterRank, region, at, request.channel, limit, request.goneArms],
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

  private async ask(call: Call, question: ContactQuestion): Promise<Answers> {
    const answers = await this.contactability.ask(call, question);
    if (answers.of(question.subscriptionIds[0]!).verdict.reasons.includes('unavailable')) {
      throw factsUnavailable({}, { retryAfterSeconds: 5 });
    }
    return answers;
  }

  private async defer(request: LeaseNextRequest, refused: ReadonlyMap<string, Date>): Promise<void> {
    if (refused.size === 0) return;
    await this.database.query(DEFER, [request.queue, [...refused.keys()], [...refused.values()], request.channel]);
  }

  /** The first that can be had: another agent may take some of them meanwhile, or hold their customer. */
  private async takeFirst(
    call: Call,
    request: LeaseNextRequest,
    allowed: readonly string[],
    answers: Answers,
    at: Date,
  ): Promise<Lease | undefined> {
    const seconds = await this.parameters.get('lease.seconds', at);
    const remaining = new Set(allowed);
    while (remaining.size > 0) {
      const taken = await this.database.transaction(async (tx) => {
        // Whoever pauses the campaign waits for this lease, or this lease sees that it is paused.
        await requireRunning((sql, params) => rowsOf(tx, sql, params), request.queue, at, { isHeld: true });
        const [item] = await rowsOf<WorkItemRow>(tx, TAKE, [request.queue, [...remaining], at]);
        if (item === undefined) return 'none left';
        remaining.delete(item.subscription_id);
        const facts = answers.of(item.subscription_id).facts!;
        const lease = await this.insertLease(tx, call, request, item, facts, seconds);
        if (lease === undefined) return undefined;
        // Between the gate's answer and this lease the customer may have been contacted through another subscription.
        const { policy, factsAt } = answers;
        const again = { facts, factsAt, channel: request.channel, at, policy };
        const verdict = await this.contactability.askAgain(tx, again);
        if (verdict.allowed) return lease;
        await rowsOf(tx, 'delete from lease where id = $1', [lease.lease_id]);
        return undefined;
      });
      if (taken === 'none left') return undefined;
      if (taken !== undefined) return this.message(taken);
    }
    return undefined;
  }

  /** Undefined if somebody holds the subscription, its customer, its household or its number. Waits for whoever just ends that. */
  private async insertLease(
    tx: Transaction,
    call: Call,
    request: LeaseNextRequest,
    item: WorkItemRow,
    facts: ContactFacts,
    seconds: number,
  ): Promise<LeaseRow | undefined> {
    const now = this.clock.now();
    const asDrawn = [item.subscription_id, item.household_id];
    const [home] = await rowsOf<{ household_id: string | null }>(tx, HOUSEHOLD, asDrawn);
    const numbers = facts.numbers.map((number) => Buffer.from(number));
    await rowsOf(tx, LOCK_NUMBERS, [numbers]);
    const [held] = await rowsOf(tx, NUMBER_HELD, [numbers, facts.customerId, now]);
    if (held !== undefined) return undefined;
    await rowsOf(tx, END_EXPIRED, [item.subscription_id, facts.customerId, now, home!.household_id]);
    const [made] = await rowsOf<{ lease_id: string; channel: string; expires_at: Date }>(
      tx,
      `insert into lease (id, subscription_id, list_build_id, customer_id, queue, channel, agent, client, org_unit_path,
         leased_at, expires_at, household_id, numbers)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10::timestamptz + make_interval(secs => $11), $12, $13)
       on conflict do nothing
       returning id as lease_id, channel, expires_at`,
      [
        newId(),
        item.subscription_id,
        item.list_build_id,
        facts.customerId,
        item.queue,
        request.channel,
        request.agent,
        call.caller.client,
        item.org_unit_path,
        now,
        seconds,
        home!.household_id,
        numbers,
      ],
    );
    return made === undefined ? undefined : { ...item, ...made };
  }

  private message(row: LeaseRow): Lease {
    return {
      leaseId: row.lease_id,
      item: workItemMessage(row, true, this.config.operator),
      expiresAt: row.expires_at,
      channel: row.channel,
    };
  }
}

function count(tally: Record<string, number>, key: string): void {
  tally[key] = (tally[key] ?? 0) + 1;
}

/** Until the reason passes, but no longer than the recheck: facts change without telling. */
function deferredUntil({ retryAt }: Verdict, at: Date, recheckMs: number): Date {
  return new Date(Math.min(retryAt?.getTime() ?? Infinity, at.getTime() + recheckMs));
}
