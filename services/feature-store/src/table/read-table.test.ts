import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { naturalKey, subscriptionId, type KeySpace } from '@holdfast/platform/identity';
import { readFile, type ReadFile } from './read-table.fixture.js';

const noticesOf = ({ notices }: ReadFile, name: string): string[] =>
  notices.filter(({ column }) => column === name).map(({ key }) => key);

/** 2,000 rows with everything that real files have. */
function nastyFile(): string {
  const rows = Array.from({ length: 2_000 }, (_, row) => {
    const left = row % 4 === 0;
    return [
      ` K-${row} `,
      left ? 'gone' : 'here',
      row % 9 === 0 ? '' : `${row % 97}.5`,
      `v${(row * 7) % 500}`,
      'always',
      `2024-${String((row % 12) + 1).padStart(2, '0')}-0${(row % 9) + 1}`,
      left ? '1' : '2',
      left ? 'price' : '',
      `Name ${row}`,
      `138${String(row).padStart(8, '0')}`,
      row % 2 === 0 ? 'Yes' : 'no',
      row === 5 ? 'unknown' : String(row % 50),
      ' ',
    ].join(';');
  });
  const header = '\uFEFF Kunde ; Status;Umsatz;Tarif;Konstante;Beginn;Kennzeichen;Grund;Name;Telefon;App;Alter;Leer';
  return [header, ...rows].join('\r\n');
}

test('a file of another shape is read, and what is odd in it is named', async () => {
  const mapping = 'table: t\nkey: Kunde\nlabel: { column: Status, positive: gone }\nvalue: Umsatz';
  const table = await readFile(gzipSync(nastyFile()), mapping);
  expect(table.counts).toEqual({ read: 2_000, accepted: 2_000, rejected: 0, duplicates: 0 });
  expect(table).toMatchObject({ labelledRows: 2_000, positiveRows: 500, months: ['2026-09'], units: ['demo/'] });
  const seen = table.columns.map(({ name, role, type, excluded }) => [name, role, type, excluded]);
  expect(seen).toEqual([
    ['Kunde', 'key', 'category', undefined],
    ['Status', 'label', 'category', undefined],
    ['Umsatz', 'value', 'number', undefined],
    ['Tarif', 'feature', 'category', undefined],
    ['Konstante', 'feature', 'category', 'constant'],
    ['Beginn', 'feature', 'date', undefined],
    ['Kennzeichen', 'feature', 'number', 'suspected_leak'],
    ['Grund', 'feature', 'category', 'suspected_leak'],
    ['Name', 'feature', 'category', 'identifier'],
    ['Telefon', 'feature', 'number', 'identifier'],
    ['App', 'feature', 'flag', undefined],
    ['Alter', 'feature', 'category', undefined],
    ['Leer', 'feature', 'category', 'empty'],
  ]);
  expect(table.column('Tarif')).toMatchObject({ distinct: 500, missing: 0 });
  expect(table.column('Umsatz')).toMatchObject({ missing: 223 });
  expect(noticesOf(table, 'Kennzeichen')).toEqual(['column.suspectedLeak']);
  expect(noticesOf(table, 'Alter')).toEqual(['column.almostNumber']);
  expect(noticesOf(table, 'Name')).toEqual(['column.identifier']);
  const [first] = table.rows;
  expect(first).toMatchObject({ label: 1, f5: 19_723, f10: 1 });
  expect(Object.keys(first!)).not.toContain('f0');
  expect(String(first!['subscription_id'])).toBe(idIn({ of: 'table', table: 't' }, 'K-0'));
});

test('a column that is filled for churners only is a suspected leak, unless the mapping keeps it', async () => {
  const reasonOf = (row: number): string => (row % 2 === 1 ? `reason ${row % 5}` : '');
  const rows = Array.from({ length: 400 }, (_, row) => `${row},${row % 2},${reasonOf(row)},${row % 7}`);
  const file = ['id,left,why,x', ...rows].join('\n');
  const mapping = 'table: t\nkey: id\nlabel: { column: left, positive: 1 }';
  const suspected = await readFile(file, mapping);
  expect(suspected.column('why')!.excluded).toBe('suspected_leak');
  expect(suspected.column('x')!.excluded).toBeUndefined();
  const kept = await readFile(file, `${mapping}\nkeep: [why]`);
  expect(kept.column('why')!.excluded).toBeUndefined();
  expect(noticesOf(kept, 'why')).toEqual(['column.suspectedLeak']);
});

