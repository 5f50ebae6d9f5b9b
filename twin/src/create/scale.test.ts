import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { exponentLine, exponentOf, measureSizes, sizeLine, type SizeTaken } from './scale.js';
import { DEFAULT_SETTINGS } from './settings.js';

test.each([
  ['linear', (size: number) => 3 * size, 1],
  ['quadratic', (size: number) => size * size, 2],
  ['constant', () => 7, 0],
])('the exponent of what is %s', (_, of, exponent) => {
  const sizes = [10, 100, 1000];
  expect(exponentOf(sizes, sizes.map(of))).toBeCloseTo(exponent, 10);
});

test('operators of several sizes are measured and deleted; their bytes grow with the size', async () => {
  const scratch = fs.mkdtempSync(path.join(os.tmpdir(), 'scale-test-'));
  jest.spyOn(os, 'tmpdir').mockReturnValue(scratch); // other measurements may run at the same time
  const seen: SizeTaken[] = [];
  const settings = { ...DEFAULT_SETTINGS, months: 1, eventMonths: 1 };
  const taken = await measureSizes([200, 800], settings, {}, (size) => seen.push(size));
  expect(seen).toEqual(taken);
  expect(fs.readdirSync(scratch)).toEqual([]);
  fs.rmdirSync(scratch);
  const [small, large] = taken;
  expect(large!.bytes / small!.bytes).toBeGreaterThan(2);
  expect(large!.events / small!.events).toBeGreaterThan(3);
  expect(large!.events / small!.events).toBeLessThan(5);
  expect(sizeLine(large!)).toContain(`${large!.events} events`);
  expect(exponentLine(taken)).toMatch(/time -?\d\.\d\d, CPU -?\d\.\d\d, bytes [01]\.\d\d/);
});
