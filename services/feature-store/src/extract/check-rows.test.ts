import { gzipSync } from 'node:zlib';
import { contractTable, type ContractTable } from '@holdfast/extract-contract/table';
import { TemporaryFolder } from '@holdfast/testing/temporary-folder.fixture';
import { sharedEngine } from '../engine/engine.fixture.js';
import { LocalClock } from '../column/local-clock.js';
import { checkRows, type CheckedRows } from './check-rows.js';
import { csvFile } from './read-staged.fixture.js';
import { stageCsv, type StagedTable } from './stage-csv.js';
import { stageParquet } from './stage-parquet.js';

const folder = new TemporaryFolder();
const shared = sharedEngine();
const fees = contractTable('fees', { kind: 'month', column: 'month' }, [
  'fee_id id * key',
  'subscription_id id * > subscriptions',
  'month month *',
  'kind enum(rent|penalty) *',
  'amount money *',
  'balance amount',
  'units count',
  'grade number 1..5',
  'paid_on date',
  'at moment',
  'is_final flag',
  'note text',
  'born_on birthday',
]);
const calls = contractTable('events', { kind: 'moment', column: 'at' }, ['at moment *', 'subscription_id id *']);
const HEADER = 'fee_id,subscription_id,month,kind,amount,balance,units,grade,paid_on,at,is_final,note,born_on,extra';
const GOOD = 'F1,S1,2026-03,rent,12.00,-3.5,4,5,2026-03-31,2026-03-31T10:00:00,true,fine,1990-05-17,x';

async function check(staged: StagedTable) {
  const checked = await checkRows(staged, {
    clock: new LocalClock('Asia/Shanghai'),
    from: '2026-01',
    to: '2026-06',
    plausible: { first: '1980-01-01T00:00:00.000Z', after: '2027-07-01T00:00:00.000Z' },
    resolve: ({ refersTo }, _, texts) =>
      refersTo === undefined
        ? undefined
        : { lookup: `select key, key as id, key in ('S1', 'S2') as is_known from (${texts})` },
  });
  const rejects = await shared.engine.texts(
    `select file_no || ':' || line || ' ' || column_name || ' ' || rule || ' ' || value as row from ${staged.rejects.name} order by row_no`,
  );
  return { ...checked, rejects };
}

const stage = (files: readonly (string | Buffer)[], table: ContractTable = fees): Promise<StagedTable> => {
  const named = files.map((file, at) => csvFile(at === 0 ? 'fees.csv' : 'b.csv.gz', file));
  return stageCsv(shared.engine, table, named, {});
};

const checkCsv = async (rows: string[], table: ContractTable = fees, header = HEADER) =>
  check(await stage([[header, ...rows, ''].join('\n')], table));

async function momentsOf({ name }: CheckedRows['accepted']): Promise<string[]> {
  const rows = await shared.engine.rows<{ ms: bigint }>(`select epoch_ms("at") as ms from ${name} order by row_no`);
  return rows.map(({ ms }) => new Date(Number(ms)).toISOString());
}

/** The good row with some cells changed. */
function row(change: Record<string, string>): string {
  const names = HEADER.split(',');
  const cells = GOOD.split(',');
  for (const [name, value] of Object.entries(change)) cells[names.indexOf(name)] = value;
  return cells.join(',');
}

test('a good row goes in, as does one with nothing in what need not be there', async () => {
  const optional = ['balance', 'units', 'grade', 'paid_on', 'at', 'is_final', 'note', 'born_on', 'extra'];
  const bare = row({ fee_id: 'F2', ...Object.fromEntries(optional.map((name) => [name, ''])) });
  const { counts, rejects } = await checkCsv([GOOD, bare]);
  expect({ counts, rejects }).toEqual({ counts: { read: 2, accepted: 2, rejected: 0, duplicates: 0 }, rejects: [] });
});

/** A column, a rule of it, and cells that break it. */
const BROKEN: readonly (readonly [string, string, ...string[]])[] = [
  ['fee_id', 'key.missing', ''],
  ['fee_id', 'key.tooLong', 'x'.repeat(65)],
  ['month', 'value.missing', ''],
  ['month', 'month.malformed', '2026-13'],
  ['month', 'month.outsideSpan', '2025-12', '2026-07'],
  ['kind', 'value.unknown', 'gift', 'Rent'],
  ['amount', 'value.missing', ''],
  ['amount', 'value.negative', '-0.01'],
  ['amount', 'number.malformed', '12,00x', '1_000', 'nan'],
  ['units', 'number.malformed', '1.5'],
  ['units', 'value.negative', '-1'],
  ['grade', 'value.outOfRange', '6', '0.5'],
  ['grade', 'number.malformed', 'inf'],
  ['paid_on', 'date.malformed', '2026-02-30', '2026-2-3', '2026-03-31T10:00:00'],
  ['born_on', 'date.malformed', '1990-02-30'],
  ['at', 'moment.malformed', '2026-02-30T10:00:00', '2026-03-31', '2026-03-31T25:00:00'],
  ['is_final', 'flag.malformed', 'maybe'],
  ['subscription_id', 'key.orphan', 'S9'],
];

