import { nameUnits } from './store-org-units.js';
import { rowsOf, type Transaction } from '@holdfast/platform/database';
import type { Subjects } from './subjects.js';

/** Rows of one statement's parameters. */
const BLOCK_ROWS = 8192;
/** Tables that copy the org unit of a customer; they move with it. */
const DEPENDENTS = ['account', 'subscription', 'consent_decision', 'suppression'] as const;

/** Which rows are stored. */
interface SubjectSource {
  table: string;
  /** Version whose row numbers are the keys; undefined where the keys identify subscribers. */
  rowsOfVersion?: string;
  /** When the table became visible: of two imports, the later one is right. */
  loadedAt: Date;
  /** Now, in business time. */
  now: Date;
  /** The operator's own unit: a subject there belongs to no unit that is known. */
  rootPath: string;
}

/**
 * Makes customers, accounts and subscriptions of subjects, set by set. Existing rows stay, except: a later
 * table moves customers to the unit that it names and corrects personal fields, and every table is noted at its
 * subscriptions. Storing the same again changes nothing. Gives the number of subjects.
 */
export async function storeSubjects(tx: Transaction, subjects: Subjects, source: SubjectSource): Promise<number> {
  await stage(tx, subjects);
  await nameUnits(tx, subjects.orgUnitPaths);
  await storeCustomers(tx, source);
  await storeAccountsAndSubscriptions(tx, source);
  await storeIdentifiers(tx, source);
  await storePersonalFields(tx, source);
  await storeNumbers(tx, source);
  await raiseVersions(tx);
  return subjects.customerIds.length;
}

const STAGING = `
  create temporary table subject (customer_id uuid, account_id uuid, subscription_id uuid, org_unit_path text,
    first_month text, lookup bytea, sealed bytea) on commit drop;
  create temporary table subject_field (customer_id uuid, name text, digest bytea, sealed bytea) on commit drop;
  create temporary table subject_number (customer_id uuid, source text, name text, lookup bytea) on commit drop;
  create temporary table touched (customer_id uuid, is_new boolean) on commit drop`;

/**
 * Brings the rows to the database once; every statement after that works on sets there. `touched` collects the
 * customers that are new or changed.
 */
async function stage(tx: Transaction, subjects: Subjects): Promise<void> {
  await rowsOf(tx, STAGING);
  const { customerIds, accountIds, subscriptionIds, orgUnitPaths, firstMonths, lookups, sealedKeys } = subjects;
  const { personal, numbers } = subjects;
  const insertSubject = `insert into subject
    select * from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::bytea[], $7::bytea[])`;
  const params = [customerIds, accountIds, subscriptionIds, orgUnitPaths, firstMonths, lookups, sealedKeys];
  await inBlocks(tx, insertSubject, params);
  const insertFields =
    'insert into subject_field select * from unnest($1::uuid[], $2::text[], $3::bytea[], $4::bytea[])';
  await inBlocks(tx, insertFields, [personal.customerIds, personal.names, personal.digests, personal.sealed]);
  const insertNumbers =
    'insert into subject_number select * from unnest($1::uuid[], $2::text[], $3::text[], $4::bytea[])';
  await inBlocks(tx, insertNumbers, [numbers.customerIds, numbers.sources, numbers.names, numbers.lookups]);
  await rowsOf(tx, 'analyze subject');
  await rowsOf(tx, 'analyze subject_field');
}

async function inBlocks(tx: Transaction, sql: string, lists: readonly (readonly unknown[])[]): Promise<void> {
  for (let from = 0; from < lists[0]!.length; from += BLOCK_ROWS) {
    const block = lists.map((list) => list.slice(from, from + BLOCK_ROWS));
    await rowsOf(tx, sql, block);
  }
}

/** In the order of the key, so that two imports of the same customers wait for each other instead of dying together. */
async function storeCustomers(tx: Transaction, { rootPath, loadedAt, now }: SubjectSource): Promise<void> {
  const sql = `with stored as (
      insert into customer (customer_id, kind, org_unit_path, org_unit_knowledge_time, first_seen_at)
      select distinct on (customer_id) customer_id, 'person', org_unit_path,
        case when org_unit_path <> $1 then $2::timestamptz end, $3
      from subject order by customer_id
      on conflict (customer_id) do update set org_unit_path = excluded.org_unit_path, org_unit_knowledge_time = excluded.org_unit_knowledge_time
      where excluded.org_unit_knowledge_time > coalesce(customer.org_unit_knowledge_time, '-infinity')
      returning customer_id, old.org_unit_path as unit_before, new.org_unit_path as unit_now
    )
    insert into touched
    select customer_id, unit_before is null from stored where unit_before is distinct from unit_now`;
  await rowsOf(tx, sql, [rootPath, loadedAt, now]);
  for (const dependent of DEPENDENTS) {
    const sql = `update ${dependent} set org_unit_path = customer.org_unit_path from customer
      where ${dependent}.customer_id in (select customer_id from subject)
        and customer.customer_id = ${dependent}.customer_id and customer.org_unit_path <> ${dependent}.org_unit_path`;
    await rowsOf(tx, sql);
  }
}

