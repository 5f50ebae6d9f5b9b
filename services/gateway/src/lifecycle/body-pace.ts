import type { FastifyReply, FastifyRequest } from 'fastify';
import { answerTooSlow } from '../problem/unparsable-request.js';

interface Pace {
  /** Time that a body has, or a part of an upload. */
  seconds: number;
  /** Bytes that an upload has to bring within this time; without it, the body has to be complete. */
  bytesMin?: number;
}

/**
 * Closes a connection whose body does not arrive in time, so that senders that never end hold none. Time in which the
 * bytes wait for the gateway does not count.
 */
export function paceBody({ raw }: FastifyRequest, reply: FastifyReply, { seconds, bytesMin }: Pace): void {
  if (raw.complete || !hasBody(raw.headers)) return;
  let received = raw.socket.bytesRead;
  const timer = setInterval(() => {
    if (raw.complete || raw.destroyed) return clearInterval(timer);
    const arrived = raw.socket.bytesRead - received;
    received += arrived;
    if (raw.readableLength > 0 || (bytesMin !== undefined && arrived >= bytesMin)) return;
    clearInterval(timer);
    if (reply.raw.headersSent) raw.destroy();
    else answerTooSlow(raw.socket);
  }, seconds * 1_000);
  timer.unref();
  raw.once('end', () => clearInterval(timer));
  raw.once('close', () => clearInterval(timer));
}

function hasBody(headers: FastifyRequest['headers']): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}
