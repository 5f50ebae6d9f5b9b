import 'reflect-metadata';
import { existsSync } from 'node:fs';
import path from 'node:path';
import {
  Inject,
  Injectable,
  Module,
  type BeforeApplicationShutdown,
  type DynamicModule,
  type INestApplicationContext,
  type LoggerService,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
  type Provider,
  type Type,
} from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { z } from 'zod';
import { DeadLetterServiceDefinition, type DeadLetterService } from '@holdfast/contracts/platform/v1/dead_letters';
import { JobServiceDefinition, type JobService } from '@holdfast/contracts/platform/v1/jobs';
import { MonthServiceDefinition, type MonthService, type OwnedStep } from '@holdfast/contracts/platform/v1/months';
import { ParameterServiceDefinition, type ParameterService } from '@holdfast/contracts/platform/v1/parameters';
import { HealthDefinition, type Health } from '@holdfast/contracts/grpc/health/v1/health';
import { Bus } from '../bus/bus.js';
import { Clock } from '../clock/clock.js';
import { loadConfig, type Environment, type PlatformConfig } from '../config/config.js';
import { Consumers } from '../consumer/consumer.js';
import { Database, databaseOptions, migrate } from '../database/database.js';
import { GrpcServer, closeChannels, connectTo } from '../grpc/grpc.js';
import type { ServiceShape } from '../grpc/definition.js';
import { HealthRpc } from '../health/health.js';
import { Jobs } from '../jobs/jobs.js';
import { JobsRpc } from '../jobs/jobs.rpc.js';
import { MonthSteps, monthStepsRpc } from '../month-steps/month-steps.js';
import { log, startLog } from '../log/log.js';
import { DeadLetters, DeadLettersRpc } from '../dead-letters/dead-letters.js';
import { Outbox } from '../outbox/outbox.js';
import { ServiceIdentity } from '../service-identity/service-identity.js';
import { Parameters, ParametersRpc, type ParameterDefinitions } from '../parameters/parameters.js';
import { throughOutage } from '../retry/retry.js';
import { addressKeyOf, type GrpcService } from '../services/services.js';
import { measureService } from './service-measurements.js';

export { measureConnections } from './service-measurements.js';

/** Injection token of a service's settings. */
export const CONFIG = Symbol('config');

export interface ServiceOptions {
  /** Name, as the folder under services/. */
  service: string;
  environment: Environment;
  /** The service's settings; extends `platformConfig`. */
  config: z.ZodObject;
  parameters?: ParameterDefinitions;
  /** Steps of an operator's month that it does. */
  monthSteps?: readonly OwnedStep[];
}

/** Folders of migrations of a service, the platform's first. All processes run in the project's root folder. */
export function migrationFolders(service: string, root = process.cwd()): string[] {
  const own = path.join(root, 'services', service, 'migrations');
  return [path.join(root, 'libs/platform/migrations'), ...(existsSync(own) ? [own] : [])];
}

/** A client of another service, to be injected by `@Inject(Definition.fullName)`. */
export function serviceClient(definition: ServiceShape, name: GrpcService): Provider {
  return {
    provide: definition.fullName,
    inject: [CONFIG, ServiceIdentity],
    useFactory: (config: PlatformConfig, identity: ServiceIdentity) =>
      connectTo(definition, { service: name, address: config[addressKeyOf(name)] }, identity),
  };
}

/** Starts and stops the parts in the order in which they need each other. */
@Injectable()
class Lifecycle implements OnApplicationBootstrap, BeforeApplicationShutdown, OnApplicationShutdown {
  constructor(
    readonly database: Database,
    readonly bus: Bus,
    private readonly grpc: GrpcServer,
    readonly identity: ServiceIdentity,
    readonly outbox: Outbox,
    private readonly consumers: Consumers,
    private readonly jobs: Jobs,
    private readonly parameters: Parameters,
    readonly deadLetters: DeadLetters,
    private readonly monthSteps: MonthSteps,
    private readonly clock: Clock,
    @Inject(CONFIG) private readonly config: PlatformConfig,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    this.grpc.serve<JobService>(
      JobServiceDefinition,
      new JobsRpc(this.database, this.clock, this.jobs.service).handlers,
    );
    this.grpc.serve<ParameterService>(
      ParameterServiceDefinition,
      new ParametersRpc(this.parameters, this.config.operator).handlers,
    );
    this.grpc.serve<DeadLetterService>(
      DeadLetterServiceDefinition,
      new DeadLettersRpc(this.deadLetters, this.config.operator).handlers,
    );
    this.grpc.serve<MonthService>(MonthServiceDefinition, monthStepsRpc(this.monthSteps));
    this.grpc.serve<Health>(HealthDefinition, new HealthRpc(this.database, this.bus), { open: true });
    await throughOutage('streams', () => this.bus.ensureStreams(this.jobs.service));
    this.outbox.start();
    await this.consumers.start();
    await this.jobs.start();
    measureService(this);
    if (this.config.grpcAddress !== 'none') await this.grpc.listen();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.grpc.close();
    this.jobs.stop();
    this.consumers.stop();
    await this.bus.stopPulling();
  }

