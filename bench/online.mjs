/**
 * What a front desk waits for: the churn probability and the script of a subscription through the gateway, all checks
 * on, against a bare Fastify handler that reads one prepared row of the same database. 32 connections; ids one after the
 * other, so that no id is requested twice within a moment; no side caches answers.
 *
 *   npm run bench -- online [--pairs 5] [--seconds 4] [--copies 20] [--tiny] [--home FOLDER --url URL]
 *
 * `--copies` of 3,000 subscribers are imported and scored first. With `--home` and `--url`, a running system is measured
 * as it is instead.
 */
import path from 'node:path';
import { parseArgs } from 'node:util';

import autocannon from 'autocannon';

import { writeLargeExample } from '../examples/variants.mjs';
import { makeScratchFolder } from '../tools/launch/scratch.mjs';
import { superuserUrl } from '../tools/launch/superuser-url.mjs';
import { Program } from './support/program.mjs';
import { clientOf, openDatabase, withSystem } from './support/running-system.mjs';
import { median, medianRatio, rounded } from './support/statistics.mjs';

/**
 * @typedef {'churn' | 'script'} Kind
 * @typedef {{ requestsPerSecond: number, p50Ms: number, p99Ms: number }} Load
 * @typedef {import('./support/running-system.mjs').System} System
 * @typedef {import('@holdfast/client/rest-client').RestClient} RestClient
 * @typedef {{ pairs: number, seconds: number, idsMax: number }} Effort
 */

const goal = { churn: 0.25, script: 0.15 };
const kinds = /** @type {const} */ (['churn', 'script']);
const names = /** @type {const} */ (['ours', 'peer']);
const connections = 32;
const compared = 100;

/** @param {readonly string[]} args */
export async function run(args) {
  const { values } = parseArgs({
    args: [...args],
    options: {
      pairs: { type: 'string' },
      seconds: { type: 'string' },
      copies: { type: 'string' },
      tiny: { type: 'boolean', default: false },
      home: { type: 'string' },
      url: { type: 'string' },
    },
  });
  const effort = {
    pairs: Number(values.pairs ?? (values.tiny ? 1 : 5)),
    seconds: Number(values.seconds ?? (values.tiny ? 0.3 : 4)),
    idsMax: values.tiny ? 200 : Infinity,
  };
  if (values.home !== undefined && values.url !== undefined) {
    return measure({ home: values.home, baseUrl: values.url }, effort);
  }
  const scratch = makeScratchFolder();
  try {
    const table = writeLargeExample(scratch.folder, Number(values.copies ?? (values.tiny ? 1 : 20)));
    const home = path.join(scratch.folder, 'home');
    const result = await withSystem(home, table, {}, (system) => measure(system, effort));
    const traces = { HOLDFAST_TRACES: `file:${path.join(scratch.folder, 'traces.jsonl')}` };
    const traced = await withSystem(home, table, traces, (system) => measureTraced(system, effort));
    return { ...result, ours: { ...result.ours, traced } };
  } finally {
    scratch.remove();
  }
}

