import { contractTableOf } from '@holdfast/extract-contract/tables';
import { sharedEngine } from '../engine/engine.fixture.js';
import { emptyQuery } from '../facts/as-of.js';
import { definitionsFixture } from './definitions.fixture.js';
import { WORTH_TABLES, worthFacts } from './worth-facts.js';

const MONTH = '2026-09';
const idOf = (at: number): string => `00000000-0000-5000-8000-${String(at).padStart(12, '0')}`;
const customerOf = (at: number): string => idOf(900 + at);
const accountOf = (at: number): string => idOf(500 + at);

const shared = sharedEngine(async (engine) => {
  await engine.run('create schema facts');
  for (const name of WORTH_TABLES)
    await engine.run(`create table facts.${name} as ${emptyQuery(contractTableOf(name)!)}`);
  const insert = (table: string, columns: string, rows: readonly string[]) =>
    engine.run(`insert into facts.${table} (${columns}) values ${rows.map((row) => `(${row})`).join(', ')}`);
  const all = [0, 1, 2, 3];
  await insert(
    'subscriptions',
    'subscription_id, customer_id, account_id, activated_on',
    all.map((at) => `'${idOf(at)}', '${customerOf(at)}', '${accountOf(at === 3 ? 2 : at)}', date '2025-09-15'`),
  );
  await insert(
    'customers',
    'customer_id, kind, manager_id',
    all.map((at) => `'${customerOf(at)}', 'person', 'ST${at}'`),
  );
  await insert(
    'billing',
    'subscription_id, month, arpu, serve_cost, voice_fee, data_fee, sms_fee, vas_fee, roaming_fee',
    all.flatMap((at) => [
      `'${idOf(at)}', '2026-08', ${100 + at * 10}, ${4 + at}, 10, 30, 0, 0, 0`,
      `'${idOf(at)}', '${MONTH}', ${at === 1 ? 55 : 100 + at * 10}, ${4 + at}, 10, 30, 0, 0, 0`,
    ]),
  );
  await insert(
    'usage',
    'subscription_id, month, voice_out_s, off_net_s, on_net_s, data_mb, rival_service_calls',
    all.map((at) => `'${idOf(at)}', '${MONTH}', ${at * 60}, ${at * 15}, ${at * 45}, ${at}.5, ${at === 1 ? 3 : 0}`),
  );
  await insert('contacts', 'subscription_id, month, kind, satisfaction', [
    `'${idOf(0)}', '${MONTH}', 'complaint', null`,
    `'${idOf(1)}', '${MONTH}', 'complaint', 2`,
  ]);
  await insert('account_months', 'account_id, month, arrears, credit_class', [
    ...['2026-08', MONTH].map((month) => `'${accountOf(0)}', '${month}', 0, 'A'`),
    ...['2026-08', MONTH].map((month) => `'${accountOf(2)}', '${month}', ${month === MONTH ? 40 : 0}, 'C'`),
  ]);
  const at = (day: number) => `timestamptz '2026-09-${day} 00:00:00+00'`;
  await insert('surveys', 'answer_id, customer_id, "at", factor, rating, importance, alternatives', [
    `'A1', '${customerOf(2)}', ${at(10)}, 'coverage', 1, 5, 1`,
    `'A2', '${customerOf(2)}', ${at(11)}, 'coverage', 10, 4, 0.5`, // the newest answer counts
    `'A3', '${customerOf(2)}', ${at(11)}, 'price', 1, 1, 0.5`,
    `'A4', '${customerOf(3)}', ${at(11)}, 'price', 1, null, 0.5`, // without its importance, it is no answer
  ]);
});

const values = `(select '${idOf(0)}'::uuid as subscription_id, 0 as shard, 'demo/a/x/' as org_unit_path, false as cancelled,
    'mid_high_end' as value_group, true as in_cohort, false as value_lost, 10000.0::double as mean_arpu
  union all select '${idOf(1)}'::uuid, 0, 'demo/a/', false, 'mid_high_end', null, null, 10000.0
  union all select '${idOf(2)}'::uuid, 0, 'demo/a/', false, 'mid_high_end', null, null, 12000.0
  union all select '${idOf(3)}'::uuid, 0, 'demo/b/', false, 'mid_high_end', null, null, 13000.0
  union all select '${idOf(4)}'::uuid, 0, 'demo/b/', true, null, null, null, null)`;

async function rowsOf(without: readonly string[] = []) {
  const sql = worthFacts(values, MONTH, definitionsFixture, (table) => !without.includes(table));
  return shared.engine.rows<Record<string, unknown>>(`select * from (${sql}) order by subscription_id`);
}

test('means, changes and shares of those in service, with their customer and manager', async () => {
  const rows = await rowsOf();
  expect(rows).toHaveLength(4);
  expect(rows[1]).toMatchObject({
    ...{ customer_id: customerOf(1), manager_id: 'ST1', region: 'demo/a/', tenure_months: 12n },
    ...{ revenue: 8_250, serve_cost: 500, interconnect_cost: null, bill_change: -0.5, contacts: 1, complaints: 1 },
    ...{ share_voice_fee: 0.25, share_data_fee: 0.75, share_off_net: 0.25, credit_loss: null },
  });
  expect(rows[0]!['region']).toBe('demo/a/');
});

test('ranks are among the subscriptions of the region, no cost the best, equal values equal, and unknown without the fact', async () => {
  const rows = await rowsOf();
  const ranks = (name: string) => rows.map((row) => row[`rank_${name}`]);
  expect(ranks('revenue')).toEqual([0.5, 0, 1, 0]);
  expect(ranks('serve_cost')).toEqual([1, 0.5, 0, 1]);
  // Two with a contact are equal; without one it is the best.
  expect(ranks('contacts')).toEqual([0.5, 0.5, 1, 1]);
  expect(ranks('interconnect_cost')).toEqual([null, null, null, null]);
  const { contacts, rank_contacts: rank, churn_index: index } = (await rowsOf(['contacts']))[0]!;
  expect([contacts, rank, index]).toEqual([null, null, null]);
});

test('arrears of an account are shared by its subscriptions, and weighted by how often there were any', async () => {
  const rows = await rowsOf();
  expect(rows.map(({ arrears, credit_loss: loss, credit_class: of }) => [arrears, loss, of])).toEqual([
    [0, 0, 'A'],
    [null, null, null],
    [2_000, 1_000, 'C'],
    [2_000, 1_000, 'C'],
  ]);
});

test('the churn index is from answers to surveys, else from the proxy, and names it', async () => {
  const rows = await rowsOf();
  expect(rows.map(({ churn_index_basis: basis }) => basis)).toEqual(['proxy', 'proxy', 'survey', 'proxy']);
  // (4 × 0 ÷ 9 × 0.5 + 1 × 9 ÷ 9 × 0.5) ÷ 5
  expect(rows[2]!['churn_index']).toBeCloseTo(0.1, 9);
  expect(JSON.parse(String(rows[2]!['factors']))).toEqual([
    { factor: 'coverage', rating: 10, importance: 4, alternatives: 0.5 },
    { factor: 'price', rating: 1, importance: 1, alternatives: 0.5 },
  ]);
  // One complaint of three, alternatives 0.2 at least; satisfaction 2 of 5, three calls to rivals; nothing known against.
  expect(rows[0]!['churn_index']).toBeCloseTo((1 / 3) * 0.2, 9);
  expect(rows[1]!['churn_index']).toBeCloseTo(0.75, 9);
  expect(rows[3]!['churn_index']).toBe(0);
});
