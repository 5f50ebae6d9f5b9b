import { csvLine } from './csv.js';

test.each(['=cmd', '+1', '-1', '@x', '\t=1', '＝cmd', '＋1', '－1', '＠x'])('%p runs in no spreadsheet', (cell) => {
  expect(csvLine([cell])).toBe(`'${cell}\r\n`);
});

test('numbers stay numbers, and what would break a line is quoted', () => {
  expect(csvLine([-1, undefined, 'a"b', 'x,y', '\n=1'])).toBe(`-1,,"a""b","x,y","'\n=1"\r\n`);
});

test('CSV quotes what must be quoted and disarms formulas', () => {
  expect(csvLine(['a', 'b,c', 'd"e', 'f\ng', null, 1.5, '=1+1', '-2'])).toBe(
    'a,"b,c","d""e","f\ng",,1.5,\'=1+1,\'-2\r\n',
  );
});
