import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { EXAMPLE_TRUTH, exampleCsv, writeExample } from './generate.mjs';

const csv = exampleCsv();
const [header = [], ...rows] = csv
  .trimEnd()
  .split('\n')
  .map((line) => line.split(','));
const cell = (row: string[], column: string): string => row[header.indexOf(column)]!;

/** The rule that a row breaks, computed independently: what an import of the table must report. */
function verdicts(): Map<string, number> {
  const counts = new Map<string, number>();
  const seen = new Map<string, string>();
  const isNumber = (text: string): boolean => /^-?\d+(\.\d+)?$/.test(text);
  const verdictOf = (row: string[]): string => {
    if (row.length !== header.length) return 'row.ragged';
    const key = cell(row, 'subscriber_id');
    if (key === '') return 'key.missing';
    if (!['yes', 'no'].includes(cell(row, 'left_next_month'))) return 'label.unknown';
    const numbers = ['arpu', 'months_on_net', 'dropped_calls'].map((column) => cell(row, column));
    if (!numbers.every(isNumber)) return 'number.malformed';
    if (Number(cell(row, 'arpu')) < 0) return 'value.negative';
    const content = row.join();
    const before = seen.get(key);
    if (before !== undefined) return before === content ? 'duplicate' : 'key.conflict';
    seen.set(key, content);
    return cell(row, 'left_next_month') === 'yes' ? 'leaver' : 'stayer';
  };
  for (const row of rows) {
    const verdict = verdictOf(row);
    counts.set(verdict, (counts.get(verdict) ?? 0) + 1);
  }
  return counts;
}

describe('the example table', () => {
  it('is the same bytes every time', () => {
    const hash = createHash('sha256').update(csv).digest('hex');
    expect(hash).toBe('5a4fb804a034ea2627dc54d060c305f1f4a836f430ea8da37d4bf55bf3fac0b8');
    expect(exampleCsv()).toBe(csv);
  });

  it('is written whole, and nothing next to it', () => {
    const folder = mkdtempSync(path.join(os.tmpdir(), 'example-'));
    try {
      writeExample(path.join(folder, 'example.csv'));
      expect(readdirSync(folder)).toEqual(['example.csv']);
      expect(readFileSync(path.join(folder, 'example.csv'), 'utf8')).toBe(csv);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('agrees with its truth', () => {
    const { leaver = 0, stayer = 0, duplicate = 0, ...rejectedByRule } = Object.fromEntries(verdicts());
    expect({ leaver, duplicate, rejectedByRule, accepted: leaver + stayer }).toEqual({
      leaver: EXAMPLE_TRUTH.leavers,
      duplicate: EXAMPLE_TRUTH.duplicates,
      rejectedByRule: EXAMPLE_TRUTH.rejectedByRule,
      accepted: EXAMPLE_TRUTH.accepted,
    });
    const { read, accepted, rejected, duplicates } = EXAMPLE_TRUTH;
    expect(rows).toHaveLength(read);
    expect(accepted + rejected + duplicates).toBe(read);
  });

  it('has a natural churn rate', () => {
    expect(EXAMPLE_TRUTH.leavers / EXAMPLE_TRUTH.accepted).toBeGreaterThan(0.1);
    expect(EXAMPLE_TRUTH.leavers / EXAMPLE_TRUTH.accepted).toBeLessThan(0.15);
  });

  it('marks keys and names, and names its columns in its causes and its mapping', () => {
    const { keyPrefix, namePrefix, causes } = EXAMPLE_TRUTH;
    for (const row of rows) {
      expect(cell(row, 'subscriber_name').startsWith(namePrefix)).toBe(true);
      expect(['', keyPrefix]).toContain(cell(row, 'subscriber_id').slice(0, keyPrefix.length));
    }
    for (const columns of Object.values(causes)) expect(header).toEqual(expect.arrayContaining(columns));
    const mapping = readFileSync(path.join(__dirname, 'example.mapping.yaml'), 'utf8');
    const mapped = ['subscriber_id', 'subscriber_name', 'left_next_month', 'arpu', 'city', 'months_on_net'];
    expect(header).toEqual(expect.arrayContaining(mapped));
    for (const column of mapped) expect(mapping).toContain(column);
  });
});
