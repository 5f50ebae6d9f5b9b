import { Module, type DynamicModule, type OnModuleInit } from '@nestjs/common';
import { CustomerContacted } from '@holdfast/contracts/campaign/v1/contact';
import { CampaignServiceDefinition, CampaignStarted } from '@holdfast/contracts/campaign/v1/plan';
import {
  PastAssignmentServiceDefinition,
  type PastAssignmentService,
} from '@holdfast/contracts/evaluation/v1/past_assignment';
import { ReportServiceDefinition, type ReportService } from '@holdfast/contracts/evaluation/v1/reports';
import { ResultServiceDefinition, type ResultService } from '@holdfast/contracts/evaluation/v1/results';
import { ExtractLoaded, ExtractWithdrawn } from '@holdfast/contracts/feature_store/v1/extract';
import { FactServiceDefinition } from '@holdfast/contracts/feature_store/v1/facts';
import { ValueGroupServiceDefinition } from '@holdfast/contracts/feature_store/v1/value_group';
import { systemCaller } from '@holdfast/platform/caller';
import { platformConfig, type Environment } from '@holdfast/platform/config';
import { Consumers } from '@holdfast/platform/consumer';
import { GrpcServer } from '@holdfast/platform/grpc';
import { Jobs, type JobResult, type JobRun } from '@holdfast/platform/jobs';
import { eventOf } from '@holdfast/platform/outbox';
import { serviceModule, serviceClient } from '@holdfast/platform/service';
import { OwnCampaigns } from './assignment/own-campaigns.js';
import { PastAssignmentRpc } from './assignment/past-assignment.rpc.js';
import { PastCampaigns } from './assignment/past-campaigns.js';
import { FactTables } from './fact-tables.js';
import { Outcomes } from './outcome/outcomes.js';
import { evaluationParameters } from './parameters.js';
import { ValueGroupReports } from './report/value-group-reports.js';
import { Evaluation } from './result/evaluation.js';
import { EvaluationRequests } from './result/evaluation-requests.js';
import { ResultsRpc } from './result/results.rpc.js';
import { EVALUATE_CAMPAIGNS, TAKE_ASSIGNMENTS } from './jobs.js';

export const extractLoaded = eventOf('feature-store', ExtractLoaded);
export const extractWithdrawn = eventOf('feature-store', ExtractWithdrawn);
export const customerContacted = eventOf('campaign', CustomerContacted);
export const campaignStarted = eventOf('campaign', CampaignStarted);

/** The composition root: settings, service clients, served interfaces, consumers and jobs. */
@Module({})
export class EvaluationModule implements OnModuleInit {
  static register(environment: Environment): DynamicModule {
    const monthSteps = [{ step: 'effect', needs: ['import'], after: [], ofTables: false }];
    const parameters = evaluationParameters;
    const options = { service: 'evaluation', environment, config: platformConfig, parameters, monthSteps };
    return serviceModule(EvaluationModule, options, [
      serviceClient(FactServiceDefinition, 'feature-store'),
      serviceClient(ValueGroupServiceDefinition, 'feature-store'),
      serviceClient(CampaignServiceDefinition, 'campaign'),
      ...[FactTables, PastCampaigns, OwnCampaigns, Outcomes],
      ...[Evaluation, EvaluationRequests, ResultsRpc, PastAssignmentRpc, ValueGroupReports],
    ]);
  }

  constructor(
    private readonly grpc: GrpcServer,
    private readonly consumers: Consumers,
    private readonly jobs: Jobs,
    private readonly own: OwnCampaigns,
    private readonly evaluation: Evaluation,
    private readonly requests: EvaluationRequests,
    private readonly results: ResultsRpc,
    private readonly pastAssignments: PastAssignmentRpc,
    private readonly reports: ValueGroupReports,
  ) {}

  onModuleInit(): void {
    this.grpc.serve<ResultService>(ResultServiceDefinition, this.results.handlers);
    this.grpc.serve<PastAssignmentService>(PastAssignmentServiceDefinition, this.pastAssignments.handlers);
    this.grpc.serve<ReportService>(ReportServiceDefinition, this.reports.handlers);
    this.consumers.on(customerContacted, (tx, event, envelope) => this.reports.contacted(tx, event, envelope));
    this.consumers.on(extractLoaded, (tx, event) => this.requests.extractLoaded(tx, event));
    this.consumers.on(extractWithdrawn, (tx, event) => this.requests.extractWithdrawn(tx, event));
    this.consumers.on(campaignStarted, (tx, event) => this.own.submitImport(tx, event));
    this.jobs.define(TAKE_ASSIGNMENTS, (run) => this.takeAssignments(run));
    this.jobs.define(EVALUATE_CAMPAIGNS, (run) => this.evaluation.run(run));
  }

  /** Evaluates imported assignments at once, so that results show when outcomes are due. */
  private async takeAssignments(run: JobRun<{ campaignId: string }>): Promise<JobResult> {
    const campaignId = await this.own.importAssignments(run, async (tx) => {
      await this.requests.submit(tx, systemCaller('evaluation'));
    });
    return { campaignId };
  }
}
