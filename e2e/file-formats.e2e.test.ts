/** Files as they come out of spreadsheets and databases: read as they are meant, or refused with the cause. */
import type { Import } from '@holdfast/client/gen/operations';
import type { RestClient } from '@holdfast/client/rest-client';

import { jobDone, reportOf, uploadTable } from './support/imports.js';
import { sharedSystem } from './support/shared-system.js';

const ROWS = 200;
/** 男 and 女 in GBK: only the second happens to be valid UTF-8. */
const [MAN, WOMAN] = [Buffer.from([0xc4, 0xd0]), Buffer.from([0xc5, 0xae])];

let operator: RestClient;

jest.setTimeout(300_000);

beforeAll(async () => {
  const { home } = await sharedSystem();
  operator = home.client('console');
});

/** Rows of cells after the key and before the label; a quarter has left. */
function table(
  header: string,
  cells: (row: number) => Buffer | string,
  label = (row: number): string => (row % 4 === 0 ? '1' : '0'),
): Buffer<ArrayBuffer> {
  const rows = Array.from({ length: ROWS }, (_, row) =>
    Buffer.concat([Buffer.from(`K${row};`), Buffer.from(cells(row)), Buffer.from(`;${label(row)}\r\n`)]),
  );
  return Buffer.concat([Buffer.from(`id;${header};churn\r\n`), ...rows]);
}

const mapping = (name: string, more = ''): string =>
  `table: ${name}\nkey: id\nasOf: 2026-08\nlabel: { column: churn, positive: "1" }\n${more}`;

async function imported(name: string, file: Buffer<ArrayBuffer>, more = ''): Promise<Import> {
  return reportOf(
    operator,
    await jobDone(operator, await uploadTable(operator, mapping(name, more), `${name}.csv`, file)),
  );
}

const messages = ({ notices }: Import): string => notices.map(({ message }) => message).join('\n');

it('reads a table saved as GBK completely, with a notice', async () => {
  const report = await imported(
    'formats-gbk',
    table('sex', (row) => (row % 2 === 0 ? MAN : WOMAN)),
  );
  expect(report.tables).toMatchObject([{ read: ROWS, accepted: ROWS, rejected: 0 }]);
  expect(report.notices.map(({ code }) => code)).toContain('file.encoding');
  expect(messages(report)).toContain('GB18030');
  const { columns } = await operator.call('GET /api/v1/tables/{table}', { table: 'formats-gbk' });
  expect(columns.find(({ name }) => name === 'sex')).toMatchObject({ type: 'category', distinct: 2 });
});

it('reads decimal commas as numbers', async () => {
  const report = await imported(
    'formats-comma',
    table('fee', (row) => `${row},5`),
    'value: fee\n',
  );
  expect(report.tables).toMatchObject([{ accepted: ROWS, rejected: 0 }]);
  expect(messages(report)).toContain('decimal');
});

it('takes \\N in a label for unknown', async () => {
  const label = (row: number): string => (row % 4 === 0 ? '1' : row % 4 === 1 ? '0' : '\\N');
  const report = await imported(
    'formats-null',
    table('fee', (row) => `${row}`, label),
    'value: fee\n',
  );
  expect(report.notices).toContainEqual(expect.objectContaining({ code: 'label.nullMarks', column: 'churn' }));
  expect(messages(report)).toContain(`${ROWS / 2} cells`);
});

it.each([
  [
    'telephone numbers in scientific notation',
    table('mobile', () => '8.61380E+12'),
    'personal: { phone: mobile }\n',
    /mobile .*scientific/,
  ],
  ['an encoding that is not clear', table('name', () => Buffer.from('M\u00fcller', 'latin1')), '', /Line 2 .*Latin-1/],
  [
    'two ways to have left',
    table(
      'fee',
      (row) => `${row}`,
      (row) => ['1', '0', '1.0'][row % 3]!,
    ),
    '',
    /label\.positive: \[1, 1\.0\]/,
  ],
  ['a column in another spelling', table('Fee', (row) => `${row}`), 'value: fee\n', /fee \(= Fee\?\)/],
])('refuses %s with the cause', async (_, file, more, cause) => {
  const job = await uploadTable(operator, mapping('formats-refused', more), 'refused.csv', file);
  await expect(jobDone(operator, job)).rejects.toThrow(cause);
});
