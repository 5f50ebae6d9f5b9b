import { GATEWAY, requireScope, requireSystem } from '../caller/caller.js';
import { failure } from '../errors/errors.js';
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

const otherServices = failure('forbidden', 'call.otherServices', {
  en: 'The service {service} may not call this method.',
  'zh-CN': '服务 {service} 无权调用此方法。',
});

/**
 * A handler that only these services reach, whatever the scopes of their tokens; it throws `forbidden` for others. The
 * service is that of the connection's certificate.
 */
export function reachedBy<Request, Response>(
  services: readonly string[],
  handler: Handler<Request, Response>,
): Handler<Request, Response> {
  return (call, request) => {
    if (call.service !== undefined && !services.includes(call.service)) throw otherServices({ service: call.service });
    return handler(call, request);
  };
}

/** A handler for the own work of these services. */
export function forServices<Request, Response>(
  services: readonly string[],
  handler: Handler<Request, Response>,
): Handler<Request, Response> {
  return reachedBy(services, (call, request) => {
    requireSystem(call.caller);
    return handler(call, request);
  });
}

/** A handler for clients of the REST interface with the scope, such as one for personal data; no other service reaches it. */
export function forClients<Request, Response>(
  scope: string,
  handler: Handler<Request, Response>,
): Handler<Request, Response> {
  return reachedBy([GATEWAY], scoped(scope, handler));
}
