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
import type { OperationSpec } from './operation-spec.js';

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
    // H has one parameter; the framework passes the reply as a second one.
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
