import { AssignmentServiceDefinition, type AssignmentService } from '@holdfast/contracts/campaign/v1/assignment';
import { ContactServiceDefinition, type ContactService } from '@holdfast/contracts/campaign/v1/contact';
import { CampaignServiceDefinition, type CampaignService } from '@holdfast/contracts/campaign/v1/plan';
import { ScriptServiceDefinition, type ScriptService } from '@holdfast/contracts/campaign/v1/script';
import { WorkServiceDefinition, type WorkService } from '@holdfast/contracts/campaign/v1/work';
import { ModelServiceDefinition, type ModelService } from '@holdfast/contracts/churn_scoring/v1/model';
import { ScoringServiceDefinition, type ScoringService } from '@holdfast/contracts/churn_scoring/v1/scoring';
import { ConsentServiceDefinition, type ConsentService } from '@holdfast/contracts/customer_profile/v1/consent';
import { CustomerServiceDefinition, type CustomerService } from '@holdfast/contracts/customer_profile/v1/customer';
import { OrgUnitServiceDefinition, type OrgUnitService } from '@holdfast/contracts/customer_profile/v1/org_unit';
import { View360ServiceDefinition, type View360Service } from '@holdfast/contracts/customer_profile/v1/view360';
import {
  PastAssignmentServiceDefinition,
  type PastAssignmentService,
} from '@holdfast/contracts/evaluation/v1/past_assignment';
import { ResultServiceDefinition, type ResultService } from '@holdfast/contracts/evaluation/v1/results';
import { ImportServiceDefinition, type ImportService } from '@holdfast/contracts/feature_store/v1/extract';
import { OnlineServiceDefinition, type OnlineService } from '@holdfast/contracts/feature_store/v1/online';
import { FactServiceDefinition, type FactService } from '@holdfast/contracts/feature_store/v1/facts';
import { ViewServiceDefinition, type ViewService } from '@holdfast/contracts/feature_store/v1/view';
import { HealthDefinition, type Health } from '@holdfast/contracts/grpc/health/v1/health';
import {
  HouseholdServiceDefinition,
  type HouseholdService,
} from '@holdfast/contracts/household_identification/v1/household';
import { JobServiceDefinition, type JobService } from '@holdfast/contracts/platform/v1/jobs';
import { ParameterServiceDefinition, type ParameterService } from '@holdfast/contracts/platform/v1/parameters';
import {
  PlanFitServiceDefinition,
  type PlanFitService,
} from '@holdfast/contracts/preference_recommendation/v1/plan_fit';
import type { CallerTokens } from '@holdfast/platform/caller';
import { connectTo, type Rpc } from '@holdfast/platform/grpc';
import type { GatewayConfig } from './config.js';

/** The services behind the gateway. */
export const SERVICES = [
  'customer-profile',
  'feature-store',
  'churn-scoring',
  'preference-recommendation',
  'household-identification',
  'campaign',
  'evaluation',
] as const;
export type Service = (typeof SERVICES)[number];

export function isService(name: string): name is Service {
  return (SERVICES as readonly string[]).includes(name);
}

/** What every service answers. */
export interface CommonRpcs {
  jobs: Rpc<JobService>;
  parameters: Rpc<ParameterService>;
  health: Rpc<Health>;
}

/** Clients of all services that the gateway calls. Tests pass object literals. */
export abstract class ServiceClients {
  abstract readonly imports: Rpc<ImportService>;
  abstract readonly facts: Rpc<FactService>;
  abstract readonly views: Rpc<ViewService>;
  abstract readonly online: Rpc<OnlineService>;
  abstract readonly customers: Rpc<CustomerService>;
  abstract readonly views360: Rpc<View360Service>;
  abstract readonly consents: Rpc<ConsentService>;
  abstract readonly orgUnits: Rpc<OrgUnitService>;
  abstract readonly models: Rpc<ModelService>;
  abstract readonly scoring: Rpc<ScoringService>;
  abstract readonly planFits: Rpc<PlanFitService>;
  abstract readonly households: Rpc<HouseholdService>;
  abstract readonly campaigns: Rpc<CampaignService>;
  abstract readonly assignments: Rpc<AssignmentService>;
  abstract readonly contact: Rpc<ContactService>;
  abstract readonly work: Rpc<WorkService>;
  abstract readonly scripts: Rpc<ScriptService>;
  abstract readonly results: Rpc<ResultService>;
  abstract readonly pastAssignments: Rpc<PastAssignmentService>;
  abstract readonly of: Readonly<Record<Service, CommonRpcs>>;
}

