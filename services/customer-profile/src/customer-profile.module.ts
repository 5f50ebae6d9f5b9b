import { Module, type DynamicModule, type OnModuleInit } from '@nestjs/common';
import { ConsentServiceDefinition, type ConsentService } from '@holdfast/contracts/customer_profile/v1/consent';
import { CustomerServiceDefinition, type CustomerService } from '@holdfast/contracts/customer_profile/v1/customer';
import { OrgUnitServiceDefinition, type OrgUnitService } from '@holdfast/contracts/customer_profile/v1/org_unit';
import { View360ServiceDefinition, type View360Service } from '@holdfast/contracts/customer_profile/v1/view360';
import { FactServiceDefinition } from '@holdfast/contracts/feature_store/v1/facts';
import { ValueGroupServiceDefinition } from '@holdfast/contracts/feature_store/v1/value_group';
import { RefusalServiceDefinition } from '@holdfast/contracts/feature_store/v1/refusals';
import { TableServiceDefinition } from '@holdfast/contracts/feature_store/v1/lake';
import type { Environment } from '@holdfast/platform/config';
import { Consumers } from '@holdfast/platform/consumer';
import { GrpcServer } from '@holdfast/platform/grpc';
import { Jobs } from '@holdfast/platform/jobs';
import { CONFIG, serviceModule, serviceClient } from '@holdfast/platform/service';
import { customerProfileConfig, type CustomerProfileConfig } from './config.js';
import { ConsentRpc } from './consent/consent.rpc.js';
import { Consents } from './consent/consents.js';
import { ContactDetails } from './consent/contact-details.js';
import { ContactFacts } from './consent/contact-facts.js';
import { Suppressions } from './consent/suppressions.js';
import { Suspensions } from './consent/suspensions.js';
import { CustomerRpc } from './customer/customer.rpc.js';
import { IMPORT_EXTRACT_PROFILES, ImportExtract, extractLoaded } from './import/import-extract.js';
import { IMPORT_REFUSALS, ImportRefusals, refusalsRead } from './import/import-refusals.js';
import { IMPORT_SUBJECTS, ImportSubjects, tableLoaded } from './import/import-subjects.js';
import { WITHDRAW_EXTRACT_PROFILES, WithdrawExtract, extractWithdrawn } from './import/withdraw-extract.js';
import { WithdrawSubjects, tableWithdrawn } from './import/withdraw-subjects.js';
import { customerProfileParameters } from './parameters.js';
import { Personal } from './personal/personal.js';
import { Vault } from './personal/vault.js';
import { OrgUnitRpc } from './org-unit/org-unit.rpc.js';
import { HouseholdEvidence } from './view360/household-evidence.js';
import { MadeContacts, customerContacted } from './view360/made-contacts.js';
import { MonthlyFigures } from './view360/monthly-figures.js';
import { Timeline } from './view360/timeline.js';
import { View360Rpc } from './view360/view360.rpc.js';
import { Views360 } from './view360/views360.js';

@Module({})
export class CustomerProfileModule implements OnModuleInit {
  static register(environment: Environment): DynamicModule {
    const options = {
      service: 'customer-profile',
      environment,
      config: customerProfileConfig,
      parameters: customerProfileParameters,
      monthSteps: [{ step: 'profiles', needs: ['import'], after: [], ofTables: true }],
    };
    return serviceModule(CustomerProfileModule, options, [
      { provide: Vault, inject: [CONFIG], useFactory: (config: CustomerProfileConfig) => new Vault(config.profileKey) },
      serviceClient(TableServiceDefinition, 'feature-store'),
      serviceClient(FactServiceDefinition, 'feature-store'),
      serviceClient(ValueGroupServiceDefinition, 'feature-store'),
      serviceClient(RefusalServiceDefinition, 'feature-store'),
      ...[Personal, OrgUnitRpc, CustomerRpc],
      ...[Consents, Suppressions, Suspensions, ContactFacts, ContactDetails, ConsentRpc],
      ...[ImportRefusals, ImportSubjects, ImportExtract, WithdrawExtract, WithdrawSubjects],
      ...[MonthlyFigures, Views360, HouseholdEvidence, MadeContacts, Timeline, View360Rpc],
    ]);
  }

  constructor(
    private readonly grpc: GrpcServer,
    private readonly consumers: Consumers,
    private readonly jobs: Jobs,
    private readonly personal: Personal,
    private readonly units: OrgUnitRpc,
    private readonly customers: CustomerRpc,
    private readonly consents: ConsentRpc,
    private readonly imports: ImportSubjects,
    private readonly extracts: ImportExtract,
    private readonly refusals: ImportRefusals,
    private readonly withdrawnExtracts: WithdrawExtract,
    private readonly withdrawnSubjects: WithdrawSubjects,
    private readonly views: View360Rpc,
    private readonly madeContacts: MadeContacts,
  ) {}

  async onModuleInit(): Promise<void> {
    await this.personal.checkKey();
    this.grpc.serve<OrgUnitService>(OrgUnitServiceDefinition, this.units.handlers);
    this.grpc.serve<CustomerService>(CustomerServiceDefinition, this.customers.handlers);
    this.grpc.serve<ConsentService>(ConsentServiceDefinition, this.consents.handlers);
    this.grpc.serve<View360Service>(View360ServiceDefinition, this.views.handlers);
    this.consumers.on(refusalsRead, (tx, event) => this.refusals.onRefusalsRead(tx, event));
    this.jobs.define(IMPORT_REFUSALS, (run) => this.refusals.run(run));
    this.consumers.on(tableLoaded, (tx, event, envelope) => this.imports.onTableLoaded(tx, event, envelope));
    this.jobs.defineSharded(IMPORT_SUBJECTS, this.imports);
    this.consumers.on(extractLoaded, (tx, event) => this.extracts.onExtractLoaded(tx, event));
    this.consumers.on(extractWithdrawn, (tx, event) => this.withdrawnExtracts.onExtractWithdrawn(tx, event));
    this.jobs.define(WITHDRAW_EXTRACT_PROFILES, (run) => this.withdrawnExtracts.run(run));
    this.consumers.on(tableWithdrawn, (tx, event, envelope) =>
      this.withdrawnSubjects.onTableWithdrawn(tx, event, envelope),
    );
    this.consumers.on(customerContacted, (tx, event, envelope) =>
      this.madeContacts.onCustomerContacted(tx, event, envelope),
    );
    this.jobs.define(IMPORT_EXTRACT_PROFILES, (run) => this.extracts.run(run));
  }
}
