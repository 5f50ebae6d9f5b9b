import { dateOfDay } from '@holdfast/platform/calendar';
import { rowsOf, type Transaction } from '@holdfast/platform/database';
import { moveFacts, type FactOrigin } from '../fact/store-facts.js';
import type { FactRows } from '../fact/fact-rows.js';

/** Rows that copy the org unit of a customer and move with it. */
const CUSTOMERS_OWN = ['account', 'consent_decision', 'suppression'] as const;

/** Which extract, and when it comes in. */
export interface MasterOrigin extends FactOrigin {
  extractId: string;
  /** UUID; null where it is not known. */
  importId: string | null;
  /** When the source extracted it. */
  extractedAt: Date;
  /** `knownAt` of a withdrawn extract: a unit that it gave a customer is replaced, however old the rows are. */
  replaces?: Date;
  /** Whether nothing was in before it, so that nothing can have moved. */
  isFirst: boolean;
  /** Now, in business time. */
  now: Date;
  /** The operator's own unit: a row there belongs to no unit that is known. */
  rootPath: string;
}

type Texts = readonly (string | undefined)[];

/** The ids and texts of columns of all rows. */
function lists(rows: FactRows, ...columns: string[]): Texts[] {
  return columns.map((column) => Array.from({ length: rows.count }, (_, row) => rows.text(column, row)));
}

/** Customers as the extract has them; a newer extract may move them to another unit. */
export async function storeCustomers(tx: Transaction, rows: FactRows, origin: MasterOrigin): Promise<void> {
  const [ids, kinds, orgUnitPaths] = lists(rows, 'customer_id', 'kind', 'org_unit_path');
  const sql = `insert into customer (customer_id, kind, org_unit_path, org_unit_knowledge_time, first_seen_at)
    select customer_id, coalesce(kind, 'person'), coalesce(org_unit_path, $4),
      case when org_unit_path <> $4 then $5::timestamptz end, $6
    from unnest($1::uuid[], $2::text[], $3::text[]) as incoming (customer_id, kind, org_unit_path) order by customer_id
    on conflict (customer_id) do update set kind = excluded.kind, withdrawn_at = null,
      org_unit_path = case when excluded.org_unit_knowledge_time > coalesce(customer.org_unit_knowledge_time, '-infinity')
        or customer.org_unit_knowledge_time = $7 then excluded.org_unit_path else customer.org_unit_path end,
      org_unit_knowledge_time = case when customer.org_unit_knowledge_time = $7 then excluded.org_unit_knowledge_time
        else greatest(excluded.org_unit_knowledge_time, customer.org_unit_knowledge_time) end`;
  const { rootPath, knownAt, now, replaces = null } = origin;
  await rowsOf(tx, sql, [ids, kinds, orgUnitPaths, rootPath, knownAt, now, replaces]);
  for (const dependent of CUSTOMERS_OWN) {
    const sql = `update ${dependent} set org_unit_path = customer.org_unit_path from customer
      where ${dependent}.customer_id = any($1::uuid[]) and customer.customer_id = ${dependent}.customer_id
        and customer.org_unit_path <> ${dependent}.org_unit_path`;
    await rowsOf(tx, sql, [ids]);
  }
  if (!origin.isFirst) await moveFactsTo(tx, 'customer', ids!);
}

/** Accounts. A customer that no table of customers names is known by its account alone. */
export async function storeAccounts(tx: Transaction, rows: FactRows, origin: MasterOrigin): Promise<void> {
  const [ids, owners, modes, orgUnitPaths] = lists(rows, 'account_id', 'customer_id', 'mode', 'org_unit_path');
  await storeStubs(tx, owners!, orgUnitPaths!, origin);
  const sql = `insert into account (account_id, customer_id, mode, org_unit_path)
    select account_id, customer_id, mode, customer.org_unit_path
    from unnest($1::uuid[], $2::uuid[], $3::text[]) as incoming (account_id, customer_id, mode)
      join customer using (customer_id) order by account_id
    on conflict (account_id) do update set customer_id = excluded.customer_id, mode = excluded.mode,
      org_unit_path = excluded.org_unit_path
    where (account.customer_id, account.mode, account.org_unit_path)
      is distinct from (excluded.customer_id, excluded.mode, excluded.org_unit_path)`;
  await rowsOf(tx, sql, [ids, owners, modes]);
}

/** Subscriptions; each has its own org unit, else that of its owner. */
export async function storeSubscriptions(tx: Transaction, rows: FactRows, origin: MasterOrigin): Promise<void> {
  const [ids, owners, accounts] = lists(rows, 'subscription_id', 'customer_id', 'account_id');
  const [services, statuses, orgUnitPaths] = lists(rows, 'service', 'status', 'org_unit_path');
  await storeStubs(tx, owners!, orgUnitPaths!, origin);
  const insertAccount = `insert into account (account_id, customer_id, org_unit_path)
    select distinct on (account_id) account_id, customer_id, customer.org_unit_path
    from unnest($1::uuid[], $2::uuid[]) as incoming (account_id, customer_id) join customer using (customer_id)
    order by account_id on conflict do nothing`;
  await rowsOf(tx, insertAccount, [accounts, owners]);
  await keepDecisionsOfKeys(tx, ids!, owners!);
  const insertSubscription = `insert into subscription (subscription_id, customer_id, account_id, service, status,
      org_unit_path)
    select subscription_id, customer_id, account_id, service, status,
      coalesce(nullif(incoming.org_unit_path, $7), customer.org_unit_path)
    from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::text[])
      as incoming (subscription_id, customer_id, account_id, service, status, org_unit_path)
      join customer using (customer_id) order by subscription_id
    on conflict (subscription_id) do update set customer_id = excluded.customer_id, account_id = excluded.account_id,
      service = excluded.service, status = excluded.status, org_unit_path = excluded.org_unit_path, withdrawn_at = null
    where (subscription.customer_id, subscription.account_id, subscription.service, subscription.status,
        subscription.org_unit_path, subscription.withdrawn_at)
      is distinct from (excluded.customer_id, excluded.account_id, excluded.service, excluded.status,
        excluded.org_unit_path, null::timestamptz)`;
  await rowsOf(tx, insertSubscription, [ids, owners, accounts, services, statuses, orgUnitPaths, origin.rootPath]);
  if (!origin.isFirst) await moveFactsTo(tx, 'subscription', ids!);
}

