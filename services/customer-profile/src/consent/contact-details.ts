import { Injectable } from '@nestjs/common';
import type {
  ContactDetails as ContactDetailsMessage,
  GetContactDetailsRequest,
} from '@holdfast/contracts/customer_profile/v1/consent';
import { orgUnitFilter, type Caller } from '@holdfast/platform/caller';
import { Clock } from '@holdfast/platform/clock';
import { Database } from '@holdfast/platform/database';
import { failure } from '@holdfast/platform/errors';
import { isUuid } from '@holdfast/platform/identity';
import { dialledNumbersIn, isMobileNumber, numberLookup } from '../personal/contact-number.js';
import { Personal, requirePersonal } from '../personal/personal.js';
import { Vault } from '../personal/vault.js';
import { CONTACT_FACTS, KnownContacts, type ContactRow } from './known-contacts.js';
import { BY_NUMBER, CHANNELS, termOf, type Channel } from './terms.js';

const subscriptionUnknown = failure('notFound', 'subscription.unknown', {
  en: 'There is no such subscription.',
  'zh-CN': '没有这个用户。',
});

/**
 * The gate checks consents, by the purpose of the contact. Here no consent counts, and suppressions and
 * suspensions do.
 */
const NO_PURPOSE = '';
const NOTHING_STATED = { granted: false, basis: 'default' };

/** Rows of numbers that are opened for one subscription, such as other lines of its customer. */
const SEALED_MAX = 200;

const HELD_NOW = 'f.knowledge_to is null and f.valid_from <= $3 and (f.valid_to is null or f.valid_to > $3)';

/**
 * Sealed numbers of a subscription ($1) by preference: its line, the contact phone of its customer, phones of plain
 * tables, a key that is a number, other lines of its customer.
 */
const SEALED_NUMBERS = `
  with requested as materialized (
    select subscription_id, customer_id from subscription
    where subscription_id = $1 and org_unit_path ^@ any($2::text[])
  )
  select * from (
    select 0 as preference, f.subject_id as sealed_for, f.kind as sealed_as, 'number' as field, f.sealed, f.valid_from
      from requested join fact f on f.subject_id = subscription_id where f.kind = 'number' and ${HELD_NOW}
    union all
    select 1, f.subject_id, f.kind, 'phone', f.sealed, f.valid_from
      from requested join fact f on f.subject_id = customer_id where f.kind = 'customer' and f.knowledge_to is null
    union all
    select 2, customer_id, p.name, '', p.sealed, p.knowledge_time
      from requested join personal_field p using (customer_id)
      where p.name in (select n.name from contact_number n where n.customer_id = p.customer_id and n.source = 'personal')
    union all
    select 3, customer_id, i.kind, '', i.sealed, i.valid_from
      from requested join identifier i using (customer_id) where i.kind = 'key' and i.valid_to is null
        and exists (select from contact_number n where n.customer_id = i.customer_id and n.source = 'key')
    union all
    select 4, f.subject_id, f.kind, 'number', f.sealed, f.valid_from
      from requested r join subscription other on other.customer_id = r.customer_id
        and other.subscription_id <> r.subscription_id
      join fact f on f.subject_id = other.subscription_id where f.kind = 'number' and ${HELD_NOW}
  ) held
  where sealed is not null
  order by preference, valid_from desc, sealed_for, sealed_as limit ${SEALED_MAX}`;

interface SealedNumber {
  sealed_for: string;
  sealed_as: string;
  /** Name within the sealed fields of an extract's row; empty for a single value. */
  field: string;
  sealed: Buffer;
}

/** By what the user of a subscription is reached and known to the operator: personal data, for one contact. */
@Injectable()
export class ContactDetails {
  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
    private readonly personal: Personal,
    private readonly vault: Vault,
  ) {}

  /** @throws forbidden, invalid, notFound */
  async of(caller: Caller, request: GetContactDetailsRequest): Promise<ContactDetailsMessage> {
    requirePersonal(caller);
    const channel = termOf('channel', CHANNELS, request.channel);
    const { subscriptionId } = request;
    if (!isUuid(subscriptionId)) throw subscriptionUnknown();
    const [region, now] = [orgUnitFilter(caller), this.clock.now()];
    const reachesNumber = BY_NUMBER.includes(channel);
    const [rows, sealed, keys] = await Promise.all([
      this.database.query<ContactRow>(
        CONTACT_FACTS,
        [[subscriptionId], region, NO_PURPOSE, channel, now, reachesNumber],
        'contact-facts',
      ),
      reachesNumber
        ? this.database.query<SealedNumber>(SEALED_NUMBERS, [subscriptionId, region, now], 'sealed-numbers')
        : [],
      this.personal.keysOf(caller, [subscriptionId]),
    ]);
    const known = new KnownContacts(rows, NOTHING_STATED, now);
    const [subscription] = known.subscriptions;
    if (subscription === undefined) throw subscriptionUnknown();
    const usable = known.usableNumbersOf(subscriptionId, subscription.customerId);
    return { key: keys[subscriptionId] ?? '', number: this.firstUsable(sealed, usable, channel) };
  }

  private firstUsable(sealed: readonly SealedNumber[], usable: readonly Buffer[], channel: Channel): string {
    if (usable.length === 0) return '';
    for (const row of sealed) {
      for (const number of dialledNumbersIn(this.open(row))) {
        if (channel === 'sms' && !isMobileNumber(number)) continue;
        if (usable.some((lookup) => lookup.equals(numberLookup(this.vault, number)))) return number;
      }
    }
    return '';
  }

  private open({ sealed_for: sealedFor, sealed_as: sealedAs, field, sealed }: SealedNumber): string {
    if (field === '') return this.vault.open(sealedFor, sealedAs, sealed);
    return this.vault.openFields(sealedFor, sealedAs, sealed)[field] ?? '';
  }
}
