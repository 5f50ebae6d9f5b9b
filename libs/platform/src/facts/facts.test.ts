import { ABSENT_CODE, categoryColumn, categoryColumnOf, numberColumn, uuidColumn } from '../columns/columns.js';
import { failure } from '../errors/errors.js';
import { newId } from '../identity/identity.js';
import { factsRequest, flagsOf, idsOf, numbersOf, readIfAvailable, textsOf } from './facts.js';

const id = newId();
const batch = {
  rows: 3,
  columns: [
    numberColumn('arpu', Float64Array.of(120, NaN, 0)),
    numberColumn('hit', Float64Array.of(1, 0, NaN)),
    categoryColumnOf('rate', ['0.15', undefined, '1']),
    categoryColumn('arm', Uint32Array.of(0, ABSENT_CODE, 0), ['control']),
    uuidColumn('subscription_id', [id, '', id]),
  ],
};

test('a request is for all rows, as known now, unless it is narrowed', () => {
  const all = factsRequest('billing');
  expect(all).toMatchObject({ table: 'billing', columns: [], kinds: [], fromMonth: '', sequence: 0 });
  expect(all.shards).toBeUndefined();
  expect(factsRequest('billing', { fromMonth: '2026-08' })).toEqual({ ...all, fromMonth: '2026-08' });
});

test('columns are read by name, and a column that the extract lacks is absent in every row', () => {
  expect([...numbersOf(batch, 'arpu')]).toEqual([120, NaN, 0]);
  expect([...numbersOf(batch, 'rate')]).toEqual([0.15, NaN, 1]);
  expect([...numbersOf(batch, 'cost')]).toEqual([NaN, NaN, NaN]);
  expect(textsOf(batch, 'arm')).toEqual(['control', undefined, 'control']);
  expect(textsOf(batch, 'arm', '')).toEqual(['control', '', 'control']);
  expect(textsOf(batch, 'stratum')).toEqual([undefined, undefined, undefined]);
  expect(textsOf(batch, 'stratum', '')).toEqual(['', '', '']);
  expect(flagsOf(batch, 'hit')).toEqual([true, false, null]);
  expect(flagsOf(batch, 'other')).toEqual([null, null, null]);
  expect(idsOf(batch, 'subscription_id')).toEqual([id, '', id]);
  expect(idsOf(batch, 'arm')).toEqual(['control', '', 'control']);
  expect(idsOf(batch, 'household_id')).toEqual(['', '', '']);
});

test('a table that no extract has is not available; other failures stay failures', async () => {
  const noTable = failure('precondition', 'facts.noTable', { en: 'No table.', 'zh-CN': '无此表。' });
  const down = failure('unavailable', 'down', { en: 'Down.', 'zh-CN': '不可用。' });
  expect(await readIfAvailable(async () => undefined)).toBe(true);
  expect(await readIfAvailable(() => Promise.reject(noTable()))).toBe(false);
  await expect(readIfAvailable(() => Promise.reject(down()))).rejects.toMatchObject({ kind: 'unavailable' });
});
