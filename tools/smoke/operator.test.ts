import { readFileSync } from 'node:fs';
import path from 'node:path';
import { readCompose } from '../deploy/compose-file.mjs';
import { lastMonth, smallOperator, waitMs } from './operator.mjs';

it.each([
  ['2026-12-03T15:59:59Z', '2026-10'],
  ['2026-12-03T16:00:00Z', '2026-11'],
  ['2027-01-02T00:00:00Z', '2026-11'],
  ['2027-01-10T00:00:00Z', '2026-12'],
])('at %s the newest extract can be of %s', (now, month) => {
  expect(lastMonth(new Date(now))).toBe(month);
});

it.each([
  ['2026-12-03T00:54:00Z', 0], // 8:54 in Shanghai
  ['2026-12-03T00:56:00Z', 240],
  ['2026-12-03T01:00:00Z', 0],
  ['2026-12-03T12:59:00Z', 60],
  ['2026-12-03T15:58:30Z', 90],
])('a month that begins at %s waits %d s for the next hours of calls', (now, seconds) => {
  expect(waitMs(new Date(now))).toBe(seconds * 1_000);
});

it('the operator is that of the demonstration, but smaller', () => {
  const compose = readCompose(readFileSync(path.resolve(__dirname, '../../docker-compose.yml'), 'utf8'));
  const { command } = compose.services['demo-extract'];
  expect(smallOperator(command, new Date('2026-12-10T00:00:00Z')).join(' ')).toBe(
    'twin/dist/main.js create --subscribers 500 --months 9 --seed 7 --out /var/lib/holdfast/demo/operator --to 2026-11',
  );
  expect(() => smallOperator(['twin/dist/main.js'], new Date())).toThrow('has no --subscribers');
});