test.each(BROKEN.flatMap(([column, rule, ...values]) => values.map((value) => [column, value, rule] as const)))(
  '%s of %j breaks %s',
  async (column, value, rule) => {
    const cell = value.includes(',') ? `"${value}"` : value;
    const { counts, rejects } = await checkCsv([GOOD, row({ fee_id: 'F2', [column]: cell })]);
    expect(counts).toEqual({ read: 2, accepted: 1, rejected: 1, duplicates: 0 });
    expect(rejects).toEqual([`0:3 ${column} ${rule} ${value}`]);
  },
);

const FINE: readonly (readonly [string, ...string[]])[] = [
  ['amount', '0', '1e3'],
  ['balance', '-12'],
  ['units', '4.0'],
  ['at', '2026-03-31 10:00', '2026-03-31T10:00:00.123Z', '2026-03-31T10:00:00+08:00'],
  ['is_final', 'FALSE', '1'],
  ['note', '"two, parts"'],
];

test.each(FINE.flatMap(([column, ...values]) => values.map((value) => [column, value] as const)))(
  '%s of %j is fine',
  async (column, value) => {
    expect((await checkCsv([row({ [column]: value })])).rejects).toEqual([]);
  },
);

test('moments without an offset are meant by the local clocks', async () => {
  const rowsAtTen = [row({ at: '2026-03-31T10:00:00' }), row({ fee_id: 'F2', at: '2026-03-31T10:00:00Z' })];
  const { accepted } = await checkCsv(rowsAtTen);
  expect(await momentsOf(accepted)).toEqual(['2026-03-31T02:00:00.000Z', '2026-03-31T10:00:00.000Z']);
});

test('of one key the first sound row stays: the same again is a duplicate, another a conflict where it differs', async () => {
  const others = [row({ amount: '13.00' }), row({ extra: 'y' }), row({ amount: '12' })];
  const { accepted, counts, rejects } = await checkCsv([row({ amount: '-1' }), GOOD, GOOD, ...others]);
  expect(counts).toEqual({ read: 6, accepted: 1, rejected: 3, duplicates: 2 });
  expect(rejects).toEqual([
    '0:2 amount value.negative -1',
    '0:5 amount key.conflict 13.00',
    '0:6 extra key.conflict y',
  ]);
  expect(await shared.engine.rows(`select row_no from ${accepted.name}`)).toEqual([{ row_no: 2n }]);
});

test('rows of one key with different knowledge times are versions', async () => {
  const header = `${HEADER},recorded_at`;
  const at = (recordedAt: string, change: Record<string, string> = {}): string => `${row(change)},${recordedAt}`;
  const { versions, counts, rejects } = await checkCsv(
    [
      at('2026-04-20T10:00:00', { amount: '33.00' }),
      at('2026-04-03T10:00:00'),
      at('2026-04-10T10:00:00'), // equal to the version before
      at('2026-04-20T10:00:00', { amount: '34.00' }), // the same moment
      at('', { amount: '35.00' }), // no moment
      at('2026-04-21T10:00:00'), // equal to the version before the last
      at('', { fee_id: 'F2' }),
      at('2026-04-03T10:00:00', { fee_id: 'F2' }),
      at('2026-04-20T10:00:00', { fee_id: 'F2', note: 'other' }),
    ],
    fees,
    header,
  );
  expect(counts).toEqual({ read: 9, accepted: 4, rejected: 3, duplicates: 2 });
  expect(rejects).toEqual([
    '0:5 amount key.conflict 34.00',
    '0:6 amount key.conflict 35.00',
    '0:10 note key.conflict other',
  ]);
  expect(await shared.engine.rows(`select row_no, place, is_last from ${versions.name} order by place`)).toEqual([
    { row_no: 2n, place: 1n, is_last: false },
    { row_no: 1n, place: 2n, is_last: false },
    { row_no: 6n, place: 3n, is_last: true },
  ]);
});

test('an event that was exported again is a duplicate, whenever it was; the earliest stays', async () => {
  const rows = ['2026-04-20T10:00:00', '2026-04-03T10:00:00', ''].map(
    (recorded) => `2026-03-01T00:00:00,S1,${recorded}`,
  );
  const { accepted, counts } = await checkCsv(rows, calls, 'at,subscription_id,recorded_at');
  expect(counts).toEqual({ read: 3, accepted: 1, rejected: 0, duplicates: 2 });
  expect(await shared.engine.rows(`select row_no from ${accepted.name}`)).toEqual([{ row_no: 2n }]);
});

test('malformed rows are rejected with their lines', async () => {
  const { rejects } = await checkCsv(['F1,S1,2026-03', `"F2" x,S1`, row({ note: 'a\u001fb' }), '', GOOD]);
  expect(rejects).toEqual([
    '0:2  row.ragged F1,S1,2026-03',
    '0:3  quote.malformed "F2" x,S1',
    '0:4 note text.malformed a\u001fb',
  ]);
});

