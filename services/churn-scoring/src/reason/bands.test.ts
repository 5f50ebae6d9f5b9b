import fc from 'fast-check';
import { allRows } from '@holdfast/learning/table';
import { BANDS_MAX, bandOf, learnBands, roundest } from './bands.js';
import { SHARE_ROWS_MIN } from './share.js';

function bandsOf(values: readonly number[], hasLeft: (value: number) => boolean = () => false) {
  const labels = Uint8Array.from(values, (value) => (hasLeft(value) ? 1 : 0));
  return learnBands(Float64Array.from(values), labels, allRows(values.length));
}

const limits = (values: readonly number[]) => bandsOf(values).map(({ from, to }) => [from, to]);
const upTo = (end: number) => Array.from({ length: end }, (_, value) => value);

test('splits into bands of equal count, open at both ends', () => {
  const bands = bandsOf(upTo(1000), (value) => value < 150);
  expect(bands).toHaveLength(BANDS_MAX);
  expect(bands.slice(0, 3)).toEqual([
    { from: null, to: 100, share: 1, only: null },
    { from: 100, to: 200, share: 0.5, only: null },
    { from: 200, to: 300, share: 0, only: null },
  ]);
  expect(bands.at(-1)).toMatchObject({ from: 900, to: null });
});

test('gives a frequent value its own band', () => {
  const bands = bandsOf([...new Array<number>(600).fill(0), ...upTo(400).map((value) => value + 1)]);
  expect(bands[0]).toMatchObject({ from: null, to: 1, only: 0 });
  expect(bands.slice(1).map(({ from }) => from)).toEqual([1, 101, 201, 301]);
});

test.each([
  ['nothing', []],
  ['missing values alone', new Array<number>(100).fill(NaN)],
  ['one value', new Array<number>(100).fill(3)],
  ['few rows', upTo(2 * SHARE_ROWS_MIN - 1)],
])('makes no bands of %s', (_, values) => {
  expect(bandsOf(values)).toEqual([]);
});

test('counts neither missing values nor other rows', () => {
  const values = Float64Array.from([
    ...upTo(120),
    ...new Array<number>(30).fill(NaN),
    ...new Array<number>(100).fill(7),
  ]);
  const labels = new Uint8Array(250).fill(1, 120);
  const shares = learnBands(values, labels, allRows(150)).map(({ share }) => share);
  expect(shares).toEqual([0, 0, 0, 0]);
});

test('gives no share of a band with too few rows', () => {
  const bands = bandsOf([...new Array<number>(100).fill(0), 1, 2, 3, ...new Array<number>(100).fill(4)]);
  for (const { from, share } of bands) expect(share === null).toBe(from !== null && from >= 1 && from < 4);
  expect(bands.some(({ share }) => share === null)).toBe(true);
});

test('leaves no gap and no overlap, and every value of the rows in the band that counted it', () => {
  const value = fc.oneof(fc.integer({ min: -5, max: 5 }), fc.double({ noNaN: true, min: -1e6, max: 1e6 }));
  fc.assert(
    fc.property(fc.array(value, { minLength: 60, maxLength: 400 }), (values) => {
      const bands = bandsOf(values);
      expect(bands.length).toBeLessThanOrEqual(BANDS_MAX);
      bands.forEach((band, at) => expect(band.from).toBe(at === 0 ? null : bands[at - 1]!.to));
      expect(bands.at(-1)?.to ?? null).toBeNull();
      for (const each of values) {
        const band = bandOf(bands, each);
        if (band === undefined) continue;
        expect(band.from === null || each >= band.from).toBe(true);
        expect(band.only === null || band.only === each).toBe(true);
      }
    }),
    { numRuns: 60 },
  );
});

test('a bound is the roundest number that separates the same values', () => {
  expect(limits([...new Array<number>(30).fill(58.3), ...new Array<number>(30).fill(60.2)])).toEqual([
    [null, 60],
    [60, null],
  ]);
});

test.each([
  [58.3, 60.2, 60],
  [44, 56, 50],
  [17, 18, 18],
  [0, 1, 1],
  [59.94, 59.95, 59.95],
  [0.0012, 0.0019, 0.0019],
  [0.0012, 0.0031, 0.003],
  [-5.5, -2.2, -3],
  [-3, 0, 0],
  [-0.5, 0.5, 0],
  [90, 1200, 1000],
  [0, Number.MIN_VALUE, Number.MIN_VALUE],
])('between %d and %d it is %d', (below, at, expected) => {
  expect(roundest(below, at)).toBe(expected);
});
