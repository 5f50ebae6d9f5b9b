import { languageOf } from './language.js';

test.each([
  [undefined, 'en'],
  ['', 'en'],
  ['zh-CN', 'zh-CN'],
  ['zh-Hant-TW', 'zh-CN'],
  ['en-GB,zh;q=0.9', 'en'],
  ['en;q=0.5, zh;q=0.9', 'zh-CN'],
  ['fr, zh;q=0.1', 'zh-CN'],
  ['zh;q=0, en', 'en'],
  ['*', 'en'],
  ['fr', 'en'],
])('Accept-Language %p is read as %s', (header, language) => {
  expect(languageOf(header)).toBe(language);
});
