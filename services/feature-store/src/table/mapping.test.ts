import { readFileSync } from 'node:fs';
import { Failure } from '@holdfast/platform/errors';
import { editDistance, labelMonths, mappingHash, parseMapping } from './mapping.js';

function failureOf(text: string): Failure {
  try {
    parseMapping(text);
  } catch (thrown) {
    return thrown as Failure;
  }
  throw new Error('the mapping was accepted');
}

test('a mapping by its documentation is read, all scalars as texts', () => {
  const mapping = parseMapping(`
    table: ibm-telco
    key: customerID
    asOf: 2020-01
    label: { column: Churn, positive: "Yes" }
    value: MonthlyCharges
    exclude: [some_leak, another]
    types: { SeniorCitizen: flag, TotalCharges: number }
    missing: ["", " ", "NA", 0]
    split: { column: training, train: 1, test: 0.0 }
    experiment: { arm: segment, control: "No E-Mail", outcomes: [visit, spend] }
    unit: province
    personal: { name: full name, phone: tel }
    delimiter: ","
  `);
  expect(mapping).toMatchObject({
    table: 'ibm-telco',
    asOf: '2020-01',
    currency: 'CNY',
    missing: ['', '', 'NA', '0'],
    split: { column: 'training', train: '1', test: '0.0' },
    personal: { name: 'full name', phone: 'tel' },
  });
});

test('labels have one language or both, and are part of the mapping', () => {
  const labels = 'labels: { fee: { en: " monthly bill ", zh-CN: 月均消费 }, 号码: { en: number } }';
  const mapping = parseMapping(`table: t\n${labels}`);
  expect(mapping.labels).toEqual({ fee: { en: 'monthly bill', 'zh-CN': '月均消费' }, 号码: { en: 'number' } });
  expect(mappingHash(mapping)).not.toBe(mappingHash(parseMapping('table: t')));
  expect('labels' in parseMapping('table: t')).toBe(false);
});

test('a column of numbers may be monotone, and is part of the mapping', () => {
  const mapping = parseMapping('table: t\nmonotone: { unpaid: increasing, constructor: decreasing }');
  expect(Object.entries(mapping.monotone!)).toEqual([
    ['unpaid', 'increasing'],
    ['constructor', 'decreasing'],
  ]);
  expect(mappingHash(mapping)).not.toBe(mappingHash(parseMapping('table: t')));
  expect('monotone' in parseMapping('table: t')).toBe(false);
});

test('a label has one value of a kind or several, and one in a list is equal to it', () => {
  const label = (positive: string): ReturnType<typeof parseMapping> =>
    parseMapping(`table: t\nlabel: { column: left, positive: ${positive} }`);
  expect(label('[Churned, 1.0]').label).toEqual({ column: 'left', positive: ['Churned', '1.0'] });
  expect(mappingHash(label('[yes]'))).toBe(mappingHash(label('yes')));
  expect(mappingHash(label('[yes, ja]'))).not.toBe(mappingHash(label('yes')));
  expect(failureOf('table: t\nlabel: { column: left, positive: [] }').message).toContain('either may be a list');
});

test('JSON is read too, and layout does not change the hash', () => {
  const yaml = parseMapping('key: id\ntable: t\nlabel: {positive: 1, column: left}');
  const json = parseMapping('{"table": "t", "label": {"column": "left", "positive": 1}, "key": "id"}');
  expect(json).toEqual(yaml);
  expect(mappingHash(json)).toBe(mappingHash(yaml));
  expect(mappingHash(parseMapping('key: id2\ntable: t'))).not.toBe(mappingHash(parseMapping('key: id\ntable: t')));
});

const MONTHLY = 'table: t\nkey: id\nasOf: { column: month }\n';

test('a label has its months of lead, or is inferred from missing rows', () => {
  const given = parseMapping(`${MONTHLY}label: { column: left, positive: 1, lead: 3, gap: 1 }`);
  expect(given.label).toEqual({ column: 'left', positive: ['1'], lead: 3, gap: 1 });
  const derived = parseMapping(`${MONTHLY}label: { from: disappearance, gap: 1 }`);
  expect(derived.label).toBeUndefined();
  expect([given, derived, parseMapping(MONTHLY)].map(labelMonths)).toEqual([
    { lead: 3, gap: 1 },
    { lead: 2, gap: 1 },
    { lead: 1, gap: 0 },
  ]);
});

