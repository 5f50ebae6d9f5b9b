import { ContactServiceDefinition, type ContactService } from '@holdfast/contracts/campaign/v1/contact';
import { ScriptServiceDefinition, type ScriptService } from '@holdfast/contracts/campaign/v1/script';
import { WorkServiceDefinition, type WorkService } from '@holdfast/contracts/campaign/v1/work';
import { ModelServiceDefinition, type ModelService } from '@holdfast/contracts/churn_scoring/v1/model';
import { ScoringServiceDefinition, type ScoringService } from '@holdfast/contracts/churn_scoring/v1/scoring';
import { ConsentServiceDefinition, type ConsentService } from '@holdfast/contracts/customer_profile/v1/consent';
import { CustomerServiceDefinition, type CustomerService } from '@holdfast/contracts/customer_profile/v1/customer';
import { UnitServiceDefinition, type UnitService } from '@holdfast/contracts/customer_profile/v1/unit';
import { ImportServiceDefinition, type ImportService } from '@holdfast/contracts/feature_store/v1/extract';
import { OnlineServiceDefinition, type OnlineService } from '@holdfast/contracts/feature_store/v1/online';
import { HealthDefinition, type Health } from '@holdfast/contracts/grpc/health/v1/health';
import { JobServiceDefinition, type JobService } from '@holdfast/contracts/platform/v1/jobs';
import { ParameterServiceDefinition, type ParameterService } from '@holdfast/contracts/platform/v1/parameters';
import type { CallerTokens } from '@holdfast/platform/caller';
import { connectTo, type Rpc } from '@holdfast/platform/grpc';
import type { GatewayConfig } from './config.js';

/** The services behind the gateway. */
export const SERVICES = ['customer-profile', 'feature-store', 'churn-scoring', 'campaign'] as const;
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

/** Everything that the gateway asks its neighbours. Tests hand over object literals. */
export abstract class Neighbours {
  abstract readonly imports: Rpc<ImportService>;
  abstract readonly online: Rpc<OnlineService>;
  abstract readonly customers: Rpc<CustomerService>;
  abstract readonly consents: Rpc<ConsentService>;
  abstract readonly units: Rpc<UnitService>;
  abstract readonly models: Rpc<ModelService>;
  abstract readonly scoring: Rpc<ScoringService>;
  abstract readonly contact: Rpc<ContactService>;
  abstract readonly work: Rpc<WorkService>;
  abstract readonly scripts: Rpc<ScriptService>;
  abstract readonly of: Readonly<Record<Service, CommonRpcs>>;
}

export function connectNeighbours(config: GatewayConfig, tokens: CallerTokens): Neighbours {
  const addresses: Readonly<Record<Service, string>> = {
    'customer-profile': config.customerProfileAddress,
    'feature-store': config.featureStoreAddress,
    'churn-scoring': config.churnScoringAddress,
    campaign: config.campaignAddress,
  };
  const common = (service: Service): CommonRpcs => ({
    jobs: connectTo<JobService>(JobServiceDefinition, addresses[service], tokens),
    parameters: connectTo<ParameterService>(ParameterServiceDefinition, addresses[service], tokens),
    health: connectTo<Health>(HealthDefinition, addresses[service], tokens),
  });
  return {
    imports: connectTo<ImportService>(ImportServiceDefinition, addresses['feature-store'], tokens),
    online: connectTo<OnlineService>(OnlineServiceDefinition, addresses['feature-store'], tokens),
    customers: connectTo<CustomerService>(CustomerServiceDefinition, addresses['customer-profile'], tokens),
    consents: connectTo<ConsentService>(ConsentServiceDefinition, addresses['customer-profile'], tokens),
    units: connectTo<UnitService>(UnitServiceDefinition, addresses['customer-profile'], tokens),
    models: connectTo<ModelService>(ModelServiceDefinition, addresses['churn-scoring'], tokens),
    scoring: connectTo<ScoringService>(ScoringServiceDefinition, addresses['churn-scoring'], tokens),
    contact: connectTo<ContactService>(ContactServiceDefinition, addresses.campaign, tokens),
    work: connectTo<WorkService>(WorkServiceDefinition, addresses.campaign, tokens),
    scripts: connectTo<ScriptService>(ScriptServiceDefinition, addresses.campaign, tokens),
    of: {
      'customer-profile': common('customer-profile'),
      'feature-store': common('feature-store'),
      'churn-scoring': common('churn-scoring'),
      campaign: common('campaign'),
    },
  };
}
