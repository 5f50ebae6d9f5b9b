import type { Socket } from 'node:net';
import { failure, type Failure } from '@holdfast/platform/errors';
import { newId } from '@holdfast/platform/identity';
import { log } from '@holdfast/platform/log';
import { problemOf } from './problem.js';

const unparsable = failure('invalid', 'request.unparsable', {
  en: 'This is no HTTP request that can be read.',
  'zh-CN': '无法解析的 HTTP 请求。',
});

const tooSlow = failure('invalid', 'request.tooSlow', {
  en: 'The request did not arrive in time. Send its head and its body without long pauses.',
  'zh-CN': '请求未在规定时间内发送完毕。请勿长时间停顿。',
});

/** What the parser gives up on, by code of its error; all others are unparsable. */
const FAILURES: Readonly<Record<string, { status: number; failure: Failure }>> = {
  HPE_HEADER_OVERFLOW: { status: 431, failure: unparsable() },
  ERR_HTTP_REQUEST_TIMEOUT: { status: 408, failure: tooSlow() },
};
/** Time that a client has to read the answer before the connection is closed. */
const CLOSE_AFTER_MS = 1_000;

/** Answers what the HTTP parser gave up on, before there is a request that could go the usual way. */
export function answerUnparsable(error: NodeJS.ErrnoException, socket: Socket): void {
  // A pool of a client takes an answer that comes before a request for that of its next request.
  const isUnused = error.code === 'ERR_HTTP_REQUEST_TIMEOUT' && socket.bytesRead === 0;
  if (error.code === 'ECONNRESET' || !socket.writable || isUnused) {
    socket.destroy();
    return;
  }
  const { status, failure } = FAILURES[error.code ?? ''] ?? { status: 400, failure: unparsable() };
  answerAndClose(socket, failure, status);
}

/** Answers a request whose body does not arrive in time, and closes its connection. */
export function answerTooSlow(socket: Socket): void {
  if (socket.writable) answerAndClose(socket, tooSlow(), 408);
  else socket.destroy();
}

function answerAndClose(socket: Socket, failure: Failure, status: number): void {
  const traceId = newId().replaceAll('-', '');
  const body = JSON.stringify(problemOf(failure, { language: 'en', url: '', traceId, status }));
  // No hook of a request sees it. What was sent may be anything, and is not logged.
  log('http').info({ status, key: failure.key, traceId }, 'request given up');
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
  setTimeout(() => socket.destroy(), CLOSE_AFTER_MS).unref();
}