  async onApplicationShutdown(): Promise<void> {
    await this.outbox.stop();
    await this.bus.close();
    await this.database.close();
    closeChannels();
    this.identity.close();
  }
}

/** Everything that a service needs of the platform, for its composition root. */
@Module({})
export class ServiceModule {
  static register(options: ServiceOptions): DynamicModule {
    const config = loadConfig(options.config, options.environment) as PlatformConfig;
    const { service } = options;
    const providers: Provider[] = [
      Lifecycle,
      { provide: CONFIG, useValue: config },
      { provide: Clock, useValue: new Clock(config.now, config.clockFile) },
      { provide: ServiceIdentity, useFactory: () => ServiceIdentity.open(service, config) },
      { provide: Database, useFactory: () => throughOutage('database', () => openMigrated(service, config)) },
      { provide: Bus, useFactory: () => throughOutage('event bus', () => openBus(service, config)) },
      {
        provide: GrpcServer,
        inject: [ServiceIdentity],
        useFactory: (identity: ServiceIdentity) => new GrpcServer(config.grpcAddress, identity),
      },
      {
        provide: Outbox,
        inject: [Database, Bus, Clock],
        useFactory: (database: Database, bus: Bus, clock: Clock) => new Outbox(database, bus, clock, service),
      },
      {
        provide: DeadLetters,
        inject: [Database, Outbox, Clock],
        useFactory: (database: Database, outbox: Outbox, clock: Clock) => new DeadLetters(database, outbox, clock),
      },
      {
        provide: Consumers,
        inject: [Database, Bus, DeadLetters],
        useFactory: (database: Database, bus: Bus, deadLetters: DeadLetters) =>
          new Consumers(database, bus, deadLetters, service),
      },
      {
        provide: Jobs,
        inject: [Database, Bus, Outbox, Clock],
        useFactory: (database: Database, bus: Bus, outbox: Outbox, clock: Clock) =>
          new Jobs(database, bus, outbox, clock, service, config.operator),
      },
      {
        provide: MonthSteps,
        inject: [Database],
        useFactory: (database: Database) =>
          new MonthSteps(database, service, config.operator, options.monthSteps ?? []),
      },
      {
        provide: Parameters,
        inject: [Database, Clock],
        useFactory: (database: Database, clock: Clock) => new Parameters(database, clock, options.parameters ?? {}),
      },
    ];
    return {
      module: ServiceModule,
      global: true,
      providers,
      exports: providers.map((provider) => (typeof provider === 'function' ? provider : provider.provide)),
    };
  }
}

/** The module of a service: its own providers, next to what it needs of the platform. */
export function serviceModule(module: Type, options: ServiceOptions, providers: Provider[]): DynamicModule {
  return { module, imports: [ServiceModule.register(options)], providers };
}

function openBus(service: string, config: PlatformConfig): Promise<Bus> {
  const { natsUrl, natsToken, natsUser, natsPassword, natsCaFile, natsReplicas } = config;
  const credentials = { token: natsToken, user: natsUser, password: natsPassword, caFile: natsCaFile };
  return Bus.open({ url: natsUrl, ...credentials, name: service, replicas: natsReplicas });
}

async function openMigrated(service: string, config: PlatformConfig): Promise<Database> {
  const options = databaseOptions(service, config);
  const done = await migrate({ ...options, directories: migrationFolders(service) });
  if (done.length > 0) log('database').info({ migrations: done }, 'migrated');
  return Database.open(options);
}

/** Runs a service as a process: starts it, reports when it is ready, stops it cleanly on SIGTERM and SIGINT. */
export async function runService(
  service: string,
  moduleOf: (environment: Environment) => DynamicModule,
): Promise<void> {
  const processLog = startLog(service);
  try {
    const app = await NestFactory.createApplicationContext(moduleOf(process.env), {
      logger: nestLog(),
      abortOnError: false,
    });
    stopOnSignals(app);
    announceReady(service, { grpc: app.get(GrpcServer).port });
  } catch (thrown) {
    // The text of a start failure names settings and addresses, not data.
    processLog.fatal(
      { err: thrown, problem: thrown instanceof Error ? thrown.message : String(thrown) },
      'cannot start',
    );
    process.exit(1);
  }
}

/**
 * Stops an application in order at SIGTERM and SIGINT; the process then exits with 0. By default Nest repeats the signal,
 * which ends the process before its last log lines are written, and looks like a failure to an orchestrator.
 */
export function stopOnSignals(app: INestApplicationContext): void {
  app.enableShutdownHooks(['SIGTERM', 'SIGINT'], { useProcessExit: true });
}

/** The line on standard output that a launcher waits for. */
export function announceReady(service: string, ports: Readonly<Record<string, number>>): void {
  process.stdout.write(`${JSON.stringify({ ready: service, ...ports, bootMs: Math.round(performance.now()) })}\n`);
}

/** Nest's own messages in our log; its start-up messages are omitted. */
export function nestLog(): LoggerService {
  const nest = log('nest');
  return {
    log: () => undefined,
    error: (message: unknown) => nest.error({ err: message instanceof Error ? message : undefined }, 'framework error'),
    warn: (message: unknown) => nest.warn(String(message)),
  };
}
