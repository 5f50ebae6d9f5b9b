import { Module, type DynamicModule, type OnModuleInit } from '@nestjs/common';
import { TableLoaded } from '@holdfast/contracts/feature_store/v1/extract';
import {
  DeadLetterServiceDefinition,
  type DeadLetter,
  type DeadLetterService,
} from '@holdfast/contracts/platform/v1/dead_letters';
import { callOf } from '@holdfast/testing/callers';
import { eventually, startService, type RunningService } from '@holdfast/testing/service';
import { failure } from '../errors/errors.js';
import { platformConfig, type Environment } from '../config/config.js';
import { rowsOf } from '../database/database.js';
import { Outbox, eventOf } from '../outbox/outbox.js';
import { ProbeLake } from '../service/probe-lake.fixture.js';
import { ServiceModule } from '../service/service.js';
import { Consumers } from './consumer.js';

const tableLoaded = eventOf('probe-lake', TableLoaded);
const refused = failure('precondition', 'probe.refused', { en: 'Not now.', 'zh-CN': '暂不可用。' });
/** Whether the handler refuses events of the table `refused`. */
let isRefusing = true;

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
      if (event.table === 'refused' && isRefusing) throw refused();
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
    const event = eventOfTable('telco');
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

  it('keeps an event for a week after JetStream has it', async () => {
    const outbox = lake.get(Outbox);
    for (const subjectId of ['of today', 'of last week'])
      await lake.database.transaction((tx) => outbox.publish(tx, tableLoaded, { subjectId }, eventOfTable('kept')));
    const kept = async (): Promise<string[]> => {
      const sql = `select headers->>'ce-subject' as subject from published_event
        where headers->>'ce-subject' like 'of %' order by 1`;
      return (await lake.database.query<{ subject: string }>(sql)).map(({ subject }) => subject);
    };
    await eventually('both are published', async () => (await kept()).length === 2);
    await lake.database.query(
      `update published_event set published_at = now() - interval '8 days' where headers->>'ce-subject' = 'of last week'`,
    );
    await outbox['purgePublished']();
    expect(await kept()).toEqual(['of today']);
  });

  it('handles events that arrive together in their order and in few transactions, each once', async () => {
    const subjects = Array.from({ length: 600 }, (_, at) => `burst-${String(at).padStart(3, '0')}`);
    await lake.database.transaction(async (tx) => {
      for (const subjectId of subjects)
        await lake.get(Outbox).publish(tx, tableLoaded, { subjectId }, eventOfTable('burst'));
    });
    const seen = () =>
      reader.database.query<{ subject: string; transaction: string }>(
        `select subject, xmin::text as transaction from seen where table_name = 'burst' order by ctid`,
      );
    const rows = await eventually('all events are handled', async () => {
      const found = await seen();
      return found.length >= subjects.length && found;
    });
    expect(rows.map(({ subject }) => subject)).toEqual(subjects);
    expect(new Set(rows.map(({ transaction }) => transaction)).size).toBeLessThan(subjects.length / 4);
  });

  it('a failed event among others is tried alone, and does not keep them from being handled', async () => {
    await lake.database.transaction(async (tx) => {
      for (const [at, table] of ['mixed', 'refused', 'mixed'].entries())
        await lake.get(Outbox).publish(tx, tableLoaded, { subjectId: `mixed-${at}` }, eventOfTable(table));
    });
    const rows = await eventually('the others are handled', async () => {
      const found = await reader.database.query(`select subject from seen where subject like 'mixed-%'`);
      return found.length >= 2 && found;
    });
    expect(rows).toEqual([{ subject: 'mixed-0' }, { subject: 'mixed-2' }]);
    const letters = () => reader.database.query<{ id: string }>('select id from dead_letter');
    const [letter] = await eventually('the refused one is a dead letter', async () => {
      const found = await letters();
      return found.length > 0 && found;
    });
    await reader
      .client<DeadLetterService>(DeadLetterServiceDefinition)
      .discardDeadLetter(callOf({ scopes: ['jobs:read', 'jobs:write'] }), { id: letter!.id });
  });

  it('keeps an event that its handler refuses as a dead letter, which can be replayed or discarded', async () => {
    for (const subjectId of ['one', 'other']) {
      await lake.database.transaction((tx) =>
        lake.get(Outbox).publish(tx, tableLoaded, { subjectId }, eventOfTable('refused')),
      );
    }
    const letters = reader.client<DeadLetterService>(DeadLetterServiceDefinition);
    const admin = callOf({ scopes: ['jobs:read', 'jobs:write'] });
    const listed = () => letters.listDeadLetters(admin, { pageSize: 1, pageToken: '' });
    const isListed = async () => {
      const first = await listed();
      if (first.nextPageToken === '') return false;
      const { deadLetters } = await letters.listDeadLetters(admin, { pageSize: 1, pageToken: first.nextPageToken });
      return [...first.deadLetters, ...deadLetters];
    };
    const found = await eventually('both events are dead letters', isListed);
    expect(found[0]).toMatchObject({
      consumer: 'probe-reader_table-loaded',
      subject: 'holdfast.probe-lake.v1.table-loaded',
      failureKey: 'probe.refused',
      error: 'Failure',
    });
    const [discarded, replayed] = found as [DeadLetter, DeadLetter];

    await expect(letters.listDeadLetters(callOf(), { pageSize: 1, pageToken: '' })).rejects.toMatchObject({
      kind: 'forbidden',
    });
    const ofCity = callOf({ scopes: ['jobs:read', 'jobs:write'], orgScope: ['demo/a/'] });
    await expect(letters.replayDeadLetter(ofCity, replayed)).rejects.toMatchObject({ kind: 'forbidden' });
    const { nextPageToken: pageToken } = await listed();
    await letters.discardDeadLetter(admin, discarded);
    // A page goes on after a dead letter that is gone by then.
    expect((await letters.listDeadLetters(admin, { pageSize: 1, pageToken })).deadLetters).toEqual([replayed]);
    for (const unfit of ['x', replayed.id]) {
      const page = letters.listDeadLetters(admin, { pageSize: 1, pageToken: unfit });
      await expect(page).rejects.toMatchObject({ kind: 'invalid', key: 'pageToken.invalid' });
    }
    isRefusing = false;
    await letters.replayDeadLetter(admin, replayed);
    const seen = ({ subjectId }: DeadLetter) =>
      reader.database.query('select from seen where subject = $1', [subjectId]);
    await eventually('the replayed event is handled', async () => {
      return (await seen(replayed)).length === 1;
    });
    expect((await listed()).deadLetters).toEqual([]);
    expect(await seen(discarded)).toEqual([]);
    // A restore publishes it again, which then does nothing.
    const noted = await reader.database.query('select from consumed_event where event_id = $1', [discarded.eventId]);
    expect(noted).toHaveLength(1);
    await expect(letters.replayDeadLetter(admin, replayed)).rejects.toMatchObject({ kind: 'notFound' });
  });
});

function eventOfTable(table: string): TableLoaded {
  return { importId: 'i', table, version: 'v', rows: 3, rowsHash: 'h', keySpace: 'table', month: '' };
}
