import {
  syntheticMonthName,
  syntheticMonths,
  syntheticMonthsCsv,
  type SyntheticMonth,
} from '@holdfast/learning/synthetic-months.fixture';
import { withEngine } from '../engine/engine.fixture.js';
import type { Engine } from '../engine/engine.js';
import { accumulates, joinMonths, type EarlierFile } from './join-months.js';
import { parseMapping } from './mapping.js';
import { readTable, type CheckedTable, type ReadOptions } from './read-table.js';

const OPTIONS: ReadOptions = { operator: 'demo', asOf: '2026-12', timeZone: 'Asia/Shanghai' };

interface File {
  csv: string;
  mapping: string;
  /** Of its accepted rows. */
  months: string[];
}

async function* bytesOf(csv: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(csv);
}

/** How often each file was read for its rows or its encoding. */
let readings: Map<string, number>;
beforeEach(() => (readings = new Map()));

/** Of all rows; not used if there is a column of months. */
function monthOf(mapping: string): string {
  const { asOf } = parseMapping(mapping);
  return typeof asOf === 'string' ? asOf : OPTIONS.asOf;
}

const earlierFile = ({ csv, mapping, months }: File): EarlierFile => ({
  mapping: parseMapping(mapping),
  asOf: monthOf(mapping),
  months,
  bytes: () => {
    readings.set(csv, (readings.get(csv) ?? 0) + 1);
    return bytesOf(csv);
  },
});

/** The newest file joined with the ones before it. @param files in the order of their publication */
async function join(engine: Engine, files: readonly File[]): Promise<CheckedTable> {
  const { csv, mapping } = files.at(-1)!;
  const read = parseMapping(mapping);
  const options = { ...OPTIONS, asOf: monthOf(mapping) };
  const table = await readTable(engine, () => bytesOf(csv), read, { ...options, keepsCells: true });
  return joinMonths(table, read, files.slice(0, -1).toReversed().map(earlierFile), options);
}

interface Row {
  key: string;
  month: string;
  label: number | null;
  isLast: boolean;
  /** Stored cells by the name of their column, categories as texts. */
  cells: Record<string, unknown>;
}

async function rowsOf({ accepted, staged, columns, months }: CheckedTable): Promise<Row[]> {
  const rows = await accepted.engine.rows<Record<string, unknown>>(
    `select accepted.*, staged.key from ${accepted.name} as accepted join ${staged.name} as staged using (row_no)
     order by staged.key, accepted.month`,
  );
  const stored = columns.filter(({ isStored }) => isStored);
  return rows.map((row) => ({
    key: String(row['key']),
    month: months[Number(row['month'])]!,
    label: row['label'] as number | null,
    isLast: row['is_last'] as boolean,
    cells: Object.fromEntries(
      stored.map(({ name, place, type, dictionary }) => {
        const cell = row[`f${place}`];
        return [name, type === 'category' && cell !== null ? dictionary[Number(cell)] : cell];
      }),
    ),
  }));
}

/** All that a version consists of, apart from the place of a column in its file. */
async function contentOf(table: CheckedTable) {
  const { months, units, labelledRows, positiveRows, labelLeadMonths } = table;
  const columns = table.columns
    .filter(({ role }) => role !== 'month')
    .map(({ place: _place, ...column }) => column)
    .sort((left, right) => (left.name < right.name ? -1 : 1));
  return { months, units, labelledRows, positiveRows, labelLeadMonths, columns, rows: await rowsOf(table) };
}

const texts = ({ notices }: CheckedTable): Record<string, string> =>
  Object.fromEntries(notices.map(({ key, text }) => [key, text.en]));

const MONTHLY = 'table: t\nkey: id\nasOf: { column: month }\nvalue: fee\n';
const BY_LABEL = 'label: { column: churn, positive: "1", negative: "0" }\n';
const BY_DISAPPEARANCE = 'label: { from: disappearance, absentMonths: 1 }\n';
const COUNT = 4;
const all = syntheticMonths({ subscribers: 400, months: COUNT, seed: 5 });
const labelOf = ({ leaves, month }: SyntheticMonth): string => (month === COUNT - 1 ? '' : leaves ? '1' : '0');

