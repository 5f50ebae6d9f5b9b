import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { Engine } from '../engine/engine.js';
import { gb18030 } from '../csv/gb18030.fixture.js';
import { parseMapping } from './mapping.js';
import { readTable, type CheckedTable } from './read-table.js';

const folder = mkdtempSync(path.join(tmpdir(), 'holdfast-formats-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Result extends CheckedTable {
  rules: Record<string, number>;
  rows: Record<string, unknown>[];
  /** Keys of the notices with their columns. */
  noticeKeys: string[];
  type(name: string): string | undefined;
}

let runs = 0;

async function readIn(file: string | Uint8Array, mapping: string, timeZone = 'Asia/Shanghai'): Promise<Result> {
  runs += 1;
  const engine = await Engine.openScratch(path.join(folder, String(runs)), { memoryMax: '256MB', threads: 1 });
  const bytes = Buffer.from(file);
  async function* pieces(): AsyncGenerator<Uint8Array> {
    for (let at = 0; at < bytes.length; at += 1_000) yield bytes.subarray(at, at + 1_000);
  }
  try {
    const table = await readTable(engine, pieces, parseMapping(mapping), {
      operator: 'demo',
      asOf: '2026-08',
      timeZone,
    });
    const rules = await engine.rows<{ rule: string; n: number }>(
      `select rule, count(*)::int as n from ${table.rejects.name} group by 1`,
    );
    const rows =
      table.counts.accepted === 0
        ? []
        : await engine.rows<Record<string, unknown>>(`select * from ${table.accepted.name} order by row_no`);
    return {
      ...table,
      rules: Object.fromEntries(rules.map(({ rule, n }) => [rule, n])),
      rows,
      noticeKeys: table.notices.map(({ key, column }) => `${key} ${column}`.trim()),
      type: (name) => table.columns.find((column) => column.name === name)?.type,
    };
  } finally {
    await engine.close();
  }
}

const COUNT = 60;
/** A table of subscribers with a row of cells after the key, and a label. */
function csv(
  header: string,
  cells: (row: number) => string,
  { delimiter = ',', label = (row: number): string => (row % 4 === 0 ? '1' : '0') } = {},
): string {
  const rows = Array.from({ length: COUNT }, (_, row) => [`K${row}`, cells(row), label(row)].join(delimiter));
  return `${[['id', header, 'churn'].join(delimiter), ...rows].join('\r\n')}\r\n`;
}

const MAPPING = 'table: t\nkey: id\nlabel: { column: churn, positive: "1" }';
const VALUED = `${MAPPING}\nvalue: fee`;

describe('encoding', () => {
  const text = csv('sex,fee', (row) => `${row % 2 === 0 ? '女' : '男'},${row}.5`);

  test('all rows of a GBK file with an ASCII header are accepted, men and women, and the encoding is reported', async () => {
    const [gbk, utf8] = [await readIn(gb18030(text), VALUED), await readIn(text, VALUED)];
    expect(gbk.counts).toEqual({ read: COUNT, accepted: COUNT, rejected: 0, duplicates: 0 });
    expect(gbk.rowsHash).toBe(utf8.rowsHash);
    expect(gbk.noticeKeys).toEqual(['file.encoding']);
    expect(gbk.notices[0]!.text.en).toContain('GB18030');
    expect(utf8.noticeKeys).toEqual([]);
  });

  test('a Chinese header in GBK is read, too, with its mapping in UTF-8', async () => {
    const table = await readIn(gb18030('用户编号,性别\r\nA1,男\r\nA2,女\r\n'), 'table: t\nkey: 用户编号');
    expect(table.counts.accepted).toBe(2);
    expect(table.columns.map(({ name }) => name)).toEqual(['用户编号', '性别']);
  });

  test('a row whose bytes are broken in a file of UTF-8 is rejected alone', async () => {
    const broken = Buffer.concat([
      Buffer.from(text),
      Buffer.from('K99,'),
      Buffer.from('女').subarray(0, 2),
      Buffer.from(',1,0\r\n'),
    ]);
    const table = await readIn(broken, VALUED);
    expect(table.rules).toEqual({ 'text.malformed': 1 });
    expect(table.counts.accepted).toBe(COUNT);
  });

  test('a table is the same in every encoding, delimiter and line end', async () => {
    const row = fc.tuple(
      fc.constantFrom('男', '女', '', '沈阳，和平区', 'a b'),
      fc.integer({ min: -99, max: 99 }),
      fc.constantFrom('\n', '\r\n', '\r'),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(row, { minLength: 2, maxLength: 8 }), async (rows) => {
        const written = (delimiter: string): string =>
          `id${delimiter}city${delimiter}n\n${rows.map(([city, n, end], at) => [`K${at}`, city, n].join(delimiter) + end).join('')}ende${delimiter}男${delimiter}1`;
        const mapping = 'table: t\nkey: id\ntypes: { city: category, n: number }';
        const hashes = new Set<string>();
        for (const file of [
          Buffer.from(written(',')),
          gb18030(written(';')),
          Buffer.from(`\uFEFF${written('|')}`, 'utf16le'),
          Buffer.from(`sep=;\r${written(';')}`),
        ]) {
          const table = await readIn(file, mapping);
          expect(table.counts.accepted).toBe(rows.length + 1);
          hashes.add(table.rowsHash);
        }
        expect(hashes.size).toBe(1);
      }),
      { numRuns: 3 },
    );
  });
});

