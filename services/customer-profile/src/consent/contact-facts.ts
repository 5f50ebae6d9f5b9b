import { Injectable } from '@nestjs/common';
import type {
  ContactFacts as ContactFactsMessage,
  GetContactFactsRequest,
} from '@holdfast/contracts/customer_profile/v1/consent';
import { unitFilter, type Caller } from '@holdfast/platform/caller';
import { Clock } from '@holdfast/platform/clock';
import { Database } from '@holdfast/platform/database';
import { isUuid } from '@holdfast/platform/identity';
import { Parameters } from '@holdfast/platform/parameters';
import { requireFew } from '../customer/failures.js';
import type { CustomerProfileParameters } from '../parameters.js';
import { CONTACT_NUMBER_FIELDS } from '../personal/personal.js';
import { defaultConsent, effectiveConsent, type Decision } from './effective-consent.js';
import { CHANNELS, PURPOSES, termOf } from './terms.js';

const LATEST_DECISION = `select granted, basis, decided_at, sequence from consent_decision
  where customer_id = subscription.customer_id and purpose = $3 and channel = `;

/**
 * Whether an objection could follow the person: by a key, or by the contact number of a row that has none. A row of a
 * version that is not the newest is nobody that is known.
 */
const IDENTIFIED = `(row_of_table is null or (
    row_of_version = (select version from key_space where table_name = row_of_table order by loaded_at desc limit 1)
    and exists (select 1 from personal_field
      where personal_field.customer_id = subscription.customer_id and name = any($6::text[]))))`;

const CONTACT_FACTS = `
  select subscription_id, customer_id, unit_path, reasons, ${IDENTIFIED} as identified,
    own.granted as own_granted, own.basis as own_basis, own.decided_at as own_at, own.sequence as own_sequence,
    general.granted as general_granted, general.basis as general_basis,
    general.decided_at as general_at, general.sequence as general_sequence
  from subscription
  left join lateral (${LATEST_DECISION} $4 order by decided_at desc, sequence desc limit 1) own on true
  left join lateral (${LATEST_DECISION} 'any' order by decided_at desc, sequence desc limit 1) general on true
  cross join lateral (
    select coalesce(array_agg(distinct reason order by reason), '{}') as reasons from suppression
    where customer_id = subscription.customer_id and ($4 = 'any' or channel in ($4, 'any'))
      and valid_from <= $5 and (valid_to is null or valid_to > $5)
  ) suppressed
  where subscription_id = any($1::uuid[]) and unit_path ^@ any($2::text[])`;

interface FactsRow {
  subscription_id: string;
  customer_id: string;
  unit_path: string;
  reasons: string[];
  identified: boolean;
  own_granted: boolean | null;
  own_basis: string;
  own_at: Date;
  own_sequence: string;
  general_granted: boolean | null;
  general_basis: string;
  general_at: Date;
  general_sequence: string;
}

/** What the contactability gate asks before every contact: one statement for up to 500 subscriptions. */
@Injectable()
export class ContactFacts {
  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
    private readonly parameters: Parameters<CustomerProfileParameters>,
  ) {}

  /** @throws invalid */
  async of(caller: Caller, request: GetContactFactsRequest): Promise<ContactFactsMessage[]> {
    const purpose = termOf('purpose', PURPOSES, request.purpose);
    const channel = termOf('channel', CHANNELS, request.channel);
    const { subscriptionIds } = request;
    requireFew(subscriptionIds);
    const [marketingDefault, timeZone] = await Promise.all([
      this.parameters.get('consent.marketingDefault'),
      this.parameters.get('contact.timeZone'),
    ]);
    const byDefault = defaultConsent(purpose, marketingDefault);
    const rows = await this.database.query<FactsRow>(
      CONTACT_FACTS,
      [subscriptionIds.filter(isUuid), unitFilter(caller), purpose, channel, this.clock.now(), CONTACT_NUMBER_FIELDS],
      'contact-facts',
    );
    return rows.map((row) => {
      const consent = effectiveConsent(ownDecision(row), generalDecision(row), byDefault);
      return {
        subscriptionId: row.subscription_id,
        customerId: row.customer_id,
        consented: consent.granted,
        consentBasis: consent.basis,
        suppressions: row.reasons,
        timeZone,
        unitPath: row.unit_path,
        identified: row.identified,
      };
    });
  }
}

function ownDecision(row: FactsRow): Decision | undefined {
  if (row.own_granted === null) return undefined;
  const { own_granted: granted, own_basis: basis, own_at: decidedAt } = row;
  return { granted, basis, decidedAt, sequence: Number(row.own_sequence) };
}

function generalDecision(row: FactsRow): Decision | undefined {
  if (row.general_granted === null) return undefined;
  const { general_granted: granted, general_basis: basis, general_at: decidedAt } = row;
  return { granted, basis, decidedAt, sequence: Number(row.general_sequence) };
}
