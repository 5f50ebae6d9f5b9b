import { Readable } from 'node:stream';
import {
  Controller,
  applyDecorators,
  createParamDecorator,
  RequestMapping,
  RequestMethod,
  Res,
  type ExecutionContext,
  type Type,
} from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import { FASTIFY_ROUTE_CONFIG_METADATA } from '@nestjs/platform-fastify/constants.js';
import type { Call } from '@holdfast/platform/grpc';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { z } from 'zod';
import { ServiceClients } from '../service-clients.js';
import { Operator } from './operator.js';
import { answerOf, type MessageType } from './answer.js';
import { routerPath } from './router-path.js';
import { requestContextOf } from './request-context.js';
import type { Group, OperationSpec, Route } from './operation-spec.js';

/** What the handler of a declaration may use in addition to its input. */
interface Parts {
  services: ServiceClients;
  operator: Operator;
}

type Declared<
  Params extends z.ZodType,
  Query extends z.ZodType,
  Body extends z.ZodType,
  Response extends z.ZodType,
  Result,
> = Omit<
  OperationSpec<Params, Query, Body, Response>,
  'method' | 'path' | 'group' | 'message' | 'handle' | 'subjects'
> & {
  /** Calls the owner. Without it, a method of a controller handles the operation. */
  handle?: (input: HandlerInput<OperationSpec<Params, Query, Body>> & Parts) => Promise<Result | Answer>;
  /** Not called for an `Answer`. */
  subjects?: (result: Result, input: HandlerInput<OperationSpec<Params, Query, Body>>) => readonly string[];
  example: { params?: z.input<Params>; body?: z.input<Body>; response: z.input<Response> };
};

/** Declares an operation, keeping the types of its parts. Without `message`, the handler returns the answer. */
type DeclareOperation = <
  Params extends z.ZodType = z.ZodUndefined,
  Query extends z.ZodType = z.ZodUndefined,
  Body extends z.ZodType = z.ZodUndefined,
  Response extends z.ZodType = z.ZodType,
  Message = never,
>(
  route: Route,
  parts: Declared<Params, Query, Body, Response, [Message] extends [never] ? z.input<Response> : NoInfer<Message>> & {
    message?: MessageType<Message>;
  },
) => OperationSpec<Params, Query, Body, Response>;

/** Declares operations of a group of the documentation. */
export function operationsOf(group: Group): DeclareOperation {
  return ((route: Route, parts: object) => {
    const [method, path] = route.split(' ');
    return { method, path, group, ...parts };
  }) as DeclareOperation;
}

/** Parts of an operation whose handler returns a message, which is converted into the answer by its schema. */
export function answers<Response extends z.ZodType, Message>(response: Response, message: MessageType<Message>) {
  return { response, message };
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

type Handler<Spec extends OperationSpec> = (input: HandlerInput<Spec>) => Promise<z.input<Spec['response']> | Answer>;

/**
 * Makes a controller's method the handler of an operation. Authentication, limits, checking of the input, idempotency
 * and audit happen before and after it (lifecycle.ts).
 */
export function Operation<Spec extends OperationSpec>(spec: Spec) {
  const convert = spec.message === undefined ? undefined : answerOf(spec.response, spec.message);
  return <H extends Handler<Spec>>(target: object, name: string, descriptor: TypedPropertyDescriptor<H>): void => {
    const handle = descriptor.value!;
    const answer = async function (this: unknown, input: HandlerInput<Spec>, reply: FastifyReply): Promise<void> {
      const result: unknown = await handle.call(this, input);
      nameSubjects(spec, result, input);
      const isReady = convert === undefined || result instanceof Answer;
      send(reply, isReady ? result : convert(result as never, input.call.caller.language), spec.status ?? 200);
    };
    // H has one parameter; the framework passes the reply as a second one.
    descriptor.value = answer as unknown as H;
    InputParam()(target, name, 0);
    // With the reply as a parameter, the framework leaves sending the response to this method.
    Res()(target, name, 1);
    applyDecorators(
      RequestMapping({ method: RequestMethod[spec.method], path: routerPath(spec.path) }),
      RouteConfig({ operation: spec }),
    )(target, name, descriptor as PropertyDescriptor);
  };
}

/** The operations of controllers, in their order, without an instance of any. */
export function controllerOperations(controllers: readonly { prototype: object }[]): OperationSpec[] {
  return controllers.flatMap(({ prototype }) =>
    Object.values(Object.getOwnPropertyDescriptors(prototype)).flatMap(({ value }: PropertyDescriptor) => {
      const config = Reflect.getMetadata(FASTIFY_ROUTE_CONFIG_METADATA, value as object) as
        | { operation: OperationSpec }
        | undefined;
      return config?.operation ?? [];
    }),
  );
}

/** A controller of operations that have their handlers. */
export function controllerOf(operations: readonly OperationSpec[]): Type {
  @Controller()
  class DeclaredOperations {
    constructor(
      readonly services: ServiceClients,
      readonly operator: Operator,
    ) {}
  }
  for (const operation of operations) {
    const name = `${operation.method} ${operation.path}`;
    const handle = operation.handle as (input: object) => Promise<unknown>;
    const descriptor = {
      value(this: DeclaredOperations, input: object) {
        return handle({ ...input, services: this.services, operator: this.operator });
      },
    };
    Operation(operation)(DeclaredOperations.prototype, name, descriptor);
    Object.defineProperty(DeclaredOperations.prototype, name, descriptor);
  }
  return DeclaredOperations;
}

const InputParam = createParamDecorator((_: unknown, context: ExecutionContext): HandlerInput<OperationSpec> => {
  const request = context.switchToHttp().getRequest<FastifyRequest>();
  const reply = context.switchToHttp().getResponse<FastifyReply>();
  const { params, query, body, caller, requestId } = requestContextOf(request);
  // Open operations have no caller and call no service.
  return {
    call: { caller: caller!, ...(requestId === undefined ? {} : { requestId }) },
    params,
    query,
    body,
    request,
    gone: () => goneOf(reply),
  } as HandlerInput<OperationSpec>;
});

function nameSubjects(spec: OperationSpec, result: unknown, input: HandlerInput<OperationSpec>): void {
  const context = requestContextOf(input.request);
  if (result instanceof Answer) {
    if (result.body instanceof Readable) context.subjects = { ids: [], count: null };
  } else if (spec.subjects !== undefined) {
    const ids = spec.subjects(result as never, input as never);
    context.subjects = { ids, count: ids.length };
  }
}

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
