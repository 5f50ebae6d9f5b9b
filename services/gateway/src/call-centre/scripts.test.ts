import { matches } from './scripts.http.js';

test.each([
  [undefined, false],
  ['"a"', true],
  ['W/"a"', true],
  ['"b", "a"', true],
  ['*', true],
  ['"b"', false],
  ['a', false],
])('If-None-Match %p against "a" is %p', (header, expected) => {
  expect(matches(header, '"a"')).toBe(expected);
});