/**
 * A plain table in the operator's key space makes a customer of each key. If an extract names the owner of the subscription,
 * what that customer decided and was spared from holds for the owner as well: both are the person behind the key.
 */
async function keepDecisionsOfKeys(tx: Transaction, ids: Texts, owners: Texts): Promise<void> {
  const moved = `select distinct s.customer_id as former_id, i.customer_id
    from unnest($1::uuid[], $2::uuid[]) as i (subscription_id, customer_id)
      join subscription s using (subscription_id)
      join identifier k on k.customer_id = s.customer_id and k.kind = 'key'
    where s.customer_id <> i.customer_id`;
  const insertConsentDecision = `insert into consent_decision (customer_id, purpose, channel, granted, basis, evidence,
      decided_at, recorded_by, on_behalf_of, org_unit_path, import_id, withdrawn_at)
    select moved.customer_id, d.purpose, d.channel, d.granted, d.basis, d.evidence, d.decided_at, d.recorded_by,
      d.on_behalf_of, d.org_unit_path, d.import_id, d.withdrawn_at
    from (${moved}) moved join consent_decision d on d.customer_id = moved.former_id
    order by d.sequence`;
  await rowsOf(tx, insertConsentDecision, [ids, owners]);
  const insertSuppression = `insert into suppression (suppression_id, customer_id, channel, reason, valid_from,
      valid_to, added_by, org_unit_path)
    select uuidv7(), moved.customer_id, p.channel, p.reason, p.valid_from, p.valid_to, p.added_by, p.org_unit_path
    from (${moved}) moved join suppression p on p.customer_id = moved.former_id
    order by p.suppression_id`;
  await rowsOf(tx, insertSuppression, [ids, owners]);
}

async function storeStubs(tx: Transaction, ids: Texts, paths: Texts, { rootPath, now }: MasterOrigin): Promise<void> {
  const sql = `insert into customer (customer_id, kind, org_unit_path, first_seen_at)
    select distinct on (customer_id) customer_id, 'person', coalesce(org_unit_path, $3), $4::timestamptz
    from unnest($1::uuid[], $2::text[]) as incoming (customer_id, org_unit_path) order by customer_id
    on conflict (customer_id) do update set withdrawn_at = null where customer.withdrawn_at is not null`;
  await rowsOf(tx, sql, [ids, paths, rootPath, now]);
}

async function moveFactsTo(tx: Transaction, table: 'customer' | 'subscription', ids: Texts): Promise<void> {
  const sql = `select ${table}_id as id, org_unit_path from ${table} where ${table}_id = any($1::uuid[])`;
  const rows = await rowsOf<{ id: string; org_unit_path: string }>(tx, sql, [ids]);
  const paths = rows.map(({ org_unit_path: orgUnitPath }) => orgUnitPath);
  const found = rows.map(({ id }) => id);
  await moveFacts(tx, found, paths);
}

/**
 * Recorded consents of a customer, as decisions with the extract as evidence. Where two
 * differ at one time, the refusal holds. A yes without a date is as old as the customer, so that it revives
 * nothing; a no without one holds from the extract on. A no that is dated after the extract holds at once, and a yes
 * that is so dated is left to the extract of its time: until then the customer may have decided otherwise.
 */
export async function storeImportedConsents(tx: Transaction, rows: FactRows, origin: MasterOrigin): Promise<void> {
  const [ids] = lists(rows, 'customer_id');
  const every = <T>(of: (row: number) => T): T[] => Array.from({ length: rows.count }, (_, row) => of(row));
  const granted = every((row) => rows.flag('marketing_consent', row));
  const changedAt = every((row) => rows.moment('consent_changed_at', row));
  const registered = every((row) => dateOfDay(rows.day('registered_on', row) ?? 0));
  const sql = `insert into consent_decision (customer_id, purpose, channel, granted, basis, evidence, decided_at,
      recorded_by, org_unit_path, import_id)
    select customer_id, 'marketing', 'any', granted, 'imported', $5, decided_at, 'customer-profile', org_unit_path, $7
    from (select customer_id, granted,
        case when granted then coalesce(changed_at, registered_at)
          else least(coalesce(changed_at, $6), $6) end as decided_at
      from unnest($1::uuid[], $2::boolean[], $3::timestamptz[], $4::timestamptz[])
        as incoming (customer_id, granted, changed_at, registered_at) where granted is not null) incoming
      join customer using (customer_id)
    where (not granted or decided_at <= $6)
      and not exists (select from consent_decision there where there.customer_id = incoming.customer_id
      and there.withdrawn_at is null
      and there.purpose = 'marketing' and there.channel = 'any' and there.decided_at = incoming.decided_at
        and there.basis = 'imported' and (there.granted = incoming.granted or not there.granted))
    order by customer_id`;
  const { extractId, extractedAt, importId } = origin;
  await rowsOf(tx, sql, [ids, granted, changedAt, registered, `extract ${extractId}`, extractedAt, importId]);
}
