import { calibrationBins } from './validation-report.js';

test('bins are of equal count, by predicted probability', () => {
  const predictions = Float64Array.of(0.9, 0.1, 0.2, 0.8);
  expect(calibrationBins(predictions, Uint8Array.of(1, 0, 1, 1), 2)).toEqual([
    { predicted: expect.closeTo(0.15) as number, observed: 0.5, rows: 2 },
    { predicted: expect.closeTo(0.85) as number, observed: 1, rows: 2 },
  ]);
});

test('fewer rows than bins leave no empty bin', () => {
  const bins = calibrationBins(Float64Array.of(0.3, 0.6), Uint8Array.of(0, 1), 10);
  expect(bins.map(({ rows }) => rows)).toEqual([1, 1]);
});
