import { requireCustomer } from '../customer/change-customer.js';
import { Injectable } from '@nestjs/common';
import type {
  ListTimelineRequest,
  ListTimelineResponse,
  TimelineEntry,
} from '@holdfast/contracts/customer_profile/v1/view360';
import { orgUnitFilter, type Caller } from '@holdfast/platform/caller';
import { Clock } from '@holdfast/platform/clock';
import { Database } from '@holdfast/platform/database';
import { pageTokenInvalid, pageOf } from '@holdfast/platform/paging';

const PAGE_ROWS_MAX = 200;
const PAGE_ROWS = 50;

/**
 * What happened to a customer $1 and its subscriptions within region $2 until $3, before the entry that ($4, $5) names.
 * A unique text orders the entries of one time.
 */
const ENTRIES = `
  select * from (
    select valid_from as at, 'f' || fact_id as place,
      case kind when 'payment' then 'account' else kind end as kind, subject_id as subscription_id,
      detail || case when other_id is null then '{}' else jsonb_build_object('account_id', other_id) end as detail
    from fact where subject_id in (
        select subscription_id from subscription where customer_id = $1 and org_unit_path ^@ any($2::text[]))
      and kind in ('contact', 'status', 'plan', 'handset', 'number', 'payment')
      and knowledge_to is null and valid_from <= $3
    union all
    select decided_at, 'c' || sequence, 'consent', null,
      jsonb_build_object('purpose', purpose, 'channel', channel, 'granted', granted, 'basis', basis)
    from consent_decision where customer_id = $1 and decided_at <= $3 and withdrawn_at is null
    union all
    select at, 't' || touch_id, 'contact', subscription_id,
      jsonb_build_object('channel', channel, 'outcome', outcome, 'source', 'holdfast')
    from made_contact where subscription_id in (
        select subscription_id from subscription where customer_id = $1 and org_unit_path ^@ any($2::text[]))
      and at <= $3
  ) entry
  where $4::timestamptz is null or (at, place) < ($4, $5::text)
  order by at desc, place desc limit $6`;

interface EntryRow {
  at: Date;
  place: string;
  kind: string;
  subscription_id: string | null;
  detail: Record<string, unknown>;
}

@Injectable()
export class Timeline {
  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
  ) {}

  /** Newest first. @throws notFound, invalid */
  async list(caller: Caller, request: ListTimelineRequest): Promise<ListTimelineResponse> {
    const { customerId, pageToken } = request;
    await requireCustomer(this.database, caller, customerId);
    const after = pageToken === '' ? undefined : placeOf(pageToken);
    const pageSize = Math.min(request.pageSize || PAGE_ROWS, PAGE_ROWS_MAX);
    const rows = await this.database.query<EntryRow>(
      ENTRIES,
      [customerId, orgUnitFilter(caller), this.clock.now(), after?.at ?? null, after?.place ?? null, pageSize + 1],
      'timeline',
    );
    const { page, nextPageToken } = pageOf(rows, pageSize, tokenOf);
    return { entries: page.map(messageOf), nextPageToken };
  }
}

function messageOf({ at, kind, subscription_id: subscriptionId, detail }: EntryRow): TimelineEntry {
  const details = Object.fromEntries(Object.entries(detail).map(([name, value]) => [name, String(value)]));
  return { at, kind, subscriptionId: subscriptionId ?? '', details };
}

function tokenOf({ at, place }: Pick<EntryRow, 'at' | 'place'>): string {
  return Buffer.from(`${at.toISOString()} ${place}`).toString('base64url');
}

function placeOf(token: string): { at: Date; place: string } {
  const [moment = '', place = ''] = Buffer.from(token, 'base64url').toString('utf8').split(' ');
  const at = new Date(moment);
  if (Number.isNaN(at.getTime()) || !/^([ft][0-9a-f-]{36}|c\d{1,19})$/.test(place)) throw pageTokenInvalid();
  return { at, place };
}
