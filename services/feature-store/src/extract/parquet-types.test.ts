import fc from 'fast-check';
import { contractTable, type ContractTable } from '@holdfast/extract-contract/table';
import { contractTableOf } from '@holdfast/extract-contract/tables';
import { TemporaryFolder } from '@holdfast/testing/temporary-folder.fixture';
import { sharedEngine } from '../engine/engine.fixture.js';
import { byteArray, int64, int96, parquetBytes, type PlainColumn } from './parquet-bytes.fixture.js';
import { readStaged, type ReadStaged } from './read-staged.fixture.js';
import { stageParquet } from './stage-parquet.js';

const folder = new TemporaryFolder();
const shared = sharedEngine();
let files = 0;

const newFile = (): string => `${(files += 1)}.parquet`;

async function written(select: string): Promise<string> {
  const file = folder.at(newFile());
  await shared.engine.writeParquet(select, file);
  return file;
}

async function read(table: ContractTable, onDisk: string): Promise<ReadStaged> {
  return readStaged(await stageParquet(shared.engine, table, [{ path: 'a.parquet', onDisk }]));
}

const readRows = async (table: ContractTable, select: string): Promise<ReadStaged> =>
  read(table, await written(select));

const things = contractTable('things', { kind: 'snapshot' }, [
  'thing_id id * key',
  'owner customer',
  'phone personal',
  'born birthday',
  'label text',
  'items list',
  'state enum(on|off)',
  'fee money',
  'rate rate',
  'units count',
  'size quantity',
  'since date',
  'until date ends',
  'month month',
  'at moment',
  'left_at moment ends',
  'is_new flag',
]);

const status = contractTableOf('status_history')!;

test.each([
  ['UTC-adjusted, at local midnight', `timestamptz '2026-08-31 16:00:00+00'`],
  ['of local clocks', `timestamp '2026-09-01 00:00:00'`],
  ['of local clocks in nanoseconds', `timestamp_ns '2026-09-01 00:00:00'`],
  ['of local clocks in milliseconds', `timestamp_ms '2026-09-01 10:00:00'`],
  ['days', `date '2026-09-01'`],
  ['texts', `'2026-09-01'`],
])('dates that are %s are the local day', async (_, sql) => {
  const select = `select 'S1' as subscription_id, 'cancelled' as status, ${sql} as valid_from`;
  const { rows } = await readRows(status, select);
  expect(rows).toEqual([{ subscription_id: 'S1', status: 'cancelled', valid_from: '2026-09-01' }]);
});

const when = new Date('2026-08-31T16:00:00Z');
const MS = BigInt(when.getTime());
const old = (physical: PlainColumn['physical'], value: Buffer, converted?: PlainColumn['converted']): PlainColumn[] => [
  { name: 'subscription_id', physical: 'BYTE_ARRAY', converted: 'UTF8', values: [byteArray('S1')] },
  { name: 'status', physical: 'BYTE_ARRAY', converted: 'UTF8', values: [byteArray('active')] },
  { name: 'valid_from', physical, values: [value], ...(converted === undefined ? {} : { converted }) },
];

test.each([
  ['INT96 of Spark is in UTC', old('INT96', int96(when)), 'parquet-mr version 1.10.1', '2026-09-01'],
  ['INT96 of Impala is local', old('INT96', int96(when)), 'impala version 4.0.0', '2026-08-31'],
  ['old microseconds are in UTC', old('INT64', int64(MS * 1_000n), 'TIMESTAMP_MICROS'), 'parquet-mr', '2026-09-01'],
  ['old milliseconds are in UTC', old('INT64', int64(MS), 'TIMESTAMP_MILLIS'), 'parquet-mr', '2026-09-01'],
])('%s', async (_, columns, writer, day) => {
  const { rows } = await read(status, folder.write(newFile(), parquetBytes(columns, writer)));
  expect(rows).toEqual([{ subscription_id: 'S1', status: 'active', valid_from: day }]);
});

