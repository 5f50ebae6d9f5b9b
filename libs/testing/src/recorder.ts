import { Module, type DynamicModule } from '@nestjs/common';
import { platformConfig, type Environment } from '@holdfast/platform/config';
import { Consumers } from '@holdfast/platform/consumer';
import type { EventType } from '@holdfast/platform/outbox';
import { ServiceModule } from '@holdfast/platform/service';
import { startService, type RunningService } from './service.js';

export interface RecordedEvent {
  /** Such as `list-built`. */
  type: string;
  subjectId: string;
  payload: unknown;
}

@Module({})
class Recorder {}

/** Runs a service that records events, each once, during the tests of a file. */
export function recordEvents(types: readonly EventType<unknown>[]): RecordedEvent[] {
  const events: RecordedEvent[] = [];
  const record = (consumers: Consumers) =>
    types.forEach((type) =>
      consumers.on(type, async (_tx, payload, { subjectId }) => {
        events.push({ type: type.subject.split('.').at(-1)!, subjectId, payload });
      }),
    );
  const register = (environment: Environment): DynamicModule => ({
    module: Recorder,
    imports: [ServiceModule.register({ service: 'listener', environment, config: platformConfig })],
    providers: [{ provide: 'recorder', inject: [Consumers], useFactory: record }],
  });
  let service: RunningService | undefined;
  beforeAll(async () => {
    service = await startService({ register }, { service: 'listener' });
  });
  afterAll(() => service?.stop());
  return events;
}
