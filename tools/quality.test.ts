import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { TemporaryFolder } from '@holdfast/testing/temporary-folder.fixture';

const run = promisify(execFile);
const quality = path.resolve(__dirname, 'quality.mjs');

describe('quality', () => {
  const folder = new TemporaryFolder();
  const mapping = folder.at('table.mapping.yaml');
  const data = folder.at('table.csv');
  const judgeTable = (file: string, ...options: string[]) =>
    run(process.execPath, [quality, 'table', '--data', file, '--mapping', mapping, ...options]);

  beforeAll(() => {
    const rows = Array.from({ length: 400 }, (_, row) => {
      const bill = (row * 37) % 100;
      const chance = ((row * 7_919) % 1_009) / 1_009;
      return `K${row},${bill},${chance < 0.1 + bill / 200 ? 'yes' : 'no'}`;
    });
    folder.write('table.csv', ['id,bill,left', ...rows, ',1,no'].join('\n'));
    folder.write(
      'table.mapping.yaml',
      'table: small\nkey: id\nasOf: 2026-01\nlabel: { column: left, positive: "yes" }\n',
    );
  });

  it('judges a table by the way that users take, and ends with one line of JSON', async () => {
    const { stdout } = await judgeTable(data, '--repeats', '1');
    expect(stdout).toContain('401 rows read, 400 accepted, 1 rejected, 0 duplicates');
    const last = JSON.parse(stdout.trim().split('\n').at(-1)!) as Record<string, { mean: number }> & { rows: number };
    expect(last).toMatchObject({ quality: 'small', rows: 400 });
    expect(last['auc']!.mean).toBeGreaterThan(0.55);
    expect(last['auc']!.mean).toBeLessThan(0.95);
  });

  it('names the wrong argument', async () => {
    const failure = { code: 1, stderr: expect.stringContaining('nowhere.csv') };
    await expect(judgeTable('nowhere.csv')).rejects.toMatchObject(failure);
  });
});