test('every kind of bad row is rejected with its line, column, rule and value, and the others go in', async () => {
  const long = 'k'.repeat(65);
  const lines = [
    'id,month,fee,left,began,app', // 1
    'a,2026-01,10,yes,2020-01-01,1',
    ',2026-01,10,no,2020-01-01,1', // 3
    `${long},2026-01,10,no,2020-01-01,1`,
    'b,2026-13,10,no,2020-01-01,1',
    'c,,10,no,2020-01-01,1', // 6
    'd,2026-01,ten,no,2020-01-01,1',
    'e,2026-01,-1,no,2020-01-01,1',
    'f,2026-01,10,maybe,2020-01-01,1', // 9
    'g,2026-01,10,no,01/02/2020,1',
    'h,2026-01,10,no,2020-01-01,2',
    'i,2026-01,10,no', // 12
    'j,2026-01,1"0,no,2020-01-01,1',
    'a,2026-01,10,yes,2020-01-01,1',
    'a,2026-01,11,yes,2020-01-01,1', // 15
    'a,2026-02,11,yes,2020-01-01,0',
    '"k",2026-01,10,,"2020-01-01",',
    'm,2026-01,1e12,no,2020-01-01,1', // 18
  ];
  const label = 'label: { column: left, positive: yes, negative: no }\ntypes: { began: date, app: flag }';
  const table = await readFile(lines.join('\n'), `table: t\nkey: id\nasOf: { column: month }\nvalue: fee\n${label}`);
  expect(table.rejects.map(({ line, column_name: column, rule, value }) => [line, column, rule, value])).toEqual([
    [3, 'id', 'key.missing', ''],
    [4, 'id', 'key.tooLong', long],
    [5, 'month', 'month.malformed', '2026-13'],
    [6, 'month', 'month.missing', ''],
    [7, 'fee', 'number.malformed', 'ten'],
    [8, 'fee', 'value.negative', '-1'],
    [9, 'left', 'label.unknown', 'maybe'],
    [10, 'began', 'date.malformed', '01/02/2020'],
    [11, 'app', 'flag.malformed', '2'],
    [12, '', 'row.ragged', 'i,2026-01,10,no'],
    [13, '', 'quote.malformed', 'j,2026-01,1"0,no,2020-01-01,1'],
    [15, 'id', 'key.conflict', 'a'],
    [18, 'fee', 'value.tooLarge', '1e12'],
  ]);
  expect(table.counts).toEqual({ read: 17, accepted: 3, rejected: 13, duplicates: 1 });
  expect(table.months).toEqual(['2026-01', '2026-02']);
  // A churner of the month after January has no row in February, whatever the file repeats.
  expect(table.rows.map(({ month, is_last, had_left, label }) => [month, is_last, had_left, label])).toEqual([
    [0, false, false, 1],
    [1, true, true, null],
    [0, true, false, null],
  ]);
});

const idIn = (space: KeySpace, key: string): string => subscriptionId('demo', naturalKey(space, key));
const idsOf = ({ rows }: ReadFile): string[] => rows.map((row) => String(row['subscription_id']));

test('without a key the number of the row is the key, within one version of one table, and nothing comes twice', async () => {
  const read = (table: string, version: string) => readFile('x\n1\n1\n', `table: ${table}`, { version });
  const table = await read('t', 'v1');
  expect(table.counts).toEqual({ read: 2, accepted: 2, rejected: 0, duplicates: 0 });
  expect(idsOf(table)).toEqual(['1', '2'].map((row) => idIn({ of: 'row', table: 't', version: 'v1' }, row)));
  const all = [
    table,
    await read('t', 'v2'),
    await read('t1', 'v1'),
    await readFile('x,k\n1,1\n1,2', 'table: t\nkey: k'),
  ];
  expect(new Set(all.flatMap(idsOf)).size).toBe(8);
});

