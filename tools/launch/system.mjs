import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { BUS_SERVICES, busPermissions } from '@holdfast/platform/bus-permissions';
import { GRPC_SERVICES, SERVICES, addressVariable } from '@holdfast/platform/services';

import { startEmbeddedNats } from '../embedded-nats.mjs';
import { startEmbeddedPostgres } from '../embedded-postgres.mjs';
import { SystemCertificates } from './certificates.mjs';
import { ensureDatabase, ensureServiceRole, serviceUrl } from './database-roles.mjs';
import { StartFailure } from './failure.mjs';
import { RunFile } from './leftovers.mjs';
import { administrator, jetStreamAnswers } from './nats-probe.mjs';
import { freePorts } from './ports.mjs';
import { read, Secrets } from './secrets.mjs';
import { ServerProcess } from './server-process.mjs';
import { ServiceProcess } from './service-process.mjs';

const gatewayReadySecondsMax = 30;

/**
 * @typedef {object} SystemOptions
 * @property {import('./home.mjs').Home} home
 * @property {string} repository
 * @property {string} operator  whose data it holds
 * @property {number} port  of the REST API
 * @property {string} now  the setting HOLDFAST_NOW
 * @property {boolean} isNowGiven  by the user: then business time does not follow the published months
 * @property {import('./steps.mjs').Steps} steps
 * @property {NodeJS.ProcessEnv} environment
 */

/** PostgreSQL, NATS and all services, each in its own process, in one home. */
export class System {
  #options;
  #run;
  #secrets;
  #certificates;
  #stopping = false;
  /** @type {ServerProcess[]}  the last one started first */
  #servers = [];
  /** @type {ServiceProcess[]} */
  #services = [];

  /** @param {SystemOptions} options */
  constructor(options) {
    this.#options = options;
    this.#run = new RunFile(options.home);
    this.#secrets = new Secrets(options.home.subfolder('secrets'), options.operator);
    this.#certificates = new SystemCertificates(options.home.subfolder('tls'));
  }

  get baseUrl() {
    return `http://127.0.0.1:${this.#options.port}`;
  }

  /** @param {string} client  `console` may do everything but decide about campaigns */
  credentials(client) {
    return this.#secrets.credentials(client);
  }

