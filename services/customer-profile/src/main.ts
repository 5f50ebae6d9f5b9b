import '@holdfast/platform/telemetry';
import { runService } from '@holdfast/platform/service';
import { CustomerProfileModule } from './customer-profile.module.js';

await runService('customer-profile', (environment) => CustomerProfileModule.register(environment));
