import { readHead } from './file-head.js';

const keys = (text: string, wanted: string[], delimiter?: string): unknown => {
  const head = readHead(text, delimiter, wanted);
  return [head.delimiter, head.skip, head.notices.map(({ key }) => key)];
};

test.each([
  ['a plain header', 'id,fee\n1,2\n2,3\n', [], [',', 0, []]],
  ['sep=;', 'sep=;\nid;fee\n1;2\n', ['id'], [';', 1, ['file.sepLine']]],
  ['sep= in quotes, with CR', '"sep=\t"\rid\tfee\r1\t2\r', [], ['\t', 1, ['file.sepLine']]],
  ['sep= with more delimiters behind', 'sep=,,,\nid,fee\n1,2\n', [], [',', 1, ['file.sepLine']]],
  ['a title', '2026年8月客户清单\n\nid;fee\n1;2\n2;3\n', ['id', 'fee'], [';', 1, ['file.titleSkipped']]],
  ['a wide title', '客户清单,,\n制表：市场部,,\nid,fee,sex\n1,2,m\n2,3,f\n', ['id'], [',', 2, ['file.titleSkipped']]],
  ['a sentence', 'Report, August 2026\nid,fee,x\n1,2,3\n2,3,4\n', ['id', 'fee'], [',', 1, ['file.titleSkipped']]],
  ['a title, and no names to look for', 'Customers\nid,fee\na,2\nb,3\nc,4\n', [], [',', 1, ['file.titleSkipped']]],
  ['sep= and a title', 'sep=;\nCustomers\nid;fee\n1;2\n2;3\n', ['id'], [';', 2, ['file.sepLine', 'file.titleSkipped']]],
  ['one column', 'x\n1\n2\n3\n', [], [',', 0, []]],
  ['one column of sentences', 'note\nhello, world\nwell, then\nand, so\n', [], [',', 0, []]],
  ['a header that lacks a name', 'a,b\n1,2\n2,3\n', ['id'], [',', 0, []]],
])('of %s', (_, text, wanted, expected) => {
  expect(keys(text, wanted as string[])).toEqual(expected);
});

test('the delimiter of the mapping is used', () => {
  expect(keys('a|b\n1|2\n', [], ';')).toEqual([';', 0, []]);
  expect(keys('sep=;\na|b\n1|2\n', [], '|')).toEqual(['|', 1, ['file.sepLine']]);
});
