import fc from 'fast-check';
import { gb18030 } from '../csv/gb18030.fixture.js';
import { readFile, type ReadFile } from './read-table.fixture.js';

/** Rejected rows by rule. */
function rulesOf({ rejects }: ReadFile): Record<string, number> {
  const rules: Record<string, number> = {};
  for (const { rule } of rejects) rules[rule] = (rules[rule] ?? 0) + 1;
  return rules;
}

const keysOf = ({ notices }: ReadFile): string[] => notices.map(({ key, column }) => `${key} ${column}`.trim());

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

const readRows = (mapping: string, ...table: Parameters<typeof csv>): Promise<ReadFile> =>
  readFile(csv(...table), mapping);

describe('encoding', () => {
  const text = csv('sex,fee', (row) => `${row % 2 === 0 ? '女' : '男'},${row}.5`);

  test('all rows of a GBK file with an ASCII header are accepted, men and women, and the encoding is reported', async () => {
    const [gbk, utf8] = [await readFile(gb18030(text), VALUED), await readFile(text, VALUED)];
    expect(gbk.counts).toEqual({ read: COUNT, accepted: COUNT, rejected: 0, duplicates: 0 });
    expect(gbk.rowsHash).toBe(utf8.rowsHash);
    expect(keysOf(gbk)).toEqual(['file.encoding']);
    expect(gbk.notices[0]!.text.en).toContain('GB18030');
    expect(keysOf(utf8)).toEqual([]);
  });

  test('a Chinese header in GBK is read, too, with its mapping in UTF-8', async () => {
    const table = await readFile(gb18030('用户编号,性别\r\nA1,男\r\nA2,女\r\n'), 'table: t\nkey: 用户编号');
    expect(table.counts.accepted).toBe(2);
    expect(table.columns.map(({ name }) => name)).toEqual(['用户编号', '性别']);
  });

  test('a row whose bytes are broken in a file of UTF-8 is rejected alone', async () => {
    const broken = Buffer.concat([Buffer.from(`${text}K99,女`).subarray(0, -1), Buffer.from(',1,0\r\n')]);
    const table = await readFile(broken, VALUED);
    expect(rulesOf(table)).toEqual({ 'text.malformed': 1 });
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
          const table = await readFile(file, mapping);
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
    const table = await readRows(VALUED, 'fee;calls', (row) => `${cell(row)};${row % 5}`, { delimiter: ';' });
    expect(table.counts).toMatchObject({ accepted: COUNT, rejected: 0 });
    expect(table.rows.slice(1, 3).map(({ value }) => value)).toEqual([2.25, 3.5]);
    expect(table.column('calls')?.type).toBe('number');
    expect(keysOf(table)).toEqual(['column.decimalComma fee']);
    expect(table.notices[0]!.text.en).toContain('decimal');
  });

  test('decimal commas in quotes are read in a file of commas, too', async () => {
    const table = await readRows(VALUED, 'fee,share', (row) => `"${row},75","0,${100 + row}"`);
    const values = table.rows.slice(0, 2).map(({ value, f2 }) => [value, f2].join(' '));
    expect(values).toEqual(['0.75 0.1', '1.75 0.101']);
    expect(keysOf(table)).toEqual(['column.decimalComma fee', 'column.decimalComma share']);
  });

  test('thousands separators are read where a comma can be nothing else', async () => {
    const grouped = (row: number): string => `"${row + 1},${String(100 + row)}"`;
    const table = await readRows(MAPPING, 'data_mb,paid', (row) => `${grouped(row)},"${row + 1},000,000.5"`);
    expect(table.rows[4]).toMatchObject({ f1: 5_104, f2: 5_000_000.5 });
    expect(keysOf(table)).toEqual(['column.grouped data_mb', 'column.grouped paid']);
  });

  test('ambiguous commas are reported, and read if another column or the mapping decides', async () => {
    const file = csv('n;fee', (row) => `${row + 1},250;${row % 9}`, { delimiter: ';' });
    expect(keysOf(await readFile(file, VALUED))).toContain('column.commaUnclear n');
    const other = csv('n;fee', (row) => `${row + 1},250;${row % 9},5`, { delimiter: ';' });
    expect((await readFile(other, VALUED)).rows[0]).toMatchObject({ f1: 1.25, value: 0.5 });
    expect((await readFile(file, `${VALUED}\ndecimal: "."`)).rows[0]).toMatchObject({ f1: 1_250 });
    expect((await readFile(file, `${VALUED}\ndecimal: ","`)).rows[0]).toMatchObject({ f1: 1.25 });
  });

  test('points of thousands in a file with decimal commas are not decimal points', async () => {
    const table = await readRows(VALUED, 'fee;data_mb', (row) => `${row},5;${row + 1}.${String(100 + row)}`, {
      delimiter: ';',
    });
    expect(table.rows[0]).toMatchObject({ value: 0.5, f2: 1_100 });
  });

  test('plain whole numbers stay so in whatever file', async () => {
    const table = await readRows(VALUED, 'fee;calls', (row) => `${row},5;${row % 3}`, { delimiter: ';' });
    expect(keysOf(table)).toEqual(['column.decimalComma fee']);
    expect(table.rows[4]).toMatchObject({ f2: 1 });
  });

  test('decimal commas among other texts reject their rows, and the cause is reported', async () => {
    const table = await readRows(VALUED, 'fee;x', (row) => `${row % 3 === 0 ? 'about ten' : `${row},55`};1`, {
      delimiter: ';',
    });
    expect(rulesOf(table)).toEqual({ 'number.malformed': COUNT });
    expect(keysOf(table)).toContain('column.commaMixed fee');
    expect(table.notices.find(({ key }) => key === 'column.commaMixed')!.text.en).toContain('decimal: ","');
  });

  test('negative bills are rejected, and the notice has their number and the remedy', async () => {
    const table = await readRows(VALUED, 'fee', (row) => (row % 10 === 0 ? '-4.15' : '20.5'));
    expect(rulesOf(table)).toEqual({ 'value.negative': COUNT / 10 });
    const [negative] = table.notices.filter(({ key }) => key === 'rows.negativeValue');
    expect(negative!.text.en).toMatch(/^6 rows have a negative fee/);
  });
});

