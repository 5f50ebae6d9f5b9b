import { once } from 'node:events';
import { Injectable } from '@nestjs/common';
import {
  Server,
  ServerCredentials,
  type MethodDefinition,
  type ServerUnaryCall,
  type ServerWritableStream,
  type UntypedHandleCall,
} from '@grpc/grpc-js';
import { anonymousCaller, unauthenticated, type Caller, type VerifiedCaller } from '../caller/caller.js';
import { serviceIn } from '../certificates/certificates.js';
import { asFailure, type FailureKind } from '../errors/errors.js';
import { isUuid } from '../identity/identity.js';
import { log } from '../log/log.js';
import { histogram } from '../measurements/measurements.js';
import type { ServiceIdentity } from '../service-identity/service-identity.js';
import type { Call, Rpc } from './call.js';
import { MESSAGE_BYTES_MAX, channelTo, type Callee } from './channels.js';
import { Circuit } from './circuit.js';
import { methodDefinition, type ServiceShape } from './definition.js';
import { toStatus } from './failure-wire.js';
import { REQUEST_ID, TOKEN, askOnce, receiveStream, sendStream } from './send.js';

export type { Call, Rpc } from './call.js';
export { closeChannels } from './channels.js';

const MS_PER_SECOND = 1_000;

type Handler = (call: Call, request: unknown) => unknown;
type Incoming = Pick<ServerUnaryCall<unknown, unknown>, 'metadata' | 'getDeadline' | 'getAuthContext' | 'on'>;

/** The process's gRPC server: checks the caller of every call, maps failures, measures. */
@Injectable()
export class GrpcServer {
  private readonly server = new Server({
    'grpc.max_receive_message_length': MESSAGE_BYTES_MAX,
    'grpc.max_send_message_length': MESSAGE_BYTES_MAX,
  });
  private readonly durations = histogram('rpc.server.call.duration');
  private readonly log = log('grpc');
  /** Port that it listens on; 0 before. */
  port = 0;

  constructor(
    private readonly address: string,
    private readonly identity: ServiceIdentity,
  ) {}

  /** @param open for methods that need no caller: health alone. */
  serve<S>(definition: ServiceShape, implementation: Rpc<S>, { open = false } = {}): void {
    const methods: Record<string, MethodDefinition<unknown, unknown>> = {};
    const handlers: Record<string, UntypedHandleCall> = {};
    for (const [key, shape] of Object.entries(definition.methods)) {
      const method = methodDefinition(definition, shape);
      const handler = (implementation as Record<string, Handler | undefined>)[key];
      if (handler === undefined) throw new Error(`${definition.fullName} has no ${key}`);
      methods[key] = method;
      handlers[key] = this.adapt(method, handler.bind(implementation), open);
    }
    this.server.addService(methods, handlers);
  }

  async listen(): Promise<void> {
    this.port = await new Promise<number>((resolve, reject) => {
      const credentials = this.identity.certificates?.server ?? ServerCredentials.createInsecure();
      this.server.bindAsync(this.address, credentials, (error, port) =>
        error === null ? resolve(port) : reject(new Error(`gRPC cannot listen on ${this.address}: ${error.message}`)),
      );
    });
  }

  /** Waits a while for running calls, then aborts them. */
  async close(graceMs = 5_000): Promise<void> {
    const cut = setTimeout(() => this.server.forceShutdown(), graceMs);
    await new Promise<void>((resolve) => this.server.tryShutdown(() => resolve()));
    clearTimeout(cut);
  }

