import type { Caller } from '../caller/caller.js';

/** Context of every call between services. A handler passes its own to the services that it calls. */
export interface Call {
  readonly caller: Caller;
  /** The service that called, as its certificate proves; undefined within a service. */
  readonly service?: string | undefined;
  /** Aborts when the caller has gone or its deadline has passed. */
  readonly signal?: AbortSignal;
  /** Machine time by which the answer must arrive; without it, 10 s, and for streams an hour. */
  readonly deadlineAtMs?: number;
  /**
   * UUID of the request whose effect the call has, the same for each attempt. A method that creates something does it once
   * for each id, in the transaction of the effect.
   */
  readonly requestId?: string;
}

/**
 * The one shape of a service on both sides: a generated interface with the call first. A class that implements
 * `Rpc<OnlineService>` can be served, and what `connectTo` gives can be called; a test hands over either.
 */
export type Rpc<S> = {
  [M in keyof S]: S[M] extends (request: infer Request) => infer Response
    ? (call: Call, request: Request) => Response
    : never;
};
