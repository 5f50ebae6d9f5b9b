import { sharedEngine } from '../engine/engine.fixture.js';
import { disconnectCounts, keyUnitFigures } from './stock-sql.js';

const shared = sharedEngine();

/** Rows of `statusMonths`: subscriber, month, org unit, cancelled, reason, bill. */
function statusOf(rows: readonly (readonly [number, string, string, boolean, string | null, number | null])[]): string {
  const text = (value: string | null): string => (value === null ? 'null::varchar' : `'${value}'`);
  const values = rows.map(([at, month, unit, cancelled, reason, bill]) => {
    return `(${at}, '${month}', '${unit}', ${cancelled}, ${text(reason)}, ${bill}::decimal(18,2))`;
  });
  return `(select * from (values ${values.join(', ')})
    as t(subscription_id, month, org_unit_path, cancelled, reason_code, arpu))`;
}

test('splits disconnects by their reason, of a hundred as in the source (CS-15)', async () => {
  const split: [string | null, number][] = [
    ...([
      ['arrears', 45],
      ['move', 20],
      ['competitor', 10],
      ['port_out', 8],
      ['price', 7],
    ] as [string, number][]),
    ...([
      ['internal_transfer', 2],
      ['reduced_need', 4],
      ['death', 1],
      ['other', 3],
    ] as [string, number][]),
  ];
  const rows = split.flatMap(([reason, count]) =>
    Array.from({ length: count }, () => [0, '2026-09', 'demo/a/x/', true, reason, null] as const),
  );
  const others = [
    [1, '2026-09', 'demo/b/', true, null, null],
    [2, '2026-09', 'demo/a/', false, 'arrears', null], // suspended, not cancelled
  ] as const;
  const sql = disconnectCounts(statusOf([...rows, ...others]), 1, []);
  const found = await shared.engine.rows<Record<string, unknown>>(sql);
  expect(found.map(({ org_unit_path: unit, total }) => [unit, Number(total)])).toEqual([
    ['demo/a/', 100],
    ['demo/b/', 1],
  ]);
  const of = (...names: string[]): number => names.reduce((sum, name) => sum + Number(found[0]![name]), 0);
  expect(of('arrears')).toBe(45);
  expect(of('relocation')).toBe(20);
  expect(of('competitive', 'dissatisfied', 'internal_transfer', 'demand_reduction')).toBe(31);
  expect(of('other')).toBe(4);
  expect(Number(found[1]!['unknown'])).toBe(1);
  const within = disconnectCounts(statusOf([...rows, ...others]), 1, [`starts_with(org_unit_path, 'demo/b/')`]);
  expect(await shared.engine.rows(within)).toHaveLength(1);
});

test('compares the bills of the stock with those of the month, by product, group and area (CS-22)', async () => {
  await shared.engine.run('create schema facts');
  await shared.engine.run(`create table facts.subscriptions as select * from (values
    (1, 'mobile', 11), (2, 'mobile', 12), (3, 'fixed_voice', 13), (4, 'mobile', 13)) as t(subscription_id, service, customer_id)`);
  await shared.engine.run(`create table facts.customers as select * from (values
    (11, 'group', null), (12, 'person', 'gold'), (13, 'person', null)) as t(customer_id, kind, vip_level)`);
  const status = statusOf([
    ...([1, 2, 3] as const).map((at) => [at, '2026-08', at === 3 ? 'demo/b/' : 'demo/a/', false, null, 100] as const),
    [1, '2026-09', 'demo/a/', false, null, 120],
    [2, '2026-09', 'demo/a/', true, 'price', 20], // lost: its last bill does not count
    [3, '2026-09', 'demo/b/', false, null, null], // without a known bill
    [4, '2026-09', 'demo/a/', false, null, 500], // is not in the stock
  ]);
  const by = async (unit: 'product' | 'group' | 'area') => {
    const sql = keyUnitFigures(status, { stockMonth: '2026-08', month: '2026-09', by: unit }, []);
    const rows = await shared.engine.rows<Record<string, unknown>>(sql);
    const names = ['subscriptions', 'lost', 'unbilled', 'revenue', 'compared', 'kept'];
    return rows.map((row) => [row['unit'], ...names.map((name) => Number(row[name]))]);
  };
  expect(await by('product')).toEqual([
    ['mobile', 2, 1, 0, 20_000, 20_000, 12_000],
    ['fixed_voice', 1, 0, 1, 10_000, 0, 0],
  ]);
  expect(await by('group')).toEqual([
    ['business', 1, 0, 0, 10_000, 10_000, 12_000],
    ['key', 1, 1, 0, 10_000, 10_000, 0],
    ['public', 1, 0, 1, 10_000, 0, 0],
  ]);
  expect((await by('area')).map(([unit]) => unit)).toEqual(['demo/a/', 'demo/b/']);
});
