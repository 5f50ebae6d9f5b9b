import { isInside, isParquet, type ManifestTable } from '@holdfast/extract-contract/manifest';
import { filesOf, knownAfterSeconds, parseManifest } from './manifest.js';

const MANIFEST = {
  ...{ formatVersion: 1, operator: 'demo', extractId: 'e1', sequence: 1, currency: 'CNY', timezone: 'Asia/Shanghai' },
  ...{ from: '2025-04', to: '2026-09', extractedAt: '2026-10-02T03:00:00+08:00' },
  tables: { billing: { path: 'billing/' } },
};
const read = (change: object): unknown => parseManifest(JSON.stringify({ ...MANIFEST, ...change }));

test('a manifest is read; omitted fields have defaults', () => {
  const expected = { complete: false, tables: { billing: { path: 'billing/' } } };
  expect(read({ later: 'fields are ignored' })).toMatchObject(expected);
});

test.each([
  [{ formatVersion: 2 }, 'formatVersion'],
  [{ sequence: 0 }, 'sequence'],
  [{ timezone: 'Mars/Olympus' }, 'timezone'],
  [{ extractedAt: '2026-10-02T03:00:00' }, 'extractedAt'],
  [{ from: '2026-10' }, 'from'],
  [{ to: '2026-13' }, 'to'],
  [{ tables: { billing: { path: '../secret.csv' } } }, 'tables.billing.path'],
  [{ tables: { billing: { path: 'b.csv', sha256: 'abc' } } }, 'tables.billing.sha256'],
  [{ tables: { events: { path: 'events/', knownAfter: '1 day' } } }, 'tables.events.knownAfter'],
  [{ tables: { usage: { path: 'u/', files: [{ path: 'u/1.csv' }, { path: 'u/1.csv' }] } } }, 'tables.usage.files'],
])('one with %j is refused, naming %s', (change, where) => {
  expect(() => read(change)).toThrow(where);
});

test('what is no JSON is refused', () => {
  expect(() => parseManifest('{')).toThrow('not JSON');
});

test.each(['a.csv', 'a/b/c.csv', 'a/'])('%j stays inside', (path) => {
  expect(isInside(path)).toBe(true);
});

const OUTSIDE = ['', '/etc/passwd', 'a/../../b', '..', 'a//b', './a', 'a\\b', 'C:a', 'a\u0000b'];

test.each(OUTSIDE)('%j is not inside', (path) => {
  expect(isInside(path)).toBe(false);
});

test('files are those listed, else those of the folder by name, else the one; packed ones are found', () => {
  const there = new Set(['b/2.csv', 'b/1.csv.gz', 'b/sub/3.csv', 'plans.csv.gz', 'a.csv']);
  const paths = (table: ManifestTable): string[] => filesOf(table, there).map(({ path }) => path);
  expect(paths({ path: 'b/' })).toEqual(['b/1.csv.gz', 'b/2.csv', 'b/sub/3.csv']);
  expect(paths({ path: 'b' })).toEqual(['b/1.csv.gz', 'b/2.csv', 'b/sub/3.csv']);
  expect(paths({ path: 'plans.csv' })).toEqual(['plans.csv.gz']);
  expect(paths({ path: 'b/', files: [{ path: 'b/2.csv' }, { path: 'b/1.csv' }] })).toEqual(['b/2.csv', 'b/1.csv.gz']);
  expect(() => paths({ path: 'gone.csv' })).toThrow('gone.csv');
  expect(() => paths({ path: 'b/', files: [{ path: 'b/9.csv' }] })).toThrow('b/9.csv');
});

test('the format is specified, or follows from the names', () => {
  expect(isParquet({ path: 'e/' }, [{ path: 'e/1.parquet' }])).toBe(true);
  expect(isParquet({ path: 'e/' }, [{ path: 'e/1.csv.gz' }])).toBe(false);
  expect(isParquet({ path: 'e/', format: 'parquet' }, [{ path: 'e/1' }])).toBe(true);
});

test.each([
  [undefined, 432_000],
  ['P1D', 86_400],
  ['P1W', 604_800],
  ['PT6H30M', 23_400],
  ['P1DT12H', 129_600],
])('known after %s is %d s', (knownAfter, seconds) => {
  expect(knownAfterSeconds(knownAfter === undefined ? {} : { knownAfter })).toBe(seconds);
});
