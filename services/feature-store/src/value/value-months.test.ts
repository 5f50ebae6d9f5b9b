import { sharedEngine } from '../engine/engine.fixture.js';
import { statusMonths } from '../facts/status-months.js';
import { definitionsFixture } from './definitions.fixture.js';
import { definitionMessages, monthsBack, versionsText } from './definitions.js';
import { valueGroupCounts, valueMonths } from './value-months.js';

const shared = sharedEngine((engine) => engine.run('create schema facts'));

const DEFAULTS = definitionsFixture;
const MONTHS = ['2026-01', '2026-02', '2026-03', '2026-04', '2026-05', '2026-06', '2026-07'];
const RULE = { suspendedDaysMin: 7, cancelCounts: true };

interface Subscriber {
  /** Bills from 2026-01 on; null for none. */
  readonly bills: readonly (number | null)[];
  readonly cancelledOn?: string;
  readonly unit?: string;
}

const idOf = (at: number): string => `00000000-0000-5000-8000-${String(at).padStart(12, '0')}`;

async function relationOf(subscribers: readonly Subscriber[], definitions = DEFAULTS, from = '2026-01') {
  const { engine } = shared;
  const spells = subscribers.flatMap(({ cancelledOn, unit = 'demo/a/' }, at) => {
    const of = `'${idOf(at)}'::uuid, 0, '${unit}'`;
    if (cancelledOn === undefined) return [`(${of}, 'active', null, date '2025-01-01', null::date)`];
    return [
      `(${of}, 'active', null, date '2025-01-01', date '${cancelledOn}')`,
      `(${of}, 'cancelled', 'price', date '${cancelledOn}', null::date)`,
    ];
  });
  await engine.run(`create or replace view facts.status_history as select * from (values ${spells.join(', ')})
    as t(subscription_id, shard, org_unit_path, status, reason_code, valid_from, valid_to)`);
  const bills = subscribers.flatMap(({ bills: own }, at) =>
    own.map((bill, month) => `('${idOf(at)}'::uuid, '${MONTHS[month]}', ${bill}::decimal(18,2))`),
  );
  await engine.run(`create or replace view facts.billing as select * from (values ${bills.join(', ')})
    as t(subscription_id, month, arpu) where arpu is not null`);
  const status = statusMonths({ from, to: '2026-07' }, RULE, { usage: false, billing: true });
  return valueMonths(status, '2026-01', definitions);
}

/** The row of a subscriber in each month. */
async function monthsOf(subscriber: Subscriber, definitions = DEFAULTS) {
  const relation = await relationOf([subscriber], definitions);
  return shared.engine.rows<Record<string, unknown>>(`select * from ${relation} order by month`);
}

test('mid/high-end and quasi-mid/high-end at their limits, by the mean of the known bills', async () => {
  const rows = await monthsOf({ bills: [80, 79.98, 80.03, 79.98, 60.02, 39.99, null] });
  expect(rows.map(({ value_group: group }) => group)).toEqual([
    'mid_high_end',
    'quasi_mid_high_end', // mean 79.99
    'mid_high_end', // mean 80.0033
    'quasi_mid_high_end', // mean 79.9967
    'quasi_mid_high_end',
    'other', // mean 59.9967
    null, // no bill of the month
  ]);
  expect(rows[2]!['mean_arpu']).toBeCloseTo(8000.333, 3);
  const lower = {
    ...DEFAULTS,
    midHighEnd: { ...DEFAULTS.midHighEnd, value: { arpuMin: 79.99, months: 3 }, version: 2 },
  };
  expect((await monthsOf({ bills: [80, 79.98] }, lower))[1]!['value_group']).toBe('mid_high_end');
  expect(versionsText(lower)).toBe('midHighEnd=2;quasiMidHighEnd=1;cohort=1;valueLost=1');
  expect(definitionMessages(lower)[0]).toMatchObject({
    meaningEn: 'Mean bill of the last 3 months at or above 79.99.',
    version: 2,
  });
  expect(monthsBack(DEFAULTS)).toBe(5);
});

test('the cohort is who was mid/high-end three months earlier, also where the bills have fallen since', async () => {
  const rows = await monthsOf({ bills: [100, 10, 10, 10, 10, 10, 10] });
  expect(rows.map(({ in_cohort: cohort }) => cohort)).toEqual([null, null, null, true, false, false, false]);
});

