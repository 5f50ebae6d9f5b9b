import { Module, type DynamicModule, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { BehaviourServiceDefinition, type BehaviourService } from '@holdfast/contracts/feature_store/v1/behaviour';
import { ImportServiceDefinition, type ImportService } from '@holdfast/contracts/feature_store/v1/extract';
import { FactServiceDefinition, type FactService } from '@holdfast/contracts/feature_store/v1/facts';
import { TableServiceDefinition, type TableService } from '@holdfast/contracts/feature_store/v1/lake';
import { ForecastServiceDefinition, type ForecastService } from '@holdfast/contracts/feature_store/v1/forecast';
import { OnlineServiceDefinition, type OnlineService } from '@holdfast/contracts/feature_store/v1/online';
import { RefusalServiceDefinition, type RefusalService } from '@holdfast/contracts/feature_store/v1/refusals';
import { StockServiceDefinition, type StockService } from '@holdfast/contracts/feature_store/v1/stock';
import { ValueGroupServiceDefinition, type ValueGroupService } from '@holdfast/contracts/feature_store/v1/value_group';
import { ViewServiceDefinition, type ViewService } from '@holdfast/contracts/feature_store/v1/view';
import { Clock } from '@holdfast/platform/clock';
import type { Environment } from '@holdfast/platform/config';
import { Database } from '@holdfast/platform/database';
import { GrpcServer } from '@holdfast/platform/grpc';
import { newId } from '@holdfast/platform/identity';
import { Jobs } from '@holdfast/platform/jobs';
import { MonthSteps } from '@holdfast/platform/month-steps';
import { log } from '@holdfast/platform/log';
import { Parameters } from '@holdfast/platform/parameters';
import { throughOutage } from '@holdfast/platform/retry';
import { CONFIG, ServiceModule } from '@holdfast/platform/service';
import { engineLimits, featureStoreConfig, lakeFolder, type FeatureStoreConfig } from './config.js';
import { Lanes } from './engine/lanes.js';
import { CompareExtract } from './comparison/compare-extract.js';
import { CompareVersion } from './comparison/compare-version.js';
import { CONFIRM_IMPORT, HeldImports } from './intake/held-imports.js';
import { TableFiles } from './intake/earlier-files.js';
import { ReadExtractRefusals } from './intake/extract-refusals.js';
import { ExtractTables } from './intake/extract-tables.js';
import { IMPORT_EXTRACT, ImportExtract } from './intake/import-extract.js';
import { IMPORT_TABLE, ImportTable } from './intake/import-table.js';
import { IntakeRpc } from './intake/intake.rpc.js';
import { PublishExtract } from './intake/publish-extract.js';
import { RESTORE_ONLINE_VALUES, RestoreOnlineValues } from './intake/restore-online-values.js';
import { ExtractUploads } from './intake/upload-extract.js';
import { Uploads } from './intake/upload.js';
import { Withdrawals } from './intake/withdrawals.js';
import { Extracts } from './facts/extracts.js';
import { Facts } from './facts/facts.js';
import { BehaviourRpc } from './behaviour/behaviour.rpc.js';
import { ChangeRuns } from './behaviour/change-runs.js';
import { DETECT_CHANGES, DetectChanges } from './behaviour/detect-changes.js';
import { ForecastRpc } from './forecast/forecast.rpc.js';
import { FactsRpc } from './facts/facts.rpc.js';
import { Catalogue } from './lake/catalogue.js';
import { DataKeys } from './lake/data-keys.js';
import { LakeFiles } from './lake/lake-files.js';
import { LakeKeys } from './lake/lake-keys.js';
import { LakeRpc } from './lake/lake.rpc.js';
import { ScratchEngines } from './lake/scratch-engines.js';
import { OnlineRpc } from './online/online.rpc.js';
import { FEATURE_STORE_STEPS, ImportSteps } from './month/import-steps.js';
import { measureMonths } from './month/month-measurements.js';
import { featureStoreParameters, type FeatureStoreParameters } from './parameters.js';
import { StockRpc } from './value/stock.rpc.js';
import { ValueGroupsRpc } from './value/value-groups.rpc.js';
import { MaterialiseView } from './view/materialise.js';
import { ViewRpc } from './view/view.rpc.js';
import { Refusals } from './refusal/refusals.js';
import { RefusalsRpc } from './refusal/refusals.rpc.js';
import { MATERIALISE_VIEW, Views } from './view/views.js';

const SWEEP_EVERY_MS = 60_000;
/** Scratch space without a change for so long belongs to a dead process. */
const SCRATCH_IDLE_MS = 24 * 3_600_000;

/** Composition root of the feature store. */
@Module({})
export class FeatureStoreModule implements OnModuleInit, OnApplicationShutdown {
  private sweeping: NodeJS.Timeout | undefined;

  static register(environment: Environment): DynamicModule {
    return {
      module: FeatureStoreModule,
      imports: [
        ServiceModule.register({
          service: 'feature-store',
          environment,
          config: featureStoreConfig,
          parameters: featureStoreParameters,
          monthSteps: FEATURE_STORE_STEPS,
        }),
      ],
      providers: [
        { provide: LakeKeys, inject: [CONFIG], useFactory: ({ lakeKey }: FeatureStoreConfig) => new LakeKeys(lakeKey) },
        {
          provide: LakeFiles,
          inject: [CONFIG],
          useFactory: async (config: FeatureStoreConfig) => {
            const files = new LakeFiles(lakeFolder(config));
            await throughOutage('lake', () => files.prepare());
            return files;
          },
        },
        {
          provide: Lanes,
          inject: [CONFIG, LakeFiles],
          useFactory: (config: FeatureStoreConfig, files: LakeFiles) =>
            throughOutage('reading lanes', () =>
              Lanes.open(engineLimits(config), config.duckdbInteractiveMemory, files.scratch(`reader-${newId()}`)),
            ),
        },
        ...[Catalogue, DataKeys, ScratchEngines, LakeRpc, OnlineRpc, Refusals, RefusalsRpc],
        ...[
          Extracts,
          Facts,
          FactsRpc,
          ValueGroupsRpc,
          StockRpc,
          ForecastRpc,
          ChangeRuns,
          DetectChanges,
          BehaviourRpc,
          Views,
          MaterialiseView,
          ViewRpc,
        ],
        ...[CompareVersion, CompareExtract, Uploads, ExtractUploads, HeldImports, IntakeRpc],
        ...[Withdrawals, RestoreOnlineValues],
        ...[TableFiles, ImportTable, ImportExtract, ReadExtractRefusals, ExtractTables, PublishExtract, ImportSteps],
      ],
    };
  }

  constructor(
    private readonly grpc: GrpcServer,
    private readonly jobs: Jobs,
    private readonly intake: IntakeRpc,
    private readonly lake: LakeRpc,
    private readonly facts: FactsRpc,
    private readonly valueGroups: ValueGroupsRpc,
    private readonly stock: StockRpc,
    private readonly forecasts: ForecastRpc,
    private readonly behaviour: BehaviourRpc,
    private readonly changeRuns: ChangeRuns,
    private readonly detectChanges: DetectChanges,
    private readonly parameters: Parameters<FeatureStoreParameters>,
    private readonly online: OnlineRpc,
    private readonly refusals: RefusalsRpc,
    private readonly views: ViewRpc,
    private readonly materialiseView: MaterialiseView,
    private readonly imports: ImportTable,
    private readonly extractImports: ImportExtract,
    private readonly uploads: Uploads,
    private readonly heldImports: HeldImports,
    private readonly onlineValues: RestoreOnlineValues,
    private readonly monthSteps: MonthSteps,
    private readonly importSteps: ImportSteps,
    private readonly files: LakeFiles,
    private readonly lanes: Lanes,
    private readonly database: Database,
    private readonly clock: Clock,
  ) {}

  onModuleInit(): void {
    this.grpc.serve<ImportService>(ImportServiceDefinition, this.intake.handlers);
    this.grpc.serve<FactService>(FactServiceDefinition, this.facts.handlers);
    this.grpc.serve<StockService>(StockServiceDefinition, this.stock.handlers);
    this.grpc.serve<ForecastService>(ForecastServiceDefinition, this.forecasts.handlers);
    this.grpc.serve<BehaviourService>(BehaviourServiceDefinition, this.behaviour.handlers);
    this.grpc.serve<ValueGroupService>(ValueGroupServiceDefinition, this.valueGroups.handlers);
    this.grpc.serve<RefusalService>(RefusalServiceDefinition, this.refusals.handlers);
    this.grpc.serve<TableService>(TableServiceDefinition, this.lake.handlers);
    this.grpc.serve<OnlineService>(OnlineServiceDefinition, this.online.handlers);
    this.grpc.serve<ViewService>(ViewServiceDefinition, this.views.handlers);
    this.jobs.define(IMPORT_TABLE, (run) => this.imports.run(run));
    this.jobs.define(IMPORT_EXTRACT, (run) => this.extractImports.run(run));
    this.jobs.define(CONFIRM_IMPORT, (run) => this.heldImports.run(run));
    this.jobs.define(RESTORE_ONLINE_VALUES, (run) => this.onlineValues.run(run));
    this.jobs.define(
      MATERIALISE_VIEW,
      (run) => this.materialiseView.run(run),
      (tx) => this.detectChanges.follow(tx),
    );
    this.jobs.define(DETECT_CHANGES, (run) => this.detectChanges.run(run));
    this.changeRuns.definePurge(() => this.parameters.get('changes.runsKept'));
    this.monthSteps.readFrom((month, caller) => this.importSteps.read(month, caller));
    measureMonths(this.database, this.clock);
    this.sweeping = setInterval(() => void this.sweep(), SWEEP_EVERY_MS);
    this.sweeping.unref();
    void this.sweep();
  }

  async onApplicationShutdown(): Promise<void> {
    clearInterval(this.sweeping);
    await this.lanes.close();
  }

  /** Removes what dead processes left of uploads and imports. */
  private async sweep(): Promise<void> {
    try {
      await this.uploads.sweep();
      await this.heldImports.sweep();
      await this.lanes.touch();
      await this.files.sweepScratch(SCRATCH_IDLE_MS);
    } catch (thrown) {
      log('sweep').warn({ err: thrown }, 'sweeping waits');
    }
  }
}
