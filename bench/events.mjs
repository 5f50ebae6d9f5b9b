/**
 * What an event costs: from the transaction that causes it to the end of its handler in another service, against bare
 * publishing to JetStream with as many messages in flight. Then the processor time of services with nothing to do.
 *
 *   npm run bench -- events [--events 20000] [--pairs 3] [--idle-seconds 20] [--tiny]
 *
 * PostgreSQL and NATS are those of `npm start`, with all their writes to disk.
 */
import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';

import { TableLoaded } from '@holdfast/contracts/feature_store/v1/extract';
import { Bus } from '@holdfast/platform/bus';
import { Clock } from '@holdfast/platform/clock';
import { Consumers } from '@holdfast/platform/consumer';
import { Database, migrate } from '@holdfast/platform/database';
import { DeadLetters } from '@holdfast/platform/dead-letters';
import { newId } from '@holdfast/platform/identity';
import { Outbox, eventOf } from '@holdfast/platform/outbox';

import { makeScratchFolder } from '../tools/launch/scratch.mjs';
import { repository, startServers } from './support/servers.mjs';
import { median, medianRatio, rounded } from './support/statistics.mjs';

/** Transactions at a time that cause one event each. */
const producers = 16;
const inFlight = 500;
const idleServices = 8;
const service = 'events-bench';
const handler = 'events-handler';
const tableLoaded = eventOf(service, TableLoaded);
const event = TableLoaded.fromPartial({ importId: newId(), table: 'telco', version: 'v', rows: 3, rowsHash: 'h' });
const ticksPerSecond = 100;

/** @param {readonly string[]} args */
export async function run(args) {
  const { values } = parseArgs({
    args: [...args],
    options: {
      events: { type: 'string' },
      pairs: { type: 'string' },
      'idle-seconds': { type: 'string' },
      tiny: { type: 'boolean', default: false },
    },
  });
  const events = Number(values.events ?? (values.tiny ? 200 : 20_000));
  const pairs = Number(values.pairs ?? (values.tiny ? 1 : 3));
  const idleSeconds = Number(values['idle-seconds'] ?? (values.tiny ? 1 : 20));
  const scratch = makeScratchFolder();
  const servers = await startServers(scratch);
  try {
    const names = [service, handler, ...Array.from({ length: idleServices - 2 }, (_, place) => `idle-${place}`)];
    const parts = [];
    for (const name of names) parts.push(await part(servers, name));
    const [publisher, reader] = /** @type {[Part, Part]} */ (parts);
    const measured = await measure(publisher, reader, events, pairs);
    const idleCores = await idle([servers.postgres.pid, servers.nats.pid, process.pid], idleSeconds);
    await Promise.all(parts.map((each) => each.stop()));
    return { ...measured, idleCores: rounded(idleCores), idleServices, events };
  } finally {
    await servers.stop();
    scratch.remove();
  }
}

/**
 * The parts of the platform that an event passes, as in a service.
 * @param {Awaited<ReturnType<typeof startServers>>} servers
 * @param {string} name
 */
async function part({ postgres, nats, token }, name) {
  const schema = name.replaceAll('-', '_');
  const connection = { url: postgres.url, schema, applicationName: name };
  await migrate({ ...connection, directories: [path.join(repository, 'libs/platform/migrations')] });
  const database = await Database.open(connection);
  const bus = await Bus.open({ url: nats.url, token, name, replicas: 1 });
  await bus.ensureStreams(name);
  const clock = new Clock('');
  const outbox = new Outbox(database, bus, clock, name);
  const consumers = new Consumers(database, bus, new DeadLetters(database, outbox, clock), name);
  outbox.start();
  const stop = async () => {
    consumers.stop();
    await bus.stopPulling();
    await outbox.stop();
    await bus.close();
    await database.close();
  };
  return { database, bus, outbox, consumers, stop };
}

/**
 * @typedef {Awaited<ReturnType<typeof part>>} Part
 * @param {Part} publisher
 * @param {Part} reader
 * @param {number} events
 * @param {number} pairs
 */
async function measure(publisher, reader, events, pairs) {
  let handled = 0;
  reader.consumers.on(tableLoaded, async () => void (handled += 1));
  await reader.consumers.start();
  const untilHandled = async (/** @type {number} */ count) => {
    while (handled < count) await sleep(2);
    handled = 0;
  };
  /** @type {Record<'single' | 'bulk' | 'peer', number[]>} */
  const rates = { single: [], bulk: [], peer: [] };
  for (let pair = 0; pair < pairs; pair += 1) {
    rates.peer.push(await rateOf(events, () => publishBare(publisher, events)));
    rates.single.push(
      await rateOf(events, async () => {
        await publishSingly(publisher, events);
        await untilHandled(events);
      }),
    );
    rates.bulk.push(
      await rateOf(events, async () => {
        await publisher.database.transaction((tx) => publishAll(publisher, tx, events));
        await untilHandled(events);
      }),
    );
  }
  const ours = { single: Math.round(median(rates.single)), bulk: Math.round(median(rates.bulk)) };
  return {
    ratio: { single: medianRatio(rates.single, rates.peer), bulk: medianRatio(rates.bulk, rates.peer) },
    eventsPerSecond: { ...ours, peer: Math.round(median(rates.peer)) },
    n: pairs,
  };
}

/** @param {number} events  @param {() => Promise<unknown>} work  @returns {Promise<number>}  events per second */
async function rateOf(events, work) {
  const startedMs = performance.now();
  await work();
  return events / ((performance.now() - startedMs) / 1_000);
}

/** @param {Part} publisher  @param {number} events */
async function publishBare({ bus }, events) {
  const payload = TableLoaded.encode(event).finish();
  const headers = { 'ce-id': newId(), 'ce-subject': 'telco' };
  let left = events;
  const publish = async () => {
    while (left-- > 0) await bus.publish(`holdfast.${service}.v1.bare`, payload, newId(), headers);
  };
  await Promise.all(Array.from({ length: inFlight }, publish));
}

/** A transaction for each event. @param {Part} publisher  @param {number} events */
async function publishSingly(publisher, events) {
  let left = events;
  const produce = async () => {
    while (left-- > 0) await publisher.database.transaction((tx) => publishAll(publisher, tx, 1));
  };
  await Promise.all(Array.from({ length: producers }, produce));
}

/**
 * @param {Part} publisher
 * @param {Parameters<Outbox['publish']>[0]} tx
 * @param {number} events
 */
async function publishAll({ outbox }, tx, events) {
  for (let count = 0; count < events; count += 1) await outbox.publish(tx, tableLoaded, { subjectId: 'telco' }, event);
}

/** Processor time of processes and their children, those that have ended included, in cores. @param {number[]} pids  @param {number} seconds */
async function idle(pids, seconds) {
  const before = ticksOf(pids);
  await sleep(seconds * 1_000);
  return (ticksOf(pids) - before) / ticksPerSecond / seconds;
}

/** @param {number[]} pids */
function ticksOf(pids) {
  const own = pids.reduce((sum, pid) => sum + sumOf(pid, [11, 12, 13, 14]), 0);
  return pids.flatMap(childrenOf).reduce((sum, pid) => sum + sumOf(pid, [11, 12]), own);
}

/** @param {number} pid  @param {number[]} places  of /proc/PID/stat, after the name */
function sumOf(pid, places) {
  const stat = fs.readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return places.reduce((sum, place) => sum + Number(fields[place]), 0);
}

/** @param {number} pid */
function childrenOf(pid) {
  return fs
    .readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
    .split(' ')
    .filter((text) => text !== '')
    .map(Number);
}
