import 'reflect-metadata';
import { randomBytes } from 'node:crypto';
import type { DynamicModule, INestApplicationContext, Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { setTimeout as sleep } from 'node:timers/promises';
import { CallerTokens } from '@holdfast/platform/caller';
import type { Environment } from '@holdfast/platform/config';
import { Database } from '@holdfast/platform/database';
import { GrpcServer, connectTo, type Rpc } from '@holdfast/platform/grpc';
import { nestLog } from '@holdfast/platform/service';
import { addressVariable, type GrpcService } from '@holdfast/platform/services';
import { cleanNats, cloneDatabase, servers } from './infra.js';

/** Shared by all processes of a test, as the launcher shares one. */
const INTERNAL_KEY = randomBytes(32).toString('hex');

type ServiceShape = Parameters<typeof connectTo>[0];

/** A service that runs in the test's process, on its own database and the real NATS. */
export interface RunningService {
  readonly address: string;
  readonly database: Database;
  /** What a caller over the wire gets. */
  client<S>(definition: ServiceShape): Rpc<S>;
  get<T>(type: Type<T> | symbol | string): T;
  stop(): Promise<void>;
}

interface StartOptions {
  service: string;
  environment?: Environment;
  /** Addresses of the services that it calls, by name. */
  services?: Partial<Record<GrpcService, { address: string }>>;
  /** A database to go on with, after a stop; else a fresh clone. */
  databaseUrl?: string;
  /** Business time; default: the machine's. */
  now?: string;
}

export async function startService(
  module: { register(environment: Environment): DynamicModule },
  options: StartOptions,
): Promise<RunningService> {
  await cleanNats();
  const clone = options.databaseUrl === undefined ? await cloneDatabase(options.service) : undefined;
  const { natsUrl, natsToken } = servers();
  const environment: Environment = {
    HOLDFAST_MODE: 'development',
    HOLDFAST_OPERATOR: 'demo',
    HOLDFAST_DATABASE_URL: options.databaseUrl ?? clone!.url,
    HOLDFAST_NATS_URL: natsUrl,
    HOLDFAST_NATS_TOKEN: natsToken,
    HOLDFAST_INTERNAL_KEY: INTERNAL_KEY,
    HOLDFAST_GRPC_ADDRESS: '127.0.0.1:0',
    ...(options.now === undefined ? {} : { HOLDFAST_NOW: options.now }),
    ...Object.fromEntries(
      Object.entries(options.services ?? {}).map(([name, at]) => [addressVariable(name as GrpcService), at.address]),
    ),
    ...options.environment,
  };
  const app: INestApplicationContext = await NestFactory.createApplicationContext(module.register(environment), {
    logger: nestLog(),
    abortOnError: false,
  });
  const address = `127.0.0.1:${app.get(GrpcServer).port}`;
  const tokens = app.get(CallerTokens);
  return {
    address,
    database: app.get(Database),
    client: (definition) => connectTo(definition, address, tokens),
    get: (type) => app.get(type as never),
    stop: async () => {
      await app.close();
      await clone?.drop();
    },
  };
}

/** A gRPC server of a test in place of another service: `await startGrpcServer((server) => server.serve<TableService>(…))`. */
export async function startGrpcServer(
  serve: (server: GrpcServer) => void,
): Promise<{ address: string; stop: () => Promise<void> }> {
  const server = new GrpcServer('127.0.0.1:0', new CallerTokens(INTERNAL_KEY));
  serve(server);
  await server.listen();
  return { address: `127.0.0.1:${server.port}`, stop: () => server.close(100) };
}

/** Waits for a condition; the error names it. */
export async function eventually<T>(
  what: string,
  look: () => Promise<T | undefined | false>,
  withinMs = 20_000,
): Promise<T> {
  const until = Date.now() + withinMs;
  for (;;) {
    const found = await look();
    if (found !== undefined && found !== false) return found;
    if (Date.now() > until) throw new Error(`Not within ${withinMs} ms: ${what}`);
    await sleep(10);
  }
}
