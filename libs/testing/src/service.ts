import 'reflect-metadata';
import { randomBytes } from 'node:crypto';
import type { DynamicModule, INestApplicationContext, Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { setTimeout as sleep } from 'node:timers/promises';
import { JobServiceDefinition, type Job, type JobService } from '@holdfast/contracts/platform/v1/jobs';
import {
  ParameterServiceDefinition,
  type Parameter,
  type ParameterService,
} from '@holdfast/contracts/platform/v1/parameters';
import { CallerTokens } from '@holdfast/platform/caller';
import type { Environment } from '@holdfast/platform/config';
import { Database } from '@holdfast/platform/database';
import { GrpcServer, connectTo, type Call, type Rpc } from '@holdfast/platform/grpc';
import { Outbox, type EventType } from '@holdfast/platform/outbox';
import { nestLog } from '@holdfast/platform/service';
import { ServiceIdentity } from '@holdfast/platform/service-identity';
import { GRPC_SERVICES, addressVariable, type GrpcService } from '@holdfast/platform/services';
import { systemCall } from './callers.js';
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

interface ServiceClass {
  register(environment: Environment): DynamicModule;
}

export async function startService(module: ServiceClass, options: StartOptions): Promise<RunningService> {
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
  const identity = app.get(ServiceIdentity);
  return {
    address,
    database: app.get(Database),
    client: (definition) => connectTo(definition, { service: options.service, address }, identity),
    get: (type) => app.get(type as never),
    stop: async () => {
      await app.close();
      await clone?.drop();
    },
  };
}

/** A gRPC server of a test in place of another service: `await startGrpcServer((server) => server.serve<TableService>(…))`. */
async function startGrpcServer(
  serve: (server: GrpcServer) => void,
): Promise<{ address: string; stop: () => Promise<void> }> {
  const tokens = new CallerTokens(INTERNAL_KEY, 'test', GRPC_SERVICES);
  const server = new GrpcServer('127.0.0.1:0', new ServiceIdentity('test', tokens));
  serve(server);
  await server.listen();
  return { address: `127.0.0.1:${server.port}`, stop: () => server.close(100) };
}

interface TestServiceOptions extends Pick<StartOptions, 'service' | 'environment' | 'now'> {
  /** Registers what the services that it calls serve in the test, all at one address. */
  serve?: (server: GrpcServer) => void;
  /** Names of the services that it calls. */
  calls?: readonly GrpcService[];
}

/** A service that runs during the tests of a file and may be restarted, on a database that outlives its restarts. */
export class TestService implements Omit<RunningService, 'address' | 'stop'> {
  private running: RunningService | undefined;
  private clone: Awaited<ReturnType<typeof cloneDatabase>> | undefined;
  private server: Awaited<ReturnType<typeof startGrpcServer>> | undefined;

  constructor(
    private readonly module: ServiceClass,
    private readonly options: TestServiceOptions,
  ) {
    beforeAll(async () => {
      if (options.serve !== undefined) this.server = await startGrpcServer(options.serve);
      this.clone = await cloneDatabase(options.service);
      await this.restart();
    }, 60_000);
    afterAll(async () => {
      await this.stop();
      await this.clone?.drop();
      await this.stopCalled();
    });
  }

  /** Starts the service again, by default at the first business time and on its own database. */
  async restart(changed: Pick<StartOptions, 'now' | 'databaseUrl' | 'environment'> = {}): Promise<void> {
    await this.stop();
    const { service, environment = {}, now, calls = [] } = this.options;
    const options = { service, environment, databaseUrl: this.clone!.url, ...(now === undefined ? {} : { now }) };
    const services = Object.fromEntries(calls.map((name) => [name, this.server!]));
    this.running = await startService(this.module, { ...options, services, ...changed });
  }

  async stop(): Promise<void> {
    const { running } = this;
    this.running = undefined;
    await running?.stop();
  }

  /** Stops the services that it calls. */
  async stopCalled(): Promise<void> {
    await this.server?.stop();
  }

  get database(): Database {
    return this.running!.database;
  }

  get<T>(type: Type<T> | symbol | string): T {
    return this.running!.get(type);
  }

  /** Also works after restarts. */
  client<S>(definition: ServiceShape): Rpc<S> {
    const method = (name: keyof S) => (call: Call, request: never) =>
      this.running!.client<S>(definition)[name](call, request);
    return new Proxy({}, { get: (_, name) => method(name as keyof S) }) as Rpc<S>;
  }

  /** A job after its end. */
  async ended({ jobId }: Pick<Job, 'jobId'>): Promise<Job> {
    let last: Job | undefined;
    for await (const job of this.client<JobService>(JobServiceDefinition).watchJob(systemCall, { jobId })) last = job;
    return last!;
  }

  setParameter(key: string, value: unknown): Promise<Parameter> {
    const parameters = this.client<ParameterService>(ParameterServiceDefinition);
    return parameters.setParameter(systemCall, { key, valueJson: JSON.stringify(value), validFrom: undefined });
  }

  /** Publishes an event of another service to this one. */
  async publish<T>(type: EventType<T>, about: Parameters<Outbox['publish']>[2], event: T): Promise<void> {
    await this.database.transaction((tx) => this.get(Outbox).publish(tx, type, about, event));
  }
}

/** A service with some of its methods; calls of the others fail. */
export function unimplemented<S>(definition: ServiceShape, methods: Partial<Rpc<S>>): Rpc<S> {
  const refuse = (): never => {
    throw new Error('unexpected call');
  };
  const others = Object.keys(definition.methods).map((name) => [name, refuse]);
  return { ...Object.fromEntries(others), ...methods } as Rpc<S>;
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
