import {
  Inject,
  Module,
  type BeforeApplicationShutdown,
  type DynamicModule,
  type OnApplicationShutdown,
} from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { CallerTokens } from '@holdfast/platform/caller';
import { Clock } from '@holdfast/platform/clock';
import { Database, migrate } from '@holdfast/platform/database';
import { closeChannels } from '@holdfast/platform/grpc';
import { log } from '@holdfast/platform/log';
import { CONFIG, migrationFolders } from '@holdfast/platform/service';
import { schemaOf } from '@holdfast/platform/services';
import type { Server } from 'node:http';
import { Access } from './access/access.js';
import { DevelopmentIssuer } from './access/development-issuer.js';
import { OauthHttp } from './access/oauth.http.js';
import { Audit } from './audit/audit.js';
import { DispositionsHttp } from './call-centre/dispositions.http.js';
import { LeasesHttp } from './call-centre/leases.http.js';
import { QueuesHttp } from './call-centre/queues.http.js';
import { ScriptsHttp } from './call-centre/scripts.http.js';
import { AssignmentsHttp } from './campaigns/assignments.http.js';
import { CampaignsHttp } from './campaigns/campaigns.http.js';
import { ChurnListsHttp } from './churn/churn-lists.http.js';
import { ChurnHttp } from './churn/churn.http.js';
import { ModelsHttp } from './churn/models.http.js';
import { ValidatedLeaversHttp } from './churn/validated-leavers.http.js';
import { refuseUnsafeProduction, type GatewayConfig } from './config.js';
import { ConsentsHttp } from './consents/consents.http.js';
import { CustomersHttp } from './customers/customers.http.js';
import { TimelineHttp } from './customers/timeline.http.js';
import { CampaignResultsHttp } from './evaluation/campaign-results.http.js';
import { FeaturesHttp } from './features/features.http.js';
import { ViewsHttp } from './features/views.http.js';
import { HouseholdRunsHttp } from './households/household-runs.http.js';
import { HouseholdsHttp } from './households/households.http.js';
import { Idempotency } from './idempotency/idempotency.js';
import { Sealing } from './idempotency/sealing.js';
import { ImportsHttp } from './imports/imports.http.js';
import { TablesHttp } from './imports/tables.http.js';
import { JobsHttp } from './jobs/jobs.http.js';
import { Lifecycle } from './lifecycle/lifecycle.js';
import { RateLimits } from './limit/rate-limits.js';
import { ServiceClients, connectServiceClients } from './service-clients.js';
import { DocsHttp } from './openapi/docs.http.js';
import { Operator } from './operation/operator.js';
import { HealthHttp } from './platform/health.http.js';
import { MetricsHttp } from './platform/metrics.http.js';
import { ParametersHttp } from './platform/parameters.http.js';
import { PlanFitsHttp } from './preference/plan-fits.http.js';
import { PlansHttp } from './preference/plans.http.js';

const CONTROLLERS = [
  ImportsHttp,
  TablesHttp,
  JobsHttp,
  CustomersHttp,
  TimelineHttp,
  ConsentsHttp,
  FeaturesHttp,
  ViewsHttp,
  ChurnHttp,
  ChurnListsHttp,
  ModelsHttp,
  PlansHttp,
  PlanFitsHttp,
  ValidatedLeaversHttp,
  HouseholdsHttp,
  HouseholdRunsHttp,
  CampaignsHttp,
  AssignmentsHttp,
  QueuesHttp,
  LeasesHttp,
  ScriptsHttp,
  DispositionsHttp,
  CampaignResultsHttp,
  ParametersHttp,
  HealthHttp,
  MetricsHttp,
  DocsHttp,
];

/** The composition root. */
@Module({})
export class GatewayModule implements BeforeApplicationShutdown, OnApplicationShutdown {
  /** @param services what stands in for the services, in a test */
  static async register(config: GatewayConfig, services?: ServiceClients): Promise<DynamicModule> {
    refuseUnsafeProduction(config);
    const issuer = config.oidcIssuer === '' ? await DevelopmentIssuer.open(config) : undefined;
    const tokens = new CallerTokens(config.internalKey);
    return {
      module: GatewayModule,
      controllers: issuer === undefined ? CONTROLLERS : [OauthHttp, ...CONTROLLERS],
      providers: [
        { provide: CONFIG, useValue: config },
        { provide: Clock, useValue: new Clock(config.now) },
        { provide: Database, useFactory: () => openMigrated(config) },
        { provide: ServiceClients, useValue: services ?? connectServiceClients(config, tokens) },
        { provide: Access, useValue: Access.open(config, issuer) },
        { provide: RateLimits, useValue: new RateLimits(config) },
        { provide: Sealing, useValue: new Sealing(config.internalKey) },
        { provide: Operator, useValue: new Operator(config.operator) },
        ...(issuer === undefined ? [] : [{ provide: DevelopmentIssuer, useValue: issuer }]),
        Idempotency,
        Audit,
        Lifecycle,
      ],
    };
  }

  constructor(
    private readonly http: HttpAdapterHost,
    private readonly database: Database,
    @Inject(CONFIG) private readonly config: GatewayConfig,
  ) {}

  /** Requests that run longer, such as watched jobs, are closed; their clients reconnect. */
  beforeApplicationShutdown(): void {
    const server = this.http.httpAdapter.getHttpServer() as Server;
    setTimeout(() => server.closeAllConnections(), this.config.drainSeconds * 1_000).unref();
  }

  async onApplicationShutdown(): Promise<void> {
    await this.database.close();
    closeChannels();
  }
}

async function openMigrated(config: GatewayConfig): Promise<Database> {
  const options = {
    url: config.databaseUrl,
    password: config.databasePassword,
    schema: schemaOf('gateway'),
    applicationName: 'holdfast gateway',
    poolMax: config.databasePoolMax,
  };
  const done = await migrate({ ...options, directories: migrationFolders('gateway') });
  if (done.length > 0) log('database').info({ migrations: done }, 'migrated');
  return Database.open(options);
}
