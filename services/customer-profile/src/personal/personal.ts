import { Injectable } from '@nestjs/common';
import type { PersonalField } from '@holdfast/contracts/customer_profile/v1/customer';
import { hasScope, requireScope, orgUnitFilter, type Caller } from '@holdfast/platform/caller';
import { Database } from '@holdfast/platform/database';
import { failure } from '@holdfast/platform/errors';
import { Vault } from './vault.js';

/** Name of the external key among the personal fields, and kind of identifier. */
export const KEY = 'key';

const reasonMissing = failure('forbidden', 'personal.reasonMissing', {
  en: 'Personal data need a stated reason of access.',
  'zh-CN': '访问个人数据需要说明理由。',
});

/** Whether a caller may see who a customer is: a service, or a client with the scope and a reason. */
export function maySeePersonal(caller: Caller): boolean {
  return hasScope(caller, 'pii:read') && (caller.system || hasReason(caller));
}

/** @throws forbidden */
export function requirePersonal(caller: Caller): void {
  requireScope(caller, 'pii:read');
  if (!caller.system && !hasReason(caller)) throw reasonMissing();
}

function hasReason(caller: Caller): boolean {
  return (caller.accessReason ?? '').trim() !== '';
}

interface SealedRow {
  customer_id: string;
  name: string;
  sealed: Buffer;
}

interface KeyRow {
  subscription_id: string;
  customer_id: string;
  name: string;
  /** Null where the key was erased. */
  sealed: Buffer | null;
  /** Personal columns of the extract's subscription; null where it is of no extract. */
  sealed_fields: Buffer | null;
}

function keyFirst(one: PersonalField, other: PersonalField): number {
  if ((one.name === KEY) !== (other.name === KEY)) return one.name === KEY ? -1 : 1;
  return one.name < other.name ? -1 : 1;
}

function isKnown(row: KeyRow): row is KeyRow & SealedRow {
  return row.sealed !== null;
}

/** The only personal data in the system; readers check `maySeePersonal` or `requirePersonal` first. */
@Injectable()
export class Personal {
  constructor(
    private readonly database: Database,
    private readonly vault: Vault,
  ) {}

  /**
   * Binds this database to the profile key that it was first used with.
   * @throws an Error if it is another one: nothing would be found, and imports would seal everything a second time.
   */
  async checkKey(): Promise<void> {
    await this.database.query('insert into sealing_key (fingerprint) values ($1) on conflict do nothing', [
      this.vault.fingerprint,
    ]);
    const [key] = await this.database.query<{ fingerprint: Buffer }>('select fingerprint from sealing_key');
    if (key === undefined || !key.fingerprint.equals(this.vault.fingerprint))
      throw new Error('HOLDFAST_PROFILE_KEY is not the key that this database was sealed with');
  }

  /** The external key, then the other fields by name. */
  async fieldsOf(customerId: string): Promise<PersonalField[]> {
    const [extracted] = await this.database.query<{ sealed: Buffer }>(
      `select sealed from fact where subject_id = $1 and kind = 'customer' and knowledge_to is null and sealed is not null`,
      [customerId],
      'personal-of-extract',
    );
    if (extracted !== undefined) {
      const fields = Object.entries(this.vault.openFields(customerId, 'customer', extracted.sealed));
      return fields.map(([name, value]) => ({ name, value })).sort(keyFirst);
    }
    const selectIdentifier = `select customer_id, kind as name, sealed, 0 as rank
      from identifier where customer_id = $1 and kind = 'key' and valid_to is null
      union all
      select customer_id, name, sealed, 1 from personal_field where customer_id = $1
      order by rank, name`;
    const rows = await this.database.query<SealedRow>(selectIdentifier, [customerId], 'personal-fields');
    return rows.map((row) => ({ name: row.name, value: this.open(row) }));
  }

  /** External keys by subscription; unknown ones and those outside the caller's region are omitted. */
  async keysOf(caller: Caller, subscriptionIds: readonly string[]): Promise<Record<string, string>> {
    const rows = await this.database.query<KeyRow>(
      // Subscriptions of an extract have their own keys, those of a plain table the key of their customer.
      // Not a join: before the tables are analysed, PostgreSQL would begin with all identifiers, which took 10 s of 57,000.
      `select subscription_id, customer_id, 'key' as name,
         (select sealed from identifier
          where customer_id = subscription.customer_id and kind = 'key' and valid_to is null),
         (select sealed from fact where subject_id = subscription.subscription_id and kind = 'subscription'
            and knowledge_to is null limit 1) as sealed_fields
       from subscription where subscription_id = any($1::uuid[]) and org_unit_path ^@ any($2::text[])`,
      [subscriptionIds, orgUnitFilter(caller)],
      'subscription-keys',
    );
    const keys = rows.map((row): [string, string | undefined] => [row.subscription_id, this.keyIn(row)]);
    return Object.fromEntries(keys.filter((entry): entry is [string, string] => entry[1] !== undefined));
  }

  private keyIn(row: KeyRow): string | undefined {
    const { subscription_id: id, sealed_fields: fields } = row;
    if (fields !== null) return this.vault.openFields(id, 'subscription', fields)[KEY];
    return isKnown(row) ? this.open(row) : undefined;
  }

  private open({ customer_id: customerId, name, sealed }: SealedRow): string {
    return this.vault.open(customerId, name, sealed);
  }
}
