import { monthRange } from '@holdfast/platform/calendar';
import type { LoadedExtract } from '../facts/extracts.js';
import { pointInTimeOf } from './point-in-time.js';
import type { Definition } from './definition.js';
import { partName, planView, type ViewRules } from './view-plan.js';

const definition: Definition = { view: 'v', version: 'd1', features: [] };
const status = { suspendedDaysMin: 7, cancelCounts: true };
const value = { historyMonths: 3, lossMonths: 2, dropRatio: 0.2 };
const rules: ViewRules = { status, historyMonths: 3, gapMonths: 1, value, asOfLagDays: 5 };
const MONTHS = monthRange('2026-01', '2026-12');

function extract(sequence: number, from: string, to: string, options: Partial<LoadedExtract> = {}): LoadedExtract {
  const months = MONTHS.filter((month) => month >= from && month <= to);
  const tables = ['subscriptions', 'status_history', 'billing', 'usage'].map((table) => {
    return { table, rows: 1_000, freeColumns: [], parts: [], months };
  });
  const drawn = new Date(`${to}-28T00:00:00Z`);
  return {
    ...{ sequence, extractId: `e${sequence}`, importId: `i${sequence}`, orgUnitPath: 'demo/', from, to },
    ...{ extractedAt: drawn, currency: 'CNY', timeZone: 'Asia/Shanghai', closedMonths: months, tables },
    ...options,
  };
}

describe('a plan', () => {
  test('has the months with enough history, and none across a hole', () => {
    const months = (extracts: LoadedExtract[], historyMonths = 3): string[] =>
      planView(definition, { ...rules, historyMonths }, extracts).pointsInTime.map(({ month }) => month);
    expect(months([extract(1, '2026-01', '2026-05')])).toEqual(['2026-03', '2026-04', '2026-05']);
    expect(months([extract(1, '2026-01', '2026-05')], 1)).toHaveLength(5);
    const around = [extract(1, '2026-01', '2026-03'), extract(2, '2026-05', '2026-08')];
    expect(months(around)).toEqual(['2026-03', '2026-07', '2026-08']);
    expect(months([extract(1, '2026-01', '2026-02')])).toEqual([]);
  });

  test('names the table that it cannot do without', () => {
    const whole = extract(1, '2026-01', '2026-05');
    const tables = whole.tables.filter(({ table }) => table !== 'billing');
    expect(() => planView(definition, rules, [{ ...whole, tables }])).toThrow('Not available: needs table billing.');
    expect(() => planView(definition, rules, [])).toThrow('Not available: needs table subscriptions.');
  });

  test('covers all shards with blocks, more of them for more rows', () => {
    const blocksFor = (rows: number): { from: number; to: number }[] => {
      const whole = extract(1, '2026-01', '2026-05');
      const tables = whole.tables.map((table) => ({ ...table, rows }));
      return planView(definition, rules, [{ ...whole, tables }]).blocks;
    };
    expect(blocksFor(500_000)).toEqual([{ from: 0, to: 256 }]);
    const [first, second] = [0, 128].map((from) => ({ from, to: from + 128 }));
    expect(blocksFor(500_001)).toEqual([first, second]);
    expect(blocksFor(1e12)).toHaveLength(256);
  });

  test('is named otherwise for other extracts, rules or definitions', () => {
    const keys = [
      planView(definition, rules, [extract(1, '2026-01', '2026-05')]),
      planView(definition, rules, [extract(1, '2026-01', '2026-05'), extract(2, '2026-01', '2026-06')]),
      planView(definition, { ...rules, gapMonths: 0 }, [extract(1, '2026-01', '2026-05')]),
      planView({ ...definition, version: 'd2' }, rules, [extract(1, '2026-01', '2026-05')]),
    ].map(({ key }) => key);
    expect(new Set(keys).size).toBe(4);
  });
});

describe('a part of April', () => {
  const block = { from: 0, to: 256 };
  const pointInTime = pointInTimeOf('2026-04', 'Asia/Shanghai', 5, new Date('2027-01-01T00:00:00Z'));
  const first = extract(1, '2026-01', '2026-05', { extractedAt: new Date('2026-06-02T00:00:00Z') });
  const name = (...extracts: LoadedExtract[]): string => partName({ definition, rules, extracts }, pointInTime, block);

  test('stays when a later extract corrects it, or brings the months after', () => {
    const correcting = extract(2, '2026-01', '2026-06', { extractedAt: new Date('2026-07-02T00:00:00Z') });
    const following = extract(2, '2026-06', '2026-06', { extractedAt: new Date('2026-07-02T00:00:00Z') });
    expect(name(first, correcting)).toBe(name(first));
    expect(name(first, following)).toBe(name(first));
  });

  test('is worked out again when a later extract brings a table or months that none had', () => {
    const late = extract(2, '2026-01', '2026-06', { extractedAt: new Date('2026-07-02T00:00:00Z') });
    const contacts = { table: 'contacts', rows: 1, freeColumns: [], parts: [], months: MONTHS.slice(0, 6) };
    expect(name(first, { ...late, tables: [...late.tables, contacts] })).not.toBe(name(first));
    expect(name(first, { ...late, from: '2025-12' })).not.toBe(name(first));
  });

  test('is another after an extract that was written before the knowledge time, for another time, block or definition', () => {
    const early = extract(2, '2026-01', '2026-06', { extractedAt: new Date('2026-05-01T00:00:00Z') });
    const names = [
      name(first),
      name(first, early),
      partName({ definition, rules, extracts: [first] }, { ...pointInTime, knowledgeTime: pointInTime.endsAt }, block),
      partName({ definition, rules, extracts: [first] }, pointInTime, { from: 0, to: 128 }),
      partName({ definition: { ...definition, version: 'd2' }, rules, extracts: [first] }, pointInTime, block),
    ];
    expect(new Set(names).size).toBe(names.length);
  });
});
