import { Inject, Injectable } from '@nestjs/common';
import type {
  Account,
  Customer,
  CustomerService,
  Subscription,
} from '@holdfast/contracts/customer_profile/v1/customer';
import { orgUnitFilter, type Caller } from '@holdfast/platform/caller';
import { Clock } from '@holdfast/platform/clock';
import { Database } from '@holdfast/platform/database';
import { failure } from '@holdfast/platform/errors';
import type { Rpc } from '@holdfast/platform/grpc';
import { accountId, isUuid, naturalKey, subscriptionId, type KeySpace } from '@holdfast/platform/identity';
import { CONFIG } from '@holdfast/platform/service';
import type { CustomerProfileConfig } from '../config.js';
import { identifierLookup } from '../personal/identifier-lookup.js';
import { KEY, Personal, maySeePersonal, requirePersonal } from '../personal/personal.js';
import { Vault } from '../personal/vault.js';
import { customerUnknown, identifierAmbiguous, requireFew } from './failures.js';
import { forClients } from '@holdfast/platform/scoped';

/** By what customers are found. An IMEI is none: extracts have its first eight digits, which name a model. */
const IDENTIFIER_KINDS = [KEY, 'number', 'account', 'document'] as const;
/** Maximum number of holders that are counted. */
const HOLDERS_MAX = 10;
type IdentifierKind = (typeof IDENTIFIER_KINDS)[number];

/** Who has an identifier, and on which subscription; null if on none or on several. */
interface Holder {
  customer_id: string;
  subscription_id: string | null;
}

const identifierKindUnknown = failure('invalid', 'identifier.kindUnknown', {
  en: 'Customers are found by {known} only.',
  'zh-CN': '只能按 {known} 查找客户。',
});

// Ids are derived from keys, so a key needs no index; a key has one id in each key space. $2 is the as-of time.
const KEYS = `select customer_id, subscription_id from subscription
  where subscription_id = any($1::uuid[]) and $2::timestamptz is not null and withdrawn_at is null`;
const ACCOUNTS = `select customer_id, null::uuid as subscription_id from account
  where account_id = $1 and $2::timestamptz is not null`;
/**
 * Contact phones are searched only if no line has the number, because relatives share them. A row that no key identifies
 * counts in the newest version of its table.
 */
const NUMBERS = `with line as (
    select customer_id, subscription_id from fact join subscription on subscription_id = subject_id
    where kind = 'number' and lookup = $1 and knowledge_to is null
      and valid_from <= $2 and (valid_to is null or valid_to > $2)
  )
  select customer_id, subscription_id from line
  union all
  select n.customer_id, s.subscription_id
  from contact_number n left join subscription s on n.source <> 'contact' and s.customer_id = n.customer_id
    and (s.row_of_table is null or s.row_of_table = any(s.tables))
  where n.lookup = $1 and n.source in ('contact', 'personal', 'key') and not exists (select from line)
    and (n.source = 'contact' or s.subscription_id is not null)`;
const DOCUMENTS = `select subject_id as customer_id, null::uuid as subscription_id from fact
  where kind = 'customer' and lookup = $1 and knowledge_to is null and $2::timestamptz is not null`;

