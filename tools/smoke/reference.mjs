import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { RestClient } from '@holdfast/client/rest-client';
import { GRPC_SERVICES } from '@holdfast/platform/services';
import { jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import pg from 'pg';

import { StartFailure } from '../launch/failure.mjs';
import { administrator } from '../launch/nats-probe.mjs';
import { freePort } from '../launch/ports.mjs';
import { Secrets, read } from '../launch/secrets.mjs';
import { superuserUrl } from '../launch/superuser-url.mjs';
import { exportMonth, view } from './month-export.mjs';
import { eventCounts } from './nats-cluster.mjs';
import { Process, runProgram } from './process.mjs';

const monthMsMax = 600_000;
const lookEveryMs = 200;
const stopMsMax = 60_000;

/** The same month by `npm start`, to compare with. */
export class Reference {
  #repository;
  #home;

  /** @param {string} repository  @param {string} folder  of its home, its log and its report */
  constructor(repository, folder) {
    this.#repository = repository;
    this.#home = path.join(folder, 'home');
    this.logFile = path.join(folder, 'start.log');
    this.reportFile = path.join(folder, 'report', 'month.json');
    fs.mkdirSync(path.dirname(this.reportFile), { recursive: true, mode: 0o711 });
    fs.chmodSync(folder, 0o711); // the database's user passes through
  }

  /**
   * @param {object} options
   * @param {string} options.extract
   * @param {string} options.operator
   * @param {number} options.beganAtMs  business time at which it starts
   * @param {(name: string, pid: number) => void} options.onSpawn
   * @returns {Promise<Map<string, string>>}  its export
   */
  async run({ extract, operator, beganAtMs, onSpawn }) {
    const port = await freePort();
    const startedAtMs = Date.now();
    const words = ['--extract', extract, '--report', this.reportFile, '--port', String(port), '--language', 'en'];
    const start = new Process({
      name: 'npm start',
      command: [process.execPath, 'tools/start.mjs', ...words],
      environment: this.#environment(`${new Date(beganAtMs).toISOString()}@${new Date(startedAtMs).toISOString()}`),
      folder: this.#repository,
      logFile: this.logFile,
    });
    onSpawn('npm start', start.pid);
    await untilServing(start);
    const endedAtMs = () => beganAtMs + Date.now() - startedAtMs;
    const exported = await this.#export(`http://127.0.0.1:${port}`, operator, beganAtMs, endedAtMs);
    const { code, signal } = await start.stop(stopMsMax);
    if (code !== 0) throw start.failure(`ended with ${signal ?? code}`);
    return exported;
  }

  /** What it needs of ours. @param {string} now  @returns {Record<string, string>} */
  #environment(now) {
    const { PATH = '', TMPDIR, NATS_SERVER_BIN } = process.env;
    return {
      ...{ PATH, HOLDFAST_HOME: this.#home, HOLDFAST_NOW: now },
      ...(TMPDIR === undefined ? {} : { TMPDIR }),
      ...(NATS_SERVER_BIN === undefined ? {} : { NATS_SERVER_BIN }),
    };
  }

  /** @param {string} baseUrl  @param {string} operator  @param {number} beganAtMs  @param {() => number} endedAtMs */
  async #export(baseUrl, operator, beganAtMs, endedAtMs) {
    const credentials = new Secrets(this.#file('secrets'), operator).credentials('console');
    const access = {
      client: new RestClient({ baseUrl, credentials }),
      scores: () => this.#exportScores(baseUrl),
      query: (/** @type {string} */ sql) => this.#query(sql),
      ...{ beganAtMs, endedAtMs: endedAtMs() },
    };
    const exported = await exportMonth(access, this.reportFile);
    return exported.set('events', (await this.#publishedEvents()).join('\n'));
  }

  /** @param {string} baseUrl */
  async #exportScores(baseUrl) {
    const command = [process.execPath, 'cli/dist/main.js', '--url', baseUrl, 'export', 'scores', view];
    const environment = { PATH: process.env['PATH'] ?? '', HOLDFAST_HOME: this.#home };
    const { code, stdout, stderr } = await runProgram(command, environment, this.#repository);
    if (code !== 0) throw new StartFailure(`Scores cannot be exported: ${stderr}`);
    return stdout;
  }

  /** @param {string} sql */
  async #query(sql) {
    const client = new pg.Client({ connectionString: superuserUrl(this.#home) });
    await client.connect();
    try {
      return (await client.query(sql)).rows;
    } finally {
      await client.end();
    }
  }

  async #publishedEvents() {
    const port = /^port: (\d+)$/m.exec(fs.readFileSync(this.#file('nats', 'nats-server.conf'), 'utf8'))?.[1];
    const pass = read(this.#file('secrets', `nats-${administrator.user}.password`));
    const connection = await connect({ servers: `127.0.0.1:${port}`, user: administrator.user, pass });
    try {
      const manager = await jetstreamManager(connection);
      return (await Promise.all(GRPC_SERVICES.map((service) => eventCounts(manager, service)))).flat().sort();
    } finally {
      await connection.close();
    }
  }

  /** @param {string[]} names */
  #file(...names) {
    return path.join(this.#home, ...names);
  }
}

/** @param {Process} start */
async function untilServing(start) {
  const deadline = Date.now() + monthMsMax;
  while (!fs.readFileSync(start.logFile, 'utf8').includes('Serving at')) {
    if (!start.isRunning) throw start.failure('ended before its month was done');
    if (Date.now() > deadline) throw start.failure(`was not done within ${monthMsMax / 1_000} s`);
    await sleep(lookEveryMs);
  }
}
