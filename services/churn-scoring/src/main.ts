import '@holdfast/platform/telemetry';
import { runService } from '@holdfast/platform/service';
import { ChurnScoringModule } from './churn-scoring.module.js';

await runService('churn-scoring', (environment) => ChurnScoringModule.register(environment));
