import { LocalClock } from '../column/local-clock.js';
import { sharedEngine } from '../engine/engine.fixture.js';
import { presence } from './presence.js';

const shared = sharedEngine((engine) => engine.run('create schema facts'));

/** Days of presence in September, from events at local times. */
async function seen(...events: readonly (readonly [at: string, kind: string])[]): Promise<string[]> {
  const rows = events.map(
    ([at, kind]) => `('00000000-0000-5000-8000-000000000001'::uuid, 'C1', '${kind}', timestamptz '${at}+08:00')`,
  );
  const { engine } = shared;
  await engine.run(
    `create or replace view facts.events as select * from (values ${rows.join(', ')}) as e(subscription_id, cell_id, kind, "at")`,
  );
  const sql = `select strftime(day, '%m-%d') as day, talked, evening, calls::integer, night::integer, events::integer
    from ${presence('2026-09', new LocalClock('Asia/Shanghai'))} order by day`;
  const result = await engine.connection.runAndReadAll(sql);
  return (result.getRowsJson() as (string | number)[][]).map((row) => row.join(' '));
}

/** Day, talked, evening, calls, night events and events. */
test.each([
  ['19:59:59', ['09-10 1 0 1 0 1']],
  ['20:00:00', ['09-10 1 1 1 0 1']],
  ['20:59:59', ['09-10 1 1 1 0 1']],
  ['21:00:00', ['09-10 1 1 1 1 1']],
  ['21:59:59', ['09-10 1 1 1 1 1']],
  ['22:00:00', ['09-10 1 0 1 1 1']],
  ['23:59:59', ['09-10 1 0 1 1 1']],
  ['00:00:00', ['09-09 0 0 0 1 0', '09-10 1 0 1 0 1']],
  ['08:59:59', ['09-09 0 0 0 1 0', '09-10 1 0 1 0 1']],
  ['09:00:00', ['09-10 1 0 1 0 1']],
])('a call at %s', async (time, days) => {
  expect(await seen([`2026-09-10 ${time}`, 'voice_in'])).toEqual(days);
});

test('a night belongs to the day on which it began, across the ends of the month', async () => {
  const times = ['08-31 22:00', '09-01 03:00', '09-30 23:00', '10-01 08:00', '10-01 10:00'];
  const days = await seen(...times.map((at) => [`2026-${at}:00`, 'data'] as const));
  expect(days).toEqual(['09-01 0 0 0 0 1', '09-30 0 0 0 2 1']);
});

test('a message is talk and no call; being somewhere is neither', async () => {
  const message = ['2026-09-10 10:00:00', 'sms_in'] as const;
  const days = await seen(message, ['2026-09-10 20:30:00', 'location'], ['2026-09-11 12:00:00', 'location']);
  expect(days).toEqual(['09-10 1 0 0 0 2', '09-11 0 0 0 0 1']);
});
