import { create } from '../create/create.js';
import { DEFAULT_SETTINGS } from '../create/settings.js';
import type { Created } from '../create/write-operator.js';
import { CAUSES } from '../hazard/causes.js';
import { TemporaryFolder } from '@holdfast/testing/temporary-folder.fixture';
import { reportPage } from './page.js';
import { readStatistics, type OperatorStatistics } from './statistics.js';

const folder = new TemporaryFolder();
let created: Created;
let statistics: OperatorStatistics;

beforeAll(async () => {
  created = await create(folder.path, { ...DEFAULT_SETTINGS, subscribers: 300, months: 6, eventMonths: 1, seed: 6 });
  statistics = await readStatistics(folder.path);
});

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

describe('statistics of an operator', () => {
  test('agree with the files', () => {
    expect(sum(statistics.tenureYears.values)).toBeGreaterThanOrEqual(300);
    expect(sum(statistics.callsByHour.values)).toBeCloseTo(1, 6);
    expect(statistics.callsByWeekday.labels).toHaveLength(7);
    expect(sum(statistics.causes.values)).toBe(created.summary.departures.count);
    expect(sum(statistics.householdSizes.values)).toBe(created.summary.households.count);
  });

  test('have hazards that add up to the churn, and a tail of bills', () => {
    const rates = sum(statistics.hazardByCause.values) / 1000;
    expect(rates).toBeGreaterThan(0.5 * statistics.churnPerMonth);
    expect(rates).toBeLessThan(2 * statistics.churnPerMonth);
    expect(new Set(statistics.hazardByCause.labels)).toEqual(new Set(CAUSES));
    const tail = statistics.arpuTail.values;
    expect([...tail].sort((left, right) => left - right)).toEqual(tail);
    expect(statistics.topTenthShare).toBeGreaterThan(0.15);
    expect(statistics.topTenthShare).toBeLessThan(0.6);
    expect(statistics.hazardByTenure.labels[0]).toBe('0');
    expect(statistics.degreeMean).toBeGreaterThan(1);
  });

  test('are plausible: calls by day, bills of tens of CNY, falling survival', () => {
    const { labels, values: shares } = statistics.callsByHour;
    const share = (hour: number): number => shares[labels.indexOf(String(hour))] ?? 0;
    expect(share(10)).toBeGreaterThan(5 * share(3));
    expect(statistics.arpuMean).toBeGreaterThan(35);
    expect(statistics.arpuMean).toBeLessThan(110);
    const { values } = statistics.survival;
    expect(values[0]).toBe(1);
    expect([...values].sort((left, right) => right - left)).toEqual(values);
  });
});

test('the page shows statistics in both languages with published figures, and loads nothing from the network', () => {
  const page = reportPage(statistics, created.summary);
  const sources = ['2018 National Time Use Survey', 'China Mobile', 'Onnela', 'Census'];
  const words = ['生存曲线', 'Kaplan-Meier', 'Hazard by cause', '价值流失原因', '最优策略', ...sources];
  expect(words.filter((each) => !page.includes(each))).toEqual([]);
  expect(page).not.toMatch(/<script|<link|src=|https?:/);
  expect(page.match(/<rect /g)!.length).toBeGreaterThan(80);
});

test('the page shows the error of the naive comparison of the old-rule campaign', () => {
  const truth = { realised: -0.04, expected: -0.035 };
  const naive = { estimate: 0.1, low: 0.07, high: 0.13 };
  const oldRule = { judged: 4000, called: 200, effectOnCalled: truth, effectOnAll: truth, naive, naiveError: 0.14 };
  const page = reportPage(statistics, { ...created.summary, oldRule });
  const words = [
    '200 of 4000 called',
    '-4.00 %',
    '10.00 % (7.00 % to 13.00 %)',
    '14.00 %',
    'misses the truth',
    '未覆盖',
  ];
  expect(words.filter((each) => !page.includes(each))).toEqual([]);
  expect(reportPage(statistics, { ...created.summary, oldRule: undefined })).not.toContain('旧规则');
});