describe('numbers', () => {
  test('decimal commas in a file of semicolons are read, and the key that sets them is named', async () => {
    const cell = (row: number): string => (row % 7 === 0 ? `${row + 1}` : `${row + 1},${row % 2 === 0 ? 5 : 25}`);
    const table = await readIn(
      csv('fee;calls', (row) => `${cell(row)};${row % 5}`, { delimiter: ';' }),
      VALUED,
    );
    expect(table.counts).toMatchObject({ accepted: COUNT, rejected: 0 });
    expect(table.rows.slice(1, 3).map(({ value }) => value)).toEqual([2.25, 3.5]);
    expect(table.type('calls')).toBe('number');
    expect(table.noticeKeys).toEqual(['column.decimalComma fee']);
    expect(table.notices[0]!.text.en).toContain('decimal');
  });

  test('decimal commas in quotes are read in a file of commas, too', async () => {
    const table = await readIn(
      csv('fee,share', (row) => `"${row},75","0,${100 + row}"`),
      VALUED,
    );
    expect(table.rows.slice(0, 2).map(({ value, f2 }) => [value, f2])).toEqual([
      [0.75, 0.1],
      [1.75, 0.101],
    ]);
    expect(table.noticeKeys).toEqual(['column.decimalComma fee', 'column.decimalComma share']);
  });

  test('thousands separators are read where a comma can be nothing else', async () => {
    const grouped = (row: number): string => `"${row + 1},${String(100 + row)}"`;
    const table = await readIn(
      csv('data_mb,paid', (row) => `${grouped(row)},"${row + 1},000,000.5"`),
      MAPPING,
    );
    expect(table.rows[4]).toMatchObject({ f1: 5_104, f2: 5_000_000.5 });
    expect(table.noticeKeys).toEqual(['column.grouped data_mb', 'column.grouped paid']);
  });

  test('ambiguous commas are reported, and read if another column or the mapping decides', async () => {
    const file = csv('n;fee', (row) => `${row + 1},250;${row % 9}`, { delimiter: ';' });
    expect((await readIn(file, VALUED)).noticeKeys).toContain('column.commaUnclear n');
    const other = csv('n;fee', (row) => `${row + 1},250;${row % 9},5`, { delimiter: ';' });
    expect((await readIn(other, VALUED)).rows[0]).toMatchObject({ f1: 1.25, value: 0.5 });
    expect((await readIn(file, `${VALUED}\ndecimal: "."`)).rows[0]).toMatchObject({ f1: 1_250 });
    expect((await readIn(file, `${VALUED}\ndecimal: ","`)).rows[0]).toMatchObject({ f1: 1.25 });
  });

  test('points of thousands in a file with decimal commas are not decimal points', async () => {
    const table = await readIn(
      csv('fee;data_mb', (row) => `${row},5;${row + 1}.${String(100 + row)}`, { delimiter: ';' }),
      VALUED,
    );
    expect(table.rows[0]).toMatchObject({ value: 0.5, f2: 1_100 });
  });

  test('plain whole numbers stay so in whatever file', async () => {
    const table = await readIn(
      csv('fee;calls', (row) => `${row},5;${row % 3}`, { delimiter: ';' }),
      VALUED,
    );
    expect(table.noticeKeys).toEqual(['column.decimalComma fee']);
    expect(table.rows[4]).toMatchObject({ f2: 1 });
  });

  test('decimal commas among other texts reject their rows, and the cause is reported', async () => {
    const table = await readIn(
      csv('fee;x', (row) => `${row % 3 === 0 ? 'about ten' : `${row},55`};1`, { delimiter: ';' }),
      VALUED,
    );
    expect(table.rules).toEqual({ 'number.malformed': COUNT });
    expect(table.noticeKeys).toContain('column.commaMixed fee');
    expect(table.notices.find(({ key }) => key === 'column.commaMixed')!.text.en).toContain('decimal: ","');
  });

  test('negative bills are rejected, and the notice has their number and the remedy', async () => {
    const table = await readIn(
      csv('fee', (row) => (row % 10 === 0 ? '-4.15' : '20.5')),
      VALUED,
    );
    expect(table.rules).toEqual({ 'value.negative': COUNT / 10 });
    const [negative] = table.notices.filter(({ key }) => key === 'rows.negativeValue');
    expect(negative!.text.en).toMatch(/^6 rows have a negative fee/);
  });
});

