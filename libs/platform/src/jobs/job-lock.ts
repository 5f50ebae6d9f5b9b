import type { Pool } from 'pg';

/** Another process holds the lock of the job. */
export class LockedElsewhere extends Error {}

/**
 * Works under the lock of a job, so that a redelivered one does not run concurrently. The advisory lock ends with its
 * connection. @throws LockedElsewhere
 */
export async function withJobLock(pool: Pool, jobId: string, work: () => Promise<void>): Promise<void> {
  const client = await pool.connect();
  let lost: Error | undefined;
  const onLost = (error: Error): void => void (lost = error);
  // An unhandled 'error' event of a checked-out connection would end the process.
  client.on('error', onLost);
  try {
    const sql = 'select pg_try_advisory_lock(hashtextextended($1, 0)) as locked';
    const { rows } = await client.query<{ locked: boolean }>(sql, [jobId]);
    if (!rows[0]!.locked) throw new LockedElsewhere();
    try {
      await work();
    } finally {
      await client.query('select pg_advisory_unlock(hashtextextended($1, 0))', [jobId]).catch(onLost);
    }
  } finally {
    client.off('error', onLost);
    client.release(lost);
  }
}
