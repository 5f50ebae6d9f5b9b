import { Catch, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import { log } from '@holdfast/platform/log';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { visitOf } from '../operation/visit.js';
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
    const { language, traceId } = visitOf(request);
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
      // A stream that breaks in the middle: the client must notice, so the connection is cut.
      reply.raw.destroy();
      return;
    }
    if (failure.kind === 'unauthenticated') void reply.header('www-authenticate', 'Bearer realm="holdfast"');
    if (failure.retryAfterSeconds !== undefined) void reply.header('retry-after', String(failure.retryAfterSeconds));
    else if (failure.kind === 'unavailable') void reply.header('retry-after', '1');
    // A body that nobody reads to its end would be taken for the next request.
    if (!request.raw.complete) void reply.header('connection', 'close');
    void reply.header('content-language', language);
    void reply.status(problem.status).type('application/problem+json').send(JSON.stringify(problem));
  }
}

/** The connection broke before the body was there: whatever failed then is no fault of ours. */
function hasGone({ raw }: FastifyRequest): boolean {
  return raw.destroyed && !raw.complete;
}
