import { Inject, Module, type DynamicModule, type OnModuleInit } from '@nestjs/common';
import { ImportServiceDefinition } from '@holdfast/contracts/feature_store/v1/extract';
import { FactServiceDefinition } from '@holdfast/contracts/feature_store/v1/facts';
import {
  PlanFitServiceDefinition,
  type PlanFitService,
} from '@holdfast/contracts/preference_recommendation/v1/plan_fit';
import type { Environment } from '@holdfast/platform/config';
import { Consumers } from '@holdfast/platform/consumer';
import { GrpcServer } from '@holdfast/platform/grpc';
import { Jobs } from '@holdfast/platform/jobs';
import { Parameters } from '@holdfast/platform/parameters';
import { serviceModule, serviceClient } from '@holdfast/platform/service';
import { preferenceRecommendationConfig } from './config.js';
import { preferenceRecommendationParameters, type PreferenceRecommendationParameters } from './parameters.js';
import { FitFacts } from './run/fit-facts.js';
import { FIT_PLANS, FitJob, extractLoaded, extractWithdrawn } from './run/fit-job.js';
import { Fits } from './run/fits.js';
import { PlanFitRpc } from './run/plan-fit.rpc.js';
import { Runs } from './run/runs.js';
import { Simulation } from './run/simulation.js';

/** The composition root: settings, service clients, RPCs, consumers, jobs. */
@Module({})
export class PreferenceRecommendationModule implements OnModuleInit {
  static register(environment: Environment): DynamicModule {
    const options = {
      service: 'preference-recommendation',
      environment,
      config: preferenceRecommendationConfig,
      parameters: preferenceRecommendationParameters,
      monthSteps: [{ step: 'fits', needs: ['import'], after: [], ofTables: false }],
    };
    return serviceModule(PreferenceRecommendationModule, options, [
      serviceClient(FactServiceDefinition, 'feature-store'),
      serviceClient(ImportServiceDefinition, 'feature-store'),
      ...[FitFacts, Runs, Fits, FitJob, Simulation, PlanFitRpc],
    ]);
  }

  constructor(
    private readonly grpc: GrpcServer,
    private readonly jobs: Jobs,
    private readonly consumers: Consumers,
    private readonly planFits: PlanFitRpc,
    private readonly fitJob: FitJob,
    private readonly runs: Runs,
    @Inject(Parameters) private readonly parameters: PreferenceRecommendationParameters,
  ) {}

  onModuleInit(): void {
    this.grpc.serve<PlanFitService>(PlanFitServiceDefinition, this.planFits.handlers);
    this.consumers.on(extractLoaded, (tx, event) => this.fitJob.extractLoaded(tx, event));
    this.consumers.on(extractWithdrawn, (tx, event) => this.fitJob.extractWithdrawn(tx, event));
    this.jobs.defineSharded(FIT_PLANS, this.fitJob);
    this.runs.definePurge(() => this.parameters.get('fit.runsKept'));
  }
}
