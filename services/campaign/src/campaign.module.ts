import { Module, type DynamicModule, type OnModuleInit } from '@nestjs/common';
import { AssignmentServiceDefinition, type AssignmentService } from '@holdfast/contracts/campaign/v1/assignment';
import { ContactServiceDefinition, type ContactService } from '@holdfast/contracts/campaign/v1/contact';
import { CampaignServiceDefinition, type CampaignService } from '@holdfast/contracts/campaign/v1/plan';
import { ScriptServiceDefinition, type ScriptService } from '@holdfast/contracts/campaign/v1/script';
import { WorkServiceDefinition, type WorkService } from '@holdfast/contracts/campaign/v1/work';
import { ModelServiceDefinition } from '@holdfast/contracts/churn_scoring/v1/model';
import { ScoringServiceDefinition } from '@holdfast/contracts/churn_scoring/v1/scoring';
import { ConsentServiceDefinition } from '@holdfast/contracts/customer_profile/v1/consent';
import { OrgUnitServiceDefinition } from '@holdfast/contracts/customer_profile/v1/org_unit';
import { TableServiceDefinition } from '@holdfast/contracts/feature_store/v1/lake';
import { FactServiceDefinition } from '@holdfast/contracts/feature_store/v1/facts';
import { HouseholdServiceDefinition } from '@holdfast/contracts/household_identification/v1/household';
import { PlanFitServiceDefinition } from '@holdfast/contracts/preference_recommendation/v1/plan_fit';
import { platformConfig, type Environment } from '@holdfast/platform/config';
import { Consumers } from '@holdfast/platform/consumer';
import { GrpcServer } from '@holdfast/platform/grpc';
import { Jobs } from '@holdfast/platform/jobs';
import { serviceModule, serviceClient } from '@holdfast/platform/service';
import { ContactRpc } from './contact/contact.rpc.js';
import { Contactability } from './contact/contactability.js';
import { Households, householdsIdentified } from './contact/households.js';
import { ContactPolicies } from './contact/policy.js';
import { campaignParameters } from './parameters.js';
import { AssignmentRpc } from './plan/assignment.rpc.js';
import { CampaignRecords } from './plan/campaign-records.js';
import { Campaigns } from './plan/campaigns.js';
import { OfferCatalogue } from './plan/offer-catalogue.js';
import { PlanRpc } from './plan/plan.rpc.js';
import { Steps } from './plan/steps.js';
import { ScriptRpc } from './script/script.rpc.js';
import { CampaignEnrolment } from './list/enrol-campaign.js';
import { CallBackNotes } from './work/call-back-notes.js';
import { Dispositions } from './work/disposition.js';
import { ListBuilder, scoresPublished } from './list/build-list.js';
import { Leases } from './work/lease.js';
import { LeaseCandidates } from './work/lease-candidates.js';
import { LeaseClaim } from './work/lease-claim.js';
import { LeaseLimit } from './work/lease-limit.js';
import { ApprovedTerms } from './work/lease-terms.js';
import { Objections } from './work/objection.js';
import { OfferedFits } from './list/offered-fits.js';
import { OriginsOfRuns } from './list/origins.js';
import { Queues } from './list/queue.js';
import { OrgUnitNames } from './list/org-unit-names.js';
import { WrongNumbers } from './work/wrong-number.js';
import { WorkRpc } from './work/work.rpc.js';
import { BUILD_LIST, COPY_HOUSEHOLDS, ENROL_CAMPAIGN, HAND_OVER_OBJECTION, HAND_OVER_WRONG_NUMBER } from './jobs.js';

const CAMPAIGN_STEPS = [{ step: 'lists', needs: ['import', 'scoring'], after: [], ofTables: true }];

/** The composition root: settings, service clients, served interfaces, consumers and jobs. */
@Module({})
export class CampaignModule implements OnModuleInit {
  static register(environment: Environment): DynamicModule {
    const options = {
      service: 'campaign',
      environment,
      config: platformConfig,
      parameters: campaignParameters,
      monthSteps: CAMPAIGN_STEPS,
    };
    return serviceModule(CampaignModule, options, [
      serviceClient(ConsentServiceDefinition, 'customer-profile'),
      serviceClient(OrgUnitServiceDefinition, 'customer-profile'),
      serviceClient(ScoringServiceDefinition, 'churn-scoring'),
      serviceClient(ModelServiceDefinition, 'churn-scoring'),
      serviceClient(TableServiceDefinition, 'feature-store'),
      serviceClient(FactServiceDefinition, 'feature-store'),
      serviceClient(HouseholdServiceDefinition, 'household-identification'),
      serviceClient(PlanFitServiceDefinition, 'preference-recommendation'),
      ...[ContactPolicies, Contactability, ContactRpc, Households],
      ...[Steps, OfferCatalogue, Campaigns, CampaignRecords, PlanRpc, AssignmentRpc],
      ...[OriginsOfRuns, ListBuilder, OfferedFits, OrgUnitNames, CampaignEnrolment, Queues],
      ...[ApprovedTerms, LeaseLimit, LeaseCandidates, LeaseClaim, Leases],
      ...[CallBackNotes, Objections, WrongNumbers, Dispositions, WorkRpc, ScriptRpc],
    ]);
  }

  constructor(
    private readonly grpc: GrpcServer,
    private readonly consumers: Consumers,
    private readonly jobs: Jobs,
    private readonly contact: ContactRpc,
    private readonly households: Households,
    private readonly plan: PlanRpc,
    private readonly assignments: AssignmentRpc,
    private readonly work: WorkRpc,
    private readonly script: ScriptRpc,
    private readonly listBuilder: ListBuilder,
    private readonly campaignEnrolment: CampaignEnrolment,
    private readonly objections: Objections,
    private readonly wrongNumbers: WrongNumbers,
  ) {}

  onModuleInit(): void {
    this.grpc.serve<ContactService>(ContactServiceDefinition, this.contact.handlers);
    this.grpc.serve<CampaignService>(CampaignServiceDefinition, this.plan.handlers);
    this.grpc.serve<AssignmentService>(AssignmentServiceDefinition, this.assignments.handlers);
    this.grpc.serve<WorkService>(WorkServiceDefinition, this.work.handlers);
    this.grpc.serve<ScriptService>(ScriptServiceDefinition, this.script.handlers);
    this.consumers.on(scoresPublished, (tx, event) => this.listBuilder.submit(tx, event));
    this.consumers.on(householdsIdentified, (tx, event, { id }) => this.households.submitCopy(tx, event, id));
    this.jobs.define(COPY_HOUSEHOLDS, (run) => this.households.run(run));
    this.jobs.define(ENROL_CAMPAIGN, (run) => this.campaignEnrolment.run(run));
    this.jobs.define(BUILD_LIST, (run) => this.listBuilder.run(run));
    this.jobs.define(HAND_OVER_OBJECTION, (run) => this.objections.handOver(run));
    this.jobs.define(HAND_OVER_WRONG_NUMBER, (run) => this.wrongNumbers.handOver(run));
  }
}
