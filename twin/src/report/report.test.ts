import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { create } from '../create/create.js';
import type { Created } from '../create/write-operator.js';
import { DEFAULT_SETTINGS } from '../create/settings.js';
import { CAUSES } from '../hazard/causes.js';
import { readFacts, type Facts } from './facts.js';
import { reportPage } from './page.js';

let folder: string;
let created: Created;
let facts: Facts;

beforeAll(async () => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'twin-report-'));
  created = await create(folder, { ...DEFAULT_SETTINGS, subscribers: 300, months: 6, eventMonths: 1, seed: 6 });
  facts = await readFacts(folder);
});

afterAll(() => fs.rmSync(folder, { recursive: true, force: true }));

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

describe('the facts of an operator', () => {
  test('are what its files say', () => {
    expect(sum(facts.tenureYears.values)).toBeGreaterThanOrEqual(300);
    expect(sum(facts.callsByHour.values)).toBeCloseTo(1, 6);
    expect(facts.callsByWeekday.labels).toHaveLength(7);
    expect(sum(facts.causes.values)).toBe(created.summary.departures.count);
    expect(sum(facts.householdSizes.values)).toBe(created.summary.households.count);
  });

  test('have hazards that add up to those who leave, and a tail of bills', () => {
    const rates = sum(facts.hazardByCause.values) / 1000;
    expect(rates).toBeGreaterThan(0.5 * facts.churnPerMonth);
    expect(rates).toBeLessThan(2 * facts.churnPerMonth);
    expect(new Set(facts.hazardByCause.labels)).toEqual(new Set(CAUSES));
    const tail = facts.arpuTail.values;
    expect([...tail].sort((left, right) => left - right)).toEqual(tail);
    expect(facts.topTenthShare).toBeGreaterThan(0.15);
    expect(facts.topTenthShare).toBeLessThan(0.6);
    expect(facts.hazardByTenure.labels[0]).toBe('0');
    expect(facts.degreeMean).toBeGreaterThan(1);
  });

  test('have the shape of people: awake by day, billed tens of CNY, still there at first and fewer later', () => {
    const { labels, values: shares } = facts.callsByHour;
    const share = (hour: number): number => shares[labels.indexOf(String(hour))] ?? 0;
    expect(share(10)).toBeGreaterThan(5 * share(3));
    expect(facts.arpuMean).toBeGreaterThan(35);
    expect(facts.arpuMean).toBeLessThan(110);
    const { values } = facts.survival;
    expect(values[0]).toBe(1);
    expect([...values].sort((left, right) => right - left)).toEqual(values);
  });
});

test('the page shows them in both languages, beside published figures, and asks nothing of the network', () => {
  const page = reportPage(facts, created.summary);
  const sources = ['2018 National Time Use Survey', 'China Mobile', 'Onnela', 'Census'];
  const words = ['生存曲线', 'Kaplan-Meier', 'Hazard by cause', '价值流失原因', '最优策略', ...sources];
  expect(words.filter((each) => !page.includes(each))).toEqual([]);
  expect(page).not.toMatch(/<script|<link|src=|https?:/);
  expect(page.match(/<rect /g)!.length).toBeGreaterThan(80);
});

test('the page says by how much the comparison of a campaign by an old rule is wrong', () => {
  const truth = { realised: -0.04, expected: -0.035 };
  const naive = { estimate: 0.1, low: 0.07, high: 0.13 };
  const oldRule = { judged: 4000, called: 200, effectOnCalled: truth, effectOnAll: truth, naive, naiveError: 0.14 };
  const page = reportPage(facts, { ...created.summary, oldRule });
  const words = [
    '200 of 4000 called',
    '-4.00 %',
    '10.00 % (7.00 % to 13.00 %)',
    '14.00 %',
    'misses the truth',
    '未覆盖',
  ];
  expect(words.filter((each) => !page.includes(each))).toEqual([]);
  expect(reportPage(facts, { ...created.summary, oldRule: undefined })).not.toContain('旧规则');
});
