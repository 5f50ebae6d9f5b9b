import { randomBytes } from 'node:crypto';
import { trace } from '@opentelemetry/api';
import type { Caller } from '@holdfast/platform/caller';
import type { Language } from '@holdfast/platform/errors';
import type { FastifyContextConfig, FastifyRequest } from 'fastify';
import { languageOf } from './language.js';
import type { OperationSpec } from './operation-spec.js';

/** Context of a request. */
export interface RequestContext {
  readonly startedAtMs: number;
  readonly traceId: string;
  readonly language: Language;
  /** The operation; undefined for addresses that are none. */
  readonly operation: OperationSpec | undefined;
  /** The caller; undefined before authentication and for open operations. */
  caller?: Caller;
  /** Checked input of the operation. */
  params?: unknown;
  query?: unknown;
  body?: unknown;
  /** Set while the request holds an idempotency key. */
  idempotencyKey?: string;
  /** Id of a request with an idempotency key, the same for each attempt. */
  requestId?: string;
  /** Set when the answer holds personal data, so that the reading is audited. */
  personalDataRead?: boolean;
  /** Whose data the request read or changed, for the audit ledger. */
  subjects?: Subjects;
}

export interface Subjects {
  ids: readonly string[];
  /** How many there are; null if that is not known when the answer begins. */
  count: number | null;
}

declare module 'fastify' {
  interface FastifyRequest {
    context: RequestContext | null;
  }
  interface FastifyContextConfig {
    operation?: OperationSpec;
  }
}

/** The context of a request, created on first use. */
export function requestContextOf(request: FastifyRequest): RequestContext {
  if (request.context) return request.context;
  request.context = {
    startedAtMs: performance.now(),
    traceId: trace.getActiveSpan()?.spanContext().traceId ?? randomBytes(16).toString('hex'),
    language: languageOf(request.headers['accept-language']),
    // An address that the router could not read has no route at all.
    operation: (request.routeOptions.config as FastifyContextConfig | undefined)?.operation,
  };
  // The address itself is in no trace.
  trace.getActiveSpan()?.setAttribute('http.route', request.context.operation?.path ?? 'unknown');
  return request.context;
}
