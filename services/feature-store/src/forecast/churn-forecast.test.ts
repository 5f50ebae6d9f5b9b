import { monthNumber, monthRange } from '@holdfast/platform/calendar';
import { drawNegativeBinomial } from '@holdfast/learning/random-counts';
import { RandomStream } from '@holdfast/learning/random';
import { sharedEngine } from '../engine/engine.fixture.js';
import { forecastChurn, type ForecastInput } from './churn-forecast.js';
import { forecastAnswer } from './forecast-answer.js';
import { forecastCausesSchema, type ForecastCause } from './forecast-causes.js';
import { churnerCounts } from './churner-counts.js';
import { LUNAR_NEW_YEARS, springFestivalShare } from './lunar-new-year.js';
import { unitTree, type ChurnerCount } from './unit-tree.js';

const shared = sharedEngine();

test('counts those who were at risk before the month in which they churned, once, in their org unit of before', async () => {
  const rows = [
    [1, '2026-08', 'demo/a/', true, false, null],
    [1, '2026-09', 'demo/b/', false, true, 'price'], // moved and left: counted where it was
    [1, '2026-10', 'demo/b/', false, true, 'price'], // not at risk any more
    [2, '2026-08', 'demo/a/', true, false, null],
    [2, '2026-09', 'demo/a/', false, true, 'arrears'],
    [3, '2026-08', 'demo/a/x/', true, false, null],
    [3, '2026-09', 'demo/a/x/', true, false, null],
    [3, '2026-10', 'demo/a/x/', false, true, null],
    [4, '2026-08', 'demo/b/', false, true, null], // suspended
    [4, '2026-09', 'demo/b/', true, false, null], // came back
    [5, '2026-09', 'demo/b/', false, true, 'price'], // joined and left within the month
  ] as const;
  const values = rows.map(([at, month, unit, atRisk, churned, reason]) => {
    return `(${at}, '${month}', '${unit}', ${atRisk}, ${churned}, ${reason === null ? 'null' : `'${reason}'`})`;
  });
  const status = `(select * from (values ${values.join(', ')})
    as t(subscription_id, month, org_unit_path, at_risk, churned, reason_code))`;
  const counted = async (levels: number, where: string[]) => {
    const sql = churnerCounts(status, { from: '2026-08', to: '2026-09' }, levels, where);
    const found = await shared.engine.rows<Record<string, unknown>>(sql);
    const names = ['stock', 'voluntary', 'involuntary'];
    return found.map((row) => [row['month'], row['org_unit_path'], ...names.map((name) => Number(row[name]))]);
  };
  expect(await counted(5, [])).toEqual([
    ['2026-09', 'demo/a/', 2, 1, 1],
    ['2026-09', 'demo/a/x/', 1, 0, 0],
    ['2026-10', 'demo/a/x/', 1, 1, 0],
    ['2026-10', 'demo/b/', 1, 0, 0],
  ]);
  expect(await counted(1, [`starts_with(org_unit_path, 'demo/a/')`])).toEqual([
    ['2026-09', 'demo/a/', 3, 1, 1],
    ['2026-10', 'demo/a/', 1, 1, 0],
  ]);
});

