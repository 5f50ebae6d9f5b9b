import fs from 'node:fs';
import path from 'node:path';
import tls from 'node:tls';

import { RestClient } from '@holdfast/client/rest-client';
import { GRPC_SERVICES } from '@holdfast/platform/services';

import { StartFailure } from '../launch/failure.mjs';
import { writeReport } from '../launch/report.mjs';
import { exportMonth, view } from './month-export.mjs';
import { eventCounts } from './nats-cluster.mjs';
import { queryDatabase } from './postgres.mjs';
import { runProgram } from './process.mjs';
import { settingOf } from './refusals.mjs';

/** @typedef {import('./production.mjs').Production} Production */

/** The clients of the issuer, in the gateway's eyes. */
export class Operator {
  #production;
  #clients;

  /** @param {Production} production  that was started */
  constructor(production) {
    this.#production = production;
    this.#clients = JSON.parse(fs.readFileSync(production.loopback.volume('files-issuer', 'clients.json'), 'utf8'));
    // A process reads NODE_EXTRA_CA_CERTS when it starts only, and the authority is made later.
    const authority = fs.readFileSync(production.loopback.volume('files-demo', 'ca.pem'), 'utf8');
    tls.setDefaultCACertificates([...tls.getCACertificates('default'), authority]);
    this.tokenUrl = `${settingOf(production, 'HOLDFAST_OIDC_ISSUER')}/token`;
  }

  /** @param {string} clientId */
  client(clientId) {
    const { baseUrl } = this.#production;
    return new RestClient({ baseUrl, tokenUrl: this.tokenUrl, credentials: this.#credentials(clientId) });
  }

  /** @param {string} clientId */
  #credentials(clientId) {
    const client = this.#clients.find((/** @type {{ client_id: string }} */ each) => each.client_id === clientId);
    if (client === undefined) throw new StartFailure(`The issuer has no client ${clientId}.`);
    return { clientId, secret: client.secret };
  }

  /**
   * The campaign of a month that has run, and the report of all of it, as `npm start` makes both.
   * @param {string} extract  folder
   * @param {string} reportFile
   */
  async finishMonth(extract, reportFile) {
    const { repository } = this.#production.loopback;
    const { runOperatorMonth } = await import(path.join(repository, 'cli/dist/month/operator-month.js'));
    const listFolder = `${path.dirname(reportFile)}-lists`;
    const summary = await runOperatorMonth({
      baseUrl: this.#production.baseUrl,
      tokenUrl: this.tokenUrl,
      credentials: this.#credentials('console'),
      approver: this.#credentials('marketing-lead'),
      folder: extract, // an extract that was imported before is not imported again
      listFolder,
    });
    fs.mkdirSync(path.dirname(reportFile), { recursive: true });
    writeReport(reportFile, summary, listFolder);
  }

  /**
   * @param {string} reportFile
   * @param {number} beganAtMs
   * @returns {Promise<Map<string, string>>}
   */
  async export(reportFile, beganAtMs) {
    const { loopback } = this.#production;
    const exported = await exportMonth(
      {
        client: this.client('console'),
        scores: () => this.#exportScores(),
        query: (sql) => queryDatabase(loopback, sql),
        beganAtMs,
        endedAtMs: Date.now(),
      },
      reportFile,
    );
    return exported.set('events', (await this.#publishedEvents()).join('\n'));
  }

  async #exportScores() {
    const { environment, command } = this.#production.containerOf('demo-month');
    const program = command.slice(0, command.indexOf('month'));
    const words = [...program, 'export', 'scores', view];
    const { code, stdout, stderr } = await runProgram(words, environment, this.#production.loopback.repository);
    if (code !== 0) throw new StartFailure(`Scores cannot be exported: ${stderr}`);
    return stdout;
  }

  /** As each service may see its own. */
  async #publishedEvents() {
    const { nats } = this.#production;
    const counts = GRPC_SERVICES.map((service) => nats.asService(service, (manager) => eventCounts(manager, service)));
    return (await Promise.all(counts)).flat().sort();
  }

  /** @throws {StartFailure} naming the events that could not be handled */
  async checkDeadLetters() {
    const client = this.client('console');
    for (const service of GRPC_SERVICES) {
      const { deadLetters } = await client.call('GET /api/v1/dead-letters/{service}', { service });
      if (deadLetters.length > 0) throw new StartFailure(`${service} has dead letters: ${JSON.stringify(deadLetters)}`);
    }
  }
}