async function storeAccountsAndSubscriptions(tx: Transaction, { table, rowsOfVersion }: SubjectSource): Promise<void> {
  const insertAccount = `insert into account (account_id, customer_id, org_unit_path)
    select distinct on (account_id) account_id, customer_id, customer.org_unit_path
    from subject join customer using (customer_id) order by account_id
    on conflict do nothing`;
  await rowsOf(tx, insertAccount);
  const sql = `with stored as (
      insert into subscription (subscription_id, customer_id, account_id, org_unit_path, tables, row_of_table, row_of_version)
      select subscription_id, customer_id, account_id, customer.org_unit_path, array[$1::text], $2, $3
      from subject join customer using (customer_id) order by subscription_id
      on conflict (subscription_id) do update set tables = subscription.tables || excluded.tables
      where not subscription.tables @> excluded.tables
      returning customer_id
    )
    insert into touched select customer_id, false from stored`;
  await rowsOf(tx, sql, [table, rowsOfVersion === undefined ? null : table, rowsOfVersion ?? null]);
}

/**
 * Takes rows of earlier versions, which no key identifies, out of the table: no key links them to a row of the newest version
 * they are.
 */
export async function endSupersededRows(tx: Transaction, table: string): Promise<void> {
  const sql = `with ended as (
      update subscription set tables = array_remove(tables, $1)
      where row_of_table = $1 and $1 = any(tables) and row_of_version <>
        (select version from key_space where table_name = $1 order by loaded_at desc limit 1)
      returning customer_id
    )
    update customer set version = version + 1 where customer_id in (select customer_id from ended)`;
  await rowsOf(tx, sql, [table]);
}

/** An identifier holds from the first month in which it was seen. */
async function storeIdentifiers(tx: Transaction, { loadedAt, now }: SubjectSource): Promise<void> {
  const sql = `insert into identifier (kind, lookup, valid_from, customer_id, sealed)
    select distinct on (lookup) 'key', lookup, least((first_month || '-01')::timestamptz, $1, $2), customer_id, sealed
    from subject order by lookup
    on conflict (kind, lookup) where valid_to is null do update set valid_from = excluded.valid_from
    where excluded.valid_from < identifier.valid_from`;
  await rowsOf(tx, sql, [loadedAt, now]);
}

async function storePersonalFields(tx: Transaction, { loadedAt }: SubjectSource): Promise<void> {
  const sql = `with stored as (
      insert into personal_field (customer_id, name, knowledge_time, digest, sealed)
      select distinct on (customer_id, name) customer_id, name, $1::timestamptz, digest, sealed
      from subject_field order by customer_id, name
      on conflict (customer_id, name) do update set knowledge_time = excluded.knowledge_time, digest = excluded.digest,
        sealed = case when personal_field.digest = excluded.digest then personal_field.sealed else excluded.sealed end
      where excluded.knowledge_time > personal_field.knowledge_time
      returning customer_id, old.digest is distinct from new.digest as is_changed
    )
    insert into touched select customer_id, false from stored where is_changed`;
  await rowsOf(tx, sql, [loadedAt]);
}

/** Numbers of a field go with the field; one that an older table brings changes neither. */
async function storeNumbers(tx: Transaction, { loadedAt }: SubjectSource): Promise<void> {
  const deleteSubjectNumber = `delete from subject_number n where n.source = 'personal' and not exists (
    select from personal_field f where f.customer_id = n.customer_id and f.name = n.name and f.knowledge_time = $1)`;
  await rowsOf(tx, deleteSubjectNumber, [loadedAt]);
  const deleteContactNumber = `delete from contact_number known using (select distinct customer_id, source, name from
      subject_number) incoming
    where known.customer_id = incoming.customer_id and known.source = incoming.source and known.name = incoming.name`;
  await rowsOf(tx, deleteContactNumber);
  const insertContactNumber = `insert into contact_number (customer_id, lookup, source, name)
    select distinct customer_id, lookup, source, name from subject_number`;
  await rowsOf(tx, insertContactNumber);
}

/** By one, however much of a customer changed; new ones begin with 1. */
async function raiseVersions(tx: Transaction): Promise<void> {
  const sql = `update customer set version = version + 1 where customer_id in (
    select customer_id from touched group by customer_id having not bool_or(is_new))`;
  await rowsOf(tx, sql);
}
