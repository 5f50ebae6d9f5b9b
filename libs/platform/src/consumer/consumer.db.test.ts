import { Module, type DynamicModule, type OnModuleInit } from '@nestjs/common';
import { TableLoaded } from '@holdfast/contracts/feature_store/v1/extract';
import { eventually, startService, type RunningService } from '@holdfast/testing/service';
import { platformConfig, type Environment } from '../config/config.js';
import { rowsOf } from '../database/database.js';
import { Outbox, eventOf } from '../outbox/outbox.js';
import { ProbeLake } from '../service/probe-lake.fixture.js';
import { ServiceModule } from '../service/service.js';
import { Consumers } from './consumer.js';

const tableLoaded = eventOf('probe-lake', TableLoaded);

@Module({})
class ProbeReader implements OnModuleInit {
  static register(environment: Environment): DynamicModule {
    return {
      module: ProbeReader,
      imports: [ServiceModule.register({ service: 'probe-reader', environment, config: platformConfig })],
    };
  }

  constructor(private readonly consumers: Consumers) {}

  onModuleInit(): void {
    let failures = 1;
    this.consumers.on(tableLoaded, async (tx, event, envelope) => {
      await rowsOf(tx, 'insert into seen (table_name, subject) values ($1, $2)', [event.table, envelope.subjectId]);
      if (failures-- > 0) throw new Error('the first try fails after its effect, which must then be undone');
    });
  }
}

describe('events', () => {
  let lake: RunningService;
  let reader: RunningService;

  beforeAll(async () => {
    lake = await startService(ProbeLake, { service: 'probe-lake' });
    reader = await startService(ProbeReader, { service: 'probe-reader' });
    await reader.database.query('create table seen (table_name text not null, subject text not null)');
  });

  afterAll(async () => {
    await reader?.stop();
    await lake?.stop();
  });

  it('delivers an event once, although its handler failed and the relay sent it twice', async () => {
    const outbox = lake.get(Outbox);
    const event: TableLoaded = {
      importId: 'i',
      table: 'telco',
      version: 'v',
      rows: 3,
      rowsHash: 'h',
      keySpace: 'table',
    };
    await expect(
      lake.database.transaction(async (tx) => {
        await outbox.publish(tx, tableLoaded, { subjectId: 'rolled-back' }, event);
        throw new Error('roll back');
      }),
    ).rejects.toThrow('roll back');
    await lake.database.transaction((tx) => outbox.publish(tx, tableLoaded, { subjectId: 'telco' }, event));
    const seen = await eventually('the event is handled', async () => {
      const rows = await reader.database.query<{ subject: string }>('select subject from seen');
      return rows.length > 0 && rows;
    });
    expect(seen).toEqual([{ subject: 'telco' }]);
    expect(await lake.database.query('select 1 from outbox')).toEqual([]);
  });
});
