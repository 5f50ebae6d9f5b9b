/** The bench of events at a tiny size, so that it cannot rot; its figures are looked at elsewhere. */
import { spawnSync } from 'node:child_process';
import path from 'node:path';

test('measures events against bare publishing, and idle services', () => {
  const options = [path.join(__dirname, 'run.mjs'), 'events', '--tiny'];
  const { stdout, stderr } = spawnSync(process.execPath, options, { encoding: 'utf8' });
  expect(stderr).toBe('');
  expect(JSON.parse(stdout.trim().split('\n').at(-1)!)).toMatchObject({
    bench: 'events',
    ratio: { single: expect.any(Number), bulk: expect.any(Number) },
    eventsPerSecond: { single: expect.any(Number), bulk: expect.any(Number), peer: expect.any(Number) },
    idleCores: expect.any(Number),
    idleServices: 8,
    n: 1,
  });
});
