import { jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { Module, type DynamicModule, type OnModuleInit } from '@nestjs/common';
import { TableLoaded } from '@holdfast/contracts/feature_store/v1/extract';
import { cloneDatabase, servers } from '@holdfast/testing/infra';
import { eventually, startService, type RunningService } from '@holdfast/testing/service';
import { platformConfig, type Environment } from '../config/config.js';
import { Consumers } from '../consumer/consumer.js';
import { Database, rowsOf } from '../database/database.js';
import { Outbox, eventOf } from '../outbox/outbox.js';
import { ECHO, ProbeLake } from '../service/probe-lake.fixture.js';
import { ServiceModule } from '../service/service.js';
import { continueRestored } from './restored-schema.js';

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
    this.consumers.on(tableLoaded, async (tx, _event, { subjectId }) => {
      await rowsOf(tx, 'insert into seen (subject) values ($1)', [subjectId]);
    });
  }
}

/** A publisher and a consumer whose databases outlive the streams between them, as after a restore. */
describe('a system whose streams were lost', () => {
  type Clone = Awaited<ReturnType<typeof cloneDatabase>>;
  let ofLake: Clone;
  let ofReader: Clone;
  let running: RunningService[] = [];

  const startLake = async () => {
    const lake = await startService(ProbeLake, { service: 'probe-lake', databaseUrl: ofLake.url });
    running.push(lake);
    return lake;
  };
  const startReader = async () => {
    const reader = await startService(ProbeReader, { service: 'probe-reader', databaseUrl: ofReader.url });
    running.push(reader);
    return reader;
  };
  const stopAll = async () => {
    for (const service of running) await service.stop();
    running = [];
  };
  const publish = (lake: RunningService, subjectId: string) => {
    const event = TableLoaded.fromPartial({ table: subjectId });
    return lake.database.transaction((tx) => lake.get(Outbox).publish(tx, tableLoaded, { subjectId }, event));
  };
  const seenBy = async (reader: RunningService, count: number) => {
    const sql = 'select subject from seen order by subject';
    const rows = await eventually(`${count} events are handled`, async () => {
      const found = await reader.database.query<{ subject: string }>(sql);
      return found.length >= count && found;
    });
    return rows.map(({ subject }) => subject);
  };

  beforeAll(async () => {
    [ofLake, ofReader] = await Promise.all([cloneDatabase('probe-lake'), cloneDatabase('probe-reader')]);
  });
  afterAll(async () => {
    await stopAll();
    await Promise.all([ofLake.drop(), ofReader.drop()]);
  });

  it('handles the events that were published and not handled, once, and runs the jobs that were queued', async () => {
    const lake = await startLake();
    let reader = await startReader();
    await reader.database.query('create table seen (subject text not null)');
    await publish(lake, 'handled');
    expect(await seenBy(reader, 1)).toEqual(['handled']);
    await reader.stop();
    running = [lake];
    await publish(lake, 'not handled');
    await eventually('the relay has sent it', async () => {
      const rows = await lake.database.query('select from outbox');
      return rows.length === 0;
    });
    await stopAll();
    await deleteStreams();
    expect(await continueIn(ofLake.url, 'probe-lake', true)).toEqual({ events: 2, work: 1 });
    expect(await continueIn(ofReader.url, 'probe-reader')).toEqual({ events: 0, work: 0 });

    const again = await startLake();
    reader = await startReader();
    expect(await seenBy(reader, 2)).toEqual(['handled', 'not handled']);
    await eventually('the job is done', async () => {
      const [job] = await again.database.query<{ state: string }>('select state from job');
      return job!.state === 'done';
    });
    // What comes later is after what came again.
    await publish(again, 'last');
    expect(await seenBy(reader, 3)).toEqual(['handled', 'last', 'not handled']);
  });

  /** @param hasJob whether a job whose work was lost is added */
  async function continueIn(url: string, service: string, hasJob = false) {
    const schema = service.replace('-', '_');
    const database = await Database.open({ url, schema, applicationName: 'test' });
    try {
      return await database.transaction(async (tx) => {
        const job = `insert into job (id, kind, natural_key, state, params, caller, org_unit_path, created_at, updated_at)
          values (gen_random_uuid(), $1, 'lost', 'queued', '{"text":"x"}', $2, 'demo/', now(), now())`;
        const caller = JSON.stringify({ client: 'console', scopes: [], orgScope: ['demo/'] });
        if (hasJob) await rowsOf(tx, job, [ECHO.name, caller]);
        return continueRestored(tx, service);
      });
    } finally {
      await database.close();
    }
  }
});

async function deleteStreams(): Promise<void> {
  const { natsUrl, natsToken } = servers();
  const connection = await connect({ servers: natsUrl, token: natsToken });
  const manager = await jetstreamManager(connection);
  for (const name of ['HOLDFAST_PROBE_LAKE', 'HOLDFAST_PROBE_LAKE_WORK']) await manager.streams.delete(name);
  await connection.close();
}