describe('what is not known', () => {
  test('marks of NULL in a label are unknown, not stayed', async () => {
    const marks = ['\\N', 'NULL', 'null', 'NaN', 'nan', 'N/A', 'None', 'NA', '(null)', '#N/A'];
    const label = (row: number): string =>
      row % 4 === 0 ? '1' : row % 4 === 1 ? '0' : marks[(row >> 1) % marks.length]!;
    const table = await readRows(VALUED, 'fee', (row) => `${row}`, { label });
    expect([table.labelledRows, table.positiveRows, table.counts.accepted]).toEqual([30, 15, COUNT]);
    expect(keysOf(table)).toEqual(['label.nullMarks churn']);
    expect(table.notices[0]!.text.en).toMatch(/30 cells .* neither as churned nor as stayed/);
  });

  test('a mark that the mapping names as a value of the label is that value', async () => {
    const table = await readRows(`${MAPPING.slice(0, -2)}, negative: None }`, 'fee', (row) => `${row}`, {
      label: (row) => (row % 4 === 0 ? '1' : 'None'),
    });
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
    const cells = (row: number): string[] => Object.values(columns).map((cell) => cell(row));
    const table = await readRows(MAPPING, Object.keys(columns).join(','), (row) => cells(row).join(','));
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
    expect(keysOf(table).sort()).toEqual([
      ...['date', 'flag', 'number', 'tariff'].map((name) => `column.nullMarks ${name}`),
      ...['open', 'zeros'].map((name) => `column.openEnds ${name}`),
    ]);
  });

  test('in a value it is not known, in a key it is no key', async () => {
    const file = csv('fee', (row) => (row === 3 ? 'NaN' : `${row}`))
      .replace('K7,', 'NULL,')
      .replace('K8,', '\\N,');
    const table = await readFile(file, VALUED);
    expect(rulesOf(table)).toEqual({ 'key.missing': 2 });
    expect(table.rows.filter(({ value }) => value === null)).toHaveLength(1);
    expect(keysOf(table)).toEqual(['column.nullMarks id', 'column.nullMarks fee']);
  });
});

