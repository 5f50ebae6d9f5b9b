import { Inject, Injectable } from '@nestjs/common';
import type { Lease, LeaseNextRequest, LeaseNextResponse } from '@holdfast/contracts/campaign/v1/work';
import { orgUnitFilter } from '@holdfast/platform/caller';
import { Clock } from '@holdfast/platform/clock';
import type { PlatformConfig } from '@holdfast/platform/config';
import { Database } from '@holdfast/platform/database';
import { failure } from '@holdfast/platform/errors';
import type { Call } from '@holdfast/platform/grpc';
import { Parameters } from '@holdfast/platform/parameters';
import { CONFIG } from '@holdfast/platform/service';
import { Contactability, type ContactCheck, type ContactVerdicts } from '../contact/contactability.js';
import type { Verdict } from '../contact/gate.js';
import type { CampaignParameters } from '../parameters.js';
import { ITEM_COLUMNS, workItemMessage } from '../list/work-item.js';
import { CallBackNotes } from './call-back-notes.js';
import { LeaseCandidates, count } from './lease-candidates.js';
import { LeaseClaim, type LeaseRow } from './lease-claim.js';
import { heldBy, holderOf, releasableBy } from './lease-holder.js';
import { LeaseLimit } from './lease-limit.js';
import { ApprovedTerms } from './lease-terms.js';

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
 * Leases of work items. A lease expires by its end time, without a process that ends it. Three unique indexes allow one
 * agent at a time per subscription, customer and household.
 */
@Injectable()
export class Leases {
  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
    private readonly parameters: Parameters<CampaignParameters>,
    private readonly contactability: Contactability,
    private readonly terms: ApprovedTerms,
    private readonly limit: LeaseLimit,
    private readonly candidates: LeaseCandidates,
    private readonly claim: LeaseClaim,
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
    const request = await this.terms.of(leaseRequest, at);
    const { purpose } = request;
    const earlier = await this.ofRequest(call, at);
    if (earlier !== undefined) return { lease: earlier, passedOver: {} };
    await this.limit.require(call, request, at);
    const recheckMs = (await this.parameters.get('contact.recheckMinutes', at)) * 60_000;
    const passedOver = await this.candidates.countWithdrawn(call, request);
    let retryAt: Date | undefined;
    for await (const candidates of this.candidates.inBatches(call, request, at, passedOver)) {
      const verdicts = await this.check(call, { subscriptionIds: candidates, purpose, channel: request.channel, at });
      const refused = new Map<string, Date>();
      for (const candidate of candidates) {
        const { verdict } = verdicts.of(candidate);
        if (verdict.allowed) continue;
        for (const reason of verdict.reasons) count(passedOver, reason);
        refused.set(candidate, deferredUntil(verdict, at, recheckMs));
        if (request.subscriptionId !== '') retryAt = verdict.retryAt;
      }
      await this.candidates.defer(request, refused);
      const allowed = candidates.filter((id) => !refused.has(id));
      const claimed = await this.claim.first(call, request, allowed, verdicts, at);
      if (claimed === undefined) continue;
      return { lease: await this.withNote(call, claimed, at), passedOver };
    }
    if (request.subscriptionId === '') retryAt = await this.candidates.nextRetry(call, request, at);
    return { lease: undefined, passedOver, retryAt };
  }

  /** The lease that an earlier attempt of the request took, while it is in force. */
  private async ofRequest(call: Call, at: Date): Promise<Lease | undefined> {
    if (call.requestId === undefined) return undefined;
    const sql = `select l.id as lease_id, l.channel, l.expires_at, ${ITEM_COLUMNS}
      from lease l
      join work_item i on i.subscription_id = l.subscription_id and i.list_build_id = l.list_build_id
      join list_build b on b.id = i.list_build_id
      where l.id = $1 and l.org_unit_path ^@ any($2::text[]) and l.ended_at is null and l.expires_at > $3`;
    const [lease] = await this.database.query<LeaseRow>(sql, [call.requestId, orgUnitFilter(call.caller), at]);
    if (lease === undefined) return undefined;
    return this.withNote(call, lease, at);
  }

  private async withNote({ caller }: Call, lease: LeaseRow, at: Date): Promise<Lease> {
    const hasNote = lease.call_back_at !== null;
    return this.message(lease, at, hasNote ? await this.notes.read(caller, lease.queue, lease.subscription_id) : '');
  }

  /**
   * Extends a lease of the caller to the duration of a new one, up to its maximum.
   * @throws notFound, also for a lease of another holder; gone
   */
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
        where id = $1 and org_unit_path ^@ any($5::text[]) and ${heldBy('lease', '$6', '$7')}
          and ended_at is null and expires_at > $2
        returning id, subscription_id, list_build_id, channel, expires_at
      )
      select r.id as lease_id, r.channel, r.expires_at, ${ITEM_COLUMNS}
      from renewed r
      join work_item i on i.subscription_id = r.subscription_id and i.list_build_id = r.list_build_id
      join list_build b on b.id = i.list_build_id`;
    const params = [leaseId, now, seconds, minutesMax, orgUnitFilter(call.caller), ...holderOf(call.caller)];
    const [renewed] = await this.database.query<LeaseRow>(sql, params);
    if (renewed !== undefined) return this.message(renewed, now);
    await this.requireHeld(call, leaseId);
    throw leaseGone();
  }

  /**
   * Ends a lease of the caller, or for a supervisor any, without a disposition; no effect on an ended one.
   * @throws notFound, also for a lease of another holder
   */
  async release(call: Call, leaseId: string): Promise<void> {
    const sql = `update lease set ended_at = $2, end_reason = 'released'
      where id = $1 and org_unit_path ^@ any($3::text[]) and ${heldBy('lease', '$4', '$5')}
        and ended_at is null returning 1`;
    const holder = releasableBy(call.caller);
    const params = [leaseId, this.clock.now(), orgUnitFilter(call.caller), ...holder];
    const released = await this.database.query(sql, params);
    if (released.length === 0) await this.requireHeld(call, leaseId, holder);
  }

  private async requireHeld(call: Call, leaseId: string, holder = holderOf(call.caller)): Promise<void> {
    const sql = `select 1 from lease
      where id = $1 and org_unit_path ^@ any($2::text[]) and ${heldBy('lease', '$3', '$4')}`;
    const held = await this.database.query(sql, [leaseId, orgUnitFilter(call.caller), ...holder]);
    if (held.length === 0) throw leaseUnknown();
  }

  private async check(call: Call, contact: ContactCheck): Promise<ContactVerdicts> {
    const verdicts = await this.contactability.check(call, contact);
    if (verdicts.of(contact.subscriptionIds[0]!).verdict.reasons.includes('unavailable'))
      throw factsUnavailable({}, { retryAfterSeconds: 5 });
    return verdicts;
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

/** Until the reason ends, at most until the recheck: facts change without notice. */
function deferredUntil({ retryAt }: Verdict, at: Date, recheckMs: number): Date {
  return new Date(Math.min(retryAt?.getTime() ?? Infinity, at.getTime() + recheckMs));
}
