import { Validation } from '@holdfast/contracts/churn_scoring/v1/model';
import { limitsOf } from './limits.js';

const sound = Validation.fromPartial({
  ...{ scheme: 'forward in time', rows: 10_000, positives: 400, auc: { mean: 0.8, low: 0.78, high: 0.82 } },
  ...{ calibrationSlope: 1.02, calibrationError: { mean: 0.004 }, calibrationErrorIdealP95: 0.006 },
  horizons: [{ months: 1, auc: 0.8 }],
});
const data = {
  rows: 10,
  positives: 1,
  subscriptions: undefined,
  months: [],
  labelledRows: 10,
  sampleShare: 1,
  columns: 3,
};
const facts = { data, excluded: [], isImported: false };
const OF_EVERY_MODEL = ['limit.population', 'limit.association', 'limit.contacted'];

function keysOf(change: Partial<Validation>, other: Partial<typeof facts> = {}): string[] {
  return limitsOf({ ...sound, ...change }, { ...facts, ...other }).map(({ key }) => key);
}

test('a sound model has the limits of every model only', () => {
  expect(keysOf({})).toEqual(OF_EVERY_MODEL);
});

test.each<[string, Partial<Validation>, Partial<typeof facts>]>([
  ['limit.fewChurners', { positives: 99 }, {}],
  ['limit.tooExtreme', { calibrationSlope: 0.89 }, {}],
  ['limit.tooCautious', { calibrationSlope: 1.11 }, {}],
  ['limit.calibration', { calibrationError: { mean: 0.007, low: undefined, high: undefined } }, {}],
  ['limit.notForward', { scheme: 'repeated 5-fold' }, {}],
  ['limit.horizons', { horizons: Validation.fromPartial({ horizons: [{ months: 6 }] }).horizons }, {}],
  ['limit.sample', {}, { data: { ...data, sampleShare: 0.25 } }],
  ['limit.imported', {}, { isImported: true }],
  ['model.chance', { auc: { mean: 0.6, low: 0.49, high: 0.7 } }, {}],
])('%s', (key, change, other) => {
  expect(keysOf(change, other)).toEqual([key, ...OF_EVERY_MODEL]);
});

test('names the columns that were excluded as suspected leaks, in both languages', () => {
  const excluded = [
    { column: 'closing code', reason: 'suspected_leak' },
    { column: 'country', reason: 'constant' },
  ];
  const leak = limitsOf(sound, { ...facts, excluded }).find(({ key }) => key === 'limit.suspectedLeak');
  for (const text of [leak!.textEn, leak!.textZhCn]) {
    expect(text).toContain('closing code');
    expect(text).not.toContain('country');
  }
});
