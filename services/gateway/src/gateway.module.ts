import {
  Inject,
  Module,
  type BeforeApplicationShutdown,
  type DynamicModule,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
} from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { Clock } from '@holdfast/platform/clock';
import { Database, databaseOptions, migrate } from '@holdfast/platform/database';
import { closeChannels } from '@holdfast/platform/grpc';
import { log } from '@holdfast/platform/log';
import { throughOutage } from '@holdfast/platform/retry';
import { CONFIG, measureConnections, migrationFolders } from '@holdfast/platform/service';
import { ServiceIdentity } from '@holdfast/platform/service-identity';
import { Sealing } from '@holdfast/platform/sealing';
import type { Server } from 'node:http';
import { Access } from './access/access.js';
import { DevelopmentIssuer } from './access/development-issuer.js';
import { OauthHttp } from './access/oauth.http.js';
import { Audit } from './audit/audit.js';
import { AuditHttp } from './audit/audit.http.js';
import { Ledger } from './audit/ledger.js';
import { dispositionOperations } from './call-centre/dispositions.http.js';
import { workOperations } from './call-centre/work.http.js';
import { scriptOperations } from './call-centre/scripts.http.js';
import { assignmentOperations } from './campaigns/assignments.http.js';
import { campaignOperations } from './campaigns/campaigns.http.js';
import { churnListOperations } from './churn/churn-lists.http.js';
import { churnOperations } from './churn/churn.http.js';
import { customerValueOperations } from './churn/customer-value.http.js';
import { cardOperations } from './churn/cards.http.js';
import { driftOperations } from './churn/drift.http.js';
import { modelOperations } from './churn/models.http.js';
import { promotionOperations } from './churn/promotions.http.js';
import { shadowOperations } from './churn/shadows.http.js';
import { valueListOperations } from './churn/value-lists.http.js';
import { validatedChurnerOperations } from './churn/validated-churners.http.js';
import { refuseUnsafeProduction, type GatewayConfig } from './config.js';
import { consentOperations } from './consents/consents.http.js';
import { customerOperations } from './customers/customers.http.js';
import { campaignResultOperations } from './evaluation/campaign-results.http.js';
import { retentionEffectOperations } from './evaluation/retention-effect.http.js';
import { behaviourChangeOperations } from './features/behaviour-changes.http.js';
import { churnForecastOperations } from './evaluation/churn-forecast.http.js';
import { stockOperations } from './evaluation/stock.http.js';
import { valueGroupReportOperations } from './evaluation/value-group-report.http.js';
import { definitionOperations } from './features/definitions.http.js';
import { featureOperations } from './features/features.http.js';
import { householdRunOperations } from './households/household-runs.http.js';
import { householdOperations } from './households/households.http.js';
import { Idempotency } from './idempotency/idempotency.js';
import { importOperations } from './imports/imports.http.js';
import { tableOperations } from './imports/tables.http.js';
import { deadLetterOperations } from './jobs/dead-letters.http.js';
import { jobOperations } from './jobs/jobs.http.js';
import { Lifecycle } from './lifecycle/lifecycle.js';
import { RateLimits } from './limit/rate-limits.js';
import { ServiceClients, connectServiceClients } from './service-clients.js';
import { DocsHttp } from './openapi/docs.http.js';
import { StartHttp } from './openapi/start.http.js';
import { controllerOf } from './operation/operation.js';
import { monthOperations } from './months/months.http.js';
import { Operator } from './operation/operator.js';
import { HealthHttp } from './platform/health.http.js';
import { MetricsHttp } from './platform/metrics.http.js';
import { parameterOperations } from './platform/parameters.http.js';
import { planFitOperations } from './preference/plan-fits.http.js';
import { planOperations } from './preference/plans.http.js';

/** All controllers; OauthHttp only serves with the development issuer. */
export const CONTROLLERS = [
  OauthHttp,
  ...[
    importOperations,
    tableOperations,
    jobOperations,
    monthOperations,
    deadLetterOperations,
    customerOperations,
    consentOperations,
    featureOperations,
    definitionOperations,
    churnOperations,
    churnListOperations,
    valueListOperations,
    customerValueOperations,
    modelOperations,
    promotionOperations,
    shadowOperations,
    cardOperations,
    driftOperations,
    planOperations,
    planFitOperations,
    validatedChurnerOperations,
    householdOperations,
    householdRunOperations,
    campaignOperations,
    assignmentOperations,
    workOperations,
    scriptOperations,
    dispositionOperations,
    campaignResultOperations,
    retentionEffectOperations,
    valueGroupReportOperations,
    stockOperations,
    churnForecastOperations,
    behaviourChangeOperations,
    parameterOperations,
  ].map(controllerOf),
  AuditHttp,
  HealthHttp,
  MetricsHttp,
  DocsHttp,
  StartHttp,
];

/** The composition root. */
@Module({})
export class GatewayModule implements OnApplicationBootstrap, BeforeApplicationShutdown, OnApplicationShutdown {
  /** @param services what stands in for the services, in a test */
  static async register(config: GatewayConfig, services?: ServiceClients): Promise<DynamicModule> {
    refuseUnsafeProduction(config);
    const issuer = config.oidcIssuer === '' ? await DevelopmentIssuer.open(config) : undefined;
    const identity = ServiceIdentity.open('gateway', config);
    return {
      module: GatewayModule,
      controllers: CONTROLLERS.filter((controller) => controller !== OauthHttp || issuer !== undefined),
      providers: [
        { provide: CONFIG, useValue: config },
        { provide: ServiceIdentity, useValue: identity },
        { provide: Clock, useValue: new Clock(config.now, config.clockFile) },
        { provide: Database, useFactory: () => throughOutage('database', () => openMigrated(config)) },
        { provide: ServiceClients, useValue: services ?? connectServiceClients(config, identity) },
        { provide: Access, useValue: Access.open(config, issuer) },
        { provide: RateLimits, useValue: new RateLimits(config) },
        { provide: Sealing, useValue: new Sealing(config.internalKey, 'gateway kept answers') },
        { provide: Operator, useValue: new Operator(config.operator) },
        ...(issuer === undefined ? [] : [{ provide: DevelopmentIssuer, useValue: issuer }]),
        Idempotency,
        Audit,
        Ledger,
        Lifecycle,
      ],
    };
  }

  constructor(
    private readonly http: HttpAdapterHost,
    private readonly database: Database,
    private readonly identity: ServiceIdentity,
    @Inject(CONFIG) private readonly config: GatewayConfig,
  ) {}

  onApplicationBootstrap(): void {
    measureConnections(this.database, this.identity);
  }

  /** Requests that run longer, such as watched jobs, are closed; their clients reconnect. */
  beforeApplicationShutdown(): void {
    const server = this.http.httpAdapter.getHttpServer() as Server;
    setTimeout(() => server.closeAllConnections(), this.config.drainSeconds * 1_000).unref();
  }

  async onApplicationShutdown(): Promise<void> {
    await this.database.close();
    closeChannels();
    this.identity.close();
  }
}

async function openMigrated(config: GatewayConfig): Promise<Database> {
  const options = databaseOptions('gateway', config);
  const done = await migrate({ ...options, directories: migrationFolders('gateway') });
  if (done.length > 0) log('database').info({ migrations: done }, 'migrated');
  return Database.open(options);
}
