import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { RestClient, type Answer } from '@holdfast/client/rest-client';
import { Job, JobState } from '@holdfast/contracts/platform/v1/jobs';
import type { Caller } from '@holdfast/platform/caller';
import { loadConfig, type Environment } from '@holdfast/platform/config';
import { Database } from '@holdfast/platform/database';
import { cloneDatabase } from '@holdfast/testing/infra';
import { gatewayConfig } from './config.js';
import { Lifecycle } from './lifecycle/lifecycle.js';
import type { Call } from '@holdfast/platform/grpc';
import type { GrpcService } from '@holdfast/platform/services';
import type { CommonRpcs, ServiceClients } from './service-clients.js';
import type { OperationSpec } from './operation/operation-spec.js';
import { createGateway } from './server.js';

type Rooms = Omit<ServiceClients, 'of'>;

/** The methods that a test's services have; any other fails the request with its name. */
export type PartialServiceClients = { [K in keyof Rooms]?: Partial<Rooms[K]> } & {
  of?: Partial<Record<GrpcService, { [K in keyof CommonRpcs]?: Partial<CommonRpcs[K]> }>>;
};

type Method = (call: Call, request: unknown) => unknown;

/** An object whose missing methods are rejections, and whose missing parts have nothing but those. */
function completed(name: string, given: object, depth: number, received: Received): object {
  return new Proxy(given, {
    get: (target, key: string) => {
      const part = (target as Record<string, object | undefined>)[key];
      if (depth > 0) return completed(`${name}.${key}`, part ?? {}, depth - 1, received);
      if (part === undefined) return () => Promise.reject(new Error(`the test has no ${name}.${key}`));
      return (call: Call, request: unknown) => {
        received.callers.push(call.caller);
        received.calls.push(call);
        received.requests.push(request);
        return (part as Method)(call, request);
      };
    },
  });
}

function serviceClientsOf(given: PartialServiceClients, received: Received): ServiceClients {
  const rooms = completed('services', given, 1, received);
  const of = completed('of', given.of ?? {}, 2, received);
  return new Proxy(rooms, {
    get: (target, key: string) => (key === 'of' ? of : Reflect.get(target, key)),
  }) as ServiceClients;
}

/** A job as a service gives it; queued, where `parts` has no state. */
export function testJob(jobId: string, parts: Partial<Job> = {}): Job {
  const times = { createdAt: new Date(0), updatedAt: new Date(0) };
  return Job.fromPartial({ jobId, state: JobState.JOB_STATE_QUEUED, ...times, ...parts });
}

/** A form with parts in this order: a text, or a file with its name. */
export function formOf(parts: readonly (readonly [name: string, value: string | Blob, fileName?: string])[]): FormData {
  const form = new FormData();
  for (const [name, value, fileName = 'table.csv'] of parts) {
    if (typeof value === 'string') form.append(name, value);
    else form.append(name, value, fileName);
  }
  return form;
}

export const SECRET = 'a secret of the tests';

const CLIENTS = [
  { client_id: 'console', scopes: 'all', org_scope: ['demo'] },
  { client_id: 'watcher', scopes: ['jobs:read'], org_scope: ['demo'] },
  { client_id: 'reader', scopes: ['churn:read'], org_scope: ['demo'] },
  { client_id: 'lister', scopes: ['work:read', 'churn:read', 'campaign:read'], org_scope: ['demo'] },
  {
    client_id: 'key-reader',
    scopes: ['work:read', 'churn:read', 'campaign:read', 'preference:read', 'household:read', 'pii:read'],
    org_scope: ['demo'],
  },
  { client_id: 'dialler', scopes: ['lease:write'], org_scope: ['demo'] },
  { client_id: 'no-scopes', scopes: [], org_scope: ['demo'] },
  { client_id: 'auditor-of-city', scopes: ['audit:read'], org_scope: ['demo/shenyang'] },
  {
    client_id: 'shenyang',
    scopes: ['churn:read', 'profile:read', 'pii:read', 'lease:write', 'disposition:write', 'ingest:read'],
    org_scope: ['demo/shenyang'],
  },
];