test.each([
  ['both months below four fifths', [100, 100, 100, 100, 79.99, 79.99], [null, null, null, null, false, true]],
  ['exactly four fifths does not count', [100, 100, 100, 100, 80, 79.99], [null, null, null, null, false, false]],
  ['one month is not enough', [100, 100, 100, 100, 79.99, 100], [null, null, null, null, false, false]],
  ['a missing bill leaves it unknown', [100, 100, 100, null, 50, 50], [null, null, null, null, null, null]],
  ['who never was mid/high-end loses none', [50, 50, 50, 50, 10, 10], [null, null, null, false, false, false]],
])('value-lost: %s', async (_, bills, expected) => {
  const rows = await monthsOf({ bills });
  expect(rows.slice(0, 6).map(({ value_lost: lost }) => lost)).toEqual(expected);
});

test('a cancellation within the cohort is a loss, in its month alone', async () => {
  const rows = await monthsOf({ bills: [100, 100, 100, 100, 100], cancelledOn: '2026-06-10' });
  expect(
    rows.map(({ month, cancelled, value_lost: lost, value_group: group }) => [month, cancelled, lost, group]),
  ).toEqual([
    ['2026-01', false, null, 'mid_high_end'],
    ['2026-02', false, null, 'mid_high_end'],
    ['2026-03', false, null, 'mid_high_end'],
    ['2026-04', false, null, 'mid_high_end'],
    ['2026-05', false, false, 'mid_high_end'],
    ['2026-06', true, true, null],
  ]);
});

test('counts members, entries, exits, bills, contacts and saves by month and city', async () => {
  const steady = [100, 100, 100, 100, 100, 100, 100];
  const relation = await relationOf(
    [
      { bills: steady },
      { bills: [30, 30, 30, 30, 30, 200, 200] }, // mid/high-end from 2026-06 on
      { bills: [100, 100, 100, 100, 100], cancelledOn: '2026-06-10' },
      { bills: [100, 100, 100, 100, 40, 40, 100], unit: 'demo/b/x/' }, // value-lost in 2026-06 alone
      { bills: [70, 70, 70, 70, 70, 70, 70], unit: 'demo/b/' },
    ],
    DEFAULTS,
    '2026-05',
  );
  await shared.engine.run(`create or replace temp table contacted as
    select '${idOf(0)}'::uuid as subscription_id, '2026-06' as month
    union all select '${idOf(2)}'::uuid, '2026-06' union all select '${idOf(3)}'::uuid, '2026-07'`);
  const count = (levels: number, where = '', to = '2026-07') =>
    shared.engine.rows<Record<string, unknown>>(
      valueGroupCounts(relation, { from: '2026-06', to }, { levels, afterMonths: 1, where }),
    );
  const rows = await count(1);
  const of = (month: string, unit: string, group: string) => {
    const row = rows.find((each) => each['month'] === month && each['org_unit_path'] === unit)!;
    const measures = ['stock', 'entered', 'left', 'cancelled', 'arpu', 'billed', 'contacted', 'saved'];
    return measures.map((measure) => Number(row[`${measure}_${group}`]));
  };
  expect(rows.map(({ month, org_unit_path: unit }) => [month, unit])).toEqual([
    ['2026-06', 'demo/a/'],
    ['2026-06', 'demo/b/'],
    ['2026-07', 'demo/a/'],
    ['2026-07', 'demo/b/'],
  ]);
  expect(of('2026-06', 'demo/a/', 'mid_high_end')).toEqual([2, 1, 1, 1, 30_000, 2, 2, 1]);
  expect(of('2026-06', 'demo/b/', 'mid_high_end')).toEqual([0, 0, 1, 0, 0, 0, 0, 0]);
  expect(of('2026-06', 'demo/b/', 'quasi_mid_high_end')).toEqual([2, 1, 0, 0, 11_000, 2, 0, 0]);
  expect(of('2026-06', 'demo/b/', 'value_lost')).toEqual([1, 1, 0, 0, 4_000, 1, 0, 0]);
  expect(of('2026-07', 'demo/b/', 'value_lost')).toEqual([0, 0, 1, 0, 0, 0, 1, 0]);
  expect(of('2026-07', 'demo/a/', 'mid_high_end').slice(0, 6)).toEqual([2, 0, 0, 0, 30_000, 2]);
  expect((await count(2)).map(({ org_unit_path: unit }) => unit)).toContain('demo/b/x/');
  expect(await count(1, `and starts_with(org_unit_path, 'demo/b/')`, '2026-06')).toHaveLength(1);
});
