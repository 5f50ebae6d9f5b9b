import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { jetstreamManager, type JetStreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { Client } from 'pg';
import type { Credentials } from '@holdfast/client/access-token';
import { RestClient } from '@holdfast/client/rest-client';

import { isRunning } from '../../tools/launch/process-identity.mjs';
import { superuserUrl } from '../../tools/launch/superuser-url.mjs';

/** On two cores, under the load of two systems, a deadline may pass; a killed service is started again. */
const RETRY_SECONDS = 30;

interface ClientRights {
  scopes: readonly string[];
  orgScope: readonly string[];
}

export interface RunningProcess {
  name: string;
  pid: number;
  startedAt: string;
}

/** A line of a service's log. */
export type LogLine = Record<string, unknown> & { msg?: string; ready?: string };

/** What one system has written into its home, and the ways into it that its administrator has. */
export class SystemHome {
  constructor(
    readonly folder: string,
    readonly baseUrl: string,
  ) {}

  file(...names: string[]): string {
    return path.join(this.folder, ...names);
  }

  /** A client of the development issuer: `console` may do everything, `front-desk` what an agent does. */
  client(clientId: string): RestClient {
    return this.clientOf(this.credentials(clientId));
  }

  clientOf(credentials?: Credentials): RestClient {
    return new RestClient({ baseUrl: this.baseUrl, ...(credentials && { credentials }), retrySeconds: RETRY_SECONDS });
  }

  credentials(clientId: string): Credentials {
    const client = this.clients().find(({ client_id }) => client_id === clientId);
    if (client === undefined) throw new Error(`There is no client ${clientId}`);
    return { clientId, secret: client.secret };
  }

  /** Adds a client for a test: `orgScope` names org units such as `demo/沈阳`. */
  addClient(rights: ClientRights): RestClient {
    return this.addClients([rights])[0]!;
  }

  /** Adds clients in one write, since tests of two workers write the same file. */
  addClients(rights: readonly ClientRights[]): RestClient[] {
    const clients = rights.map(({ scopes, orgScope }) => ({
      client_id: `story-${randomBytes(6).toString('hex')}`,
      secret: randomBytes(24).toString('base64url'),
      scopes: [...scopes],
      org_scope: [...orgScope],
    }));
    const file = this.file('secrets', 'clients.json');
    const partial = `${file}.${randomBytes(6).toString('hex')}`;
    fs.writeFileSync(partial, JSON.stringify([...this.clients(), ...clients], null, 2), { mode: 0o600 });
    fs.renameSync(partial, file);
    return clients.map(({ client_id: clientId, secret }) => this.clientOf({ clientId, secret }));
  }

  /** Everything that a client of the development issuer may be allowed to do. */
  allScopes(): string[] {
    return this.clients().find(({ client_id }) => client_id === 'console')!.scopes;
  }

  /** The processes that run now. */
  processes(): RunningProcess[] {
    try {
      const run = JSON.parse(fs.readFileSync(this.file('run.json'), 'utf8')) as { processes: RunningProcess[] };
      return run.processes.filter(isRunning);
    } catch {
      return []; // stopped, or not started yet
    }
  }

  pidOf(name: string): number | undefined {
    return this.processes().find((each) => each.name === name)?.pid;
  }

  /** The log of a service, oldest line first; what is no JSON (a crash of the runtime) comes as `{ text }`. */
  logOf(service: string): LogLine[] {
    const lines = fs.readFileSync(this.file('logs', `${service}.log`), 'utf8').split('\n');
    return lines.filter((line) => line !== '').map(logLine);
  }

  /** A connection as PostgreSQL's superuser, who sees every service's schema. */
  async openDatabase(): Promise<Client> {
    const client = new Client({ connectionString: superuserUrl(this.folder) });
    await client.connect();
    return client;
  }

  /** The rows of one statement, as PostgreSQL's superuser. */
  async query<Row extends object>(sql: string, parameters: readonly unknown[] = []): Promise<Row[]> {
    const database = await this.openDatabase();
    try {
      return (await database.query<Row>(sql, [...parameters])).rows;
    } finally {
      await database.end();
    }
  }

  /** A connection to the event bus. */
  async openBus(): Promise<{ manager: JetStreamManager; close: () => Promise<void> }> {
    const configuration = fs.readFileSync(this.file('nats', 'nats-server.conf'), 'utf8');
    const port = /^port: (\d+)$/m.exec(configuration)![1];
    const secret = (name: string) => fs.readFileSync(this.file('secrets', name), 'utf8').trim();
    // A server that a test starts outside the system has a token.
    const isOutside = fs.existsSync(this.file('secrets', 'nats.token'));
    const credentials = isOutside
      ? { token: secret('nats.token') }
      : { user: 'administrator', pass: secret('nats-administrator.password') };
    const connection = await connect({ servers: `127.0.0.1:${port}`, ...credentials });
    return { manager: await jetstreamManager(connection), close: () => connection.close() };
  }

  private clients(): { client_id: string; secret: string; scopes: string[]; org_scope: string[] }[] {
    return JSON.parse(fs.readFileSync(this.file('secrets', 'clients.json'), 'utf8')) as never;
  }
}

function logLine(line: string): LogLine {
  try {
    return JSON.parse(line) as LogLine;
  } catch {
    return { text: line };
  }
}