interface RunningGateway extends Received {
  url: string;
  database: Database;
  operations: readonly OperationSpec[];
  tokenOf(clientId: string): Promise<string>;
  /** A request as a client; a body that is an object is sent as JSON. */
  ask(method: string, path: string, options?: AskOptions): Promise<Answered>;
  get(path: string, options?: AskOptions): Promise<Answered>;
  post(path: string, body?: unknown, options?: AskOptions): Promise<Answered>;
  stop(): Promise<void>;
}

/** What the services were called with, newest last. */
interface Received {
  callers: Caller[];
  calls: Call[];
  requests: unknown[];
}

interface AskOptions {
  /** `console` where none is named; null for none. */
  client?: string | null;
  body?: unknown;
  headers?: Record<string, string>;
}

interface Answered extends Answer {
  /** Of NDJSON. */
  lines: object[];
}

/**
 * The gateway of a test file, with its own database and with object literals in place of the services: on a free port
 * from before the tests until after them.
 */
export function testGateway(given: PartialServiceClients, environment: Environment = {}): RunningGateway {
  let running: RunningGateway | undefined;
  let dropDatabase: (() => Promise<void>) | undefined;
  beforeAll(async () => {
    const clone = await cloneDatabase('gateway');
    dropDatabase = clone.drop;
    running = await startGateway(clone.url, given, environment);
  });
  afterAll(async () => {
    await running?.stop();
    await dropDatabase?.();
  });
  return new Proxy({} as RunningGateway, { get: (_, key) => Reflect.get(running!, key) as unknown });
}

async function startGateway(
  databaseUrl: string,
  given: PartialServiceClients,
  environment: Environment,
): Promise<RunningGateway> {
  const home = mkdtempSync(path.join(tmpdir(), 'holdfast-gateway-'));
  mkdirSync(path.join(home, 'secrets'));
  const config = loadConfig(gatewayConfig, {
    HOLDFAST_MODE: 'development',
    HOLDFAST_HOME: home,
    HOLDFAST_DATABASE_URL: databaseUrl,
    HOLDFAST_INTERNAL_KEY: 'k'.repeat(32),
    HOLDFAST_PORT: '0',
    HOLDFAST_DRAIN_SECONDS: '1',
    ...environment,
  });
  const received: Received = { callers: [], calls: [], requests: [] };
  const app = await createGateway(config, serviceClientsOf(given, received));
  const lifecycle = app.get(Lifecycle);
  const { operations } = lifecycle;
  const undeclared: string[] = [];
  lifecycle.onUndeclared = (what) => undeclared.push(what);
  const allScopes = [...new Set(operations.map((operation) => operation.scope))];
  const clients = CLIENTS.map(({ scopes, ...client }) => {
    return { ...client, secret: SECRET, scopes: scopes === 'all' ? allScopes : scopes };
  });
  writeFileSync(path.join(home, 'secrets', 'clients.json'), JSON.stringify(clients));
  await app.listen({ host: '127.0.0.1', port: 0 });
  const url = `http://127.0.0.1:${(app.getHttpServer().address() as AddressInfo).port}`;

  const restClients = new Map(
    clients.map(({ client_id: clientId }) => {
      const credentials = { clientId, secret: SECRET };
      return [clientId, new RestClient({ baseUrl: url, credentials })];
    }),
  );
  const stranger = new RestClient({ baseUrl: url });
  const ask: RunningGateway['ask'] = async (method, at, { client = 'console', ...request } = {}) => {
    const answer = await (client === null ? stranger : restClients.get(client)!).ask(method, at, request);
    const isNdjson = answer.headers.get('content-type')?.includes('ndjson');
    const lines = isNdjson ? answer.text.split('\n').slice(0, -1) : [];
    return { ...answer, lines: lines.map((line) => JSON.parse(line) as object) };
  };
  return {
    url,
    database: app.get(Database),
    operations,
    ...received,
    tokenOf: (clientId) => restClients.get(clientId)!.accessToken(),
    ask,
    get: (at, options) => ask('GET', at, options),
    post: (at, body, options) => ask('POST', at, { ...options, body }),
    stop: async () => {
      await app.close();
      rmSync(home, { recursive: true, force: true });
      // Every answer of every test of the gateway is one that its document declares.
      expect([...new Set(undeclared)]).toEqual([]);
    },
  };
}
