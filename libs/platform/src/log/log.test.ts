import { failure } from '../errors/errors.js';
import { errorText } from './error-text.js';
import { logTo } from './log.js';

describe('the text of an error in the log', () => {
  it.each([
    ['connect ECONNREFUSED 127.0.0.1:5432', 'connect ECONNREFUSED 127.0.0.1:5432'],
    ['could not extend file: No space left on device', 'could not extend file: No space left on device'],
    [
      'IO Error: Could not write file "/lake/x": No space left on device',
      'IO Error: Could not write file …: No space left on device',
    ],
    ['invalid input syntax for type integer: "张三"', 'invalid input syntax for type integer: …'],
    [`Unexpected token 'L', "{"name":"Li Wei"}" is not valid JSON`, 'Unexpected token … is not valid JSON'],
    ['no row for 13812345678 of li.wei@example.com', 'no row for … of …'],
    ['unknown customer 李伟, 138 1234 5678', 'unknown customer …, …'],
    ['the column doesn’t exist', 'the column doesn…t exist'],
  ])('%s', (message, expected) => {
    expect(errorText(message)).toBe(expected);
  });

  it('is written with class, code, place and cause', () => {
    const lines: string[] = [];
    const log = logTo({ write: (text) => void lines.push(text) }, 'probe', 'info');
    const unavailable = failure('unavailable', 'some.key', { en: 'Text.', 'zh-CN': '文。' });
    const cause = Object.assign(new TypeError('server closed the connection'), { code: '57P01' });
    log.warn({ err: unavailable({}, { cause }) }, 'tried again');
    expect(JSON.parse(lines[0]!)).toMatchObject({
      level: 'warn',
      service: 'probe',
      msg: 'tried again',
      err: {
        kind: 'unavailable',
        key: 'some.key',
        cause: {
          type: 'TypeError',
          code: '57P01',
          text: 'server closed the connection',
          at: expect.arrayContaining([expect.stringContaining('log.test')]),
        },
      },
    });
  });
});
