import { AssignmentServiceDefinition, type AssignmentService } from '@holdfast/contracts/campaign/v1/assignment';
import { ContactServiceDefinition, type ContactService } from '@holdfast/contracts/campaign/v1/contact';
import { CampaignServiceDefinition, type CampaignService } from '@holdfast/contracts/campaign/v1/plan';
import { ScriptServiceDefinition, type ScriptService } from '@holdfast/contracts/campaign/v1/script';
import { WorkServiceDefinition, type WorkService } from '@holdfast/contracts/campaign/v1/work';
import { CardServiceDefinition, type CardService } from '@holdfast/contracts/churn_scoring/v1/card';
import { DriftServiceDefinition, type DriftService } from '@holdfast/contracts/churn_scoring/v1/drift';
import { ModelServiceDefinition, type ModelService } from '@holdfast/contracts/churn_scoring/v1/model';
import { ShadowServiceDefinition, type ShadowService } from '@holdfast/contracts/churn_scoring/v1/shadow';
import { PromotionServiceDefinition, type PromotionService } from '@holdfast/contracts/churn_scoring/v1/promotion';
import { ScoringServiceDefinition, type ScoringService } from '@holdfast/contracts/churn_scoring/v1/scoring';
import { WorthServiceDefinition, type WorthService } from '@holdfast/contracts/churn_scoring/v1/worth';
import { ConsentServiceDefinition, type ConsentService } from '@holdfast/contracts/customer_profile/v1/consent';
import { CustomerServiceDefinition, type CustomerService } from '@holdfast/contracts/customer_profile/v1/customer';
import { OrgUnitServiceDefinition, type OrgUnitService } from '@holdfast/contracts/customer_profile/v1/org_unit';
import { View360ServiceDefinition, type View360Service } from '@holdfast/contracts/customer_profile/v1/view360';
import {
  PastAssignmentServiceDefinition,
  type PastAssignmentService,
} from '@holdfast/contracts/evaluation/v1/past_assignment';
import { ReportServiceDefinition, type ReportService } from '@holdfast/contracts/evaluation/v1/reports';
import { ResultServiceDefinition, type ResultService } from '@holdfast/contracts/evaluation/v1/results';
import { ImportServiceDefinition, type ImportService } from '@holdfast/contracts/feature_store/v1/extract';
import { TableServiceDefinition, type TableService } from '@holdfast/contracts/feature_store/v1/lake';
import { OnlineServiceDefinition, type OnlineService } from '@holdfast/contracts/feature_store/v1/online';
import { FactServiceDefinition, type FactService } from '@holdfast/contracts/feature_store/v1/facts';
import { BehaviourServiceDefinition, type BehaviourService } from '@holdfast/contracts/feature_store/v1/behaviour';
import { ForecastServiceDefinition, type ForecastService } from '@holdfast/contracts/feature_store/v1/forecast';
import { StockServiceDefinition, type StockService } from '@holdfast/contracts/feature_store/v1/stock';
import { ValueGroupServiceDefinition, type ValueGroupService } from '@holdfast/contracts/feature_store/v1/value_group';
import { ViewServiceDefinition, type ViewService } from '@holdfast/contracts/feature_store/v1/view';
import { HealthDefinition, type Health } from '@holdfast/contracts/grpc/health/v1/health';
import {
  HouseholdServiceDefinition,
  type HouseholdService,
} from '@holdfast/contracts/household_identification/v1/household';
import { DeadLetterServiceDefinition, type DeadLetterService } from '@holdfast/contracts/platform/v1/dead_letters';
import { JobServiceDefinition, type JobService } from '@holdfast/contracts/platform/v1/jobs';
import { MonthServiceDefinition, type MonthService } from '@holdfast/contracts/platform/v1/months';
import { ParameterServiceDefinition, type ParameterService } from '@holdfast/contracts/platform/v1/parameters';
import {
  PlanFitServiceDefinition,
  type PlanFitService,
} from '@holdfast/contracts/preference_recommendation/v1/plan_fit';
import { connectTo, type Rpc } from '@holdfast/platform/grpc';
import type { ServiceIdentity } from '@holdfast/platform/service-identity';
import { GRPC_SERVICES, addressKeyOf, type GrpcService } from '@holdfast/platform/services';
import type { GatewayConfig } from './config.js';

/** What every service serves. */
export interface CommonRpcs {
  jobs: Rpc<JobService>;
  months: Rpc<MonthService>;
  deadLetters: Rpc<DeadLetterService>;
  parameters: Rpc<ParameterService>;
  health: Rpc<Health>;
}

