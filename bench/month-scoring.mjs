/**
 * From features in the store to published scores of all kinds: the job `score-table` of a month, end to end, with reasons
 * for the tenth with the highest probabilities. Two services, PostgreSQL and NATS run as processes, as with `npm start`.
 *
 *   npm run bench -- month-scoring [--rows 1000000] [--subscribers 3000] [--months 15] [--kept-months 1] [--tiny]
 *
 * An operator of `--subscribers` is imported, its view is materialised and its models are trained by the product itself.
 * Then a version of the view is added whose last months are those of that operator, repeated under new subscriptions up to
 * `--rows` in the last month: rows of the same columns, in the order and row groups in which the product writes them. Not all
 * columns are features of the models: some are keys and labels, others have no value in this operator. Both are counted.
 */
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';

import { ImportServiceDefinition } from '@holdfast/contracts/feature_store/v1/extract';
import { ScoringServiceDefinition, ListScoresRequest } from '@holdfast/contracts/churn_scoring/v1/scoring';
import { JobServiceDefinition, JobState } from '@holdfast/contracts/platform/v1/jobs';
import { ParameterServiceDefinition } from '@holdfast/contracts/platform/v1/parameters';
import { systemCaller } from '@holdfast/platform/caller';
import { closeChannels, connectTo } from '@holdfast/platform/grpc';
import { ServiceIdentity } from '@holdfast/platform/service-identity';
import { DuckDBInstance } from '@duckdb/node-api';
import pg from 'pg';

import { newPassword } from '../tools/embedded-postgres.mjs';
import { freePort } from '../tools/launch/ports.mjs';
import { makeScratchFolder } from '../tools/launch/scratch.mjs';
import { childrenOf, figuresOf, resetPeak } from './support/process-figures.mjs';
import { Program } from './support/program.mjs';
import { repository, startServers } from './support/servers.mjs';
import { rounded } from './support/statistics.mjs';

const view = 'subscriber-months';
const kinds = ['status', 'involuntary', 'value'];
const goal = { seconds: 60, peakMegabytes: 2_000 };
const explainedShare = 0.1;
const largeVersion = 'bench';

/**
 * @template T
 * @typedef {import('@holdfast/platform/grpc').Rpc<T>} Rpc
 */
/** @typedef {{ store: Program, scoring: Program, postgres: number }} Processes */

/** @param {readonly string[]} args */
export async function run(args) {
  const { values } = parseArgs({
    args: [...args],
    options: {
      rows: { type: 'string' },
      subscribers: { type: 'string' },
      months: { type: 'string' },
      'kept-months': { type: 'string', default: '1' },
      tiny: { type: 'boolean', default: false },
    },
  });
  const rows = Number(values.rows ?? (values.tiny ? 5_000 : 1_000_000));
  const subscribers = values.subscribers ?? (values.tiny ? '800' : '3000');
  const months = values.months ?? '15';
  const scratch = makeScratchFolder();
  const servers = await startServers(scratch);
  const internalKey = newPassword();
  const [storePort, scoringPort] = [await freePort(), await freePort()];
  const inbox = path.join(scratch.folder, 'inbox');
  makeExtract(path.join(inbox, 'twin'), subscribers, months);
  const common = {
    HOLDFAST_MODE: 'development',
    HOLDFAST_HOME: scratch.folder,
    HOLDFAST_OPERATOR: 'demo',
    HOLDFAST_NOW: `2026-10-03T02:00:00.000Z@${new Date().toISOString()}`,
    HOLDFAST_DATABASE_URL: servers.postgres.url,
    HOLDFAST_NATS_URL: servers.nats.url,
    HOLDFAST_NATS_TOKEN: servers.token,
    HOLDFAST_INTERNAL_KEY: internalKey,
    HOLDFAST_FEATURE_STORE_ADDRESS: `127.0.0.1:${storePort}`,
  };
  const store = new Program(['services/feature-store/dist/main.js'], {
    ...common,
    HOLDFAST_SERVICE: 'feature-store',
    HOLDFAST_INBOX: inbox,
    HOLDFAST_GRPC_ADDRESS: `127.0.0.1:${storePort}`,
    HOLDFAST_LAKE_KEY: '5'.repeat(32).concat('a'.repeat(32)),
  });
  const scoring = new Program(['services/churn-scoring/dist/main.js'], {
    ...common,
    HOLDFAST_SERVICE: 'churn-scoring',
    HOLDFAST_GRPC_ADDRESS: `127.0.0.1:${scoringPort}`,
  });
  const database = new pg.Client({ connectionString: servers.postgres.url });
  try {
    await Promise.all([store.untilPrinted(/"ready"/), scoring.untilPrinted(/"ready"/)]);
    await database.connect();
    const identity = ServiceIdentity.open('gateway', {
      ...{ internalKey, tlsCertificateFile: '', tlsKeyFile: '', tlsCaFile: '' },
    });
    const clients = clientsOf(identity, `127.0.0.1:${storePort}`, `127.0.0.1:${scoringPort}`);
    const trained = await prepare(clients, database);
    console.log(`Models are trained: ${trained.join(', ')}. The large version is written …`);
    const lake = path.join(scratch.folder, 'lake', 'tables', view);
    const { columns, features, written } = await addLargeVersion(database, lake, rows, Number(values['kept-months']));
    const setting = { key: 'score.explainedShare', valueJson: String(explainedShare), validFrom: undefined };
    await clients.parameters.setParameter(asClient, setting);
    const processes = { store, scoring, postgres: servers.postgres.pid };
    const measured = await measure(clients, processes, written);
    return {
      goal,
      rows: written,
      columns,
      features,
      kinds: trained,
      ...measured,
      ...(await readBack(clients, database, trained, written)),
      n: 1,
    };
  } finally {
    closeChannels();
    await database.end();
    await Promise.all([store.stop(), scoring.stop()]);
    await servers.stop();
    scratch.remove();
  }
}

