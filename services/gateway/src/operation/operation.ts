import {
  applyDecorators,
  createParamDecorator,
  RequestMapping,
  RequestMethod,
  Res,
  type ExecutionContext,
} from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import type { Call } from '@holdfast/platform/grpc';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Readable } from 'node:stream';
import type { z } from 'zod';
import { routerPath } from './router-path.js';
import { requestContextOf } from './request-context.js';

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** Groups of the documentation, in its order. */
export const GROUPS = [
  'access',
  'imports',
  'jobs',
  'customers',
  'consents',
  'features',
  'churn',
  'households',
  'preference',
  'campaigns',
  'call-centre',
  'evaluation',
  'platform',
] as const;
export type Group = (typeof GROUPS)[number];

/** Rate limits are kept by class, so that bulk work cannot starve an agent who waits. */
export type LimitClass = 'interactive' | 'bulk' | 'token';

/** One operation of the REST face: what it needs, takes and gives. Everything around its handler follows from this. */
export interface OperationSpec<
  Params extends z.ZodType = z.ZodType,
  Query extends z.ZodType = z.ZodType,
  Body extends z.ZodType = z.ZodType,
  Response extends z.ZodType = z.ZodType,
> {
  method: Method;
  /** As documented: `/api/v1/leases/{leaseId}:renew`. */
  path: string;
  group: Group;
  /** One line, for the documentation. */
  summary: string;
  description?: string;
  /** Scope that the caller needs; `open` needs no token. */
  scope: string;
  params?: Params;
  /** Every parameter that is not in it is refused. */
  query?: Query;
  /** JSON body. */
  body?: Body;
  /** Whether the body may come as a form instead. */
  takesForm?: boolean;
  /** `multipart/form-data` with these parts, in this order; the handler reads them as a stream. */
  multipart?: Readonly<Record<string, { description: string; file?: boolean }>>;
  /** Status of success; 200 where none is given. */
  status?: number;
  /** JSON answer. */
  response: Response;
  /** Other content types that it can answer with. */
  alsoAs?: readonly string[];
  /** Whether an Idempotency-Key is taken, or even demanded. Only for POST with an effect. */
  idempotencyKey?: 'optional' | 'required';
  /** Whether the header If-Match is accepted or required, which prevents lost updates. */
  ifMatch?: 'optional' | 'required';
  /** Writes leave a row in the audit ledger. Reads of personal data do so by themselves. */
  audited?: boolean;
  /** Whether it may conflict with the state although it has neither key nor match. */
  conflicts?: boolean;
  limitClass?: LimitClass;
  example: Example;
}

interface Example {
  params?: unknown;
  query?: Record<string, string>;
  body?: unknown;
  response: unknown;
}

/** Declares an operation, keeping the types of its parts and holding the example to them. */
export function operation<
  Params extends z.ZodType = z.ZodUndefined,
  Query extends z.ZodType = z.ZodUndefined,
  Body extends z.ZodType = z.ZodUndefined,
  Response extends z.ZodType = z.ZodType,
>(
  spec: OperationSpec<Params, Query, Body, Response> & {
    example: { params?: z.input<Params>; body?: z.input<Body>; response: z.input<Response> };
  },
): OperationSpec<Params, Query, Body, Response> {
  return spec;
}

/** Input of a handler: validated parameters, body and the call context. */
export interface HandlerInput<Spec extends OperationSpec> {
  call: Call;
  params: OutputOf<Spec['params']>;
  query: OutputOf<Spec['query']>;
  body: OutputOf<Spec['body']>;
  request: FastifyRequest;
  /** Aborts when the client has gone, or has its answer. */
  gone: () => AbortSignal;
}
type OutputOf<Schema extends z.ZodType | undefined> = z.output<NonNullable<Schema>>;

/** An answer that is not just the JSON body with the operation's usual status. */
export class Answer {
  constructor(
    readonly body: string | Readable | object | undefined,
    readonly options: { status?: number; contentType?: string; headers?: Readonly<Record<string, string>> } = {},
  ) {}
}

type Handler<Spec extends OperationSpec> = (asked: HandlerInput<Spec>) => Promise<z.input<Spec['response']> | Answer>;

/**
 * Makes a controller's method the handler of an operation. Authentication, limits, checking of the input, idempotency
 * and audit happen before and after it (lifecycle.ts); it calls the owner and shapes the response.
 */
export function Operation<Spec extends OperationSpec>(spec: Spec) {
  return <H extends Handler<Spec>>(target: object, name: string, descriptor: TypedPropertyDescriptor<H>): void => {
    const handle = descriptor.value!;
    const answer = async function (this: unknown, asked: HandlerInput<Spec>, reply: FastifyReply): Promise<void> {
      send(reply, await handle.call(this, asked), spec.status ?? 200);
    };
    descriptor.value = answer as unknown as H;
    AskedParam()(target, name, 0);
    // With the reply as a parameter, the framework leaves sending the response to this method.
    Res()(target, name, 1);
    applyDecorators(
      RequestMapping({ method: RequestMethod[spec.method], path: routerPath(spec.path) }),
      RouteConfig({ operation: spec }),
    )(target, name, descriptor as PropertyDescriptor);
  };
}

const AskedParam = createParamDecorator((_: unknown, context: ExecutionContext): HandlerInput<OperationSpec> => {
  const request = context.switchToHttp().getRequest<FastifyRequest>();
  const reply = context.switchToHttp().getResponse<FastifyReply>();
  const { params, query, body, caller } = requestContextOf(request);
  // Open operations have no caller and call no service.
  return {
    call: { caller: caller! },
    params,
    query,
    body,
    request,
    gone: () => goneOf(reply),
  } as HandlerInput<OperationSpec>;
});

function goneOf(reply: FastifyReply): AbortSignal {
  const gone = new AbortController();
  reply.raw.once('close', () => gone.abort());
  return gone.signal;
}

function send(reply: FastifyReply, result: unknown, usualStatus: number): void {
  if (!(result instanceof Answer)) {
    void reply.status(usualStatus).send(result);
    return;
  }
  const { status, contentType, headers } = result.options;
  void reply.status(status ?? usualStatus);
  if (headers !== undefined) void reply.headers(headers);
  if (contentType !== undefined) void reply.type(contentType);
  void reply.send(result.body);
}