test('moments and months by the clocks of the manifest, whatever their type', async () => {
  const select = `select 'a' as thing_id, timestamptz '2026-08-31 16:30:00+00' as month, timestamptz '2026-08-31 16:30:00+00' as "at"
    union all select 'b', timestamptz '2026-08-31 15:30:00+00', timestamptz '2026-08-31 15:30:00+00'`;
  const zoned = await readRows(things, select);
  expect(zoned.rows.map(({ month, at }) => [month, at])).toEqual([
    ['2026-09', '2026-08-31 16:30:00+00'],
    ['2026-08', '2026-08-31 15:30:00+00'],
  ]);
  const local = `select 'a' as thing_id, date '2026-08-31' as month, timestamp '2026-09-01 00:30:00' as "at"`;
  expect((await readRows(things, local)).rows).toMatchObject([{ month: '2026-08', at: '2026-08-31 16:30:00+00' }]);
});

test.each([
  ['BIGINT', '13800000001::bigint', '13800000001'],
  ['BIGINT beyond 2^53', '8613800000000012345::bigint', '8613800000000012345'],
  ['UBIGINT', '18446744073709551615::ubigint', '18446744073709551615'],
  ['DECIMAL without digits behind the point', '12345678901234567890::decimal(38,0)', '12345678901234567890'],
  ['DECIMAL of whole numbers', '13800000001::decimal(38,10)', '13800000001'],
  ['DOUBLE of whole numbers', '13800000001::double', '13800000001'],
  ['DOUBLE at the edge', '9007199254740991::double', '9007199254740991'],
  ['VARCHAR', `'007'`, '007'],
  ['UUID', `'3f0c8a5e-1111-4222-8333-444455556666'::uuid`, '3f0c8a5e-1111-4222-8333-444455556666'],
])('identifiers and phones as %s keep their digits', async (_, sql, digits) => {
  const select = `select ${sql} as thing_id, ${sql} as owner, ${sql} as phone, ${sql} as label`;
  const { rows } = await readRows(things, select);
  expect(rows).toEqual([{ thing_id: digits, owner: digits, phone: digits, label: digits }]);
});

const readColumn = (column: string, sql: string, from = ''): Promise<ReadStaged> =>
  readRows(things, `select ${column === 'thing_id' ? '' : `'x' as thing_id, `}${sql} as ${column} ${from}`);

test.each([
  ['thing_id', '8613800000000012345::double'],
  ['owner', '9007199254740993::double'],
  ['phone', '1.5::double'],
  ['thing_id', '16777217::float'],
  ['owner', '7.5::decimal(10,1)'],
  ['phone', `'Infinity'::double`],
])('a column %s of %s is refused by its name, as digits are lost', async (column, sql) => {
  const message = expect.stringContaining(`column ${column} `);
  const reading = readColumn(column, sql, 'from range(3)');
  await expect(reading).rejects.toMatchObject({ key: 'column.digitsLost', message });
});

test.each([
  ['thing_id', `date '2026-01-01'`, 'DATE'],
  ['thing_id', 'true', 'BOOLEAN'],
  ['owner', `timestamp '2026-01-01 00:00:00'`, 'TIMESTAMP'],
  ['phone', `'x'::blob`, 'BLOB'],
  ['fee', 'true', 'BOOLEAN'],
  ['fee', `date '2026-01-01'`, 'DATE'],
  ['units', `timestamp '2026-01-01 00:00:00'`, 'TIMESTAMP'],
  ['since', '20260901', 'INTEGER'],
  ['since', '20260901::double', 'DOUBLE'],
  ['month', '202609', 'INTEGER'],
  ['at', `date '2026-09-01'`, 'DATE'],
  ['at', '1788192000000', 'BIGINT'],
  ['at', `time '10:00:00'`, 'TIME'],
  ['is_new', `date '2026-09-01'`, 'DATE'],
  ['state', '1', 'INTEGER'],
  ['items', '[1, 2]', 'INTEGER[]'],
  ['born', '19900517', 'INTEGER'],
])('a column %s of %s is refused as one of another type, not as missing', async (column, sql, type) => {
  const message = expect.stringContaining(`column ${column} exists, but has the Parquet type ${type}`);
  const refused = { kind: 'unprocessable', key: 'column.parquetType', message };
  await expect(readColumn(column, sql)).rejects.toMatchObject(refused);
});

