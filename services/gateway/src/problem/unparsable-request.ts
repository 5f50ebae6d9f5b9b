import type { Socket } from 'node:net';
import { failure } from '@holdfast/platform/errors';
import { newId } from '@holdfast/platform/identity';
import { problemOf } from './problem.js';

const unparsable = failure('invalid', 'request.unparsable', {
  en: 'This is no HTTP request that can be read.',
  'zh-CN': '无法解析的 HTTP 请求。',
});

/** Statuses by code of the parser's error; 400 for all others. */
const STATUSES: Readonly<Record<string, number>> = { HPE_HEADER_OVERFLOW: 431, ERR_HTTP_REQUEST_TIMEOUT: 408 };

/** Answers what the HTTP parser gave up on, before there is a request that could go the usual way. */
export function answerUnparsable(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const status = STATUSES[error.code ?? ''] ?? 400;
  const traceId = newId().replaceAll('-', '');
  const body = JSON.stringify(problemOf(unparsable(), { language: 'en', url: '', traceId, status }));
  socket.end(
    [
      `HTTP/1.1 ${status} ${status === 400 ? 'Bad Request' : 'Refused'}`,
      'content-type: application/problem+json',
      `content-length: ${Buffer.byteLength(body)}`,
      'connection: close',
      '',
      body,
    ].join('\r\n'),
  );
}