test.each([
  ['an unknown key, with what was meant', 'table: t\nvalues: x', '/values', /did you mean value\?/],
  ['an unknown key that is nearer to an existing one', 'table: t\nlable: x', '/lable', /did you mean label\?/],
  ['an unknown key far from all', 'table: t\ncolour: x', '/colour', /is not a key of a mapping$/],
  ['an unknown key inside', 'table: t\nlabel: { column: c, positive: 1, x: 2 }', '/label/x', /is not a key/],
  ['a direction that is none', 'table: t\nmonotone: { a: up }', '/monotone/a', /increasing \| decreasing/],
  [
    'a category that is monotone',
    'table: t\ntypes: { a: category }\nmonotone: { a: decreasing }',
    '/monotone/a',
    /has no order that churn could follow/,
  ],
  ['a language that is none', 'table: t\nlabels: { a: { zh: x } }', '/labels/a/zh', /is not a key of labels, .*zh-CN/],
  ['an empty label', 'table: t\nlabels: { a: {} }', '/labels/a', /one of the two or both/],
  ['a label that is none', 'table: t\nlabels: { a: fee }', '/labels/a', /\{ COLUMN: \{ en:/],
  ['a label too long', `table: t\nlabels: { a: { en: ${'x'.repeat(61)} } }`, '/labels/a/en', /at most 60/],
  ['a label of two lines', 'table: t\nlabels: { a: { en: "x\\ny" } }', '/labels/a/en', /must be/],
  ['a missing table', 'key: id', '/table', /must be a name of lower-case/],
  ['a table that is no name', 'table: ../etc', '/table', /must be a name of lower-case/],
  ['a month that is none', 'table: t\nasOf: 2020-13', '/asOf', /a month such as 2020-01/],
  ['a type that is none', 'table: t\ntypes: { a: text }', '/types/a', /number \| category/],
  ['a column used twice', 'table: t\nkey: id\nvalue: id', '/value', /same column as \/key/],
  ['no mapping at all', 'hello', '/', /must be a list/],
  ['a key that occurs twice', 'table: t\nkey: a\nkey: b', '/key', /twice/],
  ['a key that occurs twice inside', 'table: t\ntypes: { a: flag, a: date }', '/a', /twice/],
  ['an alias', 'table: t\nkeep: &k [a]\nexclude: *k', '/', /aliases/],
  ['a column that no file can name', 'table: t\nkey: "a\\0b"', '/key', /name of a column/],
  ['half a character', 'table: t\nlabel: { column: c, positive: "\\ud800" }', '/label/positive', /column: NAME/],
  ['a lead of no month', 'table: t\nlabel: { column: c, positive: 1, lead: 0 }', '/label/lead', /lead \(1 to 12/],
  ['a gap like the lead', 'table: t\nlabel: { column: c, positive: 1, lead: 2, gap: 2 }', '/label/gap', /fewer.*2/],
  ['a label from elsewhere', `${MONTHLY}label: { from: nothing }`, '/label/from', /from: disappearance/],
  ['both', `${MONTHLY}label: { from: disappearance, column: c }`, '/label/column', /is not a key of label/],
  ['no months', 'table: t\nkey: id\nlabel: { from: disappearance }', '/label/from', /asOf: \{ column/],
  ['disappearance as a key', `${MONTHLY}disappearance: { from: disappearance }`, '/disappearance', /is not a key/],
  ['a personal field called like the key', 'table: t\npersonal: { key: name }', '/personal/key', /none of them/],
])('refuses %s', (_, text, pointer, message) => {
  const failure = failureOf(text);
  expect(failure.kind).toBe('invalid');
  expect(failure.fields.map((field) => field.pointer || '/')).toContain(pointer);
  expect(failure.fields.map(({ text: texts }) => texts.en).join(' ')).toMatch(message);
  expect(failure.fields[0]!.text['zh-CN']).not.toBe('');
});

test('of thousands of problems the first few are reported, in a size that a call can carry', () => {
  const keys = Array.from({ length: 20_000 }, (_, at) => `${'k'.repeat(at < 5 ? 900 : 3)}${at}: 1`);
  const { fields, text } = failureOf(`table: t\n${keys.join('\n')}`);
  expect(fields).toHaveLength(20);
  expect(JSON.stringify([fields, text]).length).toBeLessThan(8_000);
});

test('what is neither YAML nor JSON names its line', () => {
  expect(failureOf('table: t\nkey: "a').text.en).toMatch(/line [23]/);
});

test.each([
  ['label', 'labels', 1],
  ['', 'abc', 3],
  ['kitten', 'sitting', 3],
])('the distance of %j and %j is %d', (left, right, distance) => {
  expect(editDistance(left, right)).toBe(distance);
});

test.each(['example', 'ibm-telco', 's-mobile'])('the example for %s is a mapping', (name) => {
  expect(parseMapping(readFileSync(`examples/${name}.mapping.yaml`, 'utf8')).table).toBe(name);
});
