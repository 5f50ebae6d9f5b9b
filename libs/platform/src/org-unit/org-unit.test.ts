import { nameOfOrgUnit, orgUnitPath } from './org-unit.js';

test.each([
  [null, 'demo/'],
  ['', 'demo/'],
  ['沈阳', 'demo/沈阳/'],
  ['North-West_1', 'demo/North-West_1/'],
  ['A/B', 'demo/A%2FB/'],
  ['..', 'demo/%2E%2E/'],
  ['50%', 'demo/50%25/'],
])('the unit %j has the path %s', (name, path) => {
  expect(orgUnitPath('demo', name)).toBe(path);
});

test.each(['沈阳', 'St. John', 'A/B', '50 %', '../x'])('the name %s comes back from its path', (name) => {
  const code = orgUnitPath('demo', name).split('/').at(-2)!;
  expect(nameOfOrgUnit(code)).toBe(name);
});

test('a code that was made elsewhere stays as it is', () => {
  expect(nameOfOrgUnit('100%')).toBe('100%');
});
