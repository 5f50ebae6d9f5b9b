import type { ColumnBatch } from '@holdfast/contracts/platform/v1/columns';
import { ROWS_PER_BATCH_MAX, readCategory } from '@holdfast/platform/columns';
import { columnBatches, withDictionaries, type BatchColumn } from './column-batches.js';
import { collected, rowsOf, sharedEngine } from './engine.fixture.js';

const ROWS = 20_000;
const COLUMNS: readonly BatchColumn[] = [
  { name: 'id', kind: 'uuid', sql: 'id' },
  { name: 'few', kind: 'category', sql: 'few' },
  { name: 'many', kind: 'category', sql: 'many' },
  { name: 'none', kind: 'category', sql: 'none' },
  { name: 'amount', kind: 'number', sql: 'amount' },
  { name: 'note', kind: 'text', sql: 'note' },
];

const shared = sharedEngine(async (engine) => {
  await engine.run('create schema here');
  const sql = `create table f as select n,
      case when n % 5 > 0 then ('00000000-0000-5000-8000-' || lpad(n::varchar, 12, '0'))::uuid end as id,
      case n % 4 when 0 then null when 1 then '沈阳' when 2 then 'it''s' else 'c' end as few,
      'T' || n as many, null::varchar as none,
      case when n % 3 > 0 then n / 4 end as amount, case when n % 2 = 0 then repeat('词', (n % 7)::integer) end as note
    from range(${ROWS}) as r(n)`;
  await engine.run(sql);
});

const all = (columns: readonly BatchColumn[], rest: string): Promise<ColumnBatch[]> =>
  collected(columnBatches(shared.engine.connection, columns, rest));

const valuesOf = (batches: readonly ColumnBatch[]) => rowsOf(batches).map((row) => Object.values(row));

test('every row comes once, in order, with its values', async () => {
  const batches = await all(COLUMNS, 'from f order by n');
  expect(batches.every(({ rows }) => rows > 0 && rows <= ROWS_PER_BATCH_MAX)).toBe(true);
  const rows = valuesOf(batches);
  expect(rows).toHaveLength(ROWS);
  expect(rows[0]).toEqual(['', undefined, 'T0', undefined, Number.NaN, '']);
  expect(rows[9_001]).toEqual(['00000000-0000-5000-8000-000000009001', '沈阳', 'T9001', undefined, 2250.25, '']);
  expect(rows[9_998]).toEqual(['00000000-0000-5000-8000-000000009998', "it's", 'T9998', undefined, 2499.5, '词词']);
});

test('few texts are coded beforehand, many are not; the values are the same', async () => {
  const coded = await withDictionaries(shared.engine.connection, COLUMNS, 'f', 'here');
  const dictionaries = coded.flatMap(({ name, dictionary }) => (dictionary === undefined ? [] : [[name, dictionary]]));
  expect(dictionaries).toEqual([['few', ['c', "it's", '沈阳']]]);
  const batches = await all(coded, 'from f order by n');
  expect(readCategory(batches.at(-1)!, 'few').dictionary).toEqual(['c', "it's", '沈阳']);
  expect(valuesOf(batches)).toEqual(valuesOf(await all(COLUMNS, 'from f order by n')));
});

test('long texts make smaller batches', async () => {
  const column: BatchColumn = { name: 'note', kind: 'text', sql: `repeat('x', 4000)` };
  const batches = await all([column], 'from f limit 3000');
  expect(batches.reduce((sum, { rows }) => sum + rows, 0)).toBe(3_000);
  for (const { columns } of batches) expect(columns[0]!.data.length).toBeLessThan(4 * 1024 * 1024);
  expect(batches.length).toBeGreaterThan(3);
});
