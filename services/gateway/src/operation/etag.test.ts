import { etagOfRevision, matches, revisionOfEtag } from './etag.js';

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

test.each([
  ['"3"', 3],
  [' "12" ', 12],
  ['*', 7],
  ['W/"3"', undefined],
  ['3', undefined],
  ['"three"', undefined],
  ['"3", "4"', undefined],
])('If-Match %p names revision %p, the seventh being present', (header, expected) => {
  expect(revisionOfEtag(header, 7)).toBe(expected);
});

test('an ETag names its revision', () => {
  expect(revisionOfEtag(etagOfRevision(41), 1)).toBe(41);
});
