import { copyText } from './database.js';

it('escapes what COPY reads as its own', () => {
  expect(copyText('a\\b\tc\nd\re')).toBe('a\\\\b\\tc\\nd\\re');
  expect(copyText('\\N')).toBe('\\\\N');
});
