import { parseMapping } from './mapping.js';
import { tokenProblem } from './mapping-tokens.js';

const CHARS = 250_000;

/** Texts of some length that YAML's parser took seconds for, or that make a tree of no use. */
const HOSTILE: Readonly<Record<string, (chars: number) => string>> = {
  brackets: (chars) => '['.repeat(chars),
  'closed brackets': (chars) => '['.repeat(chars / 2) + ']'.repeat(chars / 2),
  braces: (chars) => '{a: '.repeat(chars / 4),
  'explicit keys': (chars) => '? '.repeat(chars / 2),
  dashes: (chars) => '- '.repeat(chars / 2),
  'keys in a line': (chars) => 'a: '.repeat(chars / 3),
  colons: (chars) => ': '.repeat(chars / 2),
  'nameless keys': (chars) => ':\n'.repeat(chars / 2),
  quotes: (chars) => '"'.repeat(chars),
  tags: (chars) => '!t '.repeat(chars / 3),
  anchors: (chars) => '&a '.repeat(chars / 3),
  aliases: (chars) => `a: &a 1\n${'b: *a\n'.repeat(chars / 6)}`,
  documents: (chars) => '---\na\n'.repeat(chars / 6),
  keys: (chars) => Array.from({ length: chars / 10 }, (_, at) => `k${at}: 1\n`).join(''),
  'columns of a list': (chars) => `keep: [${Array.from({ length: chars / 10 }, (_, at) => `c${at}, `).join('')}]`,
  'keys of a list': (chars) => `types: {${Array.from({ length: chars / 12 }, (_, at) => `c${at}: a, `).join('')}}`,
  comments: (chars) => `a:\n${' #c\n'.repeat(chars / 4)} b: 1\n`,
};

/** Least CPU time of three readings, ms. */
function cpuMs(text: string): number {
  const times = Array.from({ length: 3 }, () => {
    const before = process.cpuUsage();
    expect(() => parseMapping(text)).toThrow(/mapping is (wrong|neither)/);
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1_000;
  });
  return Math.min(...times);
}

test.each(Object.entries(HOSTILE))('four times as many %s take about four times as long', (_, textOf) => {
  const [quarter, whole] = [cpuMs(textOf(CHARS / 4)), cpuMs(textOf(CHARS))];
  // A square would be sixteen times as long; below 20 ms, noise.
  expect(whole).toBeLessThan(9 * Math.max(quarter, 20));
});

test.each([
  ['brackets', / line 1: nested in more than 8 levels/],
  ['dashes', /nested/],
  ['keys in a line', /has two keys/],
  ['aliases', /aliases \(&name, \*name\) are not read/],
  ['documents', /second document/],
  ['tags', /tags/],
  ['explicit keys', /keys after \?/],
])('%s are refused before they are parsed, with the line', (name, reason) => {
  expect(() => parseMapping(HOSTILE[name]!(CHARS))).toThrow(reason);
});

test('what mappings have is read', () => {
  const columns = Array.from({ length: 2_000 }, (_, at) => `column ${at}`);
  const labels = columns.map((name) => `  ${name}: { en: "a: b", zh-CN: '流失 &#' } # a comment`).join('\n');
  const types = columns.map((name) => `"${name}": category`).join(', ');
  const text = [
    '# made by hand',
    'table: t',
    'key: id',
    `keep: [${columns.join(', ')}]`,
    'exclude:',
    '  - "*a"',
    "  - '&b'",
    `types: { ${types} }`,
    `labels:\n${labels}`,
  ].join('\n');
  expect(tokenProblem(text)).toBeUndefined();
  const mapping = parseMapping(text);
  expect([mapping.keep!.length, Object.keys(mapping.types).length, mapping.exclude]).toEqual([
    2_000,
    2_000,
    ['*a', '&b'],
  ]);
  const json = JSON.stringify({
    table: 't',
    key: 'id',
    labels: { a: { en: 'x' } },
    label: { column: 'c', positive: ['%', '*'] },
  });
  expect(parseMapping(json).label!.positive).toEqual(['%', '*']);
  expect(parseMapping(JSON.stringify(JSON.parse(json), null, 2)).table).toBe('t');
  expect(parseMapping('---\ntable: t\nmissing:\n- "-"\n- |-\n  *x\n').missing).toEqual(['-', '*x']);
});
