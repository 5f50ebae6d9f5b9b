import { FAILURE_KINDS, failure, type FailureKind } from '@holdfast/platform/errors';
import { NotFoundException } from '@nestjs/common';
import { problemOf } from './problem.js';
import { transportFailure } from './transport-failure.js';

const STATUSES: Record<FailureKind, number> = {
  invalid: 400,
  unauthenticated: 401,
  forbidden: 403,
  notFound: 404,
  conflict: 409,
  gone: 410,
  precondition: 412,
  tooLarge: 413,
  unprocessable: 422,
  limited: 429,
  internal: 500,
  unavailable: 503,
};

test.each(FAILURE_KINDS)('%s has its status', (kind) => {
  const failed = failure(kind, 'a.b', { en: '', 'zh-CN': '' })();
  expect(problemOf(failed, { language: 'en', url: '/', traceId: 't' }).status).toBe(STATUSES[kind]);
});

test('removes the query and uses the language', () => {
  const tableUnknown = failure('notFound', 'table.unknown', {
    en: 'There is no table {table}.',
    'zh-CN': '没有表 {table}。',
  });
  const problem = problemOf(tableUnknown({ table: 'x' }), {
    language: 'zh-CN',
    url: '/api/v1/tables/x?a=1',
    traceId: 't',
  });
  expect(problem).toEqual({
    type: 'urn:holdfast:problem:notFound',
    title: '未找到',
    status: 404,
    detail: '没有表 x。',
    instance: '/api/v1/tables/x',
    code: 'table.unknown',
    errors: [],
    traceId: 't',
    retryable: false,
  });
});

test('a foreign error shows no detail', () => {
  expect(transportFailure(new Error('select * from customer where key = 4711')).failure).toMatchObject({
    kind: 'internal',
    text: { en: 'Something went wrong on our side. It has been recorded.' },
  });
});

test.each([
  [new NotFoundException('Cannot GET /x?name=Li'), 'route.unknown', undefined],
  [Object.assign(new Error('x'), { statusCode: 413, code: 'FST_ERR_CTP_BODY_TOO_LARGE' }), 'body.tooLarge', undefined],
  [
    Object.assign(new Error('x'), { statusCode: 415, code: 'FST_ERR_CTP_INVALID_MEDIA_TYPE' }),
    'body.contentTypeUnsupported',
    415,
  ],
  [Object.assign(new SyntaxError('Unexpected token L in "Li"'), { statusCode: 400 }), 'body.malformed', undefined],
  [Object.assign(new Error('x'), { statusCode: 414, code: 'FST_ERR_MAX_PARAM_LENGTH' }), 'route.unknown', undefined],
])('%p becomes %s', (thrown, key, status) => {
  const transported = transportFailure(thrown);
  expect(transported.failure.key).toBe(key);
  expect(transported.status).toBe(status);
  expect(transported.failure.text.en).not.toContain('Li');
});
