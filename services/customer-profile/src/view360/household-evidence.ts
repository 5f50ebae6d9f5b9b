import { Injectable } from '@nestjs/common';
import type { ReadHouseholdEvidenceRequest } from '@holdfast/contracts/customer_profile/v1/view360';
import type { ColumnBatch } from '@holdfast/contracts/platform/v1/columns';
import { Clock } from '@holdfast/platform/clock';
import { ROWS_PER_BATCH_MAX, categories, columnBatch, numbers, uuids } from '@holdfast/platform/columns';
import { Database } from '@holdfast/platform/database';
import { failure } from '@holdfast/platform/errors';
import { NIL_UUID } from '@holdfast/platform/identity';
import { rowBatches } from '@holdfast/platform/paging';
import { inForceAt } from '../fact/known-facts.js';

const notYetIn = failure('unavailable', 'profiles.notYetIn', {
  en: 'Extract {sequence} is not in yet.',
  'zh-CN': '第 {sequence} 个数据包尚未导入完成。',
});
const RETRY_AFTER_SECONDS = 2;

/** Of facts that are equally new; `fact_id` holds a secret of the home, and would choose otherwise in another. */
const TIES = "other_id, (detail - '{address_key,building_key}'::text[])::text";

/** The newest fact of a subject and kind in force at $2, by its own order before that. */
const newest = (subject: string, kind: string, order = ''): string =>
  `select other_id, detail, valid_from from fact
   where subject_id = ${subject} and kind = '${kind}' and ${inForceAt('$2')}
   order by ${order} valid_from desc, sequence desc, ${TIES} limit 1`;

/** Whether an account belongs to a firm: by its own mark or its owner. */
const accountOf = (account: string): string =>
  `select coalesce(known.detail ->> 'kind', '') = 'group' or coalesce(owner.detail ->> 'kind', '') = 'group' as is_of_firm
   from (${newest(account, 'account')}) known left join lateral (${newest('known.other_id', 'customer')}) owner on true`;

/**
 * A page of evidence, by subscription after $1 as known at $2. The best address of a customer is the newest that was
 * verified, else the newest stated, else that of the customer. Links name the head by role, or are
 * stated of the head. An account of a firm is not evidence of a household and is empty, as is a firm as the user
 * with its address: who uses the line is not known then.
 */
const PAGE = `
  select s.subscription_id, s.customer_id, s.org_unit_path, s.service,
    case when own.is_of_firm then null else s.account_id end as account_id,
    case when payer.is_of_firm then null else paid.account_id end as payer_account_id,
    coalesce(address.detail, person.detail) ->> 'address_key' as address_key,
    coalesce(address.detail, person.detail) ->> 'building_key' as building_key,
    household.detail ->> 'household_id' as household_id,
    extract(year from $2::timestamptz)::int - (person.detail ->> 'birth_year')::int as age_years,
    person.detail ->> 'gender' as gender,
    coalesce(status.detail ->> 'status', s.status) = 'active' as is_active,
    link.head as link_head, who.user_customer_id
  from (select * from subscription where subscription_id > $1 and withdrawn_at is null
    order by subscription_id limit ${ROWS_PER_BATCH_MAX}) s
  left join lateral (${newest('s.subscription_id', 'subscription')}) signed on true
  left join lateral (${newest('coalesce(signed.other_id, s.customer_id)', 'customer')}) user_or_firm on true
  cross join lateral (select case when user_or_firm.detail ->> 'kind' = 'group' then null
      else coalesce(signed.other_id, s.customer_id) end as user_customer_id) who
  left join lateral (select user_or_firm.detail where who.user_customer_id is not null) person on true
  left join lateral (
    ${newest('who.user_customer_id', 'address', `coalesce(detail ->> 'verified', 'false') desc,`)}
  ) address on address.detail ? 'building_key'
  left join lateral (${newest('s.subscription_id', 'payment', `coalesce(detail ->> 'is_primary', 'false') desc,`)})
    payment on true
  cross join lateral (select coalesce(payment.other_id, s.account_id) as account_id) paid
  left join lateral (${accountOf('s.account_id')}) own on true
  left join lateral (${accountOf('paid.account_id')}) payer on true
  left join lateral (${newest('s.subscription_id', 'household')}) household on true
  left join lateral (${newest('s.subscription_id', 'status')}) status on true
  left join lateral (
    select case when coalesce(detail ->> 'role', '') = 'head' then other_id else subject_id end as head from fact
    where kind = 'link' and (subject_id = who.user_customer_id or other_id = who.user_customer_id)
      and detail ->> 'kind' in ('family', 'parent') and ${inForceAt('$2')}
    order by valid_from desc, sequence desc, subject_id, ${TIES} limit 1
  ) link on true
  order by s.subscription_id`;

interface EvidenceRow {
  subscription_id: string;
  customer_id: string;
  /** Null for a firm's, as below. */
  account_id: string | null;
  org_unit_path: string;
  service: string | null;
  payer_account_id: string | null;
  address_key: string | null;
  building_key: string | null;
  household_id: string | null;
  age_years: number | null;
  gender: string | null;
  is_active: boolean | null;
  link_head: string | null;
  /** Null where a firm owns it and no other user is known. */
  user_customer_id: string | null;
}

@Injectable()
export class HouseholdEvidence {
  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
  ) {}

  /** Page by page, so that memory holds one batch however many there are. @throws unavailable */
  async *read(request: ReadHouseholdEvidenceRequest): AsyncIterable<ColumnBatch> {
    await this.requireIn(request.sequence);
    const knowledgeTime = request.knowledgeTime ?? this.clock.now();
    const read = (after?: EvidenceRow) => {
      const params = [after?.subscription_id ?? NIL_UUID, knowledgeTime];
      return this.database.query<EvidenceRow>(PAGE, params, 'household-evidence');
    };
    for await (const rows of rowBatches(read)) yield batchOf(rows);
  }

  private async requireIn(sequence: number): Promise<void> {
    if (sequence === 0) return;
    // While a withdrawn extract is being reverted, its facts are neither there nor gone.
    const sql = `select from extract where (sequence >= $1 and imported_at is not null and withdrawn_at is null
        or sequence = $1 and reverted_at is not null)
      and not exists (select from extract where withdrawn_at is not null and reverted_at is null) limit 1`;
    const found = await this.database.query(sql, [sequence]);
    if (found.length === 0) throw notYetIn({ sequence }, { retryAfterSeconds: RETRY_AFTER_SECONDS });
  }
}

function batchOf(rows: readonly EvidenceRow[]): ColumnBatch {
  return columnBatch(rows, {
    subscription_id: uuids((row) => row.subscription_id),
    customer_id: uuids((row) => row.customer_id),
    account_id: uuids((row) => row.account_id ?? ''),
    payer_account_id: uuids((row) => row.payer_account_id ?? ''),
    org_unit_path: categories((row) => row.org_unit_path),
    address_key: categories((row) => row.address_key),
    building_key: categories((row) => row.building_key),
    known_household: categories((row) => row.household_id),
    age_years: numbers((row) => row.age_years),
    gender: categories((row) => row.gender),
    service: categories((row) => row.service),
    is_active: numbers((row) => (row.is_active === true ? 1 : 0)),
    link_head: uuids((row) => row.link_head ?? ''),
    user_customer_id: uuids((row) => row.user_customer_id ?? ''),
  });
}