/** Clients of all services that the gateway calls. Tests pass object literals. */
export abstract class ServiceClients {
  abstract readonly imports: Rpc<ImportService>;
  abstract readonly tables: Rpc<TableService>;
  abstract readonly facts: Rpc<FactService>;
  abstract readonly stock: Rpc<StockService>;
  abstract readonly behaviour: Rpc<BehaviourService>;
  abstract readonly forecasts: Rpc<ForecastService>;
  abstract readonly valueGroups: Rpc<ValueGroupService>;
  abstract readonly views: Rpc<ViewService>;
  abstract readonly online: Rpc<OnlineService>;
  abstract readonly customers: Rpc<CustomerService>;
  abstract readonly views360: Rpc<View360Service>;
  abstract readonly consents: Rpc<ConsentService>;
  abstract readonly orgUnits: Rpc<OrgUnitService>;
  abstract readonly cards: Rpc<CardService>;
  abstract readonly drifts: Rpc<DriftService>;
  abstract readonly models: Rpc<ModelService>;
  abstract readonly promotions: Rpc<PromotionService>;
  abstract readonly shadows: Rpc<ShadowService>;
  abstract readonly scoring: Rpc<ScoringService>;
  abstract readonly worth: Rpc<WorthService>;
  abstract readonly planFits: Rpc<PlanFitService>;
  abstract readonly households: Rpc<HouseholdService>;
  abstract readonly campaigns: Rpc<CampaignService>;
  abstract readonly assignments: Rpc<AssignmentService>;
  abstract readonly contact: Rpc<ContactService>;
  abstract readonly work: Rpc<WorkService>;
  abstract readonly scripts: Rpc<ScriptService>;
  abstract readonly results: Rpc<ResultService>;
  abstract readonly reports: Rpc<ReportService>;
  abstract readonly pastAssignments: Rpc<PastAssignmentService>;
  abstract readonly of: Readonly<Record<GrpcService, CommonRpcs>>;
}

export function connectServiceClients(config: GatewayConfig, identity: ServiceIdentity): ServiceClients {
  const connect = <S extends object>(definition: Parameters<typeof connectTo>[0], service: GrpcService): Rpc<S> =>
    connectTo<S>(definition, { service, address: config[addressKeyOf(service)] }, identity);
  const common = (service: GrpcService): CommonRpcs => ({
    jobs: connect<JobService>(JobServiceDefinition, service),
    months: connect<MonthService>(MonthServiceDefinition, service),
    deadLetters: connect<DeadLetterService>(DeadLetterServiceDefinition, service),
    parameters: connect<ParameterService>(ParameterServiceDefinition, service),
    health: connect<Health>(HealthDefinition, service),
  });
  return {
    imports: connect<ImportService>(ImportServiceDefinition, 'feature-store'),
    tables: connect<TableService>(TableServiceDefinition, 'feature-store'),
    facts: connect<FactService>(FactServiceDefinition, 'feature-store'),
    stock: connect<StockService>(StockServiceDefinition, 'feature-store'),
    behaviour: connect<BehaviourService>(BehaviourServiceDefinition, 'feature-store'),
    forecasts: connect<ForecastService>(ForecastServiceDefinition, 'feature-store'),
    valueGroups: connect<ValueGroupService>(ValueGroupServiceDefinition, 'feature-store'),
    views: connect<ViewService>(ViewServiceDefinition, 'feature-store'),
    online: connect<OnlineService>(OnlineServiceDefinition, 'feature-store'),
    customers: connect<CustomerService>(CustomerServiceDefinition, 'customer-profile'),
    views360: connect<View360Service>(View360ServiceDefinition, 'customer-profile'),
    consents: connect<ConsentService>(ConsentServiceDefinition, 'customer-profile'),
    orgUnits: connect<OrgUnitService>(OrgUnitServiceDefinition, 'customer-profile'),
    cards: connect<CardService>(CardServiceDefinition, 'churn-scoring'),
    drifts: connect<DriftService>(DriftServiceDefinition, 'churn-scoring'),
    models: connect<ModelService>(ModelServiceDefinition, 'churn-scoring'),
    promotions: connect<PromotionService>(PromotionServiceDefinition, 'churn-scoring'),
    shadows: connect<ShadowService>(ShadowServiceDefinition, 'churn-scoring'),
    scoring: connect<ScoringService>(ScoringServiceDefinition, 'churn-scoring'),
    worth: connect<WorthService>(WorthServiceDefinition, 'churn-scoring'),
    planFits: connect<PlanFitService>(PlanFitServiceDefinition, 'preference-recommendation'),
    households: connect<HouseholdService>(HouseholdServiceDefinition, 'household-identification'),
    campaigns: connect<CampaignService>(CampaignServiceDefinition, 'campaign'),
    assignments: connect<AssignmentService>(AssignmentServiceDefinition, 'campaign'),
    contact: connect<ContactService>(ContactServiceDefinition, 'campaign'),
    work: connect<WorkService>(WorkServiceDefinition, 'campaign'),
    scripts: connect<ScriptService>(ScriptServiceDefinition, 'campaign'),
    results: connect<ResultService>(ResultServiceDefinition, 'evaluation'),
    reports: connect<ReportService>(ReportServiceDefinition, 'evaluation'),
    pastAssignments: connect<PastAssignmentService>(PastAssignmentServiceDefinition, 'evaluation'),
    of: Object.fromEntries(GRPC_SERVICES.map((service) => [service, common(service)])) as Record<
      GrpcService,
      CommonRpcs
    >,
  };
}