test('the first days of Chinese years are those of Intl, except for two that it has a day off', () => {
  const lunar = new Intl.DateTimeFormat('en-u-ca-chinese', { month: 'numeric', day: 'numeric', timeZone: 'UTC' });
  const found = LUNAR_NEW_YEARS.map((day) => {
    return [-1, 0, 1].filter((shift) => lunar.format(Date.parse(day) + shift * 86_400_000) === '1/1');
  });
  const off = LUNAR_NEW_YEARS.filter((_, at) => found[at]![0] !== 0);
  expect(found.every((shifts) => shifts.length === 1)).toBe(true);
  expect(off).toEqual(['2027-02-06', '2030-02-03']);
  const shares = monthRange('2025-01', '2025-12').map((month) => springFestivalShare(monthNumber(month)));
  // 22 January to 12 February 2025.
  expect(shares).toEqual([10 / 22, 12 / 22, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
  expect(springFestivalShare(monthNumber('2040-02'))).toBe(0);
});

/** Churners of an operator of two cities, one of two counties, from April 2025 on. */
function operator(months: number, of: { seed?: number; raised?: (month: string, unit: string) => number } = {}) {
  const { seed = 1, raised = () => 1 } = of;
  const random = new RandomStream(seed, 0);
  const stocks = { 'demo/a/x/': 30_000, 'demo/a/y/': 20_000, 'demo/b/': 25_000 };
  const all = monthRange('2025-04', '2028-12').slice(0, months + 1);
  const rows = all.flatMap((month): ChurnerCount[] =>
    Object.entries(stocks).map(([orgUnitPath, stock]) => ({
      ...{ month, orgUnitPath, stock },
      voluntary: drawNegativeBinomial(0.01 * stock * raised(month, orgUnitPath), 0.001, random),
      involuntary: drawNegativeBinomial(0.002 * stock, 0.001, random),
    })),
  );
  const firstMonth = monthNumber('2025-04');
  const known = new Set(all.slice(0, months).map(monthNumber));
  const range = { first: firstMonth, last: firstMonth + months - 1 };
  const input = (causes: ForecastCause[] = [], levels = 1): ForecastInput => ({
    ...{ nodes: unitTree(rows, levels, range, known), rows, firstMonth, horizon: 3, causes },
    kinds: ['all', 'voluntary', 'involuntary'],
  });
  return input;
}

test('forecasts each kind by org unit, with history and backtest', () => {
  const input = operator(18)();
  const { counts, totals, history, backtest, reason } = forecastAnswer(input, forecastChurn(input), 1);
  const of = (kind: string, unit: string) => counts.filter((one) => one.kind === kind && one.orgUnitPath === unit);
  expect(counts).toHaveLength(3 * 3 * 3);
  expect(of('all', '').map(({ month, monthsAhead }) => [month, monthsAhead])).toEqual([
    ['2026-10', 1],
    ['2026-11', 2],
    ['2026-12', 3],
  ]);
  for (const { expected, low95, high95, stock } of of('all', '')) {
    expect(stock).toBeCloseTo(75_000, 6);
    expect(low95).toBeLessThan(900);
    expect(high95).toBeGreaterThan(900);
    expect(Math.abs(expected / 900 - 1)).toBeLessThan(0.06);
  }
  const added = of('voluntary', 'demo/a/')[0]!.expected + of('voluntary', 'demo/b/')[0]!.expected;
  expect(added).toBeCloseTo(of('voluntary', '')[0]!.expected, 6);
  expect(totals.find(({ kind, orgUnitPath }) => kind === 'involuntary' && orgUnitPath === 'demo/b/')).toMatchObject({
    ...{ month: '2026-12', monthsAhead: 3, stock: undefined },
  });
  expect(history.filter(({ orgUnitPath }) => orgUnitPath === 'demo/a/')).toHaveLength(18);
  expect(history[0]).toMatchObject({ orgUnitPath: '', month: '2025-04', stock: 75_000 });
  const [first] = backtest;
  expect(first).toMatchObject({ kind: 'all', isByUnit: false, monthsAhead: 1, judged: 12, reason: '' });
  expect(first!.coverage95).toBeGreaterThan(0.7);
  expect(reason).toBe('');
});

test('too few months, and months that nothing judges, have a reason', () => {
  const few = operator(5)();
  const none = forecastAnswer(few, forecastChurn(few), 1);
  expect(none).toMatchObject({ counts: [], totals: [], backtest: [], reason: 'forecast.fewMonths' });
  expect(none.reasonEn).toBe('A forecast needs 6 months with known churners; there are 5.');
  expect(none.history).toHaveLength(15);
  const some = operator(7)();
  const { backtest } = forecastAnswer(some, forecastChurn(some), 1);
  expect(backtest[1]).toMatchObject({ monthsAhead: 2, judged: 0, coverage80: undefined, reason: 'forecast.notJudged' });
  expect(backtest[1]!.reasonZhCn).toContain('2');
});

test('a cause of one county raises this county, and its city by its share', () => {
  const raised = (month: string, unit: string): number => (month === '2026-06' && unit === 'demo/a/x/' ? 2.5 : 1);
  const cause = { en: 'Shop closed', 'zh-CN': '营业厅关闭', from: '2026-06', to: '2026-06', orgUnit: 'demo/a/x/' };
  const input = operator(18, { raised })([cause], 2);
  const { causes, counts } = forecastAnswer(input, forecastChurn(input), 2);
  const of = (kind: string) => causes.filter((one) => one.kind === kind);
  expect(of('voluntary')[0]).toMatchObject({ causeZhCn: '春节', basis: 'estimated', fromMonth: '' });
  const [, annotated] = of('voluntary');
  expect(annotated).toMatchObject({ basis: 'estimated', causeEn: 'Shop closed', orgUnitPath: 'demo/a/x/' });
  expect(annotated!.effect).toBeGreaterThan(1.2);
  expect(annotated!.effect).toBeLessThan(1.8);
  expect(Math.abs(of('involuntary')[1]!.effect!)).toBeLessThan(0.4);
  const county = counts.find(({ kind, orgUnitPath }) => kind === 'voluntary' && orgUnitPath === 'demo/a/x/')!;
  expect(Math.abs(county.expected / 300 - 1)).toBeLessThan(0.1);
  const ahead = { ...cause, orgUnit: undefined, from: '2026-11', to: '2026-11' };
  const later = operator(18)([{ ...ahead, effect: 0.5 }, ahead]);
  const [, given, unknown] = forecastAnswer(later, forecastChurn(later), 1).causes;
  expect([given!.basis, given!.effect, unknown!.basis, unknown!.effect]).toEqual(['given', 0.5, 'unknown', 0]);
});

test('annotations are checked', () => {
  const cause = { en: 'a', 'zh-CN': 'b', from: '2026-02', to: '2026-01' };
  expect(forecastCausesSchema.safeParse([cause]).success).toBe(false);
  expect(forecastCausesSchema.safeParse([{ ...cause, to: '2026-02', orgUnit: 'demo/a' }]).success).toBe(false);
  expect(forecastCausesSchema.safeParse([{ ...cause, to: '2026-02', orgUnit: 'demo/a/', effect: -0.5 }]).success).toBe(
    true,
  );
});