test('a key identifies a subscriber within its table, or within the operator if the mapping specifies it', async () => {
  const read = (mapping: string) => readFile('x,k\n1,K-1', mapping);
  expect(idsOf(await read('table: one\nkey: k'))).toEqual([idIn({ of: 'table', table: 'one' }, 'K-1')]);
  expect(idsOf(await read('table: two\nkey: k'))).toEqual([idIn({ of: 'table', table: 'two' }, 'K-1')]);
  for (const table of ['one', 'two']) {
    const shared = await read(`table: ${table}\nkey: k\nkeySpace: operator`);
    expect(idsOf(shared)).toEqual([subscriptionId('demo', 'K-1')]);
  }
});

test('units, personal columns and a given split are split off', async () => {
  const file = 'id,city,who,set,x\na,沈阳,Wang,1,5\nb,大连 A/B,Li,0,6\nc,,Zhao,,7\n';
  const split = 'split: { column: set, train: 1, test: 0 }';
  const table = await readFile(file, `table: t\nkey: id\nunit: city\npersonal: { name: who }\n${split}`);
  expect(table.units).toEqual(['demo/', 'demo/大连%20A%2FB/', 'demo/沈阳/']);
  const cells = table.rows.map(({ unit, split: set, f4 }) => JSON.stringify([unit, set, f4]));
  expect(cells).toEqual(['[2,1,5]', '[1,0,6]', '[0,null,7]']);
  expect(Object.keys(table.rows[0]!).filter((name) => /^f\d/.test(name))).toEqual(['f4']);
  const withoutBigints = (_: string, value: unknown): unknown => (typeof value === 'bigint' ? String(value) : value);
  expect(JSON.stringify(table.rows, withoutBigints)).not.toMatch(/Wang/);
});

test('an unmapped column of persons is not a feature, however often each occurs, unless its type is declared', async () => {
  const surnames = Array.from('王李张刘陈');
  const lines = Array.from({ length: 60 }, (_, at) => {
    const [person, place] = [at % 30, at % 25];
    const cells = [`k${at}`, `1381234${1000 + person}`, `${surnames[person % 5]}伟${'芳娜秀英敏静'[person % 6]}`];
    return [...cells, `长江路${place}号2单元`, `u${place}@example.com`, `21010319900307${1000 + place}`, at % 7].join(
      ',',
    );
  });
  const file = ['id,tel,who,home,mail,card,fee', ...lines].join('\n');
  const table = await readFile(file, 'table: t\nkey: id');
  expect(['tel', 'who', 'home', 'mail', 'card'].map((name) => table.column(name)!.excluded)).toEqual(
    Array.from({ length: 5 }, () => 'personal'),
  );
  expect(Object.keys(table.rows[0]!).filter((name) => /^f\d/.test(name))).toEqual(['f6']);
  const texts = table.notices.filter(({ key }) => key === 'column.personal').map(({ text }) => text.en);
  expect(texts).toHaveLength(5);
  expect(texts.join('\n')).toContain('personal: {name: who} in the mapping');
  expect(JSON.stringify(table.notices)).not.toMatch(/1381234|王伟|长江路|example/);
  const declared = await readFile(file, 'table: t\nkey: id\ntypes: { who: category, tel: category }');
  expect(['tel', 'who'].map((name) => declared.column(name)!.excluded)).toEqual([undefined, undefined]);
  const excluded = await readFile(file, 'table: t\nkey: id\nexclude: [who, tel, home, mail, card]');
  expect(excluded.column('who')).toMatchObject({ isStored: false, dictionary: [] });
  expect(excluded.notices).toEqual([]);
});