/** A file of some months, and what it would be without the column of months. */
function fileOf(months: readonly number[], label: string): File {
  const rows = all.filter(({ month }) => months.includes(month));
  const csv = label === BY_LABEL ? syntheticMonthsCsv(rows, labelOf) : syntheticMonthsCsv(rows);
  return { csv, mapping: `${MONTHLY}${label}`, months: months.map(syntheticMonthName) };
}

function snapshotOf(month: number, label: string): File {
  const { csv, months } = fileOf([month], label);
  const lines = csv.split('\n').map((line) =>
    line
      .split(',')
      .filter((_, at) => at !== 1)
      .join(','),
  );
  const mapping = `${MONTHLY}${label}`.replace('{ column: month }', months[0]!);
  return { csv: lines.join('\n'), mapping, months };
}

describe('files of a month each', () => {
  test.each([
    ['with a label and a column of months', BY_LABEL, fileOf],
    ['that are compared for who is missing', BY_DISAPPEARANCE, fileOf],
    [
      'with a label, their month in the mapping',
      BY_LABEL,
      (months: readonly number[], label: string) => snapshotOf(months[0]!, label),
    ],
    [
      'whose month is in the mapping, compared for who is missing',
      BY_DISAPPEARANCE,
      (months: readonly number[], label: string) => snapshotOf(months[0]!, label),
    ],
  ])('%s, are one file with all months', async (_case, label, make) => {
    const months = Array.from({ length: COUNT }, (_, at) => at);
    await withEngine(async (engine) => {
      const joined = await join(
        engine,
        months.map((month) => make([month], label)),
      );
      const one = await join(engine, [fileOf(months, label)]);
      expect(await contentOf(joined)).toEqual(await contentOf(one));
      expect(joined.positiveRows).toBeGreaterThan(10);
      expect(joined.acceptedRows).toBe(all.length);
      // The report is about the new file.
      const newest = all.filter(({ month }) => month === COUNT - 1).length;
      expect(joined.counts).toEqual({ read: newest, accepted: newest, rejected: 0, duplicates: 0 });
      const others = `${all.length - newest} rows of 2024-09, 2024-10, 2024-11, from 3 earlier files`;
      expect(texts(joined)['months.joined']).toContain(others);
    });
  });

  test('are read in any order', async () => {
    await withEngine(async (engine) => {
      const joined = await join(
        engine,
        [2, 0, 3, 1].map((month) => fileOf([month], BY_LABEL)),
      );
      expect(joined.rowsHash).toBe((await join(engine, [fileOf([0, 1, 2, 3], BY_LABEL)])).rowsHash);
    });
  });
});

test('a file replaces its months as a whole, and files that contribute nothing are not read', async () => {
  const file = (months: string[], row: string): File => ({
    csv: `id,month,x\n${months.flatMap((month) => [`a,${month},${row}`, `b,${month},${row}`]).join('\n')}\n`,
    mapping: 'table: t\nkey: id\nasOf: { column: month }',
    months,
  });
  await withEngine(async (engine) => {
    const files = [
      file(['2026-01', '2026-02'], '1'),
      file(['2026-01', '2026-02', '2026-03'], '2'),
      { ...file(['2026-02', '2026-04'], '3'), csv: 'id,month,x\na,2026-02,3\nc,2026-04,3\n' },
    ];
    const joined = await join(engine, files);
    expect((await rowsOf(joined)).map(({ key, month, cells }) => `${key} ${month} ${String(cells['x'])}`)).toEqual([
      ...['a 2026-01 2', 'a 2026-02 3', 'a 2026-03 2', 'b 2026-01 2', 'b 2026-03 2', 'c 2026-04 3'],
    ]);
    expect(texts(joined)['months.replaced']).toContain('2026-02');
    expect(readings.get(files[0]!.csv)).toBeUndefined();
    const whole = await join(engine, [...files, file(['2026-01', '2026-02', '2026-03', '2026-04'], '4')]);
    expect(whole.acceptedRows).toBe(8);
    expect(texts(whole)['months.joined']).toBeUndefined();
  });
});