/** May do what the bench needs, everywhere. */
const asClient = {
  caller: {
    ...systemCaller('gateway'),
    scopes: new Set(['ingest:write', 'jobs:read', 'churn:read', 'score:run', 'parameters:write']),
    orgScope: ['demo/'],
    system: false,
  },
};

/** @typedef {ReturnType<typeof clientsOf>} Clients */

/** @param {ServiceIdentity} identity  @param {string} store  @param {string} scoring  addresses */
function clientsOf(identity, store, scoring) {
  const [ofStore, ofScoring] = [
    { service: 'feature-store', address: store },
    { service: 'churn-scoring', address: scoring },
  ];
  return {
    /** @type {Rpc<import('@holdfast/contracts/feature_store/v1/extract').ImportService>} */
    imports: connectTo(ImportServiceDefinition, ofStore, identity),
    /** @type {Rpc<import('@holdfast/contracts/churn_scoring/v1/scoring').ScoringService>} */
    scores: connectTo(ScoringServiceDefinition, ofScoring, identity),
    /** @type {Rpc<import('@holdfast/contracts/platform/v1/jobs').JobService>} */
    jobs: connectTo(JobServiceDefinition, ofScoring, identity),
    /** @type {Rpc<import('@holdfast/contracts/platform/v1/parameters').ParameterService>} */
    parameters: connectTo(ParameterServiceDefinition, ofScoring, identity),
  };
}

