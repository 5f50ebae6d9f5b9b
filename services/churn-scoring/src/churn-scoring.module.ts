import { Inject, Module, type DynamicModule, type OnModuleInit } from '@nestjs/common';
import { ModelServiceDefinition, type ModelService } from '@holdfast/contracts/churn_scoring/v1/model';
import { ScoringServiceDefinition, type ScoringService } from '@holdfast/contracts/churn_scoring/v1/scoring';
import { TableServiceDefinition } from '@holdfast/contracts/feature_store/v1/lake';
import type { Environment } from '@holdfast/platform/config';
import { GrpcServer } from '@holdfast/platform/grpc';
import { Jobs } from '@holdfast/platform/jobs';
import { Parameters } from '@holdfast/platform/parameters';
import { serviceModule, serviceClient } from '@holdfast/platform/service';
import { churnScoringConfig } from './config.js';
import { Champions } from './model/champions.js';
import { Registry } from './model/registry.js';
import { StoredLeavers } from './model/stored-leavers.js';
import { churnScoringParameters, type ChurnScoringParameters } from './parameters.js';
import { RunPublisher } from './scoring/run-publisher.js';
import { Runs } from './scoring/runs.js';
import { Scores } from './scoring/scores.js';
import { SCORE_TABLE, ScoringJob } from './scoring/scoring-job.js';
import { ScoringRpc } from './scoring/scoring.rpc.js';
import { ModelsRpc } from './training/models.rpc.js';
import { Trainer } from './training/trainer.js';
import { TRAIN_MODEL, TrainingJob } from './training/training-job.js';

/** The composition root. */
@Module({})
export class ChurnScoringModule implements OnModuleInit {
  static register(environment: Environment): DynamicModule {
    const options = {
      service: 'churn-scoring',
      environment,
      config: churnScoringConfig,
      parameters: churnScoringParameters,
    };
    return serviceModule(ChurnScoringModule, options, [
      serviceClient(TableServiceDefinition, 'feature-store'),
      ...[Champions, StoredLeavers, Registry, Trainer, TrainingJob, ModelsRpc],
      ...[Runs, Scores, RunPublisher, ScoringJob, ScoringRpc],
    ]);
  }

  constructor(
    private readonly grpc: GrpcServer,
    private readonly jobs: Jobs,
    private readonly models: ModelsRpc,
    private readonly scoring: ScoringRpc,
    private readonly trainingJob: TrainingJob,
    private readonly scoringJob: ScoringJob,
    private readonly runs: Runs,
    @Inject(Parameters) private readonly parameters: ChurnScoringParameters,
  ) {}

  onModuleInit(): void {
    this.grpc.serve<ModelService>(ModelServiceDefinition, this.models.handlers);
    this.grpc.serve<ScoringService>(ScoringServiceDefinition, this.scoring.handlers);
    this.jobs.define(TRAIN_MODEL, (run) => this.trainingJob.run(run));
    this.jobs.defineSharded(SCORE_TABLE, this.scoringJob);
    this.runs.definePurge(() => this.parameters.get('score.runsKept'));
  }
}
