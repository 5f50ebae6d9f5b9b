import { setTimeout as sleep } from 'node:timers/promises';

import { StartFailure } from '../launch/failure.mjs';
import { connectedFrom } from '../launch/ports.mjs';
import { openDatabase } from './postgres.mjs';

const lookEveryMs = 5;
const beginMsMax = 300_000;

/**
 * @typedef {{ service: string, kind: string }} Stage  a job of a service
 * @typedef {import('./production.mjs').Production} Production
 */

/**
 * Kills (-9) the NATS server that leads the events of a service, while the service does a job.
 * @param {Production} production
 * @param {Stage} stage
 * @returns {Promise<string>}  what was killed, and when
 */
export async function killLeader(production, stage) {
  return inTheMiddle(production, stage, async () => {
    const name = await production.nats.killLeader(stage.service);
    return `${name}, which led the events of ${stage.service},`;
  });
}

/**
 * Kills (-9) the replica of a service that does a job, which one process at a time may do.
 * @param {Production} production
 * @param {Stage} stage
 * @returns {Promise<string>}  what was killed, and when
 */
export async function killWorker(production, stage) {
  return inTheMiddle(production, stage, async (database, jobId) => {
    const replicas = production.processesOf(stage.service);
    if (replicas.length < 2) throw new StartFailure(`${stage.service} has no second replica.`);
    const port = await lockHolder(database, jobId);
    const pid =
      port &&
      connectedFrom(
        replicas.map((replica) => replica.pid),
        port,
      );
    const worker = replicas.find((replica) => replica.pid === pid);
    if (worker === undefined) return undefined;
    await worker.kill('SIGKILL');
    return worker.name;
  });
}

/**
 * The local port of the connection that holds the lock of a job.
 * @param {import('pg').Client} database
 * @param {string} jobId
 * @returns {Promise<number | undefined>}
 */
async function lockHolder(database, jobId) {
  const { rows } = await database.query(
    `select client_port as port from pg_locks join pg_stat_activity using (pid)
      where locktype = 'advisory' and objsubid = 1 and granted
        and ((classid::bigint << 32) | objid::bigint) = hashtextextended($1, 0)`,
    [jobId],
  );
  return rows[0]?.port;
}

/**
 * @param {Production} production
 * @param {Stage} stage
 * @param {(database: import('pg').Client, jobId: string) => Promise<string | undefined>} kill  undefined: not yet
 * @throws {StartFailure} if the job was over before: then nothing was shown
 */
async function inTheMiddle(production, { service, kind }, kill) {
  const database = await openDatabase(production.loopback);
  const newest = `select id, state, fraction from ${service.replaceAll('-', '_')}.job where kind = $1
    order by created_at desc limit 1`;
  const jobOf = async () => (await database.query({ name: 'job', text: newest, values: [kind] })).rows[0];
  try {
    for (const deadline = Date.now() + beginMsMax; Date.now() < deadline; await sleep(lookEveryMs)) {
      const job = await jobOf();
      if (job !== undefined && job.state !== 'queued' && job.state !== 'running') throw tooLate(kind, job);
      const killed = job?.state === 'running' ? await kill(database, job.id) : undefined;
      if (killed === undefined) continue;
      const left = await jobOf();
      if (left.state !== 'running') throw tooLate(kind, left);
      return `${killed} at ${Math.round(100 * left.fraction)} % of ${kind}`;
    }
    throw new StartFailure(`No ${kind} of ${service} began within ${beginMsMax / 1_000} s.`);
  } finally {
    await database.end();
  }
}

/** @param {string} kind  @param {{ state: string }} job */
function tooLate(kind, job) {
  return new StartFailure(`The kill came too late: ${kind} was ${job.state}.`);
}
