import { contractTableOf } from '@holdfast/extract-contract/tables';
import { sharedEngine } from '../engine/engine.fixture.js';
import { gb18030 } from '../csv/gb18030.fixture.js';
import { csvFile, readStaged, type ReadStaged } from './read-staged.fixture.js';
import { stageCsv } from './stage-csv.js';

const shared = sharedEngine();

async function read(name: string, files: readonly (string | Buffer)[], zone?: string): Promise<ReadStaged> {
  const csv = files.map((file, at) => csvFile(`${name}-${at + 1}.csv`, file));
  return readStaged(await stageCsv(shared.engine, contractTableOf(name)!, csv, {}), zone);
}

test('each file of a table has its own encoding, which is reported', async () => {
  const rows = 'customer_id,kind,city\nC1,person,沈阳市\nC2,person,大连市\n';
  const utf16 = Buffer.from(`\uFEFF${rows.replaceAll('C', 'E')}`, 'utf16le');
  const { rows: found, notices } = await read('customers', [rows, gb18030(rows.replaceAll('C', 'D')), utf16]);
  expect(found.map(({ city }) => city)).toEqual(['沈阳市', '大连市', '沈阳市', '大连市', '沈阳市', '大连市']);
  expect(notices).toEqual(['file.encoding', 'file.encoding']);
});

test('a file of another encoding stops its table, with the file and the line', async () => {
  const file = Buffer.from('customer_id,kind,city\nC1,person,K\u00f6ln\n', 'latin1');
  await expect(read('customers', [file])).rejects.toThrow(/^customers-1\.csv: Line 2 /);
});

test('ends that are none are open; marks of NULL are not known; both are counted', async () => {
  const header = 'subscription_id,status,valid_from,valid_to,reason_code';
  const { rows, rejects, notices } = await read('status_history', [
    `${header}\nS1,active,2026-01-01,9999-12-31,\\N\nS2,active,2026-01-01,0000-00-00,NULL\nS3,active,2026-01-01,2099-12-31,\n` +
      'S4,active,2026-01-01,9999-12-31 23:59:59,null\nS5,active,2026-01-01,infinity,price\nS6,active,9999-12-31,2026-02-30,\n',
  ]);
  expect(rows.map(({ valid_to: end }) => end)).toEqual([null, null, null, null, null]);
  expect(rejects).toEqual(['valid_from date.malformed 9999-12-31']);
  expect(notices).toEqual(['column.nullMarks status_history.reason_code', 'column.openEnds status_history.valid_to']);
});

test('a moment that ends something may be open, too', async () => {
  const header = 'contact_id,subscription_id,at,kind,resolved_at';
  const file = `${header}\n1,S1,2026-03-01T10:00:00,complaint,9999-12-31T23:59:59\n`;
  expect((await read('contacts', [file])).rows).toMatchObject([{ resolved_at: null }]);
});

test.each([
  ['subscription_id', 'subscription_id,month,arpu\n8.61380E+12,2026-03,1\n', 'billing'],
  ['contact_phone', 'customer_id,kind,contact_phone\nC1,person,1.38E+10\n', 'customers'],
  ['msisdn', 'msisdn,subscription_id,valid_from\n"8,61E+12",S1,2026-01-01\n', 'number_history'],
])('a column %s in scientific notation stops its table', async (column, file, table) => {
  await expect(read(table, [file])).rejects.toMatchObject({
    key: 'column.contractScientific',
    message: expect.stringContaining(`Column ${column} has 1 cells`),
  });
});

test('rows of totals have a separate rule', async () => {
  const { rejects } = await read('billing', ['subscription_id,month,arpu\nS1,2026-03,1\n合计,,1\nTotal:,2026-03,1\n']);
  expect(rejects).toEqual(['subscription_id row.totals 合计', 'subscription_id row.totals Total:']);
});

test('decimal commas are rejected, and reported as the cause', async () => {
  const file = 'subscription_id;month;arpu\nS1;2026-03;102,30\nS2;2026-03;9,5\nS3;2026-03;x\n';
  const { rejects, notices } = await read('billing', [file]);
  expect(rejects).toHaveLength(3);
  expect(notices).toEqual(['column.commaRejected billing.arpu']);
});

test.each([
  ['a line sep=', 'sep=;\nsubscription_id;month;arpu\nS1;2026-03;1\n', ['file.sepLine']],
  ['a title', '账单,,\nsubscription_id,month,arpu\nS1,2026-03,1\nS2,2026-03,1\n', ['file.titleSkipped']],
  ['lines that end with CR', 'subscription_id,month,arpu\rS1,2026-03,1\r', []],
  ['the index of pandas', ',subscription_id,month,arpu\n0,S1,2026-03,1\n', []],
])('%s is read', async (_, file, reported) => {
  const { rows, notices } = await read('billing', [file]);
  expect(rows[0]).toEqual({ subscription_id: 'S1', month: '2026-03', arpu: '1.00' });
  expect(notices).toEqual(reported);
});

test.each([
  ['Subscription_ID', 'subscription_id'],
  ['subscription id', 'subscription_id'],
  ['ｍｏｎｔｈ', 'month'],
  ['voice fee', 'voice_fee'],
])('a column %s with another spelling is not reported as missing', async (found, wanted) => {
  const names = ['subscription_id', 'month', 'arpu'].filter((name) => name !== wanted);
  await expect(read('billing', [`${[...names, found].join(',')}\n`])).rejects.toMatchObject({
    key: 'header.contractSpelling',
    message: expect.stringContaining(`there is a column ${found}; its name in the contract is ${wanted}`),
  });
});

test('a time that the clocks skip is the same after them, and one that comes twice is its second', async () => {
  const times = ['2026-03-29T02:30:00', '2026-10-25T02:30:00', '2026-03-29T03:30:00'];
  const lines = times.map((at, row) => `${row},S1,${at},complaint`);
  const file = ['contact_id,subscription_id,at,kind', ...lines].join('\n');
  const { rows } = await read('contacts', [file], 'Europe/Berlin');
  const before = '2026-03-29 01:30:00+00';
  expect(rows.map(({ at }) => at)).toEqual([before, '2026-10-25 01:30:00+00', before]);
});
