import { Inject, Injectable } from '@nestjs/common';
import { requireScope, type Caller } from '@holdfast/platform/caller';
import { failure } from '@holdfast/platform/errors';
import { isUuid } from '@holdfast/platform/identity';
import { log } from '@holdfast/platform/log';
import { histogram } from '@holdfast/platform/measurements';
import { CONFIG } from '@holdfast/platform/service';
import type { FastifyInstance, FastifyReply, FastifyRequest, RouteOptions } from 'fastify';
import { Access } from '../access/access.js';
import { accessReasonOf } from '../access/claims.js';
import { Audit } from '../audit/audit.js';
import type { GatewayConfig } from '../config.js';
import { settles } from '../idempotency/decision.js';
import { Idempotency, fingerprintOf } from '../idempotency/idempotency.js';
import { RateLimits } from '../limit/rate-limits.js';
import type { OperationSpec } from '../operation/operation-spec.js';
import { checked } from '../operation/validation.js';
import { requestContextOf } from '../operation/request-context.js';
import { undeclared } from '../problem/declared-answers.js';
import { PROBLEM_TYPE } from '../problem/problem.js';
import { contentTypeUnsupported } from '../problem/transport-failure.js';
import { paceBody } from './body-pace.js';

const auditUnavailable = failure('unavailable', 'audit.unavailable', {
  en: 'Personal data are only given out when the reading can be recorded, which it cannot at the moment.',
  'zh-CN': '个人数据的读取须留痕，目前无法记录，暂不提供。',
});

/** A body without a token, such as that of a request for one, is a few hundred bytes. */
const STRANGER_BODY_SECONDS_MAX = 10;
const UPLOAD_BYTES_PER_SECOND_MIN = 1_024;
const MS_PER_SECOND = 1_000;

/**
 * The pipeline around every handler, in this order: authentication and authorisation (before a body is read), rate
 * limit, validation, idempotency; then the handler; then the stored response, the audit entry, the log.
 */
@Injectable()
export class Lifecycle {
  /** The operations that this process serves. */
  readonly operations: OperationSpec[] = [];
  /** Called in development; a test replaces it. */
  onUndeclared = (what: string): void => this.log.error({ what }, 'undeclared answer');
  private readonly log = log('http');
  private readonly durations = histogram('http.server.request.duration');

  constructor(
    private readonly access: Access,
    private readonly limits: RateLimits,
    private readonly idempotency: Idempotency,
    private readonly audit: Audit,
    @Inject(CONFIG) private readonly config: GatewayConfig,
  ) {}

  /** To be called before the routes are made. */
  install(server: FastifyInstance): void {
    server.decorateRequest('context', null);
    server.addHook('onRoute', (route: RouteOptions) => {
      const operation = route.config?.operation;
      if (operation !== undefined && route.method === operation.method) this.operations.push(operation);
    });
    server.addHook('onRequest', (request, reply) => this.admit(request, reply));
    server.addHook('onRequest', async (request, reply) => this.expectBody(request, reply));
    server.addHook('preHandler', (request, reply) => this.prepare(request, reply));
    server.addHook('onSend', (request, reply, payload) => this.settle(request, reply, payload));
    if (this.config.mode === 'development') {
      server.addHook('onSend', async (request, reply, payload) => this.compare(request, reply, payload));
    }
    server.addHook('onResponse', async (request, reply) => this.report(request, reply));
  }

  private async admit(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    const context = requestContextOf(request);
    const { operation } = context;
    if (operation === undefined) return;
    if (operation.scope === 'open') {
      if (operation.limitClass !== undefined) void reply.headers(this.limits.admit(request.ip, operation.limitClass));
      return;
    }
    const caller = await this.access.authenticate(request.headers.authorization, {
      language: context.language,
      accessReason: accessReasonOf(request.headers['x-access-reason']),
    });
    context.caller = caller;
    void reply.headers(this.limits.admit(caller.client, operation.limitClass ?? 'interactive'));
    requireScope(caller, operation.scope);
  }

