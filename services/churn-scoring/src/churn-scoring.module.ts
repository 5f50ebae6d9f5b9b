import { Inject, Module, type DynamicModule, type OnModuleInit } from '@nestjs/common';
import { CardServiceDefinition, type CardService } from '@holdfast/contracts/churn_scoring/v1/card';
import { DriftServiceDefinition, type DriftService } from '@holdfast/contracts/churn_scoring/v1/drift';
import { ModelServiceDefinition, type ModelService } from '@holdfast/contracts/churn_scoring/v1/model';
import { ShadowServiceDefinition, type ShadowService } from '@holdfast/contracts/churn_scoring/v1/shadow';
import { PromotionServiceDefinition, type PromotionService } from '@holdfast/contracts/churn_scoring/v1/promotion';
import { ScoringServiceDefinition, type ScoringService } from '@holdfast/contracts/churn_scoring/v1/scoring';
import { WorthServiceDefinition, type WorthService } from '@holdfast/contracts/churn_scoring/v1/worth';
import { ResultServiceDefinition } from '@holdfast/contracts/evaluation/v1/results';
import { ValueGroupServiceDefinition } from '@holdfast/contracts/feature_store/v1/value_group';
import { TableServiceDefinition } from '@holdfast/contracts/feature_store/v1/lake';
import { OnlineServiceDefinition } from '@holdfast/contracts/feature_store/v1/online';
import { TableLoaded, TableWithdrawn } from '@holdfast/contracts/feature_store/v1/extract';
import { ViewMaterialised } from '@holdfast/contracts/feature_store/v1/view';
import type { Environment } from '@holdfast/platform/config';
import { Consumers } from '@holdfast/platform/consumer';
import { Database } from '@holdfast/platform/database';
import { GrpcServer } from '@holdfast/platform/grpc';
import { Jobs } from '@holdfast/platform/jobs';
import { eventOf } from '@holdfast/platform/outbox';
import { Parameters } from '@holdfast/platform/parameters';
import { serviceModule, serviceClient } from '@holdfast/platform/service';
import { churnScoringConfig } from './config.js';
import { FOLLOW_TABLE } from './jobs.js';
import { CardRpc } from './model/card.rpc.js';
import { Cards } from './model/cards.js';
import { Champions } from './model/champions.js';
import { measureModels } from './model/model-measurements.js';
import { Promotions } from './model/promotions.js';
import { ShadowRpc } from './model/shadow.rpc.js';
import { Shadows } from './model/shadows.js';
import { PromotionRpc } from './model/promotion.rpc.js';
import { Registry } from './model/registry.js';
import { StoredLeavers } from './model/stored-leavers.js';
import { TableFollower } from './month/table-follower.js';
import { TableWithdrawal } from './month/table-withdrawal.js';
import { churnScoringParameters, type ChurnScoringParameters } from './parameters.js';
import { DriftRpc } from './scoring/drift.rpc.js';
import { EfficiencySources } from './scoring/efficiency-source.js';
import { JUDGE_SHADOW, JudgeShadow } from './scoring/judge-shadow.js';
import { RunDrifts } from './scoring/run-drift.js';
import { RunPublisher, scoresPublished } from './scoring/run-publisher.js';
import { Runs } from './scoring/runs.js';
import { Scores } from './scoring/scores.js';
import { SCORE_TABLE, ScoringJob } from './scoring/scoring-job.js';
import { ScoringRequests } from './scoring/scoring-requests.js';
import { ScoringRpc } from './scoring/scoring.rpc.js';
import { Selections } from './scoring/selection.js';
import { SubscriptionPredictor } from './scoring/subscription-predictor.js';
import { ImportedFiles } from './training/imported-files.js';
import { ModelsRpc } from './training/models.rpc.js';
import { Trainer } from './training/trainer.js';
import { TRAIN_MODEL, TrainingJob } from './training/training-job.js';
import { TrainingRequests } from './training/training-requests.js';
import { COMPUTE_WORTH, ComputeWorth } from './worth/compute-worth.js';
import { Values } from './worth/values.js';
import { WorthRpc } from './worth/worth.rpc.js';

const viewMaterialised = eventOf('feature-store', ViewMaterialised);
const tableLoaded = eventOf('feature-store', TableLoaded);
const tableWithdrawn = eventOf('feature-store', TableWithdrawn);

