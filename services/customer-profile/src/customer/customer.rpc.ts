import { Injectable } from '@nestjs/common';
import { Raw, type FindOperator } from 'typeorm';
import type {
  Customer as CustomerMessage,
  CustomerService,
  GetCustomerRequest,
  GetSubscriptionKeysRequest,
  GetSubscriptionKeysResponse,
  ResolveCustomerRequest,
} from '@holdfast/contracts/customer_profile/v1/customer';
import { requireScope, unitFilter, type Caller } from '@holdfast/platform/caller';
import { Clock } from '@holdfast/platform/clock';
import { Database } from '@holdfast/platform/database';
import { failure } from '@holdfast/platform/errors';
import type { Call, Rpc } from '@holdfast/platform/grpc';
import { isUuid } from '@holdfast/platform/identity';
import { KEY, Personal, maySeePersonal, requirePersonal } from '../personal/personal.js';
import { Vault } from '../personal/vault.js';
import { Account } from './account.entity.js';
import { Customer } from './customer.entity.js';
import { customerUnknown, requireFew } from './failures.js';
import { Subscription } from './subscription.entity.js';

const identifierKindUnknown = failure('invalid', 'identifier.kindUnknown', {
  en: 'Customers are found by {known} only.',
  'zh-CN': '只能按 {known} 查找客户。',
});
/** What others may ask about customers. */
@Injectable()
export class CustomerRpc implements Rpc<CustomerService> {
  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
    private readonly personal: Personal,
    private readonly vault: Vault,
  ) {}

  async getCustomer(call: Call, { id }: GetCustomerRequest): Promise<CustomerMessage> {
    requireScope(call.caller, 'profile:read');
    if (!isUuid(id)) throw customerUnknown();
    const found = await this.database.query<{ customer_id: string }>(
      `select customer_id from customer
       where customer_id = coalesce((select customer_id from subscription where subscription_id = $1), $1)
         and unit_path ^@ any($2::text[])`,
      [id, unitFilter(call.caller)],
      'customer-by-id',
    );
    return this.only(call.caller, found);
  }

  /** The value is looked up by its keyed hash, so that the time it takes says nothing about values that are near it. */
  async resolveCustomer(call: Call, { kind, value }: ResolveCustomerRequest): Promise<CustomerMessage> {
    requireScope(call.caller, 'profile:read');
    if (kind !== KEY) throw identifierKindUnknown({ known: KEY });
    const found = await this.database.query<{ customer_id: string }>(
      `select customer_id from identifier join customer using (customer_id)
       where identifier.kind = $1 and lookup = $2 and valid_from <= $3 and (valid_to is null or valid_to > $3)
         and unit_path ^@ any($4::text[])`,
      [kind, this.vault.lookup(kind, value.trim()), this.clock.now(), unitFilter(call.caller)],
      'customer-by-identifier',
    );
    return this.only(call.caller, found);
  }

  async getSubscriptionKeys(call: Call, request: GetSubscriptionKeysRequest): Promise<GetSubscriptionKeysResponse> {
    requirePersonal(call.caller);
    const { subscriptionIds } = request;
    requireFew(subscriptionIds);
    return { keys: await this.personal.keysOf(call.caller, subscriptionIds.filter(isUuid)) };
  }

  private async only(caller: Caller, found: { customer_id: string }[]): Promise<CustomerMessage> {
    const customerId = found[0]?.customer_id;
    if (customerId === undefined) throw customerUnknown();
    const { manager } = this.database.orm;
    const ownedAndSeen = { customerId, unitPath: within(caller) };
    const [customer, accounts, subscriptions, personal] = await Promise.all([
      manager.findOneByOrFail(Customer, { customerId }),
      manager.find(Account, { where: ownedAndSeen, order: { accountId: 'asc' } }),
      manager.find(Subscription, { where: ownedAndSeen, order: { subscriptionId: 'asc' } }),
      maySeePersonal(caller) ? this.personal.fieldsOf(customerId) : [],
    ]);
    return {
      customerId,
      kind: customer.kind,
      unitPath: customer.unitPath,
      accounts: accounts.map(({ accountId, mode }) => ({ accountId, mode: mode ?? '' })),
      subscriptions: subscriptions.map(({ subscriptionId, accountId, service, status, tables }) => {
        return { subscriptionId, accountId, service: service ?? '', status: status ?? '', tables };
      }),
      personal,
      version: Number(customer.version),
      knownSince: customer.knownSince,
    };
  }
}

/** Binds a TypeORM query to the caller's region. */
function within(caller: Caller): FindOperator<string> {
  return Raw((column) => `${column} ^@ any(cast(:region as text[]))`, { region: unitFilter(caller) });
}
