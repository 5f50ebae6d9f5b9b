import { unitPath } from './unit-path.js';

test.each([
  [null, 'demo/'],
  ['', 'demo/'],
  ['沈阳', 'demo/沈阳/'],
  ['North-West_1', 'demo/North-West_1/'],
  ['A/B', 'demo/A%2FB/'],
  ['..', 'demo/%2E%2E/'],
  ['50%', 'demo/50%25/'],
])('the unit %j has the path %s', (name, path) => {
  expect(unitPath('demo', name)).toBe(path);
});