export function connectServiceClients(config: GatewayConfig, tokens: CallerTokens): ServiceClients {
  const addresses: Readonly<Record<Service, string>> = {
    'customer-profile': config.customerProfileAddress,
    'feature-store': config.featureStoreAddress,
    'churn-scoring': config.churnScoringAddress,
    'preference-recommendation': config.preferenceRecommendationAddress,
    'household-identification': config.householdIdentificationAddress,
    campaign: config.campaignAddress,
    evaluation: config.evaluationAddress,
  };
  const common = (service: Service): CommonRpcs => ({
    jobs: connectTo<JobService>(JobServiceDefinition, addresses[service], tokens),
    parameters: connectTo<ParameterService>(ParameterServiceDefinition, addresses[service], tokens),
    health: connectTo<Health>(HealthDefinition, addresses[service], tokens),
  });
  return {
    imports: connectTo<ImportService>(ImportServiceDefinition, addresses['feature-store'], tokens),
    facts: connectTo<FactService>(FactServiceDefinition, addresses['feature-store'], tokens),
    views: connectTo<ViewService>(ViewServiceDefinition, addresses['feature-store'], tokens),
    online: connectTo<OnlineService>(OnlineServiceDefinition, addresses['feature-store'], tokens),
    customers: connectTo<CustomerService>(CustomerServiceDefinition, addresses['customer-profile'], tokens),
    views360: connectTo<View360Service>(View360ServiceDefinition, addresses['customer-profile'], tokens),
    consents: connectTo<ConsentService>(ConsentServiceDefinition, addresses['customer-profile'], tokens),
    orgUnits: connectTo<OrgUnitService>(OrgUnitServiceDefinition, addresses['customer-profile'], tokens),
    models: connectTo<ModelService>(ModelServiceDefinition, addresses['churn-scoring'], tokens),
    scoring: connectTo<ScoringService>(ScoringServiceDefinition, addresses['churn-scoring'], tokens),
    planFits: connectTo<PlanFitService>(PlanFitServiceDefinition, addresses['preference-recommendation'], tokens),
    households: connectTo<HouseholdService>(HouseholdServiceDefinition, addresses['household-identification'], tokens),
    campaigns: connectTo<CampaignService>(CampaignServiceDefinition, addresses.campaign, tokens),
    assignments: connectTo<AssignmentService>(AssignmentServiceDefinition, addresses.campaign, tokens),
    contact: connectTo<ContactService>(ContactServiceDefinition, addresses.campaign, tokens),
    work: connectTo<WorkService>(WorkServiceDefinition, addresses.campaign, tokens),
    scripts: connectTo<ScriptService>(ScriptServiceDefinition, addresses.campaign, tokens),
    results: connectTo<ResultService>(ResultServiceDefinition, addresses.evaluation, tokens),
    pastAssignments: connectTo<PastAssignmentService>(PastAssignmentServiceDefinition, addresses.evaluation, tokens),
    of: {
      'customer-profile': common('customer-profile'),
      'feature-store': common('feature-store'),
      'churn-scoring': common('churn-scoring'),
      'preference-recommendation': common('preference-recommendation'),
      'household-identification': common('household-identification'),
      campaign: common('campaign'),
      evaluation: common('evaluation'),
    },
  };
}