test('numbers are read as from CSV: nothing is truncated, and NaN is unknown', async () => {
  const select = `select 'a' as thing_id, 59.905::double as fee, 1.0000005::double as rate, 4::double as units, 0.1::float as size, 1 as is_new
    union all select 'b', 1.005, 0.1, 2.5, 1, 0
    union all select 'c', 'nan'::double, 'nan'::double, 'nan'::double, 'nan'::float, null
    union all select 'd', 1, 1, 9, 'inf'::float, 1
    union all select 'e', 1, 1, 9, 1, 2`;
  const { rows, rejects, notices } = await readRows(things, select);
  expect(rows).toEqual([
    { thing_id: 'a', fee: '59.91', rate: '1.000001', units: '4', size: '0.1', is_new: 'true' },
    { thing_id: 'c', fee: null, rate: null, units: null, size: null, is_new: null },
  ]);
  expect(rejects).toEqual(['units number.malformed 2.5', 'size number.malformed inf', 'is_new flag.malformed 2']);
  expect(notices).toEqual(['fee', 'rate', 'units', 'size'].map((name) => `column.nullMarks things.${name}`));
});

test('ends that are none are open, in any type', async () => {
  const select = `select 'a' as thing_id, date '9999-12-31' as until, timestamp '9999-12-31 23:59:59' as left_at
    union all select 'b', date 'infinity', timestamp 'infinity'
    union all select 'c', date '2099-12-31', timestamp '0001-01-01 00:00:00'
    union all select 'd', date '2026-05-31', timestamp '2026-05-31 12:00:00'`;
  const { rows, rejects, notices } = await readRows(things, select);
  expect(rejects).toEqual([]);
  const open = [null, null];
  const ends = rows.map(({ until, left_at: left }) => [until, left]);
  expect(ends).toEqual([open, open, open, ['2026-05-31', '2026-05-31 04:00:00+00']]);
  expect(notices).toEqual(['column.openEnds things.until', 'column.openEnds things.left_at']);
  const asTexts = `select 'a' as thing_id, '9999-12-31' as until, '9999-12-31 00:00:00' as left_at`;
  expect((await readRows(things, asTexts)).rows).toMatchObject([{ until: null, left_at: null }]);
});

test('a day beyond all years is a mistake where nothing ends', async () => {
  const { rejects } = await readRows(things, `select 'a' as thing_id, date '9999-12-31' as since`);
  expect(rejects).toEqual(['since date.malformed 9999-12-31']);
});

test('lists, words and flags of native types are read, free columns keep their digits and moments', async () => {
  const select = `select 'a' as thing_id, ['x', 'y'] as items, true as is_new, 8613800000000012345::bigint as long,
    timestamptz '2026-08-31 16:00:00+00' as stamp, 0.5::double as share, 7 as __index_level_0__`;
  const { rows } = await readRows(things, select);
  const free = { long: '8613800000000012345', stamp: '2026-08-31 16:00:00+00', share: '0.5' };
  expect(rows).toEqual([{ thing_id: 'a', items: 'x;y', is_new: 'true', ...free }]);
});

test('all files of a table have the same types', async () => {
  const parts = [await written(`select '1' as thing_id`), await written('select 2 as thing_id')];
  const named = parts.map((onDisk, at) => ({ path: `${at}.parquet`, onDisk }));
  await expect(stageParquet(shared.engine, things, named)).rejects.toMatchObject({
    key: 'header.contractDiffers',
    message: expect.stringMatching(/^1\.parquet: /),
  });
});

test('whatever the identifier and its type, it keeps its digits or the column is refused', async () => {
  const digits = fc.bigInt({ min: 0n, max: 10n ** 19n - 1n });
  const type = fc.constantFrom('double', 'float', 'decimal(38,0)', 'decimal(38,4)', 'hugeint', 'varchar');
  const safe = BigInt(Number.MAX_SAFE_INTEGER);
  // DuckDB writes HUGEINT as DOUBLE
  const wholeMax: Record<string, bigint> = { double: safe, float: 2n ** 24n - 1n, hugeint: safe };
  await fc.assert(
    fc.asyncProperty(fc.uniqueArray(digits, { minLength: 1, maxLength: 4 }), type, async (values, as) => {
      const select = values.map((value) => `select '${value}'::${as} as thing_id`).join(' union all ');
      const isLost = values.some((value) => value > (wholeMax[as] ?? 10n ** 20n));
      const found = await readRows(things, select).then(
        ({ rows }) => new Set(rows.map(({ thing_id: id }) => id)),
        (thrown: { key: string }) => thrown.key,
      );
      expect(found).toEqual(isLost ? 'column.digitsLost' : new Set(values.map(String)));
    }),
    { numRuns: 12 },
  );
});
