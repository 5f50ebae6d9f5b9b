/**
 * What a front desk waits for while analysts read: interactive requests, four at a time, without and with heavy reads
 * (statistics of a month's features) of which 24 are under way at any time.
 *
 *   npm run bench -- heavy-reads [--seconds 20] [--home FOLDER --url URL]
 *
 * The month of the demonstration is computed first. With `--home` and `--url`, a running system is measured as it is.
 */
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';

import { addMonths } from '@holdfast/platform/calendar';

import { makeScratchFolder } from '../tools/launch/scratch.mjs';
import { clientOf, openDatabase, withSystem } from './support/running-system.mjs';
import { rounded } from './support/statistics.mjs';

const view = 'subscriber-months';
const heavyReads = 24;
/** Months whose features are read. */
const months = 6;
const frontDesks = 4;
const goalP99Ms = 250;

/**
 * @typedef {import('@holdfast/client/rest-client').RestClient} RestClient
 * @typedef {'churn' | 'features' | 'customer' | 'script'} Kind
 * @typedef {{ subscriptionId: string, customerId: string }} Subscriber
 * @typedef {Record<Kind, { n: number, p50Ms: number, p99Ms: number }>} Latencies
 */

/** @type {Record<Kind, (client: RestClient, subscriber: Subscriber) => Promise<unknown>>} */
const interactive = {
  churn: (client, { subscriptionId }) =>
    client.call('GET /api/v1/subscriptions/{subscriptionId}/churn', { subscriptionId }),
  features: (client, { subscriptionId }) =>
    client.call('GET /api/v1/subscriptions/{subscriptionId}/features', { subscriptionId, table: view }),
  customer: (client, { customerId }) => client.call('GET /api/v1/customers/{customerId}', { customerId }),
  script: (client, { subscriptionId }) => client.call('GET /api/v1/scripts/current', { subscription: subscriptionId }),
};
const kinds = /** @type {Kind[]} */ (Object.keys(interactive));

/** @param {readonly string[]} args */
export async function run(args) {
  const { values } = parseArgs({
    args: [...args],
    options: { seconds: { type: 'string' }, home: { type: 'string' }, url: { type: 'string' } },
  });
  const seconds = Number(values.seconds ?? 20);
  if (values.home !== undefined && values.url !== undefined) {
    return measure({ home: values.home, baseUrl: values.url }, seconds);
  }
  const scratch = makeScratchFolder();
  try {
    const home = path.join(scratch.folder, 'home');
    return await withSystem(home, undefined, {}, (system) => measure(system, seconds));
  } finally {
    scratch.remove();
  }
}

/** @param {import('./support/running-system.mjs').System} system  @param {number} seconds */
async function measure(system, seconds) {
  const client = clientOf(system);
  const subscribers = await someSubscribers(client, system.home);
  await measureInteractive(client, subscribers, 2); // to warm up
  const quiet = await measureInteractive(client, subscribers, seconds);
  const end = new AbortController();
  const reading = readHeavily(client, end.signal);
  await sleep(1_000);
  const loaded = await measureInteractive(client, subscribers, seconds);
  end.abort();
  const heavy = await reading;
  const p99Ms = Math.max(...kinds.map((kind) => loaded[kind].p99Ms));
  return { p99Ms, goalP99Ms, heavy, quiet, loaded, subscribers: subscribers.length };
}

/**
 * Those on the lists of agents, since only they have a script.
 * @param {RestClient} client
 * @param {string} home
 * @returns {Promise<Subscriber[]>}
 */
async function someSubscribers(client, home) {
  const { queues } = await client.call('GET /api/v1/agent-queues');
  const items = queues.map(({ queue }) =>
    client.all('GET /api/v1/agent-queues/{queue}/items', 'items', { queue, pageSize: 1_000 }),
  );
  const ids = (await Promise.all(items)).flat().map(({ subscriptionId }) => subscriptionId);
  const database = await openDatabase(home);
  try {
    const sql = `select s.subscription_id as "subscriptionId", s.customer_id as "customerId"
      from customer_profile.subscription s where s.subscription_id = any($1) order by 1`;
    return (await database.query(sql, [ids])).rows;
  } finally {
    await database.end();
  }
}

/**
 * @param {RestClient} client
 * @param {readonly Subscriber[]} subscribers
 * @param {number} seconds
 * @returns {Promise<Latencies>}
 */
async function measureInteractive(client, subscribers, seconds) {
  /** @type {Record<Kind, number[]>} */
  const times = { churn: [], features: [], customer: [], script: [] };
  const endMs = performance.now() + seconds * 1_000;
  let next = 0;
  const desk = async () => {
    while (performance.now() < endMs) {
      const kind = /** @type {Kind} */ (kinds[next % kinds.length]);
      const subscriber = /** @type {Subscriber} */ (subscribers[next % subscribers.length]);
      next += 1;
      const startedMs = performance.now();
      await interactive[kind](client, subscriber);
      times[kind].push(performance.now() - startedMs);
    }
  };
  await Promise.all(Array.from({ length: frontDesks }, desk));
  return /** @type {Latencies} */ (Object.fromEntries(kinds.map((kind) => [kind, latencyOf(times[kind])])));
}

/** @param {number[]} times */
function latencyOf(times) {
  const sorted = times.toSorted((a, b) => a - b);
  const quantile = (/** @type {number} */ share) => rounded(sorted[Math.floor(share * sorted.length)] ?? NaN);
  return { n: sorted.length, p50Ms: quantile(0.5), p99Ms: quantile(0.99) };
}

/**
 * Keeps heavy reads under way until the signal.
 * @param {RestClient} client
 * @param {AbortSignal} signal
 */
async function readHeavily(client, signal) {
  const newest = await client.call('GET /api/v1/feature-views/{name}/statistics', { name: view });
  let answered = 0;
  const analyst = async (/** @type {number} */ start) => {
    for (let at = start; !signal.aborted; at += 1) {
      const month = addMonths(newest.month, -(at % months));
      await client.call('GET /api/v1/feature-views/{name}/statistics', { name: view, month });
      answered += 1;
    }
  };
  await Promise.all(Array.from({ length: heavyReads }, (_, start) => analyst(start)));
  return { answered };
}
