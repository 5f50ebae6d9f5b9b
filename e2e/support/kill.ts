import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from 'pg';
import { schemaOf } from '@holdfast/platform/services';

import { isRunning } from '../../tools/launch/process-identity.mjs';
import { eventually } from './eventually.js';
import type { RunningProcess, SystemHome } from './system-home.js';

/** A row of a service's table `job`. */
interface JobState {
  id: string;
  state: string;
  /** 0 to 1. */
  fraction: number;
  rowsDone: number;
  /** Of work in pieces. */
  piecesDone: number;
  /** Null for a job without pieces. */
  piecesTotal: number | null;
}

/** In the middle of what a service is to be killed. */
export interface KillPlan {
  service: string;
  /** Kind of the job. */
  kind: string;
  /** Whether the running job has come so far. */
  isDue: (job: JobState) => boolean;
}

/** Progress of the job when its service was gone: proof that the kill hit it while it ran. */
export interface KillProof extends JobState {
  service: string;
  kind: string;
}

const LOOK_EVERY_MS = 2;
/** Until the job runs: many plans wait at the same time, and looking takes the processor from the system. */
const WAIT_MS = 15;

/**
 * Waits until a service is in the middle of a job and kills it (-9), so that it can neither finish nor clean up.
 * @throws an Error if the job was over before its process was gone: then nothing was shown
 */
export function killDuring(home: SystemHome, plan: KillPlan): Promise<KillProof> {
  return inTheMiddle(home, plan, 240_000, (victim) => {
    process.kill(victim.pid, 'SIGKILL');
    return eventually(`${plan.service} is gone`, () => !isRunning(victim), { everyMs: 1 });
  });
}

/**
 * Waits until a service is in the middle of a job, and suspends its process.
 * @param withinMs within which the job must begin
 * @returns the suspended process
 * @throws an Error if the job was over before: then nothing was shown
 */
export async function suspendDuring(home: SystemHome, plan: KillPlan, withinMs: number): Promise<RunningProcess> {
  let suspended: RunningProcess | undefined;
  await inTheMiddle(home, plan, withinMs, async (victim) => {
    process.kill(victim.pid, 'SIGSTOP');
    suspended = victim;
  });
  return suspended!;
}

async function inTheMiddle(
  home: SystemHome,
  { service, kind, isDue }: KillPlan,
  withinMs: number,
  act: (victim: RunningProcess) => Promise<unknown>,
): Promise<KillProof> {
  const database = await eventually('the database accepts connections', () =>
    home.openDatabase().catch(() => undefined),
  );
  try {
    const jobOf = await jobsOf(database, service, kind);
    const isMiddle = async (): Promise<JobState | undefined> => {
      const job = await jobOf();
      if (job?.state === 'done') throw tooLate(job);
      if (job?.state !== 'running') {
        await sleep(WAIT_MS);
        return undefined;
      }
      return isDue(job) ? job : undefined;
    };
    const what = `${service} is in the middle of ${kind}`;
    await eventually(what, isMiddle, { withinMs, everyMs: LOOK_EVERY_MS });
    const victim = home.processes().find(({ name }) => name === service)!;
    await act(victim);
    const left = (await jobOf())!;
    if (left.state !== 'running' || left.piecesDone === left.piecesTotal) throw tooLate(left);
    return { service, kind, ...left };
  } finally {
    await database.end();
  }

  function tooLate(job: JobState): Error {
    return new Error(`It came too late: ${kind} of ${service} was at ${JSON.stringify(job)}`);
  }
}

/** Reads the newest job of a kind, by a prepared statement, since it runs every few milliseconds. */
async function jobsOf(database: Client, service: string, kind: string): Promise<() => Promise<JobState | undefined>> {
  const text = `select id, state, fraction, rows_done::int as "rowsDone", shards_done as "piecesDone", shards_total as "piecesTotal"
    from ${schemaOf(service)}.job where kind = $1 order by created_at desc limit 1`;
  const isThere = () =>
    database.query(text, [kind]).then(
      () => true,
      () => false,
    );
  await eventually(`${service} has its tables`, isThere, { withinMs: 60_000 });
  return async () => (await database.query<JobState>({ name: `job of ${service}`, text, values: [kind] })).rows[0];
}

/** Any number; nothing else uses advisory locks of two numbers. */
const COMMIT_LOCK = '20261130, 28';

/**
 * Kills a service (-9) while PostgreSQL commits a transaction of it: the commit waits in a deferred trigger until the
 * process is gone, so that its effect exists and no answer about it.
 * @param act makes the service insert a row into that table of it
 * @returns what `act` gave, and the killed process
 */
export async function killAtCommit<T>(
  home: SystemHome,
  { service, table }: { service: string; table: string },
  act: () => Promise<T>,
): Promise<{ answer: T; victim: RunningProcess }> {
  const database = await home.openDatabase();
  const schema = schemaOf(service);
  try {
    await database.query(`
      create function ${schema}.wait_at_commit() returns trigger language plpgsql as
        'begin perform pg_advisory_xact_lock(${COMMIT_LOCK}); return null; end';
      create constraint trigger wait_at_commit after insert on ${schema}.${table}
        deferrable initially deferred for each row execute function ${schema}.wait_at_commit();
      select pg_advisory_lock(${COMMIT_LOCK})`);
    const acted = act();
    const waits = 'select 1 from pg_locks where locktype = $1 and objsubid = 2 and not granted';
    await eventually(`${service} commits`, async () => (await database.query(waits, ['advisory'])).rows.length > 0);
    const victim = home.processes().find(({ name }) => name === service)!;
    process.kill(victim.pid, 'SIGKILL');
    await eventually(`${service} is gone`, () => !isRunning(victim), { everyMs: 1 });
    // Dropping the trigger waits for the end of the transaction.
    await database.query(`
      select pg_advisory_unlock(${COMMIT_LOCK});
      drop trigger wait_at_commit on ${schema}.${table};
      drop function ${schema}.wait_at_commit()`);
    return { answer: await acted, victim };
  } finally {
    await database.end();
  }
}
