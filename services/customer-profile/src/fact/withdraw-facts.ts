import { rowsOf, type Transaction } from '@holdfast/platform/database';

/** An extract that was withdrawn. */
export interface Withdrawn {
  sequence: number;
  withdrawnAt: Date;
}

/** Subjects from `from` to before `to`, or to the last if that is null. */
export interface SubjectRange {
  from: string;
  to: string | null;
}

/** Rows of an extract for each range: each range is one transaction. */
const ROWS_PER_RANGE = 32_768;
/** Values of the first byte of an id. */
const BYTES = 256;

/** All subjects in parts of about equal size: their ids are hashes. @param rows of the extract */
export function rangesFor(rows: number): SubjectRange[] {
  const ranges = Math.min(BYTES, 2 ** Math.ceil(Math.log2(Math.max(1, rows / ROWS_PER_RANGE))));
  const width = BYTES / ranges;
  return Array.from({ length: ranges }, (_, at) => ({
    from: firstOf(at * width),
    to: at === ranges - 1 ? null : firstOf((at + 1) * width),
  }));
}

function firstOf(byte: number): string {
  return `${byte.toString(16).padStart(2, '0')}000000-0000-0000-0000-000000000000`;
}

const inRange = (id: string): string => `${id} >= $3 and ($4::uuid is null or ${id} < $4)`;

const paramsOf = ({ sequence, withdrawnAt }: Withdrawn, { from, to }: SubjectRange): unknown[] => [
  ...[sequence, withdrawnAt, from, to],
];

/** SQL that raises the versions of customers with changed facts, also of their accounts or subscriptions. */
const RAISED = `update customer set version = version + 1 where customer_id in (
  select subject_id from changed
  union select customer_id from account join changed on account_id = subject_id
  union select customer_id from subscription join changed on subscription_id = subject_id)`;

/**
 * What an extract superseded is known again from its withdrawal on, and what it brought is known until then. So answers as of
 * a moment before the withdrawal stay, and later ones are those without the extract. Repeated, it changes nothing.
 */
export async function endFacts(tx: Transaction, extract: Withdrawn, range: SubjectRange): Promise<void> {
  const params = paramsOf(extract, range);
  // A fact that would begin again at the moment at which it ended has not ended.
  await rowsOf(
    tx,
    `with changed as (
       insert into fact (subject_id, kind, fact_id, sequence, valid_from, valid_to, knowledge_from, end_knowledge_from, other_id,
         detail, sealed, lookup, digest, org_unit_path)
       select subject_id, kind, fact_id, sequence, valid_from, valid_to, greatest($2::timestamptz, knowledge_to),
         end_knowledge_from, other_id, detail, sealed, lookup, digest, org_unit_path
       from fact where ended_by = $1 and sequence <> $1 and ${inRange('subject_id')}
       on conflict (subject_id, kind, fact_id, sequence, knowledge_from) do update set knowledge_to = null, ended_by = null
       where fact.ended_by = $1
       returning subject_id)
     ${RAISED}`,
    params,
  );
  await rowsOf(
    tx,
    `with changed as (
       update fact set knowledge_to = greatest($2::timestamptz, knowledge_from), ended_by = $1
       where sequence = $1 and knowledge_to is null and ${inRange('subject_id')}
       returning subject_id)
     ${RAISED}`,
    params,
  );
}

/** Numbers of lines that only the extract named; those that others name are stored before. */
export async function endNumbers(tx: Transaction, extract: Withdrawn, range: SubjectRange): Promise<void> {
  const sql = `delete from contact_number n using fact ended
    where ended.kind = 'number' and ended.sequence = $1 and ended.knowledge_to >= $2 and ${inRange('ended.subject_id')}
      and n.subscription_id = ended.subject_id and n.source in ('line', 'user') and n.valid_from = ended.valid_from
      and not exists (select from fact known where known.subject_id = ended.subject_id and known.kind = 'number'
        and known.valid_from = ended.valid_from and known.knowledge_to is null)`;
  await rowsOf(tx, sql, paramsOf(extract, range));
}

/** Whether an extract, a plain table or anything else still names a subject. */
const NAMED = {
  subscription: `tables <> '{}' or row_of_table is not null or exists (
    select from fact known where known.subject_id = subscription_id and known.kind = 'subscription'
      and known.knowledge_to is null)`,
  customer: `exists (
      select from fact known where known.subject_id = customer.customer_id and known.kind = 'customer'
        and known.knowledge_to is null)
    or exists (select from subscription s where s.customer_id = customer.customer_id and s.withdrawn_at is null)
    or exists (select from account a join fact known on known.subject_id = a.account_id and known.kind = 'account'
      and known.knowledge_to is null where a.customer_id = customer.customer_id)
    or exists (select from identifier i where i.customer_id = customer.customer_id)
    or exists (select from personal_field p where p.customer_id = customer.customer_id)`,
};

/** Whether the extract named a subject. */
const BROUGHT = {
  subscription: `exists (select from fact ended where ended.subject_id = subscription_id and ended.kind = 'subscription'
    and ended.sequence = $1)`,
  customer: `exists (
      select from fact ended where ended.subject_id = customer.customer_id and ended.sequence = $1)
    or exists (select from subscription s join fact ended on ended.subject_id = s.subscription_id and ended.sequence = $1
      where s.customer_id = customer.customer_id)
    or exists (select from account a join fact ended on ended.subject_id = a.account_id and ended.sequence = $1
      where a.customer_id = customer.customer_id)`,
};

/** Subjects that only the extract named: subscriptions first, since they name their customers. */
export async function endSubjects(
  tx: Transaction,
  table: 'subscription' | 'customer',
  extract: Withdrawn,
  range: SubjectRange,
): Promise<void> {
  const sql = `update ${table} set withdrawn_at = $2
    where ${inRange(`${table}_id`)} and withdrawn_at is null and (${BROUGHT[table]}) and not (${NAMED[table]})`;
  await rowsOf(tx, sql, paramsOf(extract, range));
}
