import { Pace } from './pace.js';

const rows = Uint32Array.from({ length: 3_000 }, (_, row) => row);

async function blocksOf(of: Uint32Array, pace: Pace, work: (rows: number) => void): Promise<number[]> {
  const lengths: number[] = [];
  const seen: number[] = [];
  await pace.blocks(of, undefined, (block) => {
    lengths.push(block.length);
    seen.push(...block);
    work(block.length);
  });
  expect(seen).toEqual([...of]);
  return lengths;
}

/** As other processes take the processor from this one: time passes, and none of it is used. */
function wait(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

function compute(ms: number): void {
  const end = process.cpuUsage();
  for (let used = 0; used < ms;) {
    const { user, system } = process.cpuUsage(end);
    used = (user + system) / 1_000;
  }
}

test('Blocks stay as large as kernels need while others take the processor', async () => {
  const pace = new Pace();
  await blocksOf(rows.subarray(0, 512), pace, () => undefined);

  const lengths = await blocksOf(rows, pace, () => wait(60));

  expect(lengths).toEqual([512, 512, 512, 512, 512, 440]);
  expect(await blocksOf(rows.subarray(0, 384), new Pace(), () => wait(450))).toEqual([128, 128, 128]);
});

test('Rows that cost much are worked on a few at a time, and a first slow block is not counted', async () => {
  const pace = new Pace();

  const lengths = await blocksOf(rows.subarray(0, 312), pace, (count) => compute(count * 6));

  expect(lengths.slice(0, 6)).toEqual([128, 128, 16, 8, 4, 4]);
  expect(await blocksOf(rows.subarray(0, 8), pace, (count) => compute(count * 6))).toEqual([4, 4]);
});

test('An aborted signal ends the work before the next block', async () => {
  const given = new AbortController();
  const done = new Pace().blocks(rows, given.signal, () => given.abort(new Error('stopped')));

  await expect(done).rejects.toThrow('stopped');
});