/** @param {System} system  @param {Effort} effort */
async function measure(system, { pairs, seconds, idsMax }) {
  const client = clientOf(system);
  const database = await openDatabase(system.home);
  /** @type {Program | undefined} */
  let peer;
  try {
    const ids = await fillPeer(database, client, idsMax);
    peer = new Program(['bench/peers/prepared-row.mjs'], { DATABASE_URL: superuserUrl(system.home) });
    const peerUrl = await peer.untilPrinted(/(http:\/\/\S+)/);
    await checkEquality(database, client, peerUrl, ids);
    const sides = {
      ours: new Side(oursUrls(system.baseUrl), await headersOf(client), ids),
      peer: new Side(peerUrls(peerUrl), {}, ids),
    };
    /** @type {Record<'ours' | 'peer', Record<Kind, Load[]>>} */
    const loads = { ours: { churn: [], script: [] }, peer: { churn: [], script: [] } };
    for (const kind of kinds) {
      for (const side of Object.values(sides)) await side.load(kind, Math.min(2, seconds)); // to warm up
    }
    for (let pair = 1; pair <= pairs; pair += 1) {
      for (const kind of kinds) {
        // Each is first as often as the other.
        for (const side of pair % 2 === 1 ? names : names.toReversed())
          loads[side][kind].push(await sides[side].load(kind, seconds));
        const [ours, theirs] = [loads.ours[kind].at(-1), loads.peer[kind].at(-1)];
        console.log(
          `pair ${pair} of ${pairs}, ${kind}: ours ${ours?.requestsPerSecond}/s, the peer ${theirs?.requestsPerSecond}/s`,
        );
      }
    }
    const ratio = Object.fromEntries(
      kinds.map((kind) => [kind, medianRatio(rates(loads.ours[kind]), rates(loads.peer[kind]))]),
    );
    const ours = {
      ...typical(loads.ours),
      ids: { churn: ids.churn.length, script: ids.script.length },
      requests: sides.ours.requests,
    };
    return { ratio, goal, ours, peer: typical(loads.peer), n: pairs };
  } finally {
    await peer?.stop();
    await database.query('drop schema if exists bench_online cascade');
    await database.end();
  }
}

/** The same load with the traces of every service written to a file. @param {System} system  @param {Effort} effort */
async function measureTraced(system, { pairs, seconds }) {
  const client = clientOf(system);
  const ids = { churn: await scoredIds(client), script: await listedIds(client) };
  const side = new Side(oursUrls(system.baseUrl), await headersOf(client), ids);
  /** @type {Record<Kind, Load[]>} */
  const loads = { churn: [], script: [] };
  for (const kind of kinds) await side.load(kind, Math.min(2, seconds));
  for (let turn = 1; turn <= pairs; turn += 1) {
    for (const kind of kinds) loads[kind].push(await side.load(kind, seconds));
  }
  return typical(loads);
}

/** One of the two servers under load. */
class Side {
  requests = 0;
  #next = 0;

  /**
   * @param {Record<Kind, (id: string) => string>} urls
   * @param {Record<string, string>} headers
   * @param {Record<Kind, string[]>} ids
   */
  constructor(urls, headers, ids) {
    this.urls = urls;
    this.headers = headers;
    this.ids = ids;
  }