@Injectable()
export class CustomerRpc {
  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
    private readonly personal: Personal,
    private readonly vault: Vault,
    @Inject(CONFIG) private readonly config: CustomerProfileConfig,
  ) {}

  readonly handlers: Rpc<CustomerService> = {
    getCustomer: forClients('profile:read', async ({ caller }, { id }) => {
      if (!isUuid(id)) throw customerUnknown();
      const sql = `select customer_id from customer
       where customer_id = coalesce((
           select customer_id from subscription where subscription_id = $1 and withdrawn_at is null), $1)
         and org_unit_path ^@ any($2::text[]) and withdrawn_at is null`;
      const params = [id, orgUnitFilter(caller)];
      const found = await this.database.query<{ customer_id: string }>(sql, params, 'customer-by-id');
      return this.only(
        caller,
        found.map((row) => ({ ...row, subscription_id: id === row.customer_id ? null : id })),
      );
    }),

    /** The value is looked up by a hash, so that its duration reveals nothing about similar values. */
    resolveCustomer: forClients('profile:read', async ({ caller }, { kind, value, asOf, table }) => {
      const known = IDENTIFIER_KINDS.find((candidate) => candidate === kind);
      if (known === undefined) throw identifierKindUnknown({ known: IDENTIFIER_KINDS.join(', ') });
      const { sql, params } = await this.search(known, value.trim(), {
        at: asOf ?? this.clock.now(),
        table: table ?? '',
      });
      const found = await this.database.query<Holder & { is_seen: boolean }>(
        `select customer_id, subscription_id, org_unit_path ^@ any($3::text[]) as is_seen
       from customer join (
         select customer_id, case when count(distinct subscription_id) = 1 then min(subscription_id::text) end as subscription_id
         from (${sql}) holder group by customer_id limit ${HOLDERS_MAX}) named using (customer_id)
       where withdrawn_at is null
       order by customer_id`,
        [...params, orgUnitFilter(caller)],
        `customer-by-${known}`,
      );
      const seen = found.filter(({ is_seen: isSeen }) => isSeen);
      if (seen.length > 0 && found.length > 1) {
        const customers = seen.map(({ customer_id: id }) => id).join(', ');
        throw identifierAmbiguous({ holders: found.length, customers });
      }
      return this.only(caller, seen);
    }),

    getSubscriptionKeys: forClients('pii:read', async ({ caller }, { subscriptionIds }) => {
      requirePersonal(caller);
      requireFew(subscriptionIds);
      return { keys: await this.personal.keysOf(caller, subscriptionIds.filter(isUuid)) };
    }),
  };

  /**
   * Holder of an identifier by its validity, as known today. For the day on which a number
   * changed hands is the new owner's.
   */
  private async search(
    kind: IdentifierKind,
    value: string,
    { at, table }: { at: Date; table: string },
  ): Promise<{ sql: string; params: [unknown, Date] }> {
    const { operator } = this.config;
    switch (kind) {
      case KEY:
        return { sql: KEYS, params: [await this.subscriptionsOfKey(value, table), at] };
      case 'account':
        return { sql: ACCOUNTS, params: [accountId(operator, value), at] };
      case 'number':
        return { sql: NUMBERS, params: [identifierLookup(this.vault, kind, value), at] };
      case 'document':
        return { sql: DOCUMENTS, params: [identifierLookup(this.vault, kind, value), at] };
    }
  }

  /** Ids that a key has: one in the operator's key space, and one in each table whose keys are its own. */
  private async subscriptionsOfKey(key: string, table: string): Promise<string[]> {
    const sql = `select table_name, key_space from key_space where key_space <> 'row' and ($1 = '' or table_name = $1)`;
    const known = await this.database.query<{ table_name: string; key_space: 'operator' | 'table' }>(sql, [table]);
    const spaces = known.map(({ table_name: name, key_space: space }): KeySpace =>
      space === 'table' ? { of: 'table', table: name } : { of: 'operator' },
    );
    const all: KeySpace[] = table === '' ? [{ of: 'operator' }, ...spaces] : spaces;
    return [...new Set(all.map((space) => subscriptionId(this.config.operator, naturalKey(space, key))))];
  }

  private async only(caller: Caller, [holder]: Holder[]): Promise<Customer> {
    if (holder === undefined) throw customerUnknown();
    const { customer_id: customerId, subscription_id: matchedId } = holder;
    const params = [customerId, orgUnitFilter(caller)];
    const [[customer], accounts, subscriptions, personal] = await Promise.all([
      this.database.query<{ kind: string; org_unit_path: string; version: string; first_seen_at: Date }>(
        'select kind, org_unit_path, version, first_seen_at from customer where customer_id = $1',
        [customerId],
      ),
      this.database.query<Account>(
        `select account_id as "accountId", coalesce(mode, '') as mode from account
         where customer_id = $1 and org_unit_path ^@ any($2::text[]) order by account_id`,
        params,
      ),
      this.database.query<Subscription>(
        `select subscription_id as "subscriptionId", account_id as "accountId", coalesce(service, '') as service,
           coalesce(status, '') as status, tables
         from subscription where customer_id = $1 and org_unit_path ^@ any($2::text[]) and withdrawn_at is null
         order by subscription_id`,
        params,
      ),
      maySeePersonal(caller) ? this.personal.fieldsOf(customerId) : [],
    ]);
    return {
      customerId,
      kind: customer!.kind,
      orgUnitPath: customer!.org_unit_path,
      accounts,
      subscriptions,
      personal,
      version: Number(customer!.version),
      firstSeenAt: customer!.first_seen_at,
      matchedSubscriptionId: subscriptions.find((one) => one.subscriptionId === matchedId)?.subscriptionId ?? '',
    };
  }
}