describe('identifiers', () => {
  const scientific = (row: number): string => `8.613${80 + (row % 9)}E+12`;

  test.each([
    ['key', `${MAPPING.replace('key: id', 'key: mobile')}`],
    ['phone', `${MAPPING}\npersonal: { phone: mobile }`],
  ])('a %s in scientific notation refuses the column with the reason', async (_, mapping) => {
    const refused = readFile(csv('mobile', scientific), mapping);
    await expect(refused).rejects.toMatchObject({
      key: 'column.scientific',
      message: expect.stringMatching(/^Column mobile has 60 cells in scientific notation/),
    });
  });

  test('one such cell among whole numbers is enough', async () => {
    const cell = (row: number): string => (row === 5 ? '1,38E+10' : `1380000${1000 + row}`);
    const mapping = `${MAPPING}\npersonal: { phone: mobile }`;
    const refused = readRows(mapping, 'mobile', cell, { delimiter: ';' });
    await expect(refused).rejects.toMatchObject({ key: 'column.scientific' });
  });

  test('a column that the mapping does not name is excluded from models, and small numbers are numbers', async () => {
    const table = await readRows(MAPPING, 'mobile,rate', (row) => `${scientific(row)},${row}.5`);
    expect(table.columns[1]!.excluded).toBe('excluded');
    expect(keysOf(table)).toContain('column.scientificLeftOut mobile');
  });

  test('keys of letters and digits are not numbers', async () => {
    const table = await readFile(csv('x', (row) => `${row}`).replaceAll('K', '12E4'), MAPPING);
    expect(table.counts.accepted).toBe(COUNT);
  });
});

describe('rows and columns around the data', () => {
  test('rows of totals are rejected by a separate rule', async () => {
    const words = ['合计', '总计：', '小 计', 'Total', 'Grand total:', 'SUM', 'Subtotal'];
    const totals = words.map((word) => `${word},1770,\r\n`).join('');
    const table = await readFile(csv('fee', (row) => `${row}`) + totals, VALUED);
    expect(rulesOf(table)).toEqual({ 'row.totals': words.length });
    expect(keysOf(table)).toEqual(['rows.totals']);
  });

  test('a total in the first cell counts if the row has no key', async () => {
    const rows = Array.from({ length: 20 }, (_, row) => `Total plan,K${row},${row}`);
    const table = await readFile(['plan,id,fee', ...rows, 'Total,,190', 'Total,K99,3'].join('\n'), 'table: t\nkey: id');
    expect(rulesOf(table)).toEqual({ 'row.totals': 1 });
  });

  test.each([
    ['sep=', 'sep=;\r\nid;fee\r\na;1\r\nb;2\r\n', ['file.sepLine']],
    ['a title', '八月客户清单\r\nid;fee\r\na;1\r\nb;2\r\n', ['file.titleSkipped']],
    ['lines that end with CR', 'id;fee\ra;1\rb;2\r', []],
    ['the index of pandas', ';id;fee\n0;a;1\n1;b;2\n', ['column.index']],
    ['the index of pandas, read and written again', 'Unnamed: 0,id,fee\n0,a,1\n1,b,2\n', ['column.index']],
  ])('%s is read, and reported', async (_, file, reported) => {
    const table = await readFile(file, 'table: t\nkey: id\nvalue: fee');
    expect(table.counts).toMatchObject({ read: 2, accepted: 2 });
    expect(table.rows.map(({ value }) => value)).toEqual([1, 2]);
    expect(keysOf(table).filter((each) => !each.startsWith('column.constant'))).toEqual(reported);
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
    const table = await readFile(file, 'table: t\nkey: id\nasOf: { column: m }');
    expect(table.rows.map(({ month }) => table.months[Number(month)])).toEqual(Object.values(cells));
  });

  test("a date with an offset is the day of the operator's clocks", async () => {
    const mapping = 'table: t\nkey: id\ntypes: { d: date }';
    const table = await readFile('id,d\na,2024-08-31T16:30:00Z\nb,2024-08-31T16:30:00\n', mapping);
    expect(table.rows.map(({ f1 }) => f1)).toEqual([19_967, 19_966]);
    const west = await readFile('id,d\na,2024-09-01T02:30:00Z\n', mapping, { timeZone: 'America/New_York' });
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
    const refused = readFile(`${header}\na,1\n`, 'table: t\nkey: id\nvalue: fee');
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
    await expect(readFile(file, positive('Churned'))).rejects.toMatchObject({
      key: 'label.severalPositive',
      message: expect.stringContaining('label.positive: [Churned, Churned - competitor]'),
    });
    const listed = await readFile(file, positive('[Churned, Churned - competitor]'));
    expect([listed.labelledRows, listed.positiveRows]).toEqual([COUNT, COUNT / 2]);
    const stayed = await readFile(file, positive('Churned, negative: [Stayed, Churned - competitor]'));
    expect([stayed.labelledRows, stayed.positiveRows]).toEqual([COUNT, COUNT / 4]);
  });

  test('yes and YES are two spellings of left', async () => {
    const file = csv('fee', (row) => `${row}`, { label: (row) => ['yes', 'no', 'YES'][row % 3]! });
    await expect(readFile(file, MAPPING.replace('"1"', '"yes"'))).rejects.toMatchObject({
      key: 'label.severalPositive',
    });
  });
});