  /** @param {Kind} kind  @param {number} seconds  @returns {Promise<Load>} */
  async load(kind, seconds) {
    const ids = this.ids[kind];
    const nextPath = () => {
      const url = new URL(this.urls[kind](/** @type {string} */ (ids[this.#next++ % ids.length])));
      return `${url.pathname}${url.search}`;
    };
    const result = await autocannon({
      url: this.urls[kind](ids[0] ?? ''),
      connections,
      duration: seconds,
      headers: this.headers,
      requests: [{ setupRequest: (request) => ({ ...request, path: nextPath() }) }],
    });
    if (result.errors + result.timeouts + result.non2xx > 0) {
      throw new Error(`${kind}: ${result.non2xx} refusals, ${result.errors} errors: the measure does not count`);
    }
    this.requests += result['2xx'];
    return {
      requestsPerSecond: Math.round(result['2xx'] / result.duration),
      p50Ms: result.latency.p50,
      p99Ms: result.latency.p99,
    };
  }
}

/** @param {string} baseUrl  @returns {Record<Kind, (id: string) => string>} */
function oursUrls(baseUrl) {
  return {
    churn: (id) => `${baseUrl}/api/v1/subscriptions/${id}/churn`,
    script: (id) => `${baseUrl}/api/v1/scripts/current?subscription=${id}`,
  };
}

/** @param {string} baseUrl  @returns {Record<Kind, (id: string) => string>} */
function peerUrls(baseUrl) {
  return { churn: (id) => `${baseUrl}/churn/${id}`, script: (id) => `${baseUrl}/script/${id}` };
}

/**
 * Gives the peer, as rows ready to be sent, the very answers that ours gives.
 * @param {import('pg').Client} database
 * @param {RestClient} client
 * @param {number} idsMax
 * @returns {Promise<Record<Kind, string[]>>}
 */
async function fillPeer(database, client, idsMax) {
  await database.query('drop schema if exists bench_online cascade; create schema bench_online');
  const ids = { churn: (await scoredIds(client)).slice(0, idsMax), script: (await listedIds(client)).slice(0, idsMax) };
  for (const kind of kinds) {
    await database.query(`create table bench_online.${kind} (subscription_id uuid primary key, body text not null)`);
    for (let from = 0; from < ids[kind].length; from += 500) {
      const some = ids[kind].slice(from, from + 500);
      const bodies = await Promise.all(some.map((id) => ourAnswer(client, kind, id)));
      await database.query(`insert into bench_online.${kind} select * from unnest($1::uuid[], $2::text[])`, [
        some,
        bodies,
      ]);
    }
  }
  await database.query('vacuum analyze bench_online.churn, bench_online.script');
  return ids;
}

/**
 * What is measured must be right: the probability is that of the database, and both sides give the same.
 * @param {import('pg').Client} database
 * @param {RestClient} client
 * @param {string} peerUrl
 * @param {Record<Kind, string[]>} ids
 */
async function checkEquality(database, client, peerUrl, ids) {
  for (const kind of kinds) {
    const step = Math.max(1, Math.floor(ids[kind].length / compared));
    for (let at = 0; at < ids[kind].length; at += step) {
      const id = /** @type {string} */ (ids[kind][at]);
      const ours = await ourAnswer(client, kind, id);
      const theirs = await (await fetch(peerUrls(peerUrl)[kind](id))).text();
      if (ours !== theirs) throw new Error(`${kind} of ${id} differs between the two sides: times do not count`);
      if (kind === 'script') continue;
      const { probability, runId } = JSON.parse(ours);
      const { rows } = await database.query(
        'select probability from churn_scoring.score where run_id = $1 and subscription_id = $2',
        [runId, id],
      );
      if (rows[0]?.probability !== probability) throw new Error(`The probability of ${id} is not that of the database`);
    }
  }
}

/** @param {RestClient} client  @param {Kind} kind  @param {string} id */
function ourAnswer(client, kind, id) {
  return kind === 'churn'
    ? client.text('GET /api/v1/subscriptions/{subscriptionId}/churn', { subscriptionId: id })
    : client.text('GET /api/v1/scripts/current', { subscription: id });
}

/** @param {RestClient} client */
async function headersOf(client) {
  return { authorization: `Bearer ${await client.accessToken()}` };
}

/** All subscriptions with a score. @param {RestClient} client */
async function scoredIds(client) {
  const scores = await client.all('GET /api/v1/churn-lists', 'scores', { table: 'example', pageSize: 1_000 });
  return scores.map(({ subscriptionId }) => subscriptionId);
}

/** All subscriptions of the queue. @param {RestClient} client */
async function listedIds(client) {
  const items = await client.all('GET /api/v1/agent-queues/{queue}/items', 'items', {
    queue: 'example',
    pageSize: 1_000,
  });
  return items.map(({ subscriptionId }) => subscriptionId);
}

/** @param {Load[]} loads */
function rates(loads) {
  return loads.map(({ requestsPerSecond }) => requestsPerSecond);
}

/** The median of each figure. @param {Record<Kind, Load[]>} loads */
function typical(loads) {
  const of = (/** @type {Load[]} */ some) => ({
    requestsPerSecond: Math.round(median(rates(some))),
    p50Ms: rounded(median(some.map(({ p50Ms }) => p50Ms))),
    p99Ms: rounded(median(some.map(({ p99Ms }) => p99Ms))),
  });
  return { churn: of(loads.churn), script: of(loads.script) };
}
