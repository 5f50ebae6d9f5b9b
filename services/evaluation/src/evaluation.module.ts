import { Module, type DynamicModule } from '@nestjs/common';
import { platformConfig, type Environment } from '@holdfast/platform/config';
import { ServiceModule } from '@holdfast/platform/service';
import { evaluationParameters } from './parameters.js';

/** The composition root: settings, neighbours, what is served, what is heard, what is worked on. */
@Module({})
export class EvaluationModule {
  static register(environment: Environment): DynamicModule {
    return {
      module: EvaluationModule,
      imports: [
        ServiceModule.register({
          service: 'evaluation',
          environment,
          config: platformConfig,
          parameters: evaluationParameters,
        }),
      ],
    };
  }
}
