import { Inject, Injectable } from '@nestjs/common';
import { CustomerContacted } from '@holdfast/contracts/campaign/v1/contact';
import type { Disposition, RecordedDisposition } from '@holdfast/contracts/campaign/v1/work';
import { orgUnitFilter } from '@holdfast/platform/caller';
import { Clock } from '@holdfast/platform/clock';
import type { PlatformConfig } from '@holdfast/platform/config';
import { Database, insertRow, rowsOf, type Transaction } from '@holdfast/platform/database';
import type { Call } from '@holdfast/platform/grpc';
import { derivedId, isUuid } from '@holdfast/platform/identity';
import { Outbox, eventOf } from '@holdfast/platform/outbox';
import { Parameters } from '@holdfast/platform/parameters';
import { CONFIG } from '@holdfast/platform/service';
import type { Outcome } from '@holdfast/platform/terms';
import { UNREACHED } from '../contact/outcome.js';
import type { CampaignParameters } from '../parameters.js';
import { refusalOfCallBack } from './call-back.js';
import { CallBackNotes } from './call-back-notes.js';
import { recordedRow, refusedRow } from './disposition-refusals.js';
import { judgeDisposition, type HeldLease } from './disposition-rule.js';
import { heldBy, holderOf } from './lease-holder.js';
import { Objections } from './objection.js';
import { WrongNumbers } from './wrong-number.js';

const customerContacted = eventOf('campaign', CustomerContacted);

/** Locks work items before leases, the same order as leasing, to avoid deadlocks. */
const LOCK_WORK = `
  select from work_item i join lease l on l.subscription_id = i.subscription_id and l.list_build_id = i.list_build_id
  where l.id = any($1::uuid[]) order by i.subscription_id, i.list_build_id for update of i`;

const LOCK_LEASES = `
  select l.*, t.id as touch_id, t.outcome as touch_outcome, c.contact_until
  from lease l join list_build b on b.id = l.list_build_id
  left join campaign c on c.id = b.campaign_id
  left join touch t on t.lease_id = l.id
  where l.id = any($1::uuid[]) and l.org_unit_path ^@ any($2::text[]) and ${heldBy('l', '$3', '$4')}
  order by l.id for update of l`;

const STORE_TOUCH = `
  insert into touch (id, lease_id, subscription_id, customer_id, queue, run_id, rank, channel, agent, org_unit_path,
    outcome, hit, at, recorded_at, call_back_at, campaign_id, arm, contact_cost_minor, offer_cost_minor)
  select $2, l.id, l.subscription_id, l.customer_id, l.queue, b.run_id, i.rank, l.channel, l.agent, l.org_unit_path,
    $3, $4, $5, $6, $7, b.campaign_id, i.arm, b.contact_cost_minor,
    (select (offer.arm->'cost'->>'minor')::bigint from jsonb_array_elements(c.plan->'arms') as offer(arm)
     where $3 = 'accepted' and offer.arm->>'arm' = i.arm)
  from lease l
  join list_build b on b.id = l.list_build_id
  left join campaign c on c.id = b.campaign_id
  join work_item i on i.subscription_id = l.subscription_id and i.list_build_id = l.list_build_id
  where l.id = $1`;

const STORE_TOUCH_NUMBERS = `
  insert into touch_number (lookup, touch_id, channel, at)
  select distinct lookup, $2::uuid, l.channel, $3::timestamptz
  from lease l cross join unnest(l.numbers) as number (lookup) where l.id = $1`;

const END_LEASE = "update lease set ended_at = $2, end_reason = 'disposed' where id = $1";

/**
 * Done, or deferred until the next try if the customer was not reached and tries remain. A call back with a time takes
 * place however many tries there were: the customer asked for it.
 */
const SETTLE_WORK = `
  update work_item i set
    tries = i.tries + 1,
    state = case when next.is_open then 'open' else 'done' end,
    deferred_until = case when next.is_open then coalesce($8, $5::timestamptz + make_interval(secs => $6)) end,
    deferred_channel = case when next.is_open then $7 end
  from (select $8::timestamptz is not null or $3 and tries + 1 < $4 as is_open
    from work_item where subscription_id = $1 and list_build_id = $2) next
  where i.subscription_id = $1 and i.list_build_id = $2`;

/** A contact ends the call back before it. */
const END_CALL_BACK = 'delete from call_back where queue = $1 and subscription_id = $2';

/** An outcome that is recorded. */
interface Contact extends Pick<Disposition, 'callBackAt' | 'note'> {
  outcome: Outcome;
  at: Date;
  hit: boolean | null;
  now: Date;
}

interface LeaseRow {
  id: string;
  subscription_id: string;
  list_build_id: string;
  customer_id: string;
  channel: string;
  numbers: Buffer[];
  agent: string;
  org_unit_path: string;
  leased_at: Date;
  expires_at: Date;
  end_reason: HeldLease['endReason'];
  touch_id: string | null;
  touch_outcome: string | null;
  time_zone: string;
  contact_until: Date | null;
  queue: string;
}

interface Rules {
  graceSeconds: number;
  retryHours: number;
  triesMax: number;
  callBackDaysMax: number;
}