const CHURN_SCORING_STEPS = [
  { step: 'training', needs: ['import', 'view'], after: [], ofTables: true },
  { step: 'scoring', needs: ['import', 'view'], after: ['training'], ofTables: true },
];

/** The composition root. */
@Module({})
export class ChurnScoringModule implements OnModuleInit {
  static register(environment: Environment): DynamicModule {
    const options = {
      service: 'churn-scoring',
      environment,
      config: churnScoringConfig,
      parameters: churnScoringParameters,
      monthSteps: CHURN_SCORING_STEPS,
    };
    return serviceModule(ChurnScoringModule, options, [
      serviceClient(TableServiceDefinition, 'feature-store'),
      serviceClient(ValueGroupServiceDefinition, 'feature-store'),
      serviceClient(OnlineServiceDefinition, 'feature-store'),
      serviceClient(ResultServiceDefinition, 'evaluation'),
      ...[Champions, StoredLeavers, Registry, Trainer, ImportedFiles, TrainingJob, TrainingRequests, ModelsRpc],
      ...[
        Runs,
        Scores,
        RunPublisher,
        ScoringJob,
        EfficiencySources,
        Selections,
        ScoringRequests,
        SubscriptionPredictor,
        ScoringRpc,
      ],
      ...[TableFollower, TableWithdrawal],
      ...[
        ComputeWorth,
        Values,
        WorthRpc,
        Promotions,
        PromotionRpc,
        Shadows,
        ShadowRpc,
        JudgeShadow,
        Cards,
        CardRpc,
        RunDrifts,
        DriftRpc,
      ],
    ]);
  }

  constructor(
    private readonly grpc: GrpcServer,
    private readonly jobs: Jobs,
    private readonly consumers: Consumers,
    private readonly models: ModelsRpc,
    private readonly scoring: ScoringRpc,
    private readonly trainingJob: TrainingJob,
    private readonly scoringJob: ScoringJob,
    private readonly runs: Runs,
    private readonly follower: TableFollower,
    private readonly database: Database,
    private readonly withdrawal: TableWithdrawal,
    private readonly computeWorth: ComputeWorth,
    private readonly worth: WorthRpc,
    private readonly promotions: PromotionRpc,
    private readonly shadows: ShadowRpc,
    private readonly judgeShadow: JudgeShadow,
    private readonly cards: CardRpc,
    private readonly drift: DriftRpc,
    @Inject(Parameters) private readonly parameters: ChurnScoringParameters,
  ) {}

  onModuleInit(): void {
    this.grpc.serve<ModelService>(ModelServiceDefinition, this.models.handlers);
    this.grpc.serve<DriftService>(DriftServiceDefinition, this.drift.handlers);
    this.grpc.serve<CardService>(CardServiceDefinition, this.cards.handlers);
    this.grpc.serve<PromotionService>(PromotionServiceDefinition, this.promotions.handlers);
    this.grpc.serve<ShadowService>(ShadowServiceDefinition, this.shadows.handlers);
    this.grpc.serve<ScoringService>(ScoringServiceDefinition, this.scoring.handlers);
    this.jobs.define(
      TRAIN_MODEL,
      (run) => this.trainingJob.run(run),
      (tx, { params, jobId }) => this.follower.trained(tx, params, jobId),
    );
    this.jobs.define(FOLLOW_TABLE, (run) => this.follower.run(run));
    this.consumers.on(viewMaterialised, (tx, { view, version, sequence }) =>
      this.follower.arrived(tx, { table: view, version, source: String(sequence) }),
    );
    this.consumers.on(tableLoaded, (tx, { table, version }) =>
      this.follower.arrived(tx, { table, version, source: version }),
    );
    this.grpc.serve<WorthService>(WorthServiceDefinition, this.worth.handlers);
    this.jobs.define(COMPUTE_WORTH, (run) => this.computeWorth.run(run));
    this.consumers.on(scoresPublished, (tx, event) => this.computeWorth.published(tx, event));
    this.consumers.on(tableWithdrawn, (tx, event) => this.withdrawal.withdrawn(tx, event));
    this.jobs.defineSharded(SCORE_TABLE, this.scoringJob);
    this.jobs.define(JUDGE_SHADOW, (run) => this.judgeShadow.run(run));
    this.runs.definePurge(() => this.parameters.get('score.runsKept'));
    measureModels(this.database);
  }
}
