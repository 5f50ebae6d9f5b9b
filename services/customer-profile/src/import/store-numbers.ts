import { rowsOf, type Transaction } from '@holdfast/platform/database';
import type { Fact } from '../fact/fact.js';

/** The numbers of a row of an extract, and when they are those of its subject. */
export type Reach = Pick<Fact, 'subjectId' | 'contactNumbers' | 'validFrom' | 'validTo'>;

/**
 * Keeps through which numbers customers are reached, set by set, of the facts of an extract. A customer's record that
 * has no number leaves the one that was known: less would then follow it.
 */
export async function storeContactNumbers(tx: Transaction, kind: string, facts: readonly Reach[]): Promise<void> {
  const numbers = facts.flatMap((fact) => fact.contactNumbers.map((lookup) => ({ fact, lookup })));
  const ids = facts.map(({ subjectId }) => subjectId);
  if (kind === 'customer') {
    await storeOfCustomers(
      tx,
      numbers.map(({ fact }) => fact.subjectId),
      numbers.map(({ lookup }) => lookup),
    );
  }
  if (kind === 'subscription') await moveToOwners(tx, ids);
  if (kind !== 'number' || numbers.length === 0) return;
  const spells = [numbers.map(({ lookup }) => lookup), numbers.map(({ fact }) => fact.validFrom)];
  const deleteContactNumber = `delete from contact_number n using unnest($1::bytea[], $2::timestamptz[]) as incoming
      (lookup, valid_from)
    where n.lookup = incoming.lookup and n.valid_from = incoming.valid_from and n.subscription_id is not null`;
  await rowsOf(tx, deleteContactNumber, spells);
  await rowsOf(
    tx,
    `insert into contact_number (customer_id, lookup, source, subscription_id, valid_from, valid_to)
     select distinct s.customer_id, incoming.lookup, 'line', s.subscription_id, incoming.valid_from, incoming.valid_to
     from unnest($1::bytea[], $2::timestamptz[], $3::timestamptz[], $4::uuid[])
       as incoming (lookup, valid_from, valid_to, subscription_id)
     join subscription s using (subscription_id)`,
    [...spells, numbers.map(({ fact }) => fact.validTo), numbers.map(({ fact }) => fact.subjectId)],
  );
  await storeUsers(tx, ids);
}

async function storeOfCustomers(tx: Transaction, customerIds: string[], lookups: Buffer[]): Promise<void> {
  if (customerIds.length === 0) return;
  await rowsOf(tx, `delete from contact_number where source = 'contact' and customer_id = any($1::uuid[])`, [
    customerIds,
  ]);
  const sql = `insert into contact_number (customer_id, lookup, source)
    select distinct customer_id, lookup, 'contact' from unnest($1::uuid[], $2::bytea[]) as incoming (customer_id, lookup)`;
  await rowsOf(tx, sql, [customerIds, lookups]);
}

/** A line that has another owner is a number of that one. */
async function moveToOwners(tx: Transaction, subscriptionIds: string[]): Promise<void> {
  const sql = `update contact_number n set customer_id = s.customer_id from subscription s
    where s.subscription_id = any($1::uuid[]) and n.subscription_id = s.subscription_id and n.source = 'line'
      and n.customer_id <> s.customer_id`;
  await rowsOf(tx, sql, [subscriptionIds]);
  await storeUsers(tx, subscriptionIds);
}

/** Who uses a line without owning it is reached through its number, too. */
async function storeUsers(tx: Transaction, subscriptionIds: string[]): Promise<void> {
  await rowsOf(tx, `delete from contact_number where source = 'user' and subscription_id = any($1::uuid[])`, [
    subscriptionIds,
  ]);
  const sql = `insert into contact_number (customer_id, lookup, source, subscription_id, valid_from, valid_to)
    select used.other_id, n.lookup, 'user', n.subscription_id, n.valid_from, n.valid_to
    from contact_number n
    join fact used on used.subject_id = n.subscription_id and used.kind = 'subscription' and used.knowledge_to is null
    where n.subscription_id = any($1::uuid[]) and n.source = 'line' and used.other_id <> n.customer_id`;
  await rowsOf(tx, sql, [subscriptionIds]);
}
