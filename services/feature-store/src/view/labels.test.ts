import { sharedEngine } from '../engine/engine.fixture.js';
import { labelQuery } from './labels.js';

const shared = sharedEngine();

type Label = Record<'lost' | 'involuntary', number> & { label: number | null };

const value = { historyMonths: 3, lossMonths: 2, dropRatio: 0.2 };

/**
 * The label of a row of January.
 * @param status by month from February on: s stayed, l left, a left in arrears, - no row
 */
async function january(status: string, gapMonths: number, lastMonth: string): Promise<Label> {
  const outcomes = status
    .split('')
    .flatMap((what, at) =>
      what === '-' ? [] : [`(1, '2026-0${at + 2}', ${what !== 's'}, ${what === 'a' ? "'arrears'" : "'price'"})`],
    );
  const { engine } = shared;
  await engine.run(`create or replace temp table rows_now as select 1 as subscription_id, '2026-01' as month`);
  await engine.run(
    `create or replace temp table status_now as
     select *, null::decimal(18, 2) as arpu
     from (values (0, '', false, ''), ${outcomes.join(', ')}) as t(subscription_id, month, churned, reason_code)`,
  );
  const rows = await engine.rows<{ label: number | null; lost_in_gap: number; left_involuntarily: number }>(
    labelQuery('rows_now', 'status_now', { gapMonths, value }, lastMonth),
  );
  expect(rows).toHaveLength(1);
  const { label, lost_in_gap: lost, left_involuntarily: involuntary } = rows[0]!;
  return { label, lost: Number(lost), involuntary: Number(involuntary) };
}

describe('the label of a row of January', () => {
  test.each<[string, string, number, string, Label]>([
    ['is churn in March', 'sl', 1, '2026-03', { label: 1, lost: 0, involuntary: 0 }],
    ['is 0 without churn', 'sss', 1, '2026-04', { label: 0, lost: 0, involuntary: 0 }],
    ['is unknown before March is closed', 's', 1, '2026-02', { label: null, lost: 0, involuntary: 0 }],
    ['is none for churn in February, in the gap', 'l-', 1, '2026-03', { label: null, lost: 1, involuntary: 0 }],
    ['is none for them already when February is closed', 'l', 1, '2026-02', { label: null, lost: 1, involuntary: 0 }],
    ['is none for churn in the gap with a return', 'ls', 1, '2026-03', { label: null, lost: 1, involuntary: 0 }],
    ['is 1 for a return after March', 'sls', 1, '2026-04', { label: 1, lost: 0, involuntary: 0 }],
    ['is 0 for churn only in April', 'ssl', 1, '2026-04', { label: 0, lost: 0, involuntary: 0 }],
    ['is none without a status in March', 's-', 1, '2026-03', { label: null, lost: 0, involuntary: 0 }],
    ['is about February without a gap', 'l', 0, '2026-02', { label: 1, lost: 0, involuntary: 0 }],
    ['is about April with a gap of two', 'ssl', 2, '2026-04', { label: 1, lost: 0, involuntary: 0 }],
    ['is none for churn within a gap of two', 'sl-', 2, '2026-04', { label: null, lost: 1, involuntary: 0 }],
    ['marks a suspension in arrears', 'sa', 1, '2026-03', { label: 1, lost: 0, involuntary: 1 }],
    ['marks one in the gap', 'a-', 1, '2026-03', { label: null, lost: 1, involuntary: 1 }],
    ['marks one after the label', 'ssa', 1, '2026-04', { label: 0, lost: 0, involuntary: 1 }],
    ['does not mark arrears after other churn', 'sla', 1, '2026-04', { label: 1, lost: 0, involuntary: 0 }],
  ])('%s', async (_, status, gapMonths, lastMonth, expected) => {
    expect(await january(status, gapMonths, lastMonth)).toEqual(expected);
  });
});

/**
 * Outcomes of a row of March.
 * @param bills from January on, null where there is none @param leaves the month in which it is cancelled
 */
async function march(bills: readonly (number | null)[], leaves = ''): Promise<(number | null)[]> {
  const { engine } = shared;
  const months = bills.map((bill, at) => ({ bill, month: `2026-0${at + 1}` }));
  const rows = months.filter(({ month }) => leaves === '' || month <= leaves);
  const values = rows.map(({ bill, month }) => `(1, '${month}', ${month === leaves}, 'price', ${bill ?? 'null'})`);
  await engine.run(`create or replace temp table rows_now as select 1 as subscription_id, '2026-03' as month`);
  await engine.run(
    `create or replace temp table status_now as select subscription_id, month, churned, reason_code, arpu::decimal(18, 2) as arpu
     from (values ${values.join(', ')}) as t(subscription_id, month, churned, reason_code, arpu)`,
  );
  const sql = labelQuery('rows_now', 'status_now', { gapMonths: 1, value }, months.at(-1)!.month);
  const [found] = await engine.rows<Record<string, number | null>>(sql);
  return [found!['value_lost']!, Number(found!['value_lost_by_leaving']), found!['left_after_months']!];
}

describe('value of a row of March, whose reference is 100, is', () => {
  const before = [90, 110, 100];
  test.each<[string, (number | null)[], string, (number | null)[]]>([
    ['lost if April and May are below 80', [79.99, 0], '', [1, 0, null]],
    ['kept if one of them is not', [79.99, 80], '', [0, 0, null]],
    ['lost if the subscription leaves in May, flagged', [79.99, null], '2026-05', [1, 1, 2]],
    ['lost if it leaves in April with a low bill, flagged', [60, null], '2026-04', [1, 1, 1]],
    ['kept if the bill of April is not low, although it leaves', [100, null], '2026-05', [0, 0, 2]],
    ['unknown if a bill is missing without churn', [60, null], '', [null, 0, null]],
    ['unknown before May is closed', [60], '', [null, 0, null]],
  ])('%s', async (_, after, leaves, expected) => {
    expect(await march([...before, ...after], leaves)).toEqual(expected);
  });

  test('unknown without a month of the reference', async () => {
    expect(await march([null, 110, 100, 10, 10])).toEqual([null, 0, null]);
  });
});