  async start() {
    const { steps } = this.#options;
    const [database, nats] = await Promise.all([
      steps.run('PostgreSQL', () => this.#startDatabase()),
      steps.run('NATS', () => this.#startNats()),
    ]);
    await this.#certificates.start((problem) => steps.say(`Certificates could not be replaced: ${String(problem)}`));
    const addresses = await this.#addresses();
    await Promise.all(
      SERVICES.map((name) => {
        const environment = this.#environment(name, { ...database(name), ...nats(name), ...addresses });
        return steps.run(name, () => this.#startService(name, environment));
      }),
    );
    await this.#untilGatewayIsReady();
  }

  /** Stops everything in the reverse order of its start. May be called at any time, also while starting. */
  async stop() {
    this.#stopping = true;
    this.#certificates.stop();
    await Promise.all(this.#services.map((service) => service.stop()));
    for (const server of this.#servers) await server.stop();
    this.#run.remove();
  }

  /** @returns {Promise<(service: string) => NodeJS.ProcessEnv>}  what a service needs to reach its schema */
  async #startDatabase() {
    const administratorUrl = this.#options.environment['HOLDFAST_DATABASE_URL'] || (await this.#startPostgres());
    const databaseUrl = await ensureDatabase(administratorUrl);
    const passwordFile = (/** @type {string} */ service) => this.#secrets.password(`database-${service}.password`);
    for (const service of SERVICES) await ensureServiceRole(databaseUrl, service, read(passwordFile(service)));
    return (service) => ({
      HOLDFAST_DATABASE_URL: serviceUrl(databaseUrl, service),
      HOLDFAST_DATABASE_PASSWORD_FILE: passwordFile(service),
    });
  }

  /** @returns {Promise<string>}  the superuser's URL */
  #startPostgres() {
    const { home } = this.#options;
    const password = read(this.#secrets.password('database-superuser.password'));
    const launch = (/** @type {number | undefined} */ port) =>
      startEmbeddedPostgres({
        dataDir: home.file('postgres'),
        password,
        ...(port === undefined ? {} : { port }),
        onSpawn: (pid) => this.#run.note('postgres', pid),
      });
    return this.#startServer({ name: 'PostgreSQL', launch });
  }

  /** @returns {Promise<(service: string) => NodeJS.ProcessEnv>}  what a service needs to reach NATS */
  async #startNats() {
    const { home, repository, environment, steps } = this.#options;
    if (environment['HOLDFAST_NATS_URL']) return () => ({}); // the services inherit it, with its credentials
    const passwordFile = (/** @type {string} */ user) => this.#secrets.password(`nats-${user}.password`);
    const users = [...BUS_SERVICES.map((user) => ({ user, permissions: busPermissions(user) })), administrator].map(
      (user) => ({ ...user, password: read(passwordFile(user.user)) }),
    );
    const launch = (/** @type {number | undefined} */ port) =>
      startEmbeddedNats({
        cacheDir: path.join(repository, '.holdfast-cache'),
        storeDir: home.subfolder('nats'),
        users,
        ...(port === undefined ? {} : { port }),
        onSpawn: (pid) => this.#run.note('nats', pid),
        progress: (message) => steps.say(message),
      });
    const password = read(passwordFile(administrator.user));
    const answers = (/** @type {{ url: string }} */ { url }) => jetStreamAnswers(url, password);
    const url = await this.#startServer({ name: 'NATS', launch, answers });
    return (service) =>
      BUS_SERVICES.includes(service)
        ? { HOLDFAST_NATS_URL: url, HOLDFAST_NATS_USER: service, HOLDFAST_NATS_PASSWORD_FILE: passwordFile(service) }
        : {};
  }

  /** @param {Omit<import('./server-process.mjs').ServerOptions, 'say'>} options  @returns {Promise<string>}  its URL */
  #startServer(options) {
    const { steps } = this.#options;
    const server = new ServerProcess({ ...options, say: (message) => steps.say(message) });
    this.#servers.unshift(server);
    return server.start();
  }

  /** The gRPC address of each service, the same for all of them and for as long as this system runs. */
  async #addresses() {
    const ports = await freePorts(GRPC_SERVICES.length);
    return Object.fromEntries(GRPC_SERVICES.map((name, index) => [addressVariable(name), `127.0.0.1:${ports[index]}`]));
  }

  /**
   * @param {string} service
   * @param {NodeJS.ProcessEnv} connections
   * @returns {NodeJS.ProcessEnv}
   */
  #environment(service, connections) {
    const { home, repository, operator, now, isNowGiven, environment, port } = this.#options;
    return {
      ...withoutNpm(environment),
      ...connections,
      // Loading a service's code takes a second of processor time, and a third less with V8's cache.
      NODE_COMPILE_CACHE: path.join(repository, '.holdfast-cache', 'node'),
      HOLDFAST_MODE: 'development',
      HOLDFAST_SERVICE: service,
      HOLDFAST_HOME: home.folder,
      HOLDFAST_OPERATOR: operator,
      HOLDFAST_GRPC_ADDRESS: connections[addressVariable(service)],
      HOLDFAST_INTERNAL_KEY_FILE: this.#secrets.key('internal.key'),
      ...this.#certificates.settingsOf(service),
      HOLDFAST_NOW: now,
      HOLDFAST_CLOCK_FILE: isNowGiven ? '' : home.file('clock.json'),
      ...(service === 'feature-store'
        ? { HOLDFAST_LAKE: home.subfolder('lake'), HOLDFAST_LAKE_KEY_FILE: this.#secrets.key('lake.key') }
        : {}),
      ...(service === 'customer-profile' ? { HOLDFAST_PROFILE_KEY_FILE: this.#secrets.key('profile.key') } : {}),
      ...(service === 'gateway' ? { HOLDFAST_PORT: String(port), HOLDFAST_CLIENTS_FILE: this.#secrets.clients() } : {}),
    };
  }

  /** @param {string} name  @param {NodeJS.ProcessEnv} environment */
  async #startService(name, environment) {
    if (this.#stopping) return;
    const { home, repository, steps } = this.#options;
    const service = new ServiceProcess({
      name,
      program: path.join(repository, 'services', name, 'dist', 'main.js'),
      folder: repository, // the platform finds the migrations from there
      environment,
      logFile: path.join(home.subfolder('logs'), `${name}.log`),
      onSpawn: (pid) => this.#run.note(name, pid),
      say: (message) => steps.say(message),
    });
    this.#services.push(service);
    await service.start();
  }

  /** A service is ready for itself first; the gateway's /readyz reports that it reaches the others. */
  async #untilGatewayIsReady() {
    const deadline = Date.now() + gatewayReadySecondsMax * 1000;
    for (;;) {
      const answer = await fetch(`${this.baseUrl}/readyz`).catch(() => undefined);
      if (answer?.ok) return;
      if (Date.now() > deadline) {
        const detail = answer === undefined ? 'no answer' : `${answer.status} ${await answer.text()}`;
        throw new StartFailure(`The gateway was not ready within ${gatewayReadySecondsMax} s: ${detail}`);
      }
      await sleep(50);
    }
  }
}

/** Services do not need npm's description of its run. @param {NodeJS.ProcessEnv} environment */
function withoutNpm(environment) {
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !/^npm_|^INIT_CWD$/.test(name)));
}