test('rows whose month is malformed or rejected keep no month of an earlier file', async () => {
  const mapping = 'table: t\nkey: id\nasOf: { column: month }\ntypes: { x: number }';
  await withEngine(async (engine) => {
    const joined = await join(engine, [
      { csv: 'id,month,x\na,2026-01,1\nb,2026-01,2\n', mapping, months: ['2026-01'] },
      { csv: 'id,month,x\na,2026-02,1\nb,2026-01,much\nc,then,4\n', mapping, months: ['2026-02'] },
    ]);
    expect(joined.counts).toEqual({ read: 3, accepted: 1, rejected: 2, duplicates: 0 });
    expect((await rowsOf(joined)).map(({ key, month }) => `${key} ${month}`)).toEqual([
      ...['a 2026-01', 'a 2026-02', 'b 2026-01'],
    ]);
  });
});

test('columns are found by name, else by use; labels of another spelling are translated', async () => {
  const before: File = {
    csv: 'city,left,gone,Customer,fee\nX,yes,1,a,10\nY,no,2,b,20\nX,,3,c,30\n',
    mapping:
      'table: t\nkey: Customer\nasOf: 2026-01\nlabel: { column: left, positive: "yes" }\nvalue: fee\nunit: city\nmissing: ["30"]',
    months: ['2026-01'],
  };
  const now: File = {
    csv: 'id;fee;churned;new;town\na;11,5;0;q;X\nb;21,5;1;r;Y\n',
    mapping:
      'table: t\nkey: id\nasOf: 2026-02\nlabel: { column: churned, positive: "1", negative: "0" }\nvalue: fee\nunit: town\ndelimiter: ";"\ntypes: { new: category }',
    months: ['2026-02'],
  };
  await withEngine(async (engine) => {
    const joined = await join(engine, [before, now]);
    expect(joined.units).toEqual(['demo/X/', 'demo/Y/']);
    expect((await rowsOf(joined)).map(({ key, month, label, cells }) => [key, month, label, cells])).toEqual([
      ['a', '2026-01', 1, { fee: 10, new: null }],
      ['a', '2026-02', 0, { fee: 11.5, new: 'q' }],
      ['b', '2026-01', 0, { fee: 20, new: null }],
      ['b', '2026-02', 1, { fee: 21.5, new: 'r' }],
      ['c', '2026-01', null, { fee: null, new: null }],
    ]);
  });
});

test('a label that no later file could know is unknown in the last months of each file', async () => {
  const people = Array.from({ length: 300 }, (_, at) => `s${at}`);
  const file = (month: string, label: (at: number) => string): File => ({
    csv: `id,month,churn\n${people.map((id, at) => `${id},${month},${label(at)}`).join('\n')}\n`,
    mapping: `table: t\nkey: id\nasOf: { column: month }\n${BY_LABEL}`,
    months: [month],
  });
  await withEngine(async (engine) => {
    const churned = (rest: number) => (at: number) => (at % 20 === rest ? '1' : '0');
    const joined = await join(engine, [
      file('2026-01', churned(0)),
      file('2026-02', () => '0'),
      file('2026-03', churned(1)),
    ]);
    expect(texts(joined)['label.notYetKnown']).toContain('2026-02');
    const labels = await joined.accepted.engine.rows<{ month: number; labelled: bigint }>(
      `select month, count(label) as labelled from ${joined.accepted.name} group by month order by month`,
    );
    expect(labels.map(({ labelled }) => Number(labelled))).toEqual([300, 0, 300]);
  });
});

test.each([
  ['table: t\nkey: id\nasOf: 2026-01', true],
  ['table: t\nkey: id\nasOf: { column: month }', true],
  ['table: t\nkey: id', false],
  ['table: t\nasOf: 2026-01', false],
])('months of %j are joined: %s', (mapping, expected) => {
  expect(accumulates(parseMapping(mapping))).toBe(expected);
});

test('a month that is given replaces that of the mapping, unless it has a column', () => {
  expect(parseMapping('table: t\nkey: id', '2026-01').asOf).toBe('2026-01');
  expect(parseMapping('table: t\nasOf: 2025-12', '2026-01').asOf).toBe('2026-01');
  expect(() => parseMapping('table: t\nasOf: { column: month }', '2026-01')).toThrow(/asOf/);
});