test('a truncated character in a UTF-8 file rejects its row only, and the column is named', async () => {
  const good = `${HEADER}\n${row({ note: '多数汉字都是完整的'.repeat(3) })}\n`;
  const cut = Buffer.from('流失').subarray(0, 5);
  const text = Buffer.concat([Buffer.from(`${good}F2,S1,2026-03,rent,1,,,,,,,`), cut, Buffer.from(',,\n')]);
  const { counts, rejects } = await check(await stage([text]));
  expect(counts).toMatchObject({ accepted: 1, rejected: 1 });
  expect(rejects[0]).toMatch(/^0:3 note text\.malformed /);
});

test('parts are read as one table, packed or not, with their columns in any order', async () => {
  const order = [...HEADER.split(',').keys()].reverse();
  const turned = (line: string): string => order.map((at) => line.split(',')[at]).join(',');
  const second = gzipSync([HEADER, row({ fee_id: 'F2', amount: 'x' }), row({ fee_id: 'F3' })].map(turned).join('\r\n'));
  const { counts, rejects } = await check(await stage([`\uFEFF${HEADER}\n${GOOD}`, second]));
  expect(counts).toEqual({ read: 3, accepted: 2, rejected: 1, duplicates: 0 });
  expect(rejects).toEqual(['1:2 amount number.malformed x']);
});

test.each([
  ['fee_id,month', 'amount'],
  [`${HEADER},note`, 'column 15'],
  [`${HEADER},`, 'column 15'],
  [`${HEADER},knowledge_time`, 'column 15'],
])('the header %s stops the table', async (header, problem) => {
  await expect(stage([`${header}\n`])).rejects.toThrow(problem);
});

test.each(['ORG_UNIT_PATH', 'Shard', 'Amount', 'EXTRA'])(
  'a column %s that another has in all but its case stops the table',
  async (name) => {
    const header = `${HEADER},${name}`;
    await expect(stage([[header, `${GOOD},demo/`, ''].join('\n')])).rejects.toMatchObject({
      kind: 'unprocessable',
      key: expect.stringMatching(/^header\.contract/),
    });
  },
);

test("a file without a line's end is not held until it ends", async () => {
  let bytesRead = 0;
  async function* endless(): AsyncGenerator<Uint8Array> {
    for (; bytesRead < 64 * 1024 * 1024; bytesRead += 65_536) yield Buffer.alloc(65_536, 'x');
  }
  const staging = stageCsv(shared.engine, fees, [{ path: 'fees.csv', bytes: endless }], {});
  await expect(staging).rejects.toMatchObject({ key: 'header.contractMissing' });
  expect(bytesRead).toBeLessThan(2 * 1024 * 1024);
});

test('a file with other columns than the first stops the table', async () => {
  const other = HEADER.replace('extra', 'other');
  await expect(stage([`${HEADER}\n${GOOD}`, `${other}\n${GOOD}`])).rejects.toThrow('b.csv');
});

test('events have no key: the same row again is a duplicate, others stay; those outside the months are rejected', async () => {
  const header = 'at,subscription_id,volume';
  const rows = [
    '2026-01-01T00:00:00,S1,1',
    '2026-01-01T00:00:00,S1,1',
    '2026-01-01T00:00:00,S1,2',
    '2025-12-31T23:59:59,S1,1',
    '2026-06-30T23:59:59,S1,1',
    '2026-07-01T00:00:00,S1,1',
  ];
  const { counts, rejects } = await checkCsv(rows, calls, header);
  expect(counts).toEqual({ read: 6, accepted: 3, rejected: 2, duplicates: 1 });
  expect(rejects.map((each) => each.slice(0, 24))).toEqual(['0:5 at month.outsideSpan', '0:7 at month.outsideSpan']);
});

test('Parquet has the same columns and rules; the line is the place of the row', async () => {
  const files = [1, 2].map((part) => ({ path: `p/${part}.parquet`, onDisk: folder.at(`${part}.parquet`) }));
  const select = (amount: string, amountName = 'amount'): string =>
    `select 'F' || n as fee_id, 'S1' as subscription_id, '2026-03' as month, 'rent' as kind, ${amount} as "${amountName}",
       date '2026-03-31' as paid_on, timestamp '2026-03-31 10:00:00' as "at", true as is_final`;
  const { engine } = shared;
  const parts = [
    `${select('1.5::double', ' amount ')} from range(3) as t(n)`,
    `${select('case n when 4 then -1::double else 1.5 end')} from range(3, 6) as t(n)`,
  ];
  for (const [at, { onDisk }] of files.entries()) await engine.writeParquet(parts[at]!, onDisk);
  const { accepted, counts, rejects } = await check(await stageParquet(engine, fees, files));
  expect(counts).toEqual({ read: 6, accepted: 5, rejected: 1, duplicates: 0 });
  expect(rejects).toEqual(['1:2 amount value.negative -1.0']);
  expect((await momentsOf(accepted))[0]).toBe('2026-03-31T02:00:00.000Z');
  const broken = { path: 'p/3.parquet', onDisk: folder.write('3.parquet', 'PAR1 and nothing else') };
  await expect(stageParquet(engine, fees, [broken])).rejects.toThrow('p/3.parquet cannot be read as Parquet');
});
