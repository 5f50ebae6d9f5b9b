import { caseControlSample } from './case-control.js';

const labels = Uint8Array.from({ length: 1_000 }, (_, row) => (row % 100 === 3 ? 1 : 0));

test('keeps all positives and so many negatives for each', () => {
  const { positions, interceptShift } = caseControlSample(labels, 10, 1);
  expect(positions.filter((at) => labels[at] === 1)).toHaveLength(10);
  expect(positions).toHaveLength(110);
  expect(interceptShift).toBeCloseTo(Math.log(100 / 990));
  expect(positions).toEqual(Uint32Array.from(new Set(positions)).sort());
  expect(caseControlSample(labels, 10, 1)).toEqual({ positions, interceptShift });
  expect(caseControlSample(labels, 10, 2).positions).not.toEqual(positions);
});

test('keeps all rows where there are few negatives', () => {
  expect(caseControlSample(labels, 99, 1)).toEqual({ positions: Uint32Array.from(labels.keys()), interceptShift: 0 });
  expect(caseControlSample(labels, 0, 1).positions).toHaveLength(1_000);
});
