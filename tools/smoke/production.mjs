import fs from 'node:fs';
import path from 'node:path';

import { readCompose } from '../deploy/compose-file.mjs';
import { stagesOf } from '../deploy/dockerfile-stages.mjs';
import { StartFailure } from '../launch/failure.mjs';
import { freePorts } from '../launch/ports.mjs';
import { containersOf, needsOf, publishedPort, startedServices } from './containers.mjs';
import { Loopback } from './loopback.mjs';
import { NatsCluster, clusterSettings } from './nats-cluster.mjs';
import { startPostgres } from './postgres.mjs';
import { Process } from './process.mjs';

/** @typedef {import('./containers.mjs').Container} Container */

const profile = 'demo';
const replicas = { nats: 3, 'churn-scoring': 2 };
const portsMax = 100;

/**
 * @typedef {object} ProductionOptions
 * @property {string} repository
 * @property {string} folder  of all that it writes
 * @property {readonly string[]} extractCommand  of demo-extract, which writes a larger operator in Compose
 * @property {(name: string, pid: number) => void} onSpawn
 * @property {import('../launch/steps.mjs').Steps} steps
 */

/** What `docker compose --profile demo up` starts, as processes, with a cluster of NATS and two replicas of churn-scoring. */
export class Production {
  /** @type {{ container: Container, process: Process }[]} */
  running = [];
  /** @type {Awaited<ReturnType<typeof startPostgres>> | undefined} */
  #postgres;
  /** @type {Map<string, Promise<void>>}  by service: once what depends on it may start */
  #started = new Map();
  /** @type {(reason: unknown) => void} */
  #fail = () => undefined;
  /** Rejects when a process ends that should run. @type {Promise<never>} */
  failure = new Promise((_, reject) => (this.#fail = reject));
  #isStopping = false;
  #options;
  #stages;

  /** @param {ProductionOptions} options  @param {Loopback} loopback */
  constructor(options, loopback) {
    this.#options = options;
    this.loopback = loopback;
    this.nats = new NatsCluster(loopback);
    this.#stages = stagesOf(fs.readFileSync(path.join(options.repository, 'Dockerfile'), 'utf8'));
    this.logs = path.join(options.folder, 'logs');
    fs.mkdirSync(this.logs, { mode: 0o700 });
    this.failure.catch(() => undefined);
  }

  /** @param {ProductionOptions} options */
  static async prepare(options) {
    const { repository, folder } = options;
    const compose = readCompose(fs.readFileSync(path.join(repository, 'docker-compose.yml'), 'utf8'));
    return new Production(
      options,
      new Loopback({ compose, repository, folder, replicas, ports: await freePorts(portsMax) }),
    );
  }

  /** Notes a process down, so that it is ended in any case. @param {string} name  @param {number} pid */
  note(name, pid) {
    this.#options.onSpawn(name, pid);
  }

  get baseUrl() {
    const port = publishedPort(this.loopback.compose, 'gateway');
    return `http://localhost:${this.loopback.portOf('gateway', port)}`;
  }

  /** Starts everything in the order in which Compose does, up to the gateway and the demonstration's extract. */
  async start() {
    const services = startedServices(this.loopback.compose, profile).filter((service) => service !== 'demo-month');
    await Promise.all(services.map((service) => this.#start(service)));
  }

  /** @throws {StartFailure} naming a process that serves no measurements where Prometheus looks for them */
  async checkMeasurements() {
    const ports = this.running.map(({ container: { name, environment } }) => [
      name,
      environment['HOLDFAST_METRICS_PORT'],
    ]);
    for (const [name, port] of ports.filter(([, each]) => each !== undefined)) {
      const answer = await fetch(`http://127.0.0.1:${port}/metrics`).catch(() => undefined);
      const text = (await answer?.text()) ?? '';
      if (!/^\w+\{.*service_name=/m.test(text)) throw new StartFailure(`${name} serves no measurements.`);
    }
  }

  /** Runs the month over REST, as the demonstration of Compose does. @returns {Promise<void>}  settles when it ends */
  runMonth() {
    return this.#start('demo-month');
  }

  /** @param {string} service  @returns {Promise<void>}  once what depends on it may start */
  #start(service) {
    const known = this.#started.get(service);
    if (known !== undefined) return known;
    const { steps } = this.#options;
    const declared = this.loopback.compose.services[service];
    if (declared === undefined) throw new StartFailure(`docker-compose.yml has no service ${service}.`);
    const needed = needsOf(declared.depends_on ?? {}).map((need) => this.#start(need.service));
    const started = Promise.all(needed).then(() => steps.run(service, () => this.#startAlone(service)));
    this.#started.set(service, started);
    started.catch((error) => this.#fail(error));
    return started;
  }

  /** @param {string} service */
  async #startAlone(service) {
    if (service === 'postgres') await this.#startPostgres();
    else if (service === 'nats') await this.#startNats();
    else await Promise.all(this.#containersOf(service).map((container) => this.#startContainer(container)));
  }

  async #startPostgres() {
    const server = await startPostgres(this.loopback, this.#options.onSpawn);
    this.#postgres = server;
    void server.exited.then(() => this.#isStopping || this.#fail(new StartFailure('PostgreSQL ended.')));
  }

  async #startNats() {
    await this.nats.start(this.#options.onSpawn, this.logs);
    for (const server of this.nats.servers.values()) void this.#watch(server);
  }

  /** @param {string} service */
  #containersOf(service) {
    const { repository, extractCommand } = this.#options;
    const isOnBus = this.loopback.compose.services[service].environment?.HOLDFAST_NATS_URL !== undefined;
    return containersOf(this.loopback, this.#stages, service, {
      settings: isOnBus ? clusterSettings(repository) : {},
      ...(service === 'demo-extract' ? { command: extractCommand } : {}),
    });
  }

  /** @param {Container} container */
  async #startContainer(container) {
    const { repository, onSpawn } = this.#options;
    const { service, name, command, environment, health } = container;
    this.loopback.prepare(service, name);
    const logFile = path.join(this.logs, `${name}.log`);
    const process = new Process({ name, command, environment, folder: repository, logFile });
    onSpawn(name, process.pid);
    this.running.push({ container, process });
    if (this.#endsByItself(service)) return process.untilDone();
    void this.#watch(process);
    if (health !== undefined) await process.untilHealthy(health, environment, repository);
  }

  /** Whether others wait for its end; the last of them, the month, has none that does. @param {string} service */
  #endsByItself(service) {
    const services = Object.values(this.loopback.compose.services);
    const isWaitedFor = services.some(
      ({ depends_on: needs }) => needs?.[service]?.condition === 'service_completed_successfully',
    );
    return isWaitedFor || this.loopback.compose.services[service].restart === 'no';
  }

  /** @param {Process} process */
  async #watch(process) {
    const end = await process.exited.catch((error) => error);
    if (process.isExpectedToEnd) return;
    this.#fail(end instanceof Error ? end : process.failure(`ended with ${end.signal ?? end.code}`));
  }

  /** @param {string} service  @returns {Process[]}  those of its containers that run */
  processesOf(service) {
    const own = this.running.filter(({ container, process }) => container.service === service && process.isRunning);
    return own.map(({ process }) => process);
  }

  /** The container of a process, for its settings. @param {string} service  @returns {Container} */
  containerOf(service) {
    const found = this.running.find(({ container }) => container.service === service);
    if (found === undefined) throw new Error(`${service} was not started`);
    return found.container;
  }

  /**
   * Stops all as Compose does: those first that others do not need.
   * @throws {StartFailure} naming those that did not end with 0 within their grace time
   */
  async stop() {
    this.#isStopping = true;
    const faults = await this.#stopContainers();
    for (const server of this.nats.servers.values()) if (server.isRunning) await server.stop(30_000);
    await this.#postgres?.stop();
    if (faults.length > 0) throw new StartFailure(faults.join('\n'));
  }

  async #stopContainers() {
    /** @type {string[]} */
    const faults = [];
    const left = this.running.filter(({ process }) => process.isRunning);
    while (left.length > 0) {
      const needed = new Set(left.flatMap(({ container }) => container.needs.map(({ service }) => service)));
      const free = left.filter(({ container }) => !needed.has(container.service));
      const ends = free.map(async ({ container: { graceMs }, process }) => {
        const { code, signal } = await process.stop(graceMs);
        if (code !== 0) faults.push(process.failure(`ended with ${signal ?? code} after SIGTERM`).message);
      });
      await Promise.all(ends);
      for (const one of free) left.splice(left.indexOf(one), 1);
    }
    return faults;
  }
}
