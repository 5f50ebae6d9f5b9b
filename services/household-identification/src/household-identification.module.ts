import { Inject, Module, type DynamicModule, type OnModuleInit } from '@nestjs/common';
import { View360ServiceDefinition } from '@holdfast/contracts/customer_profile/v1/view360';
import { FactServiceDefinition } from '@holdfast/contracts/feature_store/v1/facts';
import {
  HouseholdServiceDefinition,
  type HouseholdService,
} from '@holdfast/contracts/household_identification/v1/household';
import { platformConfig, type Environment } from '@holdfast/platform/config';
import { Consumers } from '@holdfast/platform/consumer';
import { GrpcServer } from '@holdfast/platform/grpc';
import { Jobs } from '@holdfast/platform/jobs';
import { Parameters } from '@holdfast/platform/parameters';
import { serviceModule, serviceClient } from '@holdfast/platform/service';
import { Gathering } from './evidence/gather.js';
import { Decisions } from './household/decisions.js';
import { HouseholdRpc } from './household/household.rpc.js';
import { Households } from './household/households.js';
import { IDENTIFY_HOUSEHOLDS, IdentifyJob, extractLoaded, extractWithdrawn } from './household/identify-job.js';
import { HouseholdPublisher } from './household/publisher.js';
import { Runs } from './household/runs.js';
import { StoredPairs } from './household/stored-pairs.js';
import { householdIdentificationParameters, type HouseholdIdentificationParameters } from './parameters.js';

/** The composition root: settings, service clients, RPCs, consumers, jobs. */
@Module({})
export class HouseholdIdentificationModule implements OnModuleInit {
  static register(environment: Environment): DynamicModule {
    const options = {
      service: 'household-identification',
      environment,
      config: platformConfig,
      parameters: householdIdentificationParameters,
      monthSteps: [{ step: 'households', needs: ['import', 'profiles'], after: [], ofTables: false }],
    };
    return serviceModule(HouseholdIdentificationModule, options, [
      serviceClient(View360ServiceDefinition, 'customer-profile'),
      serviceClient(FactServiceDefinition, 'feature-store'),
      ...[Gathering, StoredPairs, Decisions, Runs, Households, HouseholdPublisher, IdentifyJob, HouseholdRpc],
    ]);
  }

  constructor(
    private readonly grpc: GrpcServer,
    private readonly jobs: Jobs,
    private readonly consumers: Consumers,
    private readonly households: HouseholdRpc,
    private readonly identifyJob: IdentifyJob,
    private readonly runs: Runs,
    @Inject(Parameters) private readonly parameters: HouseholdIdentificationParameters,
  ) {}

  onModuleInit(): void {
    this.grpc.serve<HouseholdService>(HouseholdServiceDefinition, this.households.handlers);
    this.jobs.define(IDENTIFY_HOUSEHOLDS, (run) => this.identifyJob.run(run));
    this.runs.definePurge(() => this.parameters.get('hh.runsKept'));
    this.consumers.on(extractWithdrawn, (tx, event) => this.identifyJob.extractWithdrawn(tx, event));
    this.consumers.on(extractLoaded, (tx, event) => this.identifyJob.extractLoaded(tx, event));
  }
}