/** Records outcomes of contacts. A touch, the state of its work item and its event commit together, once per lease. */
@Injectable()
export class Dispositions {
  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
    private readonly parameters: Parameters<CampaignParameters>,
    private readonly outbox: Outbox,
    private readonly objections: Objections,
    private readonly wrongNumbers: WrongNumbers,
    private readonly notes: CallBackNotes,
    @Inject(CONFIG) private readonly config: PlatformConfig,
  ) {}

  /** Each row is recorded or refused individually; all recorded rows commit in one transaction. */
  async record(call: Call, rows: readonly Disposition[]): Promise<RecordedDisposition[]> {
    const now = this.clock.now();
    const rules = await this.rules(now);
    // Before the transaction: a read inside it needs a second connection.
    const quietHours = await Promise.all(
      rows.map(({ callBackAt }) => this.parameters.get('contact.quietHours', callBackAt ?? now)),
    );
    const leaseIds = [...new Set(rows.map((row) => row.leaseId).filter(isUuid))];
    return this.database.transaction(async (tx) => {
      await rowsOf(tx, LOCK_WORK, [leaseIds]);
      const region = orgUnitFilter(call.caller);
      const leases = await rowsOf<LeaseRow>(tx, LOCK_LEASES, [leaseIds, region, ...holderOf(call.caller)]);
      const leaseById = new Map(leases.map((lease) => [lease.id, lease]));
      const recorded: RecordedDisposition[] = [];
      for (const [index, row] of rows.entries()) {
        const lease = leaseById.get(row.leaseId);
        const { graceSeconds } = rules;
        const verdict = judgeDisposition(row, lease && heldLease(lease), { now, graceSeconds });
        if (verdict.kind !== 'record') {
          recorded.push(
            verdict.kind === 'repeat' ? recordedRow(row, verdict.touchId) : refusedRow(row, verdict.failureKey),
          );
          continue;
        }
        const { outcome, at } = verdict;
        const { contact_until: contactUntil, time_zone: timeZone } = lease!;
        const limits = { at, contactUntil, daysMax: rules.callBackDaysMax, timeZone, quietHours: quietHours[index]! };
        const refusal = refusalOfCallBack(row, limits);
        if (refusal !== undefined) {
          recorded.push(refusedRow(row, refusal));
          continue;
        }
        const touchId = await this.store(tx, lease!, { ...row, outcome, at, hit: row.hit ?? null, now }, rules);
        recorded.push(recordedRow(row, touchId));
        // A later row of this batch with the same lease is a repeat or a conflict.
        Object.assign(lease!, { touch_id: touchId, touch_outcome: outcome });
      }
      return recorded;
    });
  }

  private async rules(at: Date): Promise<Rules> {
    const [graceSeconds, retryHours, triesMax, callBackDaysMax] = await Promise.all([
      this.parameters.get('disposition.graceSeconds', at),
      this.parameters.get('retry.hours', at),
      this.parameters.get('retry.triesMax', at),
      this.parameters.get('callBack.daysMax', at),
    ]);
    return { graceSeconds, retryHours, triesMax, callBackDaysMax };
  }

  private async store(
    tx: Transaction,
    lease: LeaseRow,
    { outcome, at, hit, now, callBackAt, note: text }: Contact,
    rules: Rules,
  ): Promise<string> {
    const touchId = derivedId('touch', this.config.operator, lease.id);
    await rowsOf(tx, STORE_TOUCH, [lease.id, touchId, outcome, hit, at, now, callBackAt ?? null]);
    await rowsOf(tx, STORE_TOUCH_NUMBERS, [lease.id, touchId, at]);
    await rowsOf(tx, END_LEASE, [lease.id, now]);
    const mayRetry = UNREACHED.includes(outcome);
    await rowsOf(tx, SETTLE_WORK, [
      lease.subscription_id,
      lease.list_build_id,
      mayRetry,
      rules.triesMax,
      at,
      rules.retryHours * 3600,
      lease.channel,
      callBackAt ?? null,
    ]);
    const place = { queue: lease.queue, subscription_id: lease.subscription_id };
    await rowsOf(tx, END_CALL_BACK, Object.values(place));
    if (callBackAt !== undefined) {
      const sealed = text === '' ? null : this.notes.seal(text, lease.subscription_id);
      const { agent, channel: by } = lease;
      const row = { ...place, touch_id: touchId, agent, channel: by, at: callBackAt, sealed_note: sealed };
      await insertRow(tx, 'call_back', row);
    }
    const { customer_id: customerId, channel, numbers } = lease;
    const note = { customerId, touchId, since: at, numbers };
    if (outcome === 'do_not_contact') await this.objections.record(tx, note);
    if (outcome === 'wrong_person') await this.wrongNumbers.record(tx, channel, note);
    await this.outbox.publish(
      tx,
      customerContacted,
      { subjectId: lease.subscription_id, orgUnitPath: lease.org_unit_path, occurredAt: at },
      { touchId, subscriptionId: lease.subscription_id, channel: lease.channel, outcome },
    );
    return touchId;
  }
}

function heldLease(row: LeaseRow): HeldLease {
  return {
    leasedAt: row.leased_at,
    expiresAt: row.expires_at,
    endReason: row.end_reason,
    ...(row.touch_id === null ? {} : { recorded: { touchId: row.touch_id, outcome: row.touch_outcome! } }),
  };
}
