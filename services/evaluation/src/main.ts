import '@holdfast/platform/telemetry';
import { runService } from '@holdfast/platform/service';
import { EvaluationModule } from './evaluation.module.js';

await runService('evaluation', (environment) => EvaluationModule.register(environment));
