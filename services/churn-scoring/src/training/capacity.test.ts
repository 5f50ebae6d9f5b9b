import fc from 'fast-check';
import { capacityOf, capacityReport } from './capacity.js';
import type { Validation } from '@holdfast/learning/validation';

test.each([
  ['contacts of a month of 10,000', 300, 10_000, { contacts: 300, share: 0.03 }],
  ['by default 2 %', null, 10_000, { contacts: 200, share: 0.02 }],
  ['at least one', null, 10, { contacts: 1, share: 0.1 }],
  ['more contacts than rows', 500, 100, { contacts: 500, share: 1 }],
])('%s', (_, contacts, rows, expected) => {
  expect(capacityOf(contacts, 0.02, rows)).toEqual(expected);
});

test('a share is always one of rows', () => {
  fc.assert(
    fc.property(fc.option(fc.integer({ min: 1, max: 1e6 })), fc.integer({ min: 0, max: 1e6 }), (contacts, rows) => {
      const { share } = capacityOf(contacts, 0.02, rows);
      expect(share).toBeGreaterThan(0);
      expect(share).toBeLessThanOrEqual(1);
    }),
  );
});

test('precision of each judged month is that of the list of that month', () => {
  const labels = Uint8Array.from([1, 0, 0, 0, 0, 0, 0, 1]);
  const folds = [
    { month: 24_309, training: new Uint32Array(), judged: Uint32Array.of(0, 1, 2, 3), lostInGap: 0 },
    { month: 24_310, training: new Uint32Array(), judged: Uint32Array.of(4, 5, 6, 7), lostInGap: 0 },
  ];
  const validation = {
    predictedRows: Uint32Array.from(labels.keys()),
    predictions: Float64Array.of(0.9, 0.1, 0.1, 0.1, 0.8, 0.2, 0.1, 0.1),
    precisionAtCapacity: { mean: 0.5, low: Number.NaN, high: Number.NaN },
  } as Validation;
  const report = capacityReport(validation, labels, { kind: 'forward', folds }, { contacts: 1, share: 0.25 });
  expect(report).toEqual({
    ...{ contacts: 1, share: 0.25, precision: { mean: 0.5, low: undefined, high: undefined } },
    months: [
      { month: '2025-10', contacts: 1, precision: 1 },
      { month: '2025-11', contacts: 1, precision: 0 },
    ],
  });
});
