import { confidences } from './confidence.js';

it('is the least link that is needed', () => {
  const bonds = [
    { left: 1, right: 2, probability: 0.9 },
    { left: 2, right: 3, probability: 0.7 },
    { left: 1, right: 3, probability: 0.1 },
  ];
  const { whole, of } = confidences([1, 2, 3], bonds);
  expect(whole).toBe(0.7);
  expect(Object.fromEntries(of)).toEqual({ 1: 0.9, 2: 0.9, 3: 0.7 });
});

it('is nothing where nothing holds them together', () => {
  expect(confidences([1, 2, 3], [{ left: 1, right: 2, probability: 0.9 }]).whole).toBe(0);
});
