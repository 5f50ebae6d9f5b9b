import { cellFault } from '@holdfast/extract-contract/cell-fault';
import { contractTable } from '@holdfast/extract-contract/table';
import { sharedEngine } from '../engine/engine.fixture.js';
import { csvFile, readStaged } from './read-staged.fixture.js';
import { stageCsv } from './stage-csv.js';

const shared = sharedEngine();

const NUMBERS = ['1', '-1', '+2', '1.5', '.5', '7.', '1e3', '1,5', '1 000', '1_000', 'x', '0x10', '-', '1e999', 'NaN'];
const DAYS = [
  ...['2026-02-28', '2026-02-29', '2024-02-29', '2026-13-01', '2026-1-1', '2026/01/01', '20260101', '1899-12-31'],
  ...['2200-01-01', '2026-04-31', '9999-12-31', '2099-12-31', '0000-00-00', '2026-04-01 10:00:00'],
];
const MOMENTS = [
  ...['2026-04-01T10:00:00', '2026-04-01 10:00', '2026-04-01T10:00:00Z', '2026-04-01T10:00:00+08:00'],
  ...[
    '2026-04-01T10:00:00.123+0800',
    '2026-04-01',
    '2026-04-31T10:00:00',
    '2026-04-01T24:30:00',
    '2026-04-01T10:60:00',
  ],
  ...['2026-04-01T10', '9999-12-31T23:59:59', 'infinity'],
];

test.each([
  ['id', ['a', 'x'.repeat(64), 'x'.repeat(65), '客'.repeat(64)]],
  ['id * key', ['a', '']],
  ['text *', ['a', '']],
  ['text', ['', 'x'.repeat(10_000), 'x'.repeat(10_001)]],
  ['enum(a|b)', ['a', 'b', 'c', 'A', '']],
  ['flag', ['true', 'FALSE', '1', '0', 'yes', '2']],
  ['month', ['2026-01', '2026-13', '2026-1', '2026-01-01', '202601']],
  ['date', DAYS],
  ['date ends', DAYS],
  ['birthday', DAYS],
  ['moment', MOMENTS],
  ['moment ends', MOMENTS],
  ...['money', 'amount', 'rate', 'count', 'quantity', 'number'].map((kind) => [kind, NUMBERS] as [string, string[]]),
  ['number 1..5', ['0', '1', '5', '5.1', '-3', 'x']],
])('a cell of kind %s breaks the rule that its import reports', async (kind, cells) => {
  const table = contractTable('cells', { kind: 'snapshot' }, ['place id *', `value ${kind}`]);
  const column = table.columns[1]!;
  const lines = cells.map((cell, at) => `${at},"${cell}"\n`).join('');
  const { rejects } = await readStaged(
    await stageCsv(shared.engine, table, [csvFile('cells.csv', `place,value\n${lines}`)], {}),
  );
  const expected = cells.flatMap((cell) => {
    const rule = cellFault(column, cell);
    return rule === undefined ? [] : [`value ${rule} ${cell.slice(0, 200)}`.trimEnd()];
  });
  expect(rejects.map((reject) => reject.trimEnd())).toEqual(expected);
});
