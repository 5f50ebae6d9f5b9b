import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { CsvReader, sniffDelimiter, type CsvRecord } from './csv.js';

function read(text: string, delimiter = ',', pieceChars = Number.MAX_SAFE_INTEGER): CsvRecord[] {
  const reader = new CsvReader(delimiter);
  const records: CsvRecord[] = [];
  for (let at = 0; at < text.length; at += pieceChars)
    records.push(...reader.read(text.slice(at, at + pieceChars), false));
  return [...records, ...reader.read('', true)];
}

const fieldsOf = (text: string, delimiter = ','): string[][] => read(text, delimiter).map(({ fields }) => fields);

test.each([
  ['LF', 'a,b\n1,2\n', 'a|b / 1|2'],
  ['CRLF', 'a,b\r\n1,2\r\n', 'a|b / 1|2'],
  ['CR', 'a,b\r1,"2"\r3,4', 'a|b / 1|2 / 3|4'],
  ['a CR alone after a closing quote', '"a","b"\rc,d\n', 'a|b / c|d'],
  ['line ends of all kinds in one file', 'a,b\r1,2\r\n3,4\n5,"6"\r\n\r7,8', 'a|b / 1|2 / 3|4 / 5|6 / 7|8'],
  ['no line break at the end', 'a,b\n1,2', 'a|b / 1|2'],
  ['CRLF split at the end', 'a,"b"\r', 'a|b'],
  ['empty cells', ',\n,,\n', '| / ||'],
  ['quotes', '"a, b","c ""d"""\n', 'a, b|c "d"'],
  ['a quoted line break', '"a\nb",c\r\n1,2', 'a\nb|c / 1|2'],
  ['an empty quoted cell', '"",""\n', '|'],
  ['blanks around quotes', '"a" , "b"\n', 'a|b'],
  ['blank lines', 'a\n\n\r\nb\n', 'a / b'],
  ['a quoted cell at the end', 'a,"b"', 'a|b'],
  ['an empty cell at the end', '"a",', 'a|'],
])('reads %s', (_, text, expected) => {
  const rows = fieldsOf(text).map((fields) => fields.join('|'));
  expect(rows.join(' / ')).toBe(expected);
});

test('a record has the number of its first line', () => {
  const lines = read('h,i\n"a\n\nb",c\n\nd,e\r\n"f",g\n').map(({ line }) => line);
  expect(lines).toEqual([1, 2, 6, 7]);
});

test.each([
  ['a quote inside a cell', 'a"b,c', 'quote.malformed'],
  ['text after a closing quote', '"a"b,c', 'quote.malformed'],
  ['a quote that is never closed', '"a,c', 'quote.unclosed'],
])('%s costs its own line only', (_, broken, fault) => {
  const records = read(`h,i\n${broken}\n1,2\n3,4\n`);
  expect(records.map((record) => record.fault)).toEqual([undefined, fault, undefined, undefined]);
  expect(records[1]).toMatchObject({ line: 2, raw: broken });
  expect(records[3]).toMatchObject({ line: 4, fields: ['3', '4'] });
});

test('a quote that is never closed is given up after a million characters', () => {
  const filler = `${'x'.repeat(99)}\n`.repeat(12_000);
  const records = read(`"a\n${filler}`, ',', 64 * 1024);
  expect(records).toHaveLength(12_001);
  expect(records[0]).toMatchObject({ line: 1, fault: 'quote.unclosed' });
});

test('a line beyond all measure is refused', () => {
  expect(() => read('x'.repeat(3 * 1024 * 1024), ',', 64 * 1024)).toThrow(/Line 1 has more than a million/);
});

const cell = fc.string({ unit: fc.constantFrom('a', 'é', '流', ' ', ',', ';', '"', '\n', '\r\n', '1') });
const quoted = (text: string): string => `"${text.replaceAll('"', '""')}"`;

test('records by RFC 4180 are read back, in pieces of any size', () => {
  const table = fc.array(fc.array(cell, { minLength: 2, maxLength: 4 }), { minLength: 1, maxLength: 8 });
  fc.assert(
    fc.property(table, fc.integer({ min: 1, max: 20 }), fc.constantFrom('\n', '\r\n'), (rows, pieceChars, lineEnd) => {
      const text = rows.map((row) => row.map(quoted).join(',')).join(lineEnd);
      expect(read(text, ',', pieceChars).map(({ fields }) => fields)).toEqual(rows);
    }),
  );
});

test('rows end with LF, CRLF or CR, mixed as may be, and lines are counted so', () => {
  const field = fc.oneof(fc.string({ unit: fc.constantFrom('a', '流', ' ', ';', '1') }), cell.map(quoted));
  const rows = fc.array(fc.tuple(field, fc.constantFrom('\n', '\r\n', '\r')), { minLength: 1, maxLength: 10 });
  const ends = (part: string): number => part.match(/\r\n|\r|\n/g)?.length ?? 0;
  fc.assert(
    fc.property(rows, fc.integer({ min: 1, max: 9 }), (written, pieceChars) => {
      const texts = written.map(([right, end]) => `x,${right}${end}`);
      const records = read(texts.join(''), ',', pieceChars);
      expect(records.map(({ fields }) => fields[0])).toEqual(written.map(() => 'x'));
      const lines = texts.map((_, at) => 1 + texts.slice(0, at).reduce((sum, text) => sum + ends(text), 0));
      expect(records.map(({ line }) => line)).toEqual(lines);
    }),
  );
});

test('reads sound files as csv-parse does', () => {
  const plain = fc.string({ unit: fc.constantFrom('a', 'b', ' ', '1', '流', ';') });
  const bare = plain.filter((text) => !text.startsWith(' '));
  const field = fc.oneof(bare, cell.map(quoted));
  const table = fc.array(fc.array(field, { minLength: 2, maxLength: 4 }), { minLength: 1, maxLength: 8 });
  fc.assert(
    fc.property(table, (rows) => {
      const text = rows.map((row) => row.join(',')).join('\n');
      expect(fieldsOf(text)).toEqual(parse(text, { relax_column_count: true }));
    }),
  );
});

test.each([
  ['a,b;c,d', ','],
  ['a;b;c', ';'],
  ['a\tb', '\t'],
  ['a|b|c', '|'],
  ['"x,y,z";b', ';'],
  ['alone', ','],
])('of %j the delimiter is %j', (header, delimiter) => {
  expect(sniffDelimiter(header)).toBe(delimiter);
});
