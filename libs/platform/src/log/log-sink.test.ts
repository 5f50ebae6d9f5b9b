import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { TemporaryFolder } from '@holdfast/testing/temporary-folder.fixture';
import { eventually } from '@holdfast/testing/service';
import { LogSink } from './log-sink.js';

const folder = new TemporaryFolder();
const droppedLine = (count: number) => `dropped ${count}\n`;
const line = (number: number) => `line ${String(number).padStart(95)}\n`;
const LINE_BYTES = 101;

describe('the log', () => {
  it('writes lines in their order, and continues a file', async () => {
    const file = path.join(folder.path, 'order.log');
    fs.writeFileSync(file, 'earlier\n');
    const sink = new LogSink({ file, droppedLine });
    sink.write('one\n');
    sink.write('two\n');
    await eventually('both are written', async () => fs.readFileSync(file, 'utf8') === 'earlier\none\ntwo\n');
    sink.write('three\n');
    sink.flushSync();
    expect(fs.readFileSync(file, 'utf8')).toBe('earlier\none\ntwo\nthree\n');
  });

  it('does not wait for a reader that hangs: it drops lines, and reports their number later', async () => {
    const fifo = path.join(folder.path, 'fifo');
    spawnSync('mkfifo', [fifo]);
    const reader = fs.openSync(fifo, fs.constants.O_RDONLY | fs.constants.O_NONBLOCK);
    const sink = new LogSink({ file: fifo, droppedLine });
    const count = 40_000; // four times what may wait
    const startedMs = performance.now();
    for (let number = 0; number < count; number += 1) {
      if (number === 100) await sleep(50); // the first lines fill the pipe
      sink.write(line(number));
    }
    expect(performance.now() - startedMs).toBeLessThan(2_000);

    const read = await linesOf(reader, () => sink.write('the last\n'));
    const reports = read.filter((each) => each.startsWith('dropped'));
    const written = read.filter((each) => each.startsWith('line'));
    expect(reports).toHaveLength(1);
    expect(Number(reports[0]!.split(' ')[1]) + written.length).toBe(count);
    expect(written.length * LINE_BYTES).toBeGreaterThan(900_000);
    fs.closeSync(reader);
  });

  it('drops lines on a full disk', async () => {
    const sink = new LogSink({ file: '/dev/full', droppedLine });
    for (let number = 0; number < 10; number += 1) {
      sink.write(line(number));
      await sleep(1);
    }
    sink.write(line(10));
    expect(() => sink.flushSync()).not.toThrow();
  });

  it('is bounded: the file is rotated while another process has it open', async () => {
    const file = path.join(folder.path, 'rotated.log');
    const sink = new LogSink({ file, fileBytesMax: 100 * LINE_BYTES, droppedLine });
    const other = fs.openSync(file, 'a');
    const lastOf = (name: string) => fs.readFileSync(name, 'utf8').trimEnd().split('\n').at(-1);
    for (let number = 0; number < 1_050; number += 1) {
      sink.write(line(number));
      if (number % 50 === 49) await eventually('it is written', async () => lastOf(file) === line(number).trimEnd());
    }
    expect(fs.statSync(file).size).toBeLessThanOrEqual(150 * LINE_BYTES);
    expect(fs.statSync(`${file}.1`).size).toBeLessThanOrEqual(150 * LINE_BYTES);
    const kept = [`${file}.1`, file].map((name) => fs.readFileSync(name, 'utf8')).join('');
    const first = Number(kept.split('\n')[0]!.split(' ').at(-1));
    expect(kept).toBe(Array.from({ length: 1_050 - first }, (_, at) => line(first + at)).join(''));
    fs.writeSync(other, 'a crash\n');
    expect(lastOf(file)).toBe('a crash');
  });
});

/** Reads until a line of `finish`, which is called when nothing more comes. */
async function linesOf(reader: number, finish: () => void): Promise<string[]> {
  const buffer = Buffer.alloc(65_536);
  let text = '';
  for (let idle = 0; !text.endsWith('the last\n');) {
    const bytes = readNow(reader, buffer);
    text += buffer.toString('utf8', 0, bytes);
    idle = bytes === 0 ? idle + 1 : 0;
    if (idle === 100) finish();
    if (bytes === 0) await sleep(2);
  }
  return text.trimEnd().split('\n');
}

function readNow(reader: number, buffer: Buffer): number {
  try {
    return fs.readSync(reader, buffer);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EAGAIN') return 0;
    throw error;
  }
}
