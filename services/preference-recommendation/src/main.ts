import '@holdfast/platform/telemetry';
import { runService } from '@holdfast/platform/service';
import { PreferenceRecommendationModule } from './preference-recommendation.module.js';

await runService('preference-recommendation', (environment) => PreferenceRecommendationModule.register(environment));
