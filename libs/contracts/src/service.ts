/** The methods of the services in `gen/`. */
import type { Message } from './codec.js';

export interface Method {
  readonly name: string;
  readonly requestType: Message<unknown>;
  readonly requestStream: boolean;
  readonly responseType: Message<unknown>;
  readonly responseStream: boolean;
}

export function method(
  name: string,
  requestType: Message<unknown>,
  responseType: Message<unknown>,
  { requestStream = false, responseStream = false } = {},
): Method {
  return { name, requestType, requestStream, responseType, responseStream };
}
