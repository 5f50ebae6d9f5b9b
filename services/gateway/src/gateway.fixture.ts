import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { RestClient, type Answer } from '@holdfast/client/rest-client';
import { loadConfig, type Environment } from '@holdfast/platform/config';
import { Database } from '@holdfast/platform/database';
import { gatewayConfig } from './config.js';
import { Lifecycle } from './lifecycle/lifecycle.js';
import type { GrpcService } from '@holdfast/platform/services';
import type { CommonRpcs, ServiceClients } from './service-clients.js';
import type { OperationSpec } from './operation/operation-spec.js';
import { createGateway } from './server.js';

type Rooms = Omit<ServiceClients, 'of'>;

/** The methods that a test's services have; any other fails the request with its name. */
export type PartialServiceClients = { [K in keyof Rooms]?: Partial<Rooms[K]> } & {
  of?: Partial<Record<GrpcService, { [K in keyof CommonRpcs]?: Partial<CommonRpcs[K]> }>>;
};

/** An object whose missing methods are rejections, and whose missing parts have nothing but those. */
function completed(name: string, given: object, depth: number): object {
  return new Proxy(given, {
    get: (target, key: string) => {
      const part = (target as Record<string, object | undefined>)[key];
      if (depth > 0) return completed(`${name}.${key}`, part ?? {}, depth - 1);
      return part ?? (() => Promise.reject(new Error(`the test has no ${name}.${key}`)));
    },
  });
}

function serviceClientsOf(given: PartialServiceClients): ServiceClients {
  const rooms = completed('services', given, 1);
  const of = completed('of', given.of ?? {}, 2);
  return new Proxy(rooms, {
    get: (target, key: string) => (key === 'of' ? of : Reflect.get(target, key)),
  }) as ServiceClients;
}

export const SECRET = 'a secret of the tests';

const CLIENTS = [
  { client_id: 'console', scopes: 'all', org_scope: ['demo'] },
  { client_id: 'watcher', scopes: ['jobs:read'], org_scope: ['demo'] },
  { client_id: 'reader', scopes: ['churn:read'], org_scope: ['demo'] },
  {
    client_id: 'shenyang',
    scopes: ['churn:read', 'profile:read', 'pii:read', 'lease:write', 'disposition:write'],
    org_scope: ['demo/shenyang'],
  },
];

export interface RunningGateway {
  url: string;
  database: Database;
  operations: readonly OperationSpec[];
  tokenOf(clientId: string): Promise<string>;
  /** A request as a client; a body that is an object is sent as JSON. */
  ask(method: string, path: string, options?: AskOptions): Promise<Answer>;
  stop(): Promise<void>;
}

export interface AskOptions {
  /** `console` where none is named; null for none. */
  client?: string | null;
  body?: unknown;
  headers?: Record<string, string>;
}

/** A gateway on a free port with object literals in place of the services. */
export async function startGateway(
  databaseUrl: string,
  given: PartialServiceClients,
  environment: Environment = {},
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
  const app = await createGateway(config, serviceClientsOf(given));
  const { operations } = app.get(Lifecycle);
  const allScopes = [...new Set(operations.map((operation) => operation.scope))];
  const clients = CLIENTS.map((client) => ({
    ...client,
    secret: SECRET,
    scopes: client.scopes === 'all' ? allScopes : client.scopes,
  }));
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
  return {
    url,
    database: app.get(Database),
    operations,
    tokenOf: (clientId) => restClients.get(clientId)!.accessToken(),
    ask: (method, at, { client = 'console', ...request } = {}) =>
      (client === null ? stranger : restClients.get(client)!).ask(method, at, request),
    stop: async () => {
      await app.close();
      rmSync(home, { recursive: true, force: true });
    },
  };
}
