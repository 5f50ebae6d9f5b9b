import { Injectable } from '@nestjs/common';
import type {
  ContactFacts as ContactFactsMessage,
  GetContactFactsRequest,
} from '@holdfast/contracts/customer_profile/v1/consent';
import { orgUnitFilter, type Caller } from '@holdfast/platform/caller';
import { Clock } from '@holdfast/platform/clock';
import { Database } from '@holdfast/platform/database';
import { isUuid } from '@holdfast/platform/identity';
import { Parameters } from '@holdfast/platform/parameters';
import { requireFew } from '../customer/failures.js';
import type { CustomerProfileParameters } from '../parameters.js';
import { CONTACT_FACTS, KnownContacts, type ContactRow } from './known-contacts.js';
import { defaultConsent } from './effective-consent.js';
import { PURPOSES } from '@holdfast/platform/terms';
import { BY_NUMBER, CHANNELS, termOf } from './terms.js';

/** Facts for the contact gate: one statement for up to 500 subscriptions. */
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
    const now = this.clock.now();
    const rows = await this.database.query<ContactRow>(
      CONTACT_FACTS,
      [
        ...[subscriptionIds.filter(isUuid), orgUnitFilter(caller)],
        ...[purpose, channel, now, BY_NUMBER.includes(channel)],
      ],
      'contact-facts',
    );
    const known = new KnownContacts(rows, defaultConsent(purpose, marketingDefault), now);
    return known.subscriptions.map(({ subscriptionId, customerId, orgUnitPath, identified }) => {
      const consent = known.consentOf(customerId);
      return {
        ...{ subscriptionId, customerId, orgUnitPath, timeZone, identified },
        consented: consent.granted,
        consentBasis: consent.basis,
        suppressions: known.suppressionsOf(customerId),
        numberRefused: known.isRefusedByNumber(subscriptionId, customerId),
        numberUnconfirmed: known.isUnconfirmed(subscriptionId, customerId),
        numbers: known.numbersOf(subscriptionId),
      };
    });
  }
}
