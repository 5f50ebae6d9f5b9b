import { rowsOf, type Transaction } from '../database/database.js';
import { OPENED, shardKind, workSubject } from '../jobs/work.js';

interface Continued {
  events: number;
  work: number;
}

/**
 * Writes to the outbox of a restored schema what its empty streams lack: the events of the last week, and the work of all
 * jobs that are not done. What was handled or done before does nothing when it comes again.
 * @returns numbers of messages
 */
export async function continueRestored(tx: Transaction, service: string): Promise<Continued> {
  return { events: await publishAgain(tx), work: await queueUnfinished(tx, service) };
}

async function publishAgain(tx: Transaction): Promise<number> {
  // Noted again, so that no event that comes again was forgotten before.
  await rowsOf(tx, 'update consumed_event set consumed_at = now()');
  const sql = `with events as (delete from published_event returning id, subject, headers, payload)
    insert into outbox (id, subject, headers, payload) select id, subject, headers, payload from events
    on conflict (id) do nothing returning 1`;
  const events = await rowsOf(tx, sql);
  return events.length;
}

/** Jobs whose input was arriving have no work; their owner ends them. */
async function queueUnfinished(tx: Transaction, service: string): Promise<number> {
  const sql = `with unfinished as (select * from job where state in ('queued', 'running') and natural_key not like $2),
    work as (
      select $1 || kind as subject, jsonb_build_object('jobId', id) as payload from unfinished
      union all
      select $1 || kind || $3, jsonb_build_object('jobId', j.id, 'shard', piece.number)
      from unfinished j, generate_series(0, j.shards_total - 1) as piece (number)
      where not exists (select from job_shard done where done.job_id = j.id and done.shard = piece.number))
    insert into outbox (id, subject, headers, payload)
    select gen_random_uuid(), subject, '{}', convert_to(payload::text, 'UTF8') from work returning 1`;
  const queued = await rowsOf(tx, sql, [workSubject(service, ''), `${OPENED}%`, shardKind('')]);
  return queued.length;
}
