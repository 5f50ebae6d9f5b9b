/**
 * What a piece of a job reads from the lake: bytes and time of feature-store for the same number of subscribers, in extracts
 * of different sizes. A piece that costs more in a larger table would make a month cost pieces × table.
 *
 *   npm run bench -- pieces [--subscribers 10000,100000] [--piece 1250] [--pieces 5] [--tiny]
 *
 * Bytes are those of the read calls of the process, from the disk or its cache.
 */
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';

import { FactServiceDefinition } from '@holdfast/contracts/feature_store/v1/facts';
import { ImportServiceDefinition } from '@holdfast/contracts/feature_store/v1/extract';
import { JobServiceDefinition, JobState } from '@holdfast/contracts/platform/v1/jobs';
import { systemCaller } from '@holdfast/platform/caller';
import { factsRequest } from '@holdfast/platform/facts';
import { closeChannels, connectTo } from '@holdfast/platform/grpc';
import { SHARDS } from '@holdfast/platform/identity';
import { ServiceIdentity } from '@holdfast/platform/service-identity';

import { newPassword } from '../tools/embedded-postgres.mjs';
import { freePort } from '../tools/launch/ports.mjs';
import { makeScratchFolder } from '../tools/launch/scratch.mjs';
import { Program } from './support/program.mjs';
import { repository, startServers } from './support/servers.mjs';
import { median, rounded } from './support/statistics.mjs';

/** What jobs read in pieces; customer-profile reads the personal columns, too. */
const reads = /** @type {const} */ ([
  { table: 'usage', service: 'preference-recommendation' },
  { table: 'billing', service: 'evaluation' },
  { table: 'events', service: 'preference-recommendation', kinds: ['voice_out', 'voice_in'] },
  { table: 'subscriptions', service: 'customer-profile' },
  { table: 'customers', service: 'customer-profile' },
]);

/**
 * @typedef {{ kilobytes: number, ms: number, rows: number }} Cost
 * @typedef {Record<string, Cost>} Costs
 * @typedef {Rpc<import('@holdfast/contracts/feature_store/v1/facts').FactService>} Facts
 */
/**
 * @template T
 * @typedef {import('@holdfast/platform/grpc').Rpc<T>} Rpc
 */

/** @param {readonly string[]} args */
export async function run(args) {
  const { values } = parseArgs({
    args: [...args],
    options: {
      subscribers: { type: 'string' },
      piece: { type: 'string' },
      pieces: { type: 'string' },
      tiny: { type: 'boolean', default: false },
    },
  });
  const sizes = (values.subscribers ?? (values.tiny ? '200,400' : '10000,100000')).split(',').map(Number);
  const piece = Number(values.piece ?? (values.tiny ? 100 : 1_250));
  const pieces = Number(values.pieces ?? (values.tiny ? 1 : 5));
  /** @type {Record<number, Costs>} */
  const bySize = {};
  for (const size of sizes) {
    bySize[size] = await measureSize(size, { piece, pieces });
    for (const [table, cost] of Object.entries(bySize[size])) console.log(lineOf(size, table, cost));
  }
  const [smallest, largest] = [bySize[sizes[0] ?? 0] ?? {}, bySize[sizes.at(-1) ?? 0] ?? {}];
  const ratio = Object.fromEntries(
    Object.entries(largest).map(([table, { kilobytes }]) => [
      table,
      rounded(kilobytes / (smallest[table]?.kilobytes ?? NaN)),
    ]),
  );
  return { ratio, piece, bySize, n: pieces };
}

/** @param {number} size  @param {string} table  @param {Cost} cost */
function lineOf(size, table, { kilobytes, ms, rows }) {
  return `${size} subscribers, ${table}: ${kilobytes} kB and ${ms} ms per piece of ${rows} rows`;
}