test('dates are read in every way that leaves no doubt', async () => {
  const dates = [
    ...['2020-01-31', '2020/1/31', '31.1.2020', '2020年1月31日', '20200131', '2020-01-31 23:59:59', '2020-01-31 23:59'],
    ...['2020/01/31 00:00', '2020-01-31T10:00:00', '2020-01-31T10:00:00Z', '2020-01-31 10:00:00.123'],
    ...['2020-01-31T10:00:00.5Z', '2020-01-31T23:00:00+08:00'],
  ];
  const doubtful = ['31/01/2020', '2020-02-30', '1.31.2020', '12-01-31', '2020-01'];
  const file = ['id,day', ...[...dates, ...doubtful].map((day, row) => `${row},${day}`)].join('\n');
  const table = await readFile(file, 'table: t\nkey: id\ntypes: { day: date }');
  expect(table.rows.map(({ f1 }) => f1)).toEqual(dates.map(() => 18_292));
  expect(table.rejects.map(({ rule, value }) => [rule, value])).toEqual(doubtful.map((day) => ['date.malformed', day]));
});

test('a decimal comma is read by the mapping', async () => {
  const table = await readFile('id;fee\na;1,5\nb;2\nc;1.234,5\nd;2.5\n', 'table: t\nkey: id\nvalue: fee\ndecimal: ","');
  expect(table.rows.map(({ value }) => value)).toEqual([1.5, 2, 1234.5]);
  expect(table.rejects).toMatchObject([{ line: 5, rule: 'number.malformed', value: '2.5' }]);
});

const NO_HEADER = /^The first line of the file looks like a row of data\. Does the file lack its header\?$/;
const NOT_UTF8 = /Line 2 has bytes that are not UTF-8; .*Latin-1/;
const NEVER_POSITIVE = 'table: t\nlabel: { column: left, positive: yes }';

test.each([
  ['an empty file', '', 'table: t', /The file is empty/],
  ['a file of blank lines', '\n\n\n', 'table: t', /no header line/],
  ['a header without rows', 'a,b\n', 'table: t', /a header and no rows/],
  ['a header with a name twice', 'a,b, a\n1,2,3\n', 'table: t', /Columns 1 and 3 .*same name/],
  ['a header with a nameless column', 'a,,c\n1,2,3\n', 'table: t', /Column 2 of the header has no name/],
  [
    'missing columns',
    'id,Churned\n1,2\n',
    'table: t\nkey: ID\nvalue: fee',
    /ID \(= id\?\), fee.*file has: id, Churned/,
  ],
  ['a file without a header, whose data it does not repeat,', '7590-X,29.85\n1-Y,2\n', 'table: t\nkey: id', NO_HEADER],
  ['a person as a header', '张三,13812345678,沈阳\n李四,13912345678,大连\n', 'table: t\nkey: id', NO_HEADER],
  ['a person as a header without a mapping of columns', '张三,13812345678\n李四,13912345678\n', 'table: t', NO_HEADER],
  [
    'names as a header',
    '张三,沈阳,是\n李四,大连,否\n',
    'table: t\nkey: 姓名',
    /not have: 姓名\. Its first line has 3 other names/,
  ],
  ['a person twice in a header', 'Ann,Ann,x\nBob,Bob,y\n', 'table: t\nkey: id', /^Columns 1 and 2 .* same name\.$/],
  ['a label that never occurs', 'id,left\na,Yes\nb,No\n', NEVER_POSITIVE, /value yes .*Mind capitals/],
  ['a broken header', 'a,"b"c\n1,2\n', 'table: t', /header line has a quote/],
  ['Excel', Buffer.from('PK\u0003\u0004abcdef'), 'table: t', /ZIP or Excel/],
  ['another encoding', Buffer.from('name,a\nM\u00fcller,1\nJ\u00e4ger,2\n', 'latin1'), 'table: t', NOT_UTF8],
  ['gzip that is cut off', gzipSync('a,b\n1,2\n'.repeat(500)).subarray(0, 40), 'table: t', /damaged or cut off/],
])('refuses %s with the reason', async (_, file, mapping, reason) => {
  await expect(readFile(file, mapping)).rejects.toThrow(reason);
});

