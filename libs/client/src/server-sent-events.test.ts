import * as fc from 'fast-check';
import { backOffMs } from './back-off.js';
import { serverSentEvents } from './server-sent-events.js';

async function eventsOf(chunks: readonly Uint8Array<ArrayBuffer>[]) {
  const events = [];
  for await (const event of serverSentEvents(ReadableStream.from(chunks))) events.push(event);
  return events;
}

test('omits comments and joins lines of data', async () => {
  const text = ': hello\n\nid: 1\nevent: job\ndata: {"a":1}\n\ndata: x\ndata: y\n\nevent: nothing\n\ndata: incompl';
  expect(await eventsOf([Buffer.from(text)])).toEqual([
    { event: 'job', data: '{"a":1}' },
    { event: 'message', data: 'x\ny' },
  ]);
});

test('does not depend on the boundaries of chunks', async () => {
  const whole = Buffer.from('event: job\ndata: 正在评分\n\n: 心跳\n\nevent: job\ndata: 完成\n\n');
  await fc.assert(
    fc.asyncProperty(fc.uniqueArray(fc.integer({ min: 1, max: whole.length - 1 })), async (cuts) => {
      const at = [0, ...cuts.sort((a, b) => a - b), whole.length];
      const chunks = at.slice(1).map((to, i) => whole.subarray(at[i], to));
      expect((await eventsOf(chunks)).map(({ data }) => data)).toEqual(['正在评分', '完成']);
    }),
  );
});

test('waits twice as long each time, up to a limit, or as long as the server specifies', () => {
  expect([0, 1, 2, 9, 100].map((failed) => backOffMs(failed))).toEqual([250, 500, 1_000, 5_000, 5_000]);
  expect(backOffMs(0, 7)).toBe(7_000);
  expect(backOffMs(0, 0)).toBe(0);
  expect(backOffMs(3, 0)).toBe(2_000);
});