  /** After the admission, so that no body of a stranger is waited for. */
  private expectBody(request: FastifyRequest, reply: FastifyReply): void {
    const { operation, caller } = requestContextOf(request);
    const seconds = this.config.bodySecondsMax;
    if (caller === undefined)
      return paceBody(request, reply, { seconds: Math.min(seconds, STRANGER_BODY_SECONDS_MAX) });
    const isUpload = operation?.multipart !== undefined && isMultipart(request);
    paceBody(request, reply, isUpload ? { seconds, bytesMin: seconds * UPLOAD_BYTES_PER_SECOND_MIN } : { seconds });
  }

  private async prepare(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    const context = requestContextOf(request);
    const { operation, caller } = context;
    if (operation === undefined) return;
    if (operation.params !== undefined) context.params = checked('path', operation.params, request.params);
    if (operation.query !== undefined) context.query = checked('query', operation.query, request.query);
    else refuseAnyQuery(request);
    refuseOtherContentType(request, operation);
    if (operation.body !== undefined && !isMultipart(request)) {
      context.body = checked('body', operation.body, request.body ?? {});
    }
    if (operation.idempotencyKey === undefined || caller === undefined) return;

    const key = this.idempotency.keyOf(request.headers['idempotency-key'], operation.idempotencyKey);
    if (key === undefined) return;
    const fingerprint = fingerprintOf(nameOf(operation), request.url, request.body, caller);
    const kept = await this.idempotency.begin(caller.client, key, fingerprint);
    if ('requestId' in kept) {
      context.idempotencyKey = key;
      context.requestId = kept.requestId;
      return;
    }
    context.subjects = kept.subjects;
    if (kept.hasPersonalData) context.personalDataRead = true;
    await reply.status(kept.status).header('idempotency-replayed', 'true').type(kept.contentType).send(kept.body);
  }

  private async settle(request: FastifyRequest, reply: FastifyReply, payload: unknown): Promise<unknown> {
    const { operation, caller, idempotencyKey, personalDataRead } = requestContextOf(request);
    if (idempotencyKey !== undefined) await this.keepAnswer(request, reply, payload);
    if (operation !== undefined && caller !== undefined) {
      const isRecorded = personalDataRead || operation.audited || isRefusal(reply.statusCode);
      if (isRecorded) await this.record(request, operation, caller, reply.statusCode);
    }
    return payload;
  }

  /** The effect exists regardless of this; without a stored response the key expires later. */
  private async keepAnswer(request: FastifyRequest, reply: FastifyReply, payload: unknown): Promise<void> {
    const context = requestContextOf(request);
    const [client, key] = [context.caller!.client, context.idempotencyKey!];
    delete context.idempotencyKey;
    try {
      if (!settles(reply.statusCode)) return await this.idempotency.release(client, key);
      const body = typeof payload === 'string' || Buffer.isBuffer(payload) ? Buffer.from(payload) : Buffer.alloc(0);
      const contentType = String(reply.getHeader('content-type') ?? 'application/json');
      const { subjects = { ids: [], count: 0 }, personalDataRead: hasPersonalData = false } = context;
      const answer = { status: reply.statusCode, contentType, body, subjects, hasPersonalData };
      await this.idempotency.keep(client, key, answer);
    } catch (error) {
      this.log.warn({ err: error, traceId: context.traceId }, 'answer not kept under its key');
    }
  }

  private async record(
    request: FastifyRequest,
    operation: OperationSpec,
    caller: Caller,
    status: number,
  ): Promise<void> {
    const context = requestContextOf(request);
    const isReading = (context.personalDataRead || operation.method === 'GET') && status < 400;
    delete context.personalDataRead;
    try {
      const { traceId } = context;
      await this.audit.append({
        caller,
        operation: nameOf(operation),
        ...subjectsOf(request, status),
        status,
        traceId,
      });
    } catch (cause) {
      if (isReading) throw auditUnavailable({}, { retryAfterSeconds: 5, cause });
      this.log.error({ err: cause, traceId: context.traceId }, 'not recorded in the audit ledger');
    }
  }

