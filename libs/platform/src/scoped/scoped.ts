import { requireScope, requireSystem } from '../caller/caller.js';
import type { Call } from '../grpc/grpc.js';

type Handler<Request, Response> = (call: Call, request: Request) => Response;

/** A handler for callers with the scope; it throws `forbidden` for others. */
export function scoped<Request, Response>(
  scope: string,
  handler: Handler<Request, Response>,
): Handler<Request, Response> {
  return (call, request) => {
    requireScope(call.caller, scope);
    return handler(call, request);
  };
}

export function forServices<Request, Response>(handler: Handler<Request, Response>): Handler<Request, Response> {
  return (call, request) => {
    requireSystem(call.caller);
    return handler(call, request);
  };
}