describe('what is not known', () => {
  test('marks of NULL in a label are unknown, not stayed', async () => {
    const marks = ['\\N', 'NULL', 'null', 'NaN', 'nan', 'N/A', 'None', 'NA', '(null)', '#N/A'];
    const label = (row: number): string =>
      row % 4 === 0 ? '1' : row % 4 === 1 ? '0' : marks[(row >> 1) % marks.length]!;
    const table = await readIn(
      csv('fee', (row) => `${row}`, { label }),
      VALUED,
    );
    expect([table.labelledRows, table.positiveRows, table.counts.accepted]).toEqual([30, 15, COUNT]);
    expect(table.noticeKeys).toEqual(['label.nullMarks churn']);
    expect(table.notices[0]!.text.en).toMatch(/30 cells .* neither as churned nor as stayed/);
  });

  test('a mark that the mapping names as a value of the label is that value', async () => {
    const table = await readIn(
      csv('fee', (row) => `${row}`, { label: (row) => (row % 4 === 0 ? '1' : 'None') }),
      `${MAPPING.slice(0, -2)}, negative: None }`,
    );
    expect([table.labelledRows, table.positiveRows]).toEqual([COUNT, 15]);
  });

  test('among numbers, dates and flags they do not change the type; a category may have None, but not NULL', async () => {
    const every =
      (mark: string, other: (row: number) => string) =>
      (row: number): string =>
        row % 5 === 0 ? mark : other(row);
    const day = (row: number): string => `2024-01-${10 + (row % 9)}`;
    const columns: Record<string, (row: number) => string> = {
      number: every('NaN', (row) => `${row}.5`),
      date: every('NaT', day),
      flag: every('None', (row) => (row % 2 === 0 ? 'yes' : 'no')),
      open: every('9999-12-31', day),
      zeros: every('0000-00-00 00:00:00', day),
      plan: every('None', (row) => `plan ${row % 3}`),
      tariff: every('\\N', (row) => `plan ${row % 3}`),
    };
    const file = csv(Object.keys(columns).join(','), (row) =>
      Object.values(columns)
        .map((cell) => cell(row))
        .join(','),
    );
    const table = await readIn(file, MAPPING);
    const seen = table.columns.slice(1, -1).map(({ name, type, missing, excluded }) => [name, type, missing, excluded]);
    expect(seen).toEqual([
      ['number', 'number', 12, undefined],
      ['date', 'date', 12, undefined],
      ['flag', 'flag', 12, undefined],
      ['open', 'date', 12, undefined],
      ['zeros', 'date', 12, undefined],
      ['plan', 'category', 0, undefined],
      ['tariff', 'category', 12, undefined],
    ]);
    expect(table.noticeKeys.sort()).toEqual([
      ...['date', 'flag', 'number', 'tariff'].map((name) => `column.nullMarks ${name}`),
      ...['open', 'zeros'].map((name) => `column.openEnds ${name}`),
    ]);
  });

  test('in a value it is not known, in a key it is no key', async () => {
    const file = csv('fee', (row) => (row === 3 ? 'NaN' : `${row}`))
      .replace('K7,', 'NULL,')
      .replace('K8,', '\\N,');
    const table = await readIn(file, VALUED);
    expect(table.rules).toEqual({ 'key.missing': 2 });
    expect(table.rows.filter(({ value }) => value === null)).toHaveLength(1);
    expect(table.noticeKeys).toEqual(['column.nullMarks id', 'column.nullMarks fee']);
  });
});

