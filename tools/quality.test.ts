import { execFile } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const quality = path.resolve(__dirname, 'quality.mjs');

describe('quality', () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'quality-test-'));
  const mapping = path.join(folder, 'table.mapping.yaml');
  const data = path.join(folder, 'table.csv');

  beforeAll(() => {
    const rows = Array.from({ length: 400 }, (_, row) => {
      const bill = (row * 37) % 100;
      const chance = ((row * 7_919) % 1_009) / 1_009;
      return `K${row},${bill},${chance < 0.1 + bill / 200 ? 'yes' : 'no'}`;
    });
    fs.writeFileSync(data, ['id,bill,left', ...rows, ',1,no'].join('\n'));
    fs.writeFileSync(mapping, 'table: small\nkey: id\nasOf: 2026-01\nlabel: { column: left, positive: "yes" }\n');
  });
  afterAll(() => fs.rmSync(folder, { recursive: true, force: true }));

  it('judges a table by the way that users take, and ends with one line of JSON', async () => {
    const { stdout } = await run(process.execPath, [
      quality,
      'table',
      '--data',
      data,
      '--mapping',
      mapping,
      '--repeats',
      '1',
    ]);
    expect(stdout).toContain('401 rows read, 400 accepted, 1 rejected, 0 duplicates');
    const last = JSON.parse(stdout.trim().split('\n').at(-1)!) as Record<string, { mean: number }> & { rows: number };
    expect(last).toMatchObject({ quality: 'small', rows: 400 });
    expect(last['auc']!.mean).toBeGreaterThan(0.55);
    expect(last['auc']!.mean).toBeLessThan(0.95);
  });

  it('names the wrong argument', async () => {
    await expect(
      run(process.execPath, [quality, 'table', '--data', 'nowhere.csv', '--mapping', mapping]),
    ).rejects.toMatchObject({ code: 1, stderr: expect.stringContaining('nowhere.csv') });
  });
});
