import { categoryBy, numberBy, syntheticTable } from './synthetic-table.fixture.js';
import { inspectColumns, singleColumnAuc } from './suspected-leak.js';
import { allRows, Table } from './table.js';

const { table, labels } = syntheticTable(1_000, 41, 2, 500);
const rows = allRows(1_000);

test('finds nothing in a table without leaks, large categories included', () => {
  expect(inspectColumns(table, labels, rows, 1)).toEqual([]);
});

test('finds columns that predict the label alone, in any form', () => {
  const leaks = new Table([
    ...table.columns,
    categoryBy('status', rows, (row) => (labels[row] === 1 ? 'closed' : 'open')),
    numberBy('closed on', rows, (row) => (labels[row] === 1 ? 20_200_101 + row : null)),
    numberBy('in the middle', rows, (row) => (labels[row] === 1 ? 5 + (row % 7) / 10 : row % 2 === 0 ? 0 : 9)),
    categoryBy('reason code', rows, (row) => (labels[row] === 1 ? `r${row % 20}` : null)),
    numberBy('flag', rows, (row) => (row % 250 === 0 ? 1 - labels[row]! : labels[row]!)),
  ]);
  const findings = inspectColumns(leaks, labels, rows, 1);
  const leaking = ['status', 'closed on', 'in the middle', 'reason code', 'flag'];
  const found = findings.map((finding) => [finding.kind, finding.column]);
  expect(found).toEqual(leaking.map((column) => ['suspectedLeak', column]));
});

test('names identifiers, constants and empty columns', () => {
  const useless = new Table([
    categoryBy('account', rows, (row) => `A-${row}`),
    numberBy('always 1', rows, () => 1),
    categoryBy('never filled', rows, () => null),
    numberBy('only 1 or missing', rows, (row) => (row % 3 === 0 ? 1 : null)),
  ]);
  expect(inspectColumns(useless, labels, rows, 1)).toEqual([
    { kind: 'identifier', column: 'account', distinct: 1_000, remedy: 'exclude' },
    { kind: 'constant', column: 'always 1', remedy: 'ignore' },
    { kind: 'empty', column: 'never filled', remedy: 'ignore' },
  ]);
});

test('reports no leaks with few rows', () => {
  const copy = new Table([numberBy('copy', rows, (row) => labels[row]!)]);
  expect(inspectColumns(copy, labels, rows.subarray(0, 20), 1)).toEqual([]);
});

test('a strong column without a leak stays below the limit', () => {
  const contract = singleColumnAuc(table.categoryColumn('contract'), labels, rows, 1);
  expect(contract).toBeGreaterThan(0.6);
  expect(contract).toBeLessThan(0.8);
});
