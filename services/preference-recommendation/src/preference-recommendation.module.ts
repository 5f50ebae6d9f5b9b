import { Module, type DynamicModule } from '@nestjs/common';
import { platformConfig, type Environment } from '@holdfast/platform/config';
import { ServiceModule } from '@holdfast/platform/service';
import { preferenceRecommendationParameters } from './parameters.js';

/** The composition root: settings, neighbours, what is served, what is heard, what is worked on. */
@Module({})
export class PreferenceRecommendationModule {
  static register(environment: Environment): DynamicModule {
    return {
      module: PreferenceRecommendationModule,
      imports: [
        ServiceModule.register({
          service: 'preference-recommendation',
          environment,
          config: platformConfig,
          parameters: preferenceRecommendationParameters,
        }),
      ],
    };
  }
}