test('columns and categories may have the names of what every object has', async () => {
  const rows = Array.from({ length: 20 }, (_, row) => `${row},${row % 3},${['toString', '__proto__'][row % 2]},${row}`);
  const file = ['id,constructor,valueOf,__proto__', ...rows].join('\n');
  const table = await readFile(file, 'table: constructor\nkey: id\ntypes: { __proto__: number }');
  expect(table.counts.accepted).toBe(20);
  expect(table.column('constructor')!.type).toBe('number');
  expect(table.column('valueOf')!.dictionary).toEqual(['__proto__', 'toString']);
});

test('a mapping whose columns are missing is refused at once, however many and long their names', async () => {
  const name = (letter: string, at: number): string => letter.repeat(150) + String(at);
  const header = Array.from({ length: 1_900 }, (_, at) => name('a', at)).join(',');
  const keep = Array.from({ length: 1_500 }, (_, at) => name('b', at)).join(',');
  const refused = readFile(`${header}\n`, `table: t\nkeep: [${keep}]`);
  await expect(refused).rejects.toMatchObject({ key: 'header.columnsMissing' });
});

test('a label of a column that is not there is refused, with the one that was meant', async () => {
  const refused = readFile('id,fee\n1,2\n', 'table: t\nlabels: { fees: { en: monthly bill } }');
  await expect(refused).rejects.toThrow(/columns that the file does not have: fees \(fee\?\)/);
});

test('one row is a table', async () => {
  const table = await readFile('id,x\na,1', 'table: t\nkey: id', { pieceBytes: 1 });
  expect(table.counts).toEqual({ read: 1, accepted: 1, rejected: 0, duplicates: 0 });
  expect(table.column('x')!.excluded).toBe('constant');
});

test('no accepted row is not a table, and the rejects have the reasons', async () => {
  const table = await readFile('id,x\n,1\n,2\n', 'table: t\nkey: id');
  expect(table.counts).toEqual({ read: 2, accepted: 0, rejected: 2, duplicates: 0 });
});

test('the order of rows in the file does not change their hash', async () => {
  const rows = ['a,1,x', 'b,2,y', 'c,,x'];
  const [straight, reversed, other] = await Promise.all([
    readFile(['id,n,s', ...rows].join('\n'), 'table: t\nkey: id'),
    readFile(['id,n,s', ...rows.reverse()].join('\n'), 'table: t\nkey: id'),
    readFile(['id,n,s', 'a,1,x', 'b,2,y', 'c,3,x'].join('\n'), 'table: t\nkey: id'),
  ]);
  expect(reversed.rowsHash).toBe(straight.rowsHash);
  expect(other.rowsHash).not.toBe(straight.rowsHash);
});

test('whatever the rows, read = accepted + rejected + duplicates, and each accepted text comes back', async () => {
  const row = fc.record({
    key: fc.constantFrom('', 'k1', 'k2', 'k3'),
    text: fc.string({ unit: fc.constantFrom('a', 'b', '流', '"', ',', '\n', "'", '\\', '\u0000', '{', ' ', '1', '-') }),
    fee: fc.constantFrom('', '1', '-1', 'x'),
  });
  const quoted = (text: string): string => `"${text.replaceAll('"', '""')}"`;
  await fc.assert(
    fc.asyncProperty(fc.array(row, { minLength: 1, maxLength: 12 }), async (rows) => {
      const file = `id,text,fee\n${rows.map(({ key, text, fee }) => `${key},${quoted(text)},${fee}`).join('\n')}`;
      const table = await readFile(file, 'table: t\nkey: id\nvalue: fee\ntypes: { text: category }');
      const { read, accepted, rejected, duplicates } = table.counts;
      expect(read).toBe(rows.length);
      expect(read).toBe(accepted + rejected + duplicates);
      expect(table.rejects).toHaveLength(rejected);
      expect(table.rows).toHaveLength(accepted);
      for (const { row_no: rowNo, f1 } of table.rows) {
        const written = rows[Number(rowNo) - 1]!.text.trim();
        expect(f1 === null || f1 === undefined ? '' : table.column('text')!.dictionary[Number(f1)]).toBe(written);
      }
    }),
    { numRuns: 25 },
  );
});
