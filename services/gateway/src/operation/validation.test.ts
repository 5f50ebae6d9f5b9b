import { Failure } from '@holdfast/platform/errors';
import { z } from 'zod';
import { checked, type Part } from './validation.js';
import { page } from './wire.js';

const listQuery = z.strictObject({ quadrant: z.enum(['A', 'B']).optional(), ...page(100) });

function failureOf(part: Part, schema: z.ZodType, value: unknown): Failure {
  try {
    checked(part, schema, value);
  } catch (thrown) {
    if (thrown instanceof Failure) return thrown;
  }
  throw new Error('it was accepted');
}

test('gives numbers and defaults', () => {
  expect(checked('query', listQuery, { pageSize: '7' })).toEqual({ pageSize: 7, pageToken: '' });
});

test.each(['', '0', '101', '1e2', '7.5', ' 7', 'x'])('refuses pageSize %p', (pageSize) => {
  expect(failureOf('query', listQuery, { pageSize }).fields[0]!.pointer).toBe('/query/pageSize');
});

test('a parameter that is given twice is refused', () => {
  expect(failureOf('query', listQuery, { pageSize: ['1', '2'] }).kind).toBe('invalid');
});

test('names every unknown key and escapes it in the pointer', () => {
  const { fields } = failureOf('body', z.strictObject({ rows: z.array(z.strictObject({})) }), {
    rows: [{ 'a/b': 1 }],
    c: 1,
  });
  expect(fields.map((field) => field.pointer)).toEqual(['/body/rows/0/a~1b', '/body/c']);
  expect(fields[1]).toMatchObject({
    key: 'body.unknown',
    text: { en: 'There is no body field "c".', 'zh-CN': '没有名为“c”的字段。' },
  });
});

test('describes the error in both languages, without the value', () => {
  const failure = failureOf('body', z.strictObject({ fee: z.number() }), { fee: '13800138000' });
  const [field] = failure.fields;
  expect(field!.text.en).toBe('Invalid input: expected number, received string');
  expect(field!.text['zh-CN']).toMatch(/[\u4e00-\u9fff]/);
  expect(JSON.stringify(failure.fields)).not.toContain('13800138000');
});

test.each([
  ['a\0b', '/body'],
  [{ rows: ['x', '\0'] }, '/body/rows/1'],
  [{ rows: { 'a\0': 1 } }, '/body/rows'],
  ['\ud800', '/body'],
])('refuses %j, which no database stores', (value, pointer) => {
  expect(failureOf('body', z.any(), value).fields).toMatchObject([{ pointer, key: 'body.unstorable' }]);
});

test('takes characters beyond the first plane', () => {
  expect(checked('body', z.any(), { 'clé 😀': '工单\n' })).toEqual({ 'clé 😀': '工单\n' });
});

test('refuses what is nested deeper than any operation needs', () => {
  const nested = JSON.parse(`${'['.repeat(100_000)}${']'.repeat(100_000)}`) as unknown;
  expect(failureOf('body', z.json(), nested).fields).toMatchObject([{ key: 'body.tooDeep' }]);
});

describe('of a union', () => {
  const row = z.strictObject({ id: z.string(), outcome: z.enum(['accepted', 'call_back']) });
  const body = z.union([row, z.strictObject({ rows: z.array(row) })]);
  const pointersOf = (value: unknown) => failureOf('body', body, value).fields.map(({ pointer }) => pointer);

  test('names the field and its allowed values in both languages', () => {
    const [field, ...others] = failureOf('body', body, { id: '1', outcome: 'busy' }).fields;
    expect(others).toEqual([]);
    expect(field).toMatchObject({ pointer: '/body/outcome', key: 'body.invalid_value' });
    for (const text of Object.values(field!.text)) expect(text).toMatch(/"accepted"\|"call_back"/);
    expect(field!.text['zh-CN']).toMatch(/[\u4e00-\u9fff]/);
    expect(field!.text.en).not.toContain('busy');
  });

  test.each([
    [
      { rows: [{ outcome: 'busy' }, { id: 1 }] },
      ['/body/rows/0/id', '/body/rows/0/outcome', '/body/rows/1/id', '/body/rows/1/outcome'],
    ],
    [{ id: '1', outcome: 'accepted', extra: 1 }, ['/body/extra']],
    [{ outcome: 'accepted' }, ['/body/id']],
  ])('%j has failures at %j', (value, pointers) => {
    expect(pointersOf(value)).toEqual(pointers);
  });

  test('names all alternatives of one value', () => {
    const { fields } = failureOf('query', z.strictObject({ run: z.literal('latest').or(z.number()) }), { run: 'x' });
    expect(fields).toMatchObject([{ pointer: '/query/run', key: 'query.invalid_union' }]);
    expect(fields[0]!.text.en).toMatch(/"latest"; or: .*number/);
  });
});