describe('identifiers', () => {
  const scientific = (row: number): string => `8.613${80 + (row % 9)}E+12`;

  test.each([
    ['key', `${MAPPING.replace('key: id', 'key: mobile')}`],
    ['phone', `${MAPPING}\npersonal: { phone: mobile }`],
  ])('a %s in scientific notation refuses the column with the reason', async (_, mapping) => {
    const refused = readIn(csv('mobile', scientific), mapping);
    await expect(refused).rejects.toMatchObject({
      key: 'column.scientific',
      message: expect.stringMatching(/^Column mobile has 60 cells in scientific notation/),
    });
  });

  test('one such cell among whole numbers is enough', async () => {
    const refused = readIn(
      csv('mobile', (row) => (row === 5 ? '1,38E+10' : `1380000${1000 + row}`), { delimiter: ';' }),
      `${MAPPING}\npersonal: { phone: mobile }`,
    );
    await expect(refused).rejects.toMatchObject({ key: 'column.scientific' });
  });

  test('a column that the mapping does not name is excluded from models, and small numbers are numbers', async () => {
    const table = await readIn(
      csv('mobile,rate', (row) => `${scientific(row)},${row}.5`),
      MAPPING,
    );
    expect(table.columns[1]!.excluded).toBe('excluded');
    expect(table.noticeKeys).toContain('column.scientificLeftOut mobile');
  });

  test('keys of letters and digits are not numbers', async () => {
    const table = await readIn(csv('x', (row) => `${row}`).replaceAll('K', '12E4'), MAPPING);
    expect(table.counts.accepted).toBe(COUNT);
  });
});

describe('rows and columns around the data', () => {
  test('rows of totals are rejected by a separate rule', async () => {
    const words = ['合计', '总计：', '小 计', 'Total', 'Grand total:', 'SUM', 'Subtotal'];
    const table = await readIn(
      csv('fee', (row) => `${row}`) + words.map((word) => `${word},1770,\r\n`).join(''),
      VALUED,
    );
    expect(table.rules).toEqual({ 'row.totals': words.length });
    expect(table.noticeKeys).toEqual(['rows.totals']);
  });

  test('a total in the first cell counts if the row has no key', async () => {
    const rows = Array.from({ length: 20 }, (_, row) => `Total plan,K${row},${row}`);
    const table = await readIn(['plan,id,fee', ...rows, 'Total,,190', 'Total,K99,3'].join('\n'), 'table: t\nkey: id');
    expect(table.rules).toEqual({ 'row.totals': 1 });
  });

  test.each([
    ['sep=', 'sep=;\r\nid;fee\r\na;1\r\nb;2\r\n', ['file.sepLine']],
    ['a title', '八月客户清单\r\nid;fee\r\na;1\r\nb;2\r\n', ['file.titleSkipped']],
    ['lines that end with CR', 'id;fee\ra;1\rb;2\r', []],
    ['the index of pandas', ';id;fee\n0;a;1\n1;b;2\n', ['column.index']],
    ['the index of pandas, read and written again', 'Unnamed: 0,id,fee\n0,a,1\n1,b,2\n', ['column.index']],
  ])('%s is read, and reported', async (_, file, reported) => {
    const table = await readIn(file, 'table: t\nkey: id\nvalue: fee');
    expect(table.counts).toMatchObject({ read: 2, accepted: 2 });
    expect(table.rows.map(({ value }) => value)).toEqual([1, 2]);
    expect(table.noticeKeys.filter((each) => !each.startsWith('column.constant'))).toEqual(reported);
    expect(table.columns.filter(({ role }) => role === 'feature')).toEqual([]);
  });
});

