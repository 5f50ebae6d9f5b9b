import type { IncomingMessage } from 'node:http';
import { Catch, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import { log } from '@holdfast/platform/log';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { requestContextOf } from '../operation/request-context.js';
import { problemOf } from './problem.js';
import { clientGone, transportFailure } from './transport-failure.js';

/** Everything that goes wrong leaves through here, as a problem document. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  private readonly log = log('problem');

  catch(thrown: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    this.send(thrown, http.getRequest<FastifyRequest>(), http.getResponse<FastifyReply>());
  }

  send(thrown: unknown, request: FastifyRequest, reply: FastifyReply): void {
    const { failure, status } = hasGone(request) ? transportFailure(clientGone()) : transportFailure(thrown);
    const { language, traceId } = requestContextOf(request);
    const problem = problemOf(failure, {
      language,
      traceId,
      url: request.url,
      ...(status === undefined ? {} : { status }),
    });
    if (problem.status >= 500) {
      const level = failure.kind === 'internal' ? 'error' : 'warn';
      this.log[level]({ err: failure, traceId, route: request.routeOptions.url }, 'request failed');
    }
    if (reply.raw.headersSent) {
      // A stream that fails after its start: the connection is closed, so that the client notices.
      reply.raw.destroy();
      return;
    }
    if (failure.kind === 'unauthenticated') void reply.header('www-authenticate', 'Bearer realm="holdfast"');
    if (failure.retryAfterSeconds !== undefined) void reply.header('retry-after', String(failure.retryAfterSeconds));
    else if (failure.kind === 'unavailable') void reply.header('retry-after', '1');
    void reply.header('content-language', language);
    void reply.status(problem.status).type('application/problem+json');
    const drain = requestContextOf(request).caller === undefined ? DRAIN_OF_STRANGER : DRAIN_OF_CALLER;
    void answerAfterBody(request.raw, reply, JSON.stringify(problem), drain);
  }
}

/** What is left of a refused body is read and forgotten up to this much and this long. */
interface Drain {
  bytesMax: number;
  msMax: number;
}
const DRAIN_OF_CALLER: Drain = { bytesMax: 64 * 1024 * 1024, msMax: 10_000 };
/** Without a valid token: enough for a JSON body that is on its way, also for one that is somewhat too large. */
const DRAIN_OF_STRANGER: Drain = { bytesMax: 2 * 1024 * 1024, msMax: 1_000 };

/**
 * Answers when the client has sent its body, since many read no answer before that and would only see a broken pipe.
 * Of a body that is too large for that the rest would be taken for the next request, so the connection is closed.
 */
async function answerAfterBody(raw: IncomingMessage, reply: FastifyReply, answer: string, drain: Drain): Promise<void> {
  if (raw.complete || (await isDrained(raw, drain))) reply.removeHeader('connection');
  else void reply.header('connection', 'close');
  void reply.send(answer);
}

function isDrained(raw: IncomingMessage, { bytesMax, msMax }: Drain): Promise<boolean> {
  const isSmall = Number(raw.headers['content-length']) <= bytesMax;
  if (!isSmall || raw.destroyed) return Promise.resolve(false);
  return new Promise((resolve) => {
    const timer = setTimeout(() => settle(false), msMax);
    const settle = (isEnd: boolean): void => {
      clearTimeout(timer);
      resolve(isEnd);
    };
    raw.once('end', () => settle(true));
    raw.once('close', () => settle(false));
    raw.unpipe();
    raw.resume();
  });
}

/** The connection closed before the body was complete, so the failure is not ours. */
function hasGone({ raw }: FastifyRequest): boolean {
  return raw.destroyed && !raw.complete;
}
