import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { eventStream, inboxOf } from '@holdfast/platform/bus';
import { jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { parseAllDocuments } from 'yaml';

import { findNatsServer } from '../embedded-nats.mjs';
import { StartFailure } from '../launch/failure.mjs';
import { read } from '../launch/secrets.mjs';
import { Process } from './process.mjs';

const clientPort = 4222;
const routePort = 6222;
const monitorPort = 8222;
const readyMsMax = 60_000;
const lookEveryMs = 200;

/**
 * The three NATS servers of `k8s/components/nats`, by its configuration, with the passwords and certificates that Compose's
 * server gets: that one is a single server.
 */
export class NatsCluster {
  /** @type {Map<string, Process>} */
  servers = new Map();
  #loopback;

  /** @param {import('./loopback.mjs').Loopback} loopback  with three replicas of nats */
  constructor(loopback) {
    this.#loopback = loopback;
  }

  /** @param {(name: string, pid: number) => void} onSpawn  @param {string} logs  folder */
  async start(onSpawn, logs) {
    const program = await findNatsServer(path.join(this.#loopback.repository, '.holdfast-cache'));
    for (const name of this.#loopback.containersOf('nats')) {
      this.#loopback.prepare('nats', name);
      const server = new Process({
        name,
        command: [program, '--config', this.#writeConfiguration(name)],
        environment: { SERVER_NAME: name },
        folder: '/',
        logFile: path.join(logs, `${name}.log`),
      });
      onSpawn(name, server.pid);
      this.servers.set(name, server);
    }
    await Promise.all([...this.servers].map(([name, server]) => this.#untilReady(name, server)));
  }

  /** The configuration of the cluster with ports and folders of this machine. @param {string} name */
  #writeConfiguration(name) {
    const { repository } = this.#loopback;
    const port = (/** @type {number} */ of) => this.#loopback.portOf(name, of);
    const store = this.#loopback.fileOf(name, '/data');
    const routes = this.#loopback
      .containersOf('nats')
      .map((each) => `nats://localhost:${this.#loopback.portOf(each, routePort)}`);
    const source = fs.readFileSync(path.join(repository, 'k8s/components/nats/nats.conf'), 'utf8');
    const text = replaceAll(source, {
      [`\nport: ${clientPort}\n`]: `\nhost: "127.0.0.1"\nport: ${port(clientPort)}\n`,
      [`http: "0.0.0.0:${monitorPort}"`]: `http: "127.0.0.1:${port(monitorPort)}"`,
      [`  port: ${routePort}\n`]: `  host: "127.0.0.1"\n  port: ${port(routePort)}\n`,
      [/routes: \[.*\]/.exec(source)?.[0] ?? 'routes']: `routes: ${JSON.stringify(routes)}`,
      '/run/holdfast': this.#loopback.fileOf(name, '/run/holdfast'),
      '"/data"': JSON.stringify(store),
    });
    const folder = this.#loopback.fileOf(name, '/etc/nats');
    fs.mkdirSync(folder, { recursive: true, mode: 0o700 });
    fs.copyFileSync(this.#loopback.volume('files-nats', 'passwords.conf'), path.join(folder, 'passwords.conf'));
    fs.writeFileSync(path.join(folder, 'nats.conf'), text, { mode: 0o600 });
    return path.join(folder, 'nats.conf');
  }

  /** As its start-up probe decides. @param {string} name  @param {Process} server */
  async #untilReady(name, server) {
    const deadline = Date.now() + readyMsMax;
    const url = `http://127.0.0.1:${this.#loopback.portOf(name, monitorPort)}/healthz`;
    for (;;) {
      const answer = await fetch(url).catch(() => undefined);
      if (answer?.ok) return;
      if (!server.isRunning) throw server.failure('ended before it was ready');
      if (Date.now() > deadline) throw server.failure(`was not ready within ${readyMsMax / 1_000} s`);
      await sleep(lookEveryMs);
    }
  }

  /**
   * What a service may see of its streams, with its own user.
   * @template T
   * @param {string} service
   * @param {(manager: import('@nats-io/jetstream').JetStreamManager) => Promise<T>} look
   * @returns {Promise<T>}
   */
  async asService(service, look) {
    const connection = await connect({
      servers: [...this.servers.keys()].map((name) => `tls://localhost:${this.#loopback.portOf(name, clientPort)}`),
      user: service,
      pass: read(this.#loopback.volume(`files-${service}`, 'nats.password')),
      tls: { caFile: this.#loopback.volume(`files-${service}`, 'ca.pem') },
      inboxPrefix: inboxOf(service),
    });
    try {
      return await look(await jetstreamManager(connection));
    } finally {
      await connection.close();
    }
  }

  /** Kills (-9) the server that leads a service's events. @param {string} service  @returns {Promise<string>}  its name */
  async killLeader(service) {
    const stream = eventStream(service);
    const { cluster, config } = await this.asService(service, (manager) => manager.streams.info(stream));
    const leader = this.servers.get(cluster?.leader ?? '');
    if (leader === undefined) throw new StartFailure(`The stream ${stream} has no leader.`);
    if (config.num_replicas !== this.servers.size)
      throw new StartFailure(
        `The stream ${stream} has ${config.num_replicas} copies for ${this.servers.size} servers.`,
      );
    await leader.kill('SIGKILL');
    return leader.name;
  }

  /** The port for clients of any server. */
  get port() {
    const [first = ''] = this.servers.keys();
    return this.#loopback.portOf(first, clientPort);
  }
}

/**
 * How often each event of a service was published.
 * @param {import('@nats-io/jetstream').JetStreamManager} manager
 * @param {string} service
 * @returns {Promise<string[]>}
 */
export async function eventCounts(manager, service) {
  const { state } = await manager.streams.info(eventStream(service), { subjects_filter: '>' });
  return Object.entries(state.subjects ?? {}).map(([subject, count]) => `${subject}: ${count}`);
}

/** Copies of each stream with three servers, from the settings of the cluster. @param {string} repository */
export function clusterSettings(repository) {
  const source = fs.readFileSync(path.join(repository, 'k8s/base/settings.yaml'), 'utf8');
  const [settings] = parseAllDocuments(source).map((document) => document.toJS());
  return { HOLDFAST_NATS_REPLICAS: String(settings.data.HOLDFAST_NATS_REPLICAS) };
}

/** @param {string} text  @param {Readonly<Record<string, string>>} replacements  @throws an Error for what is not in the text */
function replaceAll(text, replacements) {
  let replaced = text;
  for (const [found, instead] of Object.entries(replacements)) {
    if (!replaced.includes(found)) throw new Error(`nats.conf of the cluster has no ${found.trim()}`);
    replaced = replaced.replaceAll(found, instead);
  }
  return replaced;
}
