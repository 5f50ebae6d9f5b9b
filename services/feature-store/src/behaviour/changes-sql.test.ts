import { addMonths, monthRange } from '@holdfast/platform/calendar';
import { sharedEngine } from '../engine/engine.fixture.js';
import { behaviourChanges, ownMonths, type ChangeMeasure } from './changes-sql.js';

const shared = sharedEngine();
const MONTH = '2026-09';
const SUBSCRIBERS = 4_000;
const HOLIDAY = 1.6;
const ASKED = { month: MONTH, alarmShare: 0.01, hasPlans: true };
type Row = Record<string, unknown>;

/**
 * Data of 4,000 subscribers of two regions and two plans over nine months, log-normal around each one's level. In the last
 * month all of plan B use 60 % more. Subscriber 1 stops, 2 stopped in the month before, 3 has only two months before.
 */
beforeAll(async () => {
  const { engine } = shared;
  await engine.run('create schema facts');
  await engine.run(
    `create table months as select month, ordinal - 1 as n from unnest([${monthRange(addMonths(MONTH, -8), MONTH)
      .map((month) => `'${month}'`)
      .join(', ')}]) with ordinality as t(month, ordinal)`,
  );
  await engine.run(`create table subscribers as select n, md5(n::varchar)::uuid as subscription_id,
    case when n % 2 = 0 then 'demo/a/x/' else 'demo/b/' end as unit, case when n % 4 < 2 then 'A' else 'B' end as plan_id
    from range(${SUBSCRIBERS}) as t(n)`);
  await engine.run(`create table facts.usage as
    select subscription_id, month, exp(6 + (s.n % 100) / 50.0 + 0.2 * sqrt(-2 * ln((1 + hash(s.n, m.n, 1) % 100000) / 100001.0))
        * cos(2 * pi() * (hash(s.n, m.n, 2) % 100000) / 100000.0))
      * case when plan_id = 'B' and m.n = 8 then ${HOLIDAY} else 1 end
      * case when (s.n = 1 and m.n = 8) or (s.n = 2 and m.n >= 7) then 0 else 1 end as data_mb
    from subscribers as s cross join months as m where s.n <> 3 or m.n >= 6`);
  await engine.run(`create table facts.plan_history as
    select subscription_id, plan_id, date '2025-01-01' as valid_from from subscribers`);
  await engine.run(`create table status as
    select subscription_id, unit as org_unit_path, month, true as at_risk from subscribers cross join months where months.n >= 6`);
});

async function changesOf(measure: ChangeMeasure = 'data', asked = ASKED): Promise<{ totals: Row[]; changes: Row[] }> {
  const rows = await shared.engine.rows<Row>(behaviourChanges(`(${ownMonths('status', measure)})`, measure, asked));
  return { totals: rows.filter((row) => row['is_total']), changes: rows.filter((row) => !row['is_total']) };
}

async function idOf(at: number): Promise<string> {
  const [row] = await shared.engine.rows<Row>(`select subscription_id::varchar as id from subscribers where n = ${at}`);
  return String(row!['id']);
}

test('finds who changed, by how much and since when', async () => {
  const { changes } = await changesOf();
  const of = async (at: number): Promise<Row | undefined> => {
    const id = await idOf(at);
    return changes.find(({ subscription_id: found }) => found === id);
  };
  const [stopped, earlier] = [(await of(1))!, (await of(2))!];
  expect(Number(stopped['score'])).toBeLessThan(-5);
  expect(Number(stopped['months'])).toBe(1);
  expect(Number(stopped['value'])).toBeCloseTo(0, 6);
  expect(Number(stopped['usual']) / Math.exp(6.02)).toBeCloseTo(1, 0);
  expect(Number(earlier['months'])).toBe(2);
  expect(await of(3)).toBeUndefined(); // too few months
  expect(changes.map(({ score }) => Math.abs(Number(score)))).toEqual(
    changes.map(({ score }) => Math.abs(Number(score))).sort((left, right) => right - left),
  );
});

test('what a whole plan does is not a change, and the share of alarms is near the chosen one', async () => {
  const { totals, changes } = await changesOf();
  const sum = (name: string): number => totals.reduce((all, row) => all + Number(row[name]), 0);
  expect(new Set(totals.map(({ org_unit_path: unit }) => unit))).toEqual(new Set(['demo/a/x/', 'demo/b/']));
  expect(sum('compared')).toBe(SUBSCRIBERS - 1);
  expect(sum('changed')).toBe(changes.length);
  const share = sum('changed') / sum('compared');
  expect(share).toBeGreaterThan(0.005);
  expect(share).toBeLessThan(0.018);
  const isB = new Set(
    (await shared.engine.rows<Row>(`select subscription_id::varchar as id from subscribers where plan_id = 'B'`)).map(
      ({ id }) => id,
    ),
  );
  const up = changes.filter(({ score }) => Number(score) > 0);
  const ofB = up.filter(({ subscription_id: id }) => isB.has(id));
  expect(ofB.length / Math.max(1, up.length)).toBeLessThan(0.75);
  // Without plans their raise is a change of many: the comparison is what removes it.
  const unplanned = await changesOf('data', { ...ASKED, hasPlans: false });
  expect(unplanned.changes.length).toBeGreaterThan(2 * changes.length);
});

test('months of parts of the subscriptions give the same changes', async () => {
  const { engine } = shared;
  const half = (is: string): string =>
    ownMonths(`(select * from status where left(subscription_id::varchar, 1) ${is})`, 'data');
  await engine.run(`create table own_months as ${half("< '8'")}`);
  await engine.run(`insert into own_months ${half(">= '8'")}`);
  const rows = await engine.rows<Row>(behaviourChanges('own_months', 'data', ASKED));
  const { totals, changes } = await changesOf();
  expect(rows.filter((row) => !row['is_total'])).toEqual(changes);
  expect(rows.filter((row) => row['is_total'])).toEqual(expect.arrayContaining(totals));
});