/** An operator's extract in the inbox. @param {string} out  @param {string} subscribers  @param {string} months */
function makeExtract(out, subscribers, months) {
  const options = ['--subscribers', subscribers, '--months', months, '--seed', '7', '--out', out];
  const { status, stderr } = spawnSync(process.execPath, ['twin/dist/main.js', 'create', ...options], {
    cwd: repository,
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`The extract was not made: ${stderr}`);
}

/**
 * Imports the extract, and waits until the view is scored.
 * @param {Clients} clients
 * @param {pg.Client} database
 * @returns the kinds that have a model: of few subscribers too few leave involuntarily
 */
async function prepare(clients, database) {
  await clients.imports.importFolder(asClient, { folder: 'twin/extract' });
  for (;;) {
    const sql = "select result from churn_scoring.job where kind = 'score-table' and state = 'done'";
    const { rows } = await database.query(sql);
    if (rows.length > 0) return kinds.filter((kind) => kind === 'status' || `${kind}RunId` in rows[0].result);
    const failed = `select service, kind, error from (
        select 'feature-store' as service, kind, failure as error, state from feature_store.job union all
        select 'churn-scoring', kind, failure, state from churn_scoring.job) job where state = 'failed'`;
    const { rows: failures } = await database.query(failed);
    if (failures.length > 0) throw new Error(`A job has failed: ${JSON.stringify(failures)}`);
    await sleep(500);
  }
}

/**
 * @param {pg.Client} database
 * @param {string} lake  folder of the view's versions
 * @param {number} rows  of the last month
 * @param {number} keptMonths
 */
async function addLargeVersion(database, lake, rows, keptMonths) {
  const { rows: versions } = await database.query(
    'select version, months from feature_store.table_version where table_name = $1 order by rank desc limit 1',
    [view],
  );
  const [{ version, months }] = versions;
  const first = Math.max(0, months.length - keptMonths);
  const folder = path.join(lake, largeVersion);
  fs.mkdirSync(folder, { recursive: true });
  const file = path.join(folder, 'rows.parquet');
  const instance = await DuckDBInstance.create(':memory:', { memory_limit: '2GB', threads: '2' });
  const engine = await instance.connect();
  const numberOf = async (/** @type {string} */ sql) => Number((await engine.runAndReadAll(sql)).getRows()[0]?.[0]);
  try {
    const small = `read_parquet('${path.join(lake, version, 'rows.parquet')}')`;
    const last = months.length - 1;
    await engine.run(`create table subscriber as
      select subscription_id from ${small} where month = ${last} and not had_left`);
    const copies = Math.ceil(rows / (await numberOf('select count(*) from subscriber')));
    await engine.run(`create table copied as select subscription_id as original,
        md5(subscription_id || ' ' || copy)::uuid as subscription_id, row_number() over (order by copy, subscription_id) as place
      from subscriber, range(${copies}) copies(copy) qualify place <= ${rows}`);
    const width = await numberOf(`select count(*) from (describe select * from ${small})`);
    await engine.run(`copy (
        select small.* replace (('0x' || substr(md5(copied.subscription_id::varchar), 7, 2))::int::utinyint as shard,
          copied.subscription_id as subscription_id, (month - ${first})::uinteger as month)
        from copied join ${small} small on small.subscription_id = copied.original where month >= ${first}
        order by shard, subscription_id, month)
      to '${file}' (format parquet, compression zstd, row_group_size ${groupRows(rows * keptMonths, width)})`);
    const written = await numberOf(`select count(*) from read_parquet('${file}')`);
    await database.query(
      `insert into feature_store.table_version (table_name, version, import_id, org_unit_path, rows, months, units, currency,
         has_split, labelled_rows, positive_rows, rows_hash, loaded_at, origin, label_lead_months, extract_sequence, file_months)
       select table_name, $2, import_id, org_unit_path, $3, $4, units, currency, has_split, labelled_rows, positive_rows,
         rows_hash, loaded_at, origin, label_lead_months, extract_sequence, file_months
       from feature_store.table_version where table_name = $1 and version = $5`,
      [view, largeVersion, written, months.slice(first), version],
    );
    const { rowCount } = await database.query(
      `insert into feature_store.table_column select (jsonb_populate_record(c, jsonb_build_object('version', $2::text))).*
       from feature_store.table_column c where table_name = $1 and version = $3`,
      [view, largeVersion, version],
    );
    const { rows: counted } = await database.query(
      `select count(*)::int as features from feature_store.table_column
       where table_name = $1 and version = $2 and role in ('feature', 'value') and excluded = ''`,
      [view, largeVersion],
    );
    return { columns: rowCount ?? 0, features: counted[0].features, written: Math.min(rows, written) };
  } finally {
    engine.closeSync();
    instance.closeSync();
  }
}

/** Rows of a row group, as the product chooses them: about one shard, fewer groups where there are many columns. @param {number} rows  @param {number} columns */
function groupRows(rows, columns) {
  const groups = Math.max(1, Math.min(256, Math.floor(8_192 / columns)));
  return Math.min(122_880, Math.max(4_096, 2_048 * Math.ceil(rows / groups / 2_048)));
}

/** @param {Clients} clients  @param {Processes} processes  @param {number} rows */
async function measure(clients, { store, scoring, postgres }, rows) {
  const services = { 'feature-store': store.child.pid ?? 0, 'churn-scoring': scoring.child.pid ?? 0 };
  for (const pid of [...Object.values(services), ...childrenOf(postgres)]) resetPeak(pid);
  const backends = new BackendWatch(postgres);
  const before = Object.values(services).map((pid) => figuresOf(pid).cpuSeconds);
  const printed = scoring.output.length;
  const startedMs = performance.now();
  const request = { kind: 'status', table: view, version: largeVersion, month: '' };
  const { jobId } = await clients.scores.scoreTable(asClient, request);
  let last;
  for await (const job of clients.jobs.watchJob(asClient, { jobId })) last = job;
  const seconds = (performance.now() - startedMs) / 1_000;
  if (last?.state !== JobState.JOB_STATE_DONE) throw new Error(`The job ended as ${JSON.stringify(last?.failure)}`);
  const database = backends.end();
  const used = Object.entries(services).map(([name, pid], at) => {
    const { cpuSeconds, peakBytes } = figuresOf(pid);
    return [name, processFigures({ cpuSeconds: cpuSeconds - (before[at] ?? 0), peakBytes })];
  });
  const processes = { ...Object.fromEntries(used), PostgreSQL: processFigures(database) };
  const breakdown = breakdownOf(scoring.output.slice(printed));
  for (const [phase, phaseSeconds] of Object.entries(breakdown)) console.log(`${phase.padEnd(12)} ${phaseSeconds} s`);
  for (const [name, { cpuSeconds, peakMegabytes }] of Object.entries(processes))
    console.log(`${name}: ${cpuSeconds} s of CPU, ${peakMegabytes} MB at most`);
  return { seconds: rounded(seconds), rowsPerSecond: Math.round(rows / seconds), breakdown, processes };
}

/** @param {import('./support/process-figures.mjs').Figures} figures */
function processFigures({ cpuSeconds, peakBytes }) {
  return { cpuSeconds: rounded(cpuSeconds), peakMegabytes: Math.round(peakBytes / 1e6) };
}

/** Backends come and go: their figures are read while they run. */
class BackendWatch {
  /** @type {Map<number, { first: number, last: number, peak: number }>} */
  #seen = new Map();

  /** @param {number} server  its process */
  constructor(server) {
    this.server = server;
    this.#read();
    this.timer = setInterval(() => this.#read(), 100);
  }

  /** CPU of all, and the greatest peak of one. */
  end() {
    clearInterval(this.timer);
    this.#read();
    const all = [...this.#seen.values()];
    const cpuSeconds = all.reduce((sum, { first, last }) => sum + last - first, 0);
    return { cpuSeconds, peakBytes: Math.max(...all.map(({ peak }) => peak)) };
  }

  #read() {
    for (const pid of childrenOf(this.server)) {
      try {
        const { cpuSeconds, peakBytes } = figuresOf(pid);
        const first =
          this.#seen.get(pid)?.first ?? (this.#seen.size === 0 || this.timer === undefined ? cpuSeconds : 0);
        this.#seen.set(pid, { first, last: cpuSeconds, peak: peakBytes });
      } catch {
        // it has ended
      }
    }
  }
}

/** Seconds by phase, of all pieces. Pieces overlap, so that waits add up to more than the whole. @param {string} log */
function breakdownOf(log) {
  /** @type {Record<string, number>} */
  const sums = {};
  for (const line of log.split('\n')) {
    if (!line.includes('"ms":{')) continue;
    /** @type {{ ms: Record<string, number> }} */
    const { ms } = JSON.parse(line);
    for (const [phase, phaseMs] of Object.entries(ms)) sums[phase] = (sums[phase] ?? 0) + phaseMs / 1_000;
  }
  return Object.fromEntries(Object.entries(sums).map(([phase, seconds]) => [phase, rounded(seconds)]));
}

/** What users get: every kind is readable, whole, with quadrants, horizons and reasons. @param {Clients} clients  @param {pg.Client} database  @param {readonly string[]} trained  @param {number} rows */
async function readBack(clients, database, trained, rows) {
  for (const kind of trained) {
    const run = await clients.scores.getRun(asClient, { runId: '', table: view, kind });
    const quadrants = Object.values(run.byQuadrant).reduce((sum, count) => sum + count, 0);
    if (run.tableVersion !== largeVersion || run.rows !== rows || quadrants + run.involuntary !== rows)
      throw new Error(`The run of ${kind} has ${run.rows} rows and ${quadrants} in quadrants, of ${rows}`);
    const list = ListScoresRequest.fromPartial({
      kind,
      table: view,
      sort: '-probability',
      pageSize: 10,
      involuntary: 'include',
    });
    const { scores } = await clients.scores.listScores(asClient, list);
    if (!scores.every(({ reasons, quadrant }) => reasons !== undefined && quadrant !== ''))
      throw new Error(`The first ten of ${kind} have no reasons or quadrants`);
  }
  const { rows: stored } = await database.query(
    `select r.kind, count(*) filter (where length(reasons) > 0)::float8 / count(*) as explained,
       avg(length(reasons)) filter (where length(reasons) > 0)::float8 as "reasonBytes"
     from churn_scoring.score s join churn_scoring.scoring_run r on r.id = s.run_id where r.table_version = $1 group by 1`,
    [largeVersion],
  );
  const of = (/** @type {'explained' | 'reasonBytes'} */ figure) =>
    Object.fromEntries(stored.map(({ kind, ...figures }) => [kind, rounded(figures[figure] ?? 0)]));
  return { explained: of('explained'), reasonBytes: of('reasonBytes') };
}
