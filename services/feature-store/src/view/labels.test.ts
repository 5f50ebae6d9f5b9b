import { sharedEngine } from '../engine/engine.fixture.js';
import { labelQuery } from './labels.js';

const shared = sharedEngine();

type Label = Record<'lost' | 'involuntary', number> & { label: number | null };

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
     select * from (values (0, '', false, ''), ${outcomes.join(', ')}) as t(subscription_id, month, churned, reason_code)`,
  );
  const rows = await engine.rows<{ label: number | null; lost_in_gap: number; left_involuntarily: number }>(
    labelQuery('rows_now', 'status_now', gapMonths, lastMonth),
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
  ])('%s', async (_, status, gapMonths, lastMonth, expected) => {
    expect(await january(status, gapMonths, lastMonth)).toEqual(expected);
  });
});