/** @param {number} size  @param {{ piece: number, pieces: number }} effort  @returns {Promise<Costs>} */
async function measureSize(size, { piece, pieces }) {
  const scratch = makeScratchFolder();
  const servers = await startServers(scratch);
  const internalKey = newPassword();
  const port = await freePort();
  makeExtract(path.join(scratch.folder, 'inbox'), size);
  const store = new Program(['services/feature-store/dist/main.js'], {
    HOLDFAST_MODE: 'development',
    HOLDFAST_SERVICE: 'feature-store',
    HOLDFAST_HOME: scratch.folder,
    HOLDFAST_INBOX: path.join(scratch.folder, 'inbox'),
    HOLDFAST_OPERATOR: 'demo',
    HOLDFAST_DATABASE_URL: servers.postgres.url,
    HOLDFAST_NATS_URL: servers.nats.url,
    HOLDFAST_NATS_TOKEN: servers.token,
    HOLDFAST_GRPC_ADDRESS: `127.0.0.1:${port}`,
    HOLDFAST_INTERNAL_KEY: internalKey,
    HOLDFAST_LAKE_KEY: '5'.repeat(32).concat('a'.repeat(32)),
  });
  try {
    await store.untilPrinted(/"ready"/);
    const address = `127.0.0.1:${port}`;
    await importExtract(address, internalKey);
    const shards = Math.max(1, Math.round((SHARDS * piece) / size));
    /** @type {Costs} */
    const costs = {};
    for (const read of reads) {
      /** @type {Facts} */
      const facts = connectTo(
        FactServiceDefinition,
        { service: 'feature-store', address },
        identityOf(internalKey, read.service),
      );
      costs[read.table] = await measureRead(facts, store.child.pid ?? 0, read, { shards, pieces });
    }
    return costs;
  } finally {
    closeChannels();
    await store.stop();
    await servers.stop();
    scratch.remove();
  }
}

/** An operator's extract of one month, in the inbox. @param {string} inbox  @param {number} subscribers */
function makeExtract(inbox, subscribers) {
  const out = path.join(inbox, 'twin');
  const options = ['--subscribers', String(subscribers), '--months', '1', '--seed', '11', '--out', out];
  const { status, stderr } = spawnSync(process.execPath, ['twin/dist/main.js', 'create', ...options], {
    cwd: repository,
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`The extract was not made: ${stderr}`);
}

/** @param {string} address  @param {string} internalKey */
async function importExtract(address, internalKey) {
  const call = {
    caller: {
      ...systemCaller('gateway'),
      scopes: new Set(['ingest:write', 'jobs:read']),
      orgScope: ['demo/'],
      system: false,
    },
  };
  const [callee, identity] = [{ service: 'feature-store', address }, identityOf(internalKey, 'gateway')];
  /** @type {Rpc<import('@holdfast/contracts/feature_store/v1/extract').ImportService>} */
  const imports = connectTo(ImportServiceDefinition, callee, identity);
  /** @type {Rpc<import('@holdfast/contracts/platform/v1/jobs').JobService>} */
  const jobs = connectTo(JobServiceDefinition, callee, identity);
  const { jobId } = await imports.importFolder(call, { folder: 'twin/extract' });
  let last;
  for await (const job of jobs.watchJob(call, { jobId })) last = job;
  if (last?.state !== JobState.JOB_STATE_DONE) throw new Error(`The import ended as ${JSON.stringify(last?.failure)}`);
}

/** @param {string} internalKey  @param {string} service  that calls */
function identityOf(internalKey, service) {
  return ServiceIdentity.open(service, { internalKey, tlsCertificateFile: '', tlsKeyFile: '', tlsCaFile: '' });
}

/**
 * The median piece of several, spread over all shards; the first read of each is not measured, since it opens the files.
 * @param {Facts} facts
 * @param {number} pid
 * @param {typeof reads[number]} read
 * @param {{ shards: number, pieces: number }} effort
 * @returns {Promise<Cost>}
 */
async function measureRead(facts, pid, read, { shards, pieces }) {
  /** @type {Cost[]} */
  const costs = [];
  for (let piece = 0; piece <= pieces; piece += 1) {
    const from = Math.floor((piece * (SHARDS - shards)) / Math.max(1, pieces));
    const request = factsRequest(read.table, {
      shards: { from, to: from + shards },
      kinds: 'kinds' in read ? [...read.kinds] : [],
    });
    const [bytesBefore, startedMs] = [bytesRead(pid), performance.now()];
    let rows = 0;
    for await (const batch of facts.readFacts({ caller: systemCaller(read.service) }, request)) rows += batch.rows;
    const kilobytes = Math.round((bytesRead(pid) - bytesBefore) / 1_000);
    if (piece > 0) costs.push({ kilobytes, ms: rounded(performance.now() - startedMs), rows });
  }
  const of = (/** @type {keyof Cost} */ key) => median(costs.map((cost) => cost[key]));
  return { kilobytes: of('kilobytes'), ms: of('ms'), rows: of('rows') };
}

/** Bytes of the read calls of a process. @param {number} pid */
function bytesRead(pid) {
  return Number(/^rchar: (\d+)$/m.exec(fs.readFileSync(`/proc/${pid}/io`, 'utf8'))?.[1]);
}
