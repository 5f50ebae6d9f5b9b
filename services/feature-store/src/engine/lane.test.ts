import { setTimeout as sleep } from 'node:timers/promises';
import { collected, sharedEngine } from './engine.fixture.js';
import { chunksOf } from './engine.js';
import { Lane } from './lane.js';

/** Takes minutes if nothing stops it. */
const LONG = 'select count(*) from range(3000000) as a(n), range(3000000) as b(m) where (n * m) % 7 = 3';
const shared = sharedEngine();

const laneOf = (limits: Partial<ConstructorParameters<typeof Lane>[1]> = {}): Lane =>
  new Lane(shared.engine, { statementsMax: 1, fetchesMax: 1, openMax: 10, ...limits });

/** A read with its signal, which cleans up after its end. `begun` settles once its statement has a place in the queue. */
function read(lane: Lane, sql: string) {
  const gone = new AbortController();
  let begin!: () => void;
  const begun = new Promise<void>((resolve) => (begin = resolve));
  const done = lane.run(gone.signal, async (connection) => {
    try {
      const rows = connection.runAndReadAll(sql);
      begin();
      return (await rows).getRows();
    } finally {
      connection.startCleaning();
      await connection.run('select 1');
    }
  });
  return { gone, begun, done };
}

test('results are those of the engine', async () => {
  const rows = await laneOf().run(undefined, async (connection) =>
    (await connection.runAndReadAll('select 42 as answer')).getRows(),
  );
  expect(rows).toEqual([[42]]);
});

test('a running statement stops with its caller, and the next one gets its turn', async () => {
  const lane = laneOf();
  const long = read(lane, LONG);
  await long.begun;
  const next = read(lane, 'select 1');
  await sleep(100);
  const startedAt = performance.now();
  long.gone.abort();
  await expect(long.done).rejects.toMatchObject({ kind: 'unavailable', key: 'reads.cancelled' });
  expect(await next.done).toEqual([[1]]);
  expect(performance.now() - startedAt).toBeLessThan(5_000);
});

test('a waiting read leaves at once', async () => {
  const lane = laneOf({ openMax: 2 });
  const long = read(lane, LONG);
  await long.begun; // connections open in any order
  const gone = new AbortController();
  const second = lane.run(gone.signal, (connection) => connection.run('select 1'));
  await sleep(50);
  gone.abort();
  await expect(second).rejects.toMatchObject({ key: 'reads.cancelled' });
  long.gone.abort();
  await expect(long.done).rejects.toMatchObject({ key: 'reads.cancelled' });
});

test('the clean-up of a read that was cancelled while it waited runs', async () => {
  const lane = laneOf();
  const long = read(lane, LONG);
  await long.begun;
  const gone = new AbortController();
  const cleaned = lane.run(gone.signal, async (connection) => {
    await expect(connection.run('select 1')).rejects.toMatchObject({ key: 'reads.cancelled' });
    return (await connection.runAndReadAll('select 2')).getRows();
  });
  await sleep(50);
  gone.abort();
  await sleep(0);
  long.gone.abort();
  await expect(long.done).rejects.toMatchObject({ key: 'reads.cancelled' });
  expect(await cleaned).toEqual([[2]]);
});

test('reads beyond the limit are refused with a time to retry', async () => {
  const lane = laneOf({ openMax: 2 });
  const open = [read(lane, LONG), read(lane, LONG)];
  const refused = { kind: 'unavailable', key: 'reads.tooMany', retryAfterSeconds: 5 };
  await expect(read(lane, 'select 1').done).rejects.toMatchObject(refused);
  for (const { gone } of open) gone.abort();
  await Promise.allSettled(open.map(({ done }) => done));
  expect(await read(lane, 'select 1').done).toEqual([[1]]);
});

test('a read that is cancelled between its statements fails at the next one', async () => {
  const gone = new AbortController();
  const work = laneOf().run(gone.signal, async (connection) => {
    await connection.run('select 1');
    gone.abort();
    await connection.run('select 2');
  });
  await expect(work).rejects.toMatchObject({ key: 'reads.cancelled' });
});

test('a reader of several streams holds no turn between chunks', async () => {
  const lane = laneOf();
  const numbers = () => lane.stream(undefined, (connection) => chunksOf(connection, 'from range(10000)'));
  let rows = 0;
  for await (const chunk of numbers()) {
    const inner = await collected(numbers());
    rows += chunk.rowCount + inner.reduce((sum, { rowCount }) => sum + rowCount, 0);
  }
  expect(rows).toBe(10_000 + Math.ceil(10_000 / 2_048) * 10_000);
});

test('fetches of a stream do not wait for a long statement', async () => {
  const lane = laneOf();
  const chunks = lane.stream(undefined, (connection) => chunksOf(connection, 'from range(10000)'));
  expect((await chunks.next()).value?.rowCount).toBe(2_048);
  const long = read(lane, LONG);
  await sleep(50);
  expect((await collected(chunks)).reduce((sum, { rowCount }) => sum + rowCount, 0)).toBe(10_000 - 2_048);
  long.gone.abort();
  await expect(long.done).rejects.toMatchObject({ key: 'reads.cancelled' });
});
