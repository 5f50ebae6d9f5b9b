import { failure } from '../errors/errors.js';

/** Thrown for a page token that a list did not give out, whatever the list: going on from it would skip or repeat rows. */
export const pageTokenInvalid = failure('invalid', 'pageToken.invalid', {
  en: 'The page token is not one that was given out.',
  'zh-CN': '分页标记无效。',
});
