import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import v8 from 'node:v8';
import { syntheticPanel } from '@holdfast/learning/synthetic-panel.fixture';
import type { NumberColumn } from '@holdfast/learning/table';
import { TemporaryFolder } from '@holdfast/testing/temporary-folder.fixture';

const run = promisify(execFile);
const quality = path.resolve(__dirname, 'quality.mjs');

interface PromotionsJson {
  readonly promoted: { readonly models: number };
  readonly declined: { readonly models: number };
  readonly operators: Record<
    string,
    { month: string; promoted: boolean; difference: number; churners: number; auc: { gain: number } }[]
  >;
}

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

  it('walks the months of an operator forward, and judges each model on rows of a month that it has not learned from', async () => {
    const [months, lead] = [10, 2];
    const panel = syntheticPanel(900, months, lead, 4);
    const known = Uint32Array.from(panel.labels.keys()).filter((row) => !Number.isNaN(panel.labels[row]!));
    const monthOf = Uint32Array.from(known, (row) => 24_300 + panel.months[row]!);
    /** @param signFrom month from which values have the other sign */
    const recorded = (signFrom: number) =>
      v8.serialize({
        ...{ trainingHash: '', seed: 1, folds: 3, repeats: 1, naturalPrevalence: null, split: undefined },
        columns: panel.table.columns.map(({ name }) => ({ name, type: 'number' })),
        data: (panel.table.columns as NumberColumn[]).map((column) => ({
          ...column,
          values: Float64Array.from(known, (row, at) => (monthOf[at]! < signFrom ? 1 : -1) * column.values[row]!),
        })),
        labels: Uint8Array.from(known, (row) => panel.labels[row]!),
        forward: {
          months: monthOf,
          subscriptions: Uint32Array.from(known, (row) => panel.subscriptions[row]!),
          ...{ lostInGapByMonth: new Map(), leadMonths: lead, judgedMonthsMax: 1 },
        },
      });
    const judge = async (keep: string, ...options: string[]) => {
      const size = ['--seeds', '1', '--subscribers', '900', '--months', `${months}`];
      const words = [quality, 'promotions', ...size, '--keep', folder.at(keep), ...options];
      const { stdout, stderr } = await run(process.execPath, words);
      return { trained: stderr, ...(JSON.parse(stdout.trim().split('\n').at(-1)!) as PromotionsJson) };
    };
    folder.write('kept/operator-1-900-10.input', recorded(Infinity));
    const all = await judge('kept', '--difference-min=-1');
    // Months 0 to 7 have labels. The first champion is that of month 4, which has learned from months 0 to 2.
    const decisions = all.operators['1']!;
    expect(decisions.map(({ month }) => month)).toEqual(['2025-06', '2025-07', '2025-08']);
    expect(all.trained.match(/operator 1, /g)).toHaveLength(4);
    expect(all).toMatchObject({ promoted: { models: 3 }, declined: { models: 0 } });
    for (const { churners, auc } of decisions) {
      expect(churners).toBeGreaterThan(5);
      expect(Math.abs(auc.gain)).toBeLessThan(0.2);
    }
    // The usual rule promotes a method that has not changed.
    const usual = await judge('kept');
    expect(usual).toMatchObject({ trained: '', promoted: { models: 3 } });
    expect(usual.operators['1']!.map(({ difference }) => difference)).toEqual([0, 0, 0]);
    const none = await judge('kept', '--difference-min=1');
    expect(none).toMatchObject({ promoted: { models: 0 }, declined: { models: 3 } });
    // Rows of later months change nothing of a decision.
    folder.write('changed/operator-1-900-10.input', recorded(24_306));
    const changed = (await judge('changed', '--difference-min=-1')).operators['1']!;
    expect(changed[0]).toEqual(decisions[0]);
    expect(changed[1]).not.toEqual(decisions[1]);
  }, 120_000);

  it('names the wrong argument', async () => {
    const failure = { code: 1, stderr: expect.stringContaining('nowhere.csv') };
    await expect(judgeTable('nowhere.csv')).rejects.toMatchObject(failure);
  });
});