  /** Reports an answer that the operation does not declare: clients that were generated cannot read it. */
  private compare(request: FastifyRequest, reply: FastifyReply, payload: unknown): unknown {
    const { operation } = requestContextOf(request);
    if (operation === undefined) return payload;
    const contentType = payload === undefined || payload === '' ? undefined : String(reply.getHeader('content-type'));
    // Problems only: to compare every answer with its schema would slow down a development system.
    const body = contentType?.startsWith(PROBLEM_TYPE) ? String(payload) : undefined;
    const what = undeclared(operation, { status: reply.statusCode, contentType, body });
    if (what !== undefined) this.onUndeclared(what);
    return payload;
  }

  /** One line a request: the route's pattern, never the URL. */
  private report(request: FastifyRequest, reply: FastifyReply): void {
    const context = requestContextOf(request);
    const route = context.operation?.path ?? request.routeOptions.url ?? 'unknown';
    const ms = Math.round((performance.now() - context.startedAtMs) * 10) / 10;
    this.durations.record(ms / MS_PER_SECOND, {
      'http.request.method': request.method,
      'http.route': route,
      'http.response.status_code': reply.statusCode,
    });
    this.log.info(
      {
        method: request.method,
        route,
        status: reply.statusCode,
        ms,
        client: context.caller?.client,
        traceId: context.traceId,
      },
      'request',
    );
  }
}

/** By scope, or by region: another region's id is not found. */
function isRefusal(status: number): boolean {
  return status === 403 || status === 404;
}

/** Ids in the path, then those that the operation names. Names in the path of a failed request may be anything. */
function subjectsOf(request: FastifyRequest, status: number): { subjectIds: string[]; subjectCount: number | null } {
  const { params, subjects } = requestContextOf(request);
  const named = Object.values((params ?? request.params ?? {}) as Record<string, string>);
  const inPath = status < 400 ? named : named.filter(isUuid);
  const subjectIds = [...new Set([...inPath, ...(subjects?.ids ?? [])])];
  const { count } = subjects ?? { count: 0 };
  return { subjectIds, subjectCount: count === null ? null : Math.max(count, subjectIds.length) };
}

function nameOf(operation: OperationSpec): string {
  return `${operation.method} ${operation.path}`;
}

/** Where an operation takes both, such a request has no JSON body. */
function isMultipart(request: FastifyRequest): boolean {
  return (request.headers['content-type'] ?? '').toLowerCase().startsWith('multipart/form-data');
}

/** The framework reads forms wherever it reads JSON; only the token operation takes them, as OAuth demands. */
function refuseOtherContentType(request: FastifyRequest, { body, multipart, takesForm }: OperationSpec): void {
  const contentType = (request.headers['content-type'] ?? '').split(';', 1)[0]!.trim().toLowerCase();
  const taken = [
    ...(body === undefined ? [] : ['application/json']),
    ...(takesForm ? ['application/x-www-form-urlencoded'] : []),
    ...(multipart === undefined ? [] : ['multipart/form-data']),
  ];
  if (taken.length > 0 && !taken.includes(contentType)) throw contentTypeUnsupported();
}

const unknownParameter = failure('invalid', 'request.invalid', {
  en: 'This operation takes no query parameters.',
  'zh-CN': '此操作不接受查询参数。',
});

function refuseAnyQuery(request: FastifyRequest): void {
  const names = Object.keys((request.query ?? {}) as object);
  if (names.length === 0) return;
  const fields = names.map((name) => ({
    pointer: `/query/${name}`,
    key: 'query.unknown',
    text: { en: `There is no query field "${name}".`, 'zh-CN': `没有名为“${name}”的字段。` },
  }));
  throw unknownParameter({}, { fields });
}
