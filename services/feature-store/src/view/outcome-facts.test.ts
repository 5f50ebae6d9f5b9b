import { sharedEngine } from '../engine/engine.fixture.js';
import { outcomeFactsQuery } from './outcome-facts.js';

const shared = sharedEngine();

async function outcomes(touches: string | undefined): Promise<Record<string, unknown>[]> {
  const { engine } = shared;
  await engine.run(
    `create or replace temp table label_of as select * from (values
       (1, '2026-01', 1.0), (2, '2026-01', 0.0), (3, '2026-01', null), (4, '2026-01', 1.0))
       as t(subscription_id, month, label)`,
  );
  await engine.run(
    `create or replace temp table status_of as select * from (values
       (1, '2026-02', false, 'arrears'), (1, '2026-03', true, 'price'), (2, '2026-03', false, 'other'),
       (3, '2026-02', true, 'move'), (4, '2026-03', true, null))
       as t(subscription_id, month, churned, reason_code)`,
  );
  await engine.run(
    `create or replace temp table touch_of as select * from (values
       (1, '2026-01'), (2, '2026-02'), (3, '2026-03'), (4, '2026-04')) as t(subscription_id, month)`,
  );
  const sql = outcomeFactsQuery('label_of', 'status_of', touches, 2);
  return engine.rows(`select * from (${sql}) order by subscription_id`);
}

test('the reason is that of the churn in the month of the label; a contact counts after the row, up to the label', async () => {
  const found = await outcomes('touch_of');
  expect(found.map((row) => [row['leave_reason'], Number(row['contacted'])])).toEqual([
    ['price', 0], // contacted in the row's own month
    [null, 1],
    [null, 1],
    [null, 0], // contacted after the label
  ]);
});

test('without a table of contacts no subscription is known to have been contacted', async () => {
  const found = await outcomes(undefined);
  expect(found.map((row) => row['contacted'])).toEqual([null, null, null, null]);
});