describe('moments', () => {
  test("a month with an offset is that of the operator's clocks", async () => {
    const cells = {
      '2024-08-31T16:30:00Z': '2024-09',
      '2024-08-31T15:30:00Z': '2024-08',
      '2024-08-31 23:30:00-05:00': '2024-09',
      '2024-09-01T00:30:00+0900': '2024-08',
      '2024-09-01 00:30+09': '2024-08',
      '2024-08-31T23:59:59': '2024-08',
      '2024/08': '2024-08',
    };
    const file = ['id,m', ...Object.keys(cells).map((cell, row) => `K${row},${cell}`)].join('\n');
    const table = await readIn(file, 'table: t\nkey: id\nasOf: { column: m }');
    expect(table.rows.map(({ month }) => table.months[Number(month)])).toEqual(Object.values(cells));
  });

  test("a date with an offset is the day of the operator's clocks", async () => {
    const table = await readIn(
      'id,d\na,2024-08-31T16:30:00Z\nb,2024-08-31T16:30:00\n',
      'table: t\nkey: id\ntypes: { d: date }',
    );
    expect(table.rows.map(({ f1 }) => f1)).toEqual([19_967, 19_966]);
    const west = await readIn(
      'id,d\na,2024-09-01T02:30:00Z\n',
      'table: t\nkey: id\ntypes: { d: date }',
      'America/New_York',
    );
    expect(west.rows.map(({ f1 }) => f1)).toEqual([19_966]);
  });
});

describe('columns and labels', () => {
  test.each([
    ['capitals', 'ID,Fee', 'id, fee'],
    ['blanks', 'i d,fee', 'id (= i d?)'],
    ['full-width characters', 'ｉｄ,fee', 'id (= ｉｄ?)'],
    ['underscores', 'i_d,fee', 'id (= i_d?)'],
  ])('a column that differs in %s is found, in another spelling', async (_, header, problem) => {
    const refused = readIn(`${header}\na,1\n`, 'table: t\nkey: id\nvalue: fee');
    const names = problem === 'id, fee' ? 'id (= ID?), fee (= Fee?)' : problem;
    await expect(refused).rejects.toMatchObject({
      key: 'header.columnsSpelled',
      message: expect.stringContaining(names),
    });
  });

  test('two values that mean left are named with the key that settles it, and both count once they are listed', async () => {
    const label = (row: number): string => ['Churned', 'Stayed', 'Churned - competitor', 'Stayed'][row % 4]!;
    const file = csv('fee', (row) => `${row}`, { label });
    const positive = (text: string): string =>
      `table: t\nkey: id\nvalue: fee\nlabel: { column: churn, positive: ${text} }`;
    await expect(readIn(file, positive('Churned'))).rejects.toMatchObject({
      key: 'label.severalPositive',
      message: expect.stringContaining('label.positive: [Churned, Churned - competitor]'),
    });
    const listed = await readIn(file, positive('[Churned, Churned - competitor]'));
    expect([listed.labelledRows, listed.positiveRows]).toEqual([COUNT, COUNT / 2]);
    const stayed = await readIn(file, positive('Churned, negative: [Stayed, Churned - competitor]'));
    expect([stayed.labelledRows, stayed.positiveRows]).toEqual([COUNT, COUNT / 4]);
  });

  test('yes and YES are two spellings of left', async () => {
    const file = csv('fee', (row) => `${row}`, { label: (row) => ['yes', 'no', 'YES'][row % 3]! });
    await expect(readIn(file, MAPPING.replace('"1"', '"yes"'))).rejects.toMatchObject({ key: 'label.severalPositive' });
  });
});
