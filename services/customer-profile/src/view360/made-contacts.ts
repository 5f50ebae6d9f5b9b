import { Injectable } from '@nestjs/common';
import { CustomerContacted } from '@holdfast/contracts/campaign/v1/contact';
import type { Envelope } from '@holdfast/platform/consumer';
import { insertRow, type Transaction } from '@holdfast/platform/database';
import { eventOf } from '@holdfast/platform/outbox';

export const customerContacted = eventOf('campaign', CustomerContacted);

/** Contacts that agents made with Holdfast; those of the operator's other systems come with extracts. */
@Injectable()
export class MadeContacts {
  async onCustomerContacted(tx: Transaction, event: CustomerContacted, { occurredAt }: Envelope): Promise<void> {
    const { touchId, subscriptionId, channel, outcome } = event;
    const row = { touch_id: touchId, subscription_id: subscriptionId, channel, outcome, at: occurredAt };
    await insertRow(tx, 'made_contact', row, 'on conflict do nothing');
  }
}
