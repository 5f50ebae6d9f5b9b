import './thread-pool.js';
import '@holdfast/platform/telemetry';
import { runService } from '@holdfast/platform/service';
import { FeatureStoreModule } from './feature-store.module.js';

await runService('feature-store', (environment) => FeatureStoreModule.register(environment));
