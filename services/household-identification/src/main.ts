import '@holdfast/platform/telemetry';
import { runService } from '@holdfast/platform/service';
import { HouseholdIdentificationModule } from './household-identification.module.js';

await runService('household-identification', (environment) => HouseholdIdentificationModule.register(environment));
