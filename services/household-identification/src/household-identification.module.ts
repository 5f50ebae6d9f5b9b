import { Module, type DynamicModule } from '@nestjs/common';
import { platformConfig, type Environment } from '@holdfast/platform/config';
import { ServiceModule } from '@holdfast/platform/service';
import { householdIdentificationParameters } from './parameters.js';

/** The composition root: settings, neighbours, what is served, what is heard, what is worked on. */
@Module({})
export class HouseholdIdentificationModule {
  static register(environment: Environment): DynamicModule {
    return {
      module: HouseholdIdentificationModule,
      imports: [
        ServiceModule.register({
          service: 'household-identification',
          environment,
          config: platformConfig,
          parameters: householdIdentificationParameters,
        }),
      ],
    };
  }
}