  private adapt(method: MethodDefinition<unknown, unknown>, handler: Handler, open: boolean): UntypedHandleCall {
    const measured = <T>(work: () => Promise<T>): Promise<T> => this.measure(method.path, work);
    const callOf = async (incoming: Incoming): Promise<Call> => {
      const gone = new AbortController();
      incoming.on('cancelled', () => gone.abort());
      const { caller, service } = await this.callerOf(incoming, open);
      const deadline = incoming.getDeadline();
      const [requestId] = incoming.metadata.get(REQUEST_ID);
      return {
        caller,
        service,
        signal: gone.signal,
        ...(Number.isFinite(Number(deadline)) ? { deadlineAtMs: Number(deadline) } : {}),
        ...(typeof requestId === 'string' && isUuid(requestId) ? { requestId } : {}),
      };
    };
    if (method.responseStream) {
      return ((incoming: ServerWritableStream<unknown, unknown>) => {
        measured(async () => {
          const call = await callOf(incoming);
          await pump(handler(call, incoming.request) as AsyncIterable<unknown>, incoming, call.signal!);
        }).then(
          () => incoming.end(),
          (thrown: unknown) => incoming.emit('error', toStatus(thrown)),
        );
      }) as UntypedHandleCall;
    }
    return ((incoming: ServerUnaryCall<unknown, unknown>, callback: (error: unknown, value?: unknown) => void) => {
      measured(async () => handler(await callOf(incoming), method.requestStream ? incoming : incoming.request)).then(
        (value) => callback(null, value),
        (thrown: unknown) => callback(toStatus(thrown)),
      );
    }) as UntypedHandleCall;
  }

  /** @throws unauthenticated, forbidden */
  private async callerOf(incoming: Incoming, open: boolean): Promise<VerifiedCaller> {
    const peer = this.peerOf(incoming);
    const [token] = incoming.metadata.get(TOKEN);
    if (typeof token === 'string') return this.identity.tokens.verify(token, peer);
    if (!open) throw unauthenticated();
    return { caller: anonymousCaller, service: peer };
  }

  /** The service of the connection's certificate; undefined in plain text. @throws unauthenticated if it names none */
  private peerOf(incoming: Incoming): string | undefined {
    if (this.identity.certificates === undefined) return undefined;
    const peer = serviceIn(incoming.getAuthContext().sslPeerCertificate?.subjectaltname);
    if (peer === undefined) throw unauthenticated();
    return peer;
  }

  private async measure<T>(path: string, work: () => Promise<T>): Promise<T> {
    const startedAt = performance.now();
    let outcome: FailureKind | undefined;
    try {
      return await work();
    } catch (thrown) {
      const failure = asFailure(thrown);
      outcome = failure.kind;
      // Work that ends because its receiver is gone has not failed.
      if (failure.kind === 'internal' && !isAbort(thrown)) this.log.error({ err: failure, path }, 'call failed');
      throw failure;
    } finally {
      this.durations.record((performance.now() - startedAt) / MS_PER_SECOND, {
        'rpc.system.name': 'grpc',
        'rpc.method': path.slice(1),
        ...(outcome === undefined ? {} : { 'error.type': outcome }),
      });
    }
  }
}

/** Whether a signal has ended the work: `sleep`, `once` and `throwIfAborted` throw this. */
function isAbort(thrown: unknown): boolean {
  return (thrown as { name?: unknown } | undefined)?.name === 'AbortError';
}

/** Writes a stream of messages, waiting whenever the receiver is slower. */
async function pump(
  messages: AsyncIterable<unknown>,
  out: ServerWritableStream<unknown, unknown>,
  signal: AbortSignal,
): Promise<void> {
  for await (const message of messages) {
    if (signal.aborted) return;
    if (!out.write(message)) await once(out, 'drain', { signal }).catch(() => undefined);
  }
}

/**
 * Client of another service. Every call carries its caller, in a token for that service alone, and a deadline; failures
 * arrive as they were thrown.
 */
export function connectTo<S>(definition: ServiceShape, callee: Callee, identity: ServiceIdentity): Rpc<S> {
  const mint = (caller: Caller) => identity.tokens.mint(caller, callee.service);
  const entries = Object.entries(definition.methods).map(([key, shape]) => {
    const method = methodDefinition(definition, shape);
    const send = method.responseStream ? receiveStream : method.requestStream ? sendStream : askOnce;
    const circuit = new Circuit(method.path);
    return [
      key,
      (call: Call, request: unknown) =>
        send({ channel: channelTo(callee, identity), method, circuit, call, mint }, request),
    ];
  });
  return Object.fromEntries(entries) as Rpc<S>;
}
