import { contractTable } from '@holdfast/extract-contract/table';
import { parseDay } from '@holdfast/platform/calendar';
import type { Cell, RawCell } from '../table/table.js';
import { ERROR_KINDS, ErrorInjector, type InjectedError } from './error-injector.js';

const contract = contractTable('fees', { kind: 'month', column: 'month' }, [
  'fee_id id * key',
  'subscription_id id * > subscriptions',
  'month month *',
  'kind enum *',
  'paid_on date',
  'amount money *',
  'weight number',
  'note text',
]);
const fees = { ...contract, acceptsErrors: true };
const SETTING = {
  seed: 5,
  share: 0.3,
  monthBefore: '2026-01',
  extractedDay: parseDay('2027-01-01')!,
  hasWrongEncodings: false,
};

/** Writes good rows through the injector. @returns rows of the file by line */
function corrupted(rows: number): {
  lines: Map<number, readonly RawCell[]>;
  injectedErrors: InjectedError[];
  good: Set<number>;
} {
  const injectedErrors = new ErrorInjector(fees, 'fees.csv', SETTING, 1);
  const lines = new Map<number, readonly RawCell[]>();
  const good = new Set<number>();
  let line = 1;
  for (let row = 0; row < rows; row += 1) {
    const [fee, subscription] = [`F${row}`, `TS${10_000_000 + row}`];
    const cells: Cell[] = [fee, subscription, '2026-03', 'rent', '2026-03-31', `${row}.39`, '1.7', 'fine', undefined];
    injectedErrors.beforeWrite(cells, line + 1);
    lines.set((line += 1), [...cells]);
    good.add(line);
    for (const extra of injectedErrors.afterWrite(cells, line)) lines.set((line += 1), extra);
  }
  return { lines, injectedErrors: injectedErrors.rows, good };
}

describe('injected errors', () => {
  const { lines, injectedErrors, good } = corrupted(600);
  const placeOf = (column: string): number => fees.columns.findIndex(({ name }) => name === column);
  const cellOf = ({ line, column }: InjectedError): RawCell => lines.get(line)![placeOf(column)];
  const of = (kind: InjectedError['kind']): InjectedError[] => injectedErrors.filter((row) => row.kind === kind);

  test('are of every kind, with their lines', () => {
    expect([...new Set(injectedErrors.map(({ kind }) => kind))].sort()).toEqual([...ERROR_KINDS].sort());
    const corruptedLines = [...lines.keys()].filter((line) => !good.has(line));
    expect(injectedErrors.filter(({ kind }) => kind !== 'late').map(({ line }) => line)).toEqual(corruptedLines);
  });

  test('have the recorded kind and column', () => {
    for (const row of of('missing')) expect(cellOf(row)).toBeUndefined();
    for (const row of of('badDate')) expect(cellOf(row)).toMatch(/^2026-02-30/);
    for (const row of of('negative')) expect(cellOf(row)).toMatch(/^-\d+\.39$/);
    for (const row of of('unknownEnum')) expect(cellOf(row)).toBe('unknown_kind');
    for (const row of of('outsideSpan')) expect(cellOf(row)).toBe('2026-01');
    for (const row of of('orphan')) expect(cellOf(row)).toMatch(/^TS99999\d{3}$/);
  });

  test('have a new key; a duplicate equals the good row, and a conflict differs from it', () => {
    const keyOf = (line: number): RawCell => lines.get(line)![0];
    for (const row of injectedErrors.filter(({ expected, kind }) => expected === 'rejected' && kind !== 'conflict')) {
      expect(keyOf(row.line)).not.toBe(keyOf(row.line - 1));
    }
    for (const { line } of of('duplicate')) expect(lines.get(line)).toEqual(lines.get(line - 1));
    for (const { line } of of('conflict')) {
      expect(keyOf(line)).toBe(keyOf(line - 1));
      expect(lines.get(line)).not.toEqual(lines.get(line - 1));
    }
  });

  test('keep the decimals of a figure', () => {
    const figures = of('conflict').filter(({ column }) => column === 'amount' || column === 'weight');
    const decimals: Record<string, RegExp> = { amount: /^\d+\.39$/, weight: /^2\.7$/ };
    expect(new Set(figures.map(({ column }) => column)).size).toBe(2);
    for (const row of figures) expect(cellOf(row)).toMatch(decimals[row.column]!);
  });

  test('keep late rows good, with a later recorded_at', () => {
    for (const row of of('late')) {
      expect(row.expected).toBe('accepted');
      expect(good.has(row.line)).toBe(true);
      expect(String(cellOf(row)) > '2026-04-10').toBe(true);
    }
  });
});
