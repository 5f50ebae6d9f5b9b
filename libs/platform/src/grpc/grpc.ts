import { once } from 'node:events';
import { Injectable } from '@nestjs/common';
import {
  Client,
  Metadata,
  Server,
  ServerCredentials,
  credentials,
  status,
  type CallOptions,
  type MethodDefinition,
  type ServerUnaryCall,
  type ServerWritableStream,
  type ServiceError,
  type UntypedHandleCall,
} from '@grpc/grpc-js';
import { metrics } from '@opentelemetry/api';
import { anonymousCaller, unauthenticated, type Caller, type CallerTokens } from '../caller/caller.js';
import { asFailure } from '../errors/errors.js';
import { isUuid } from '../identity/identity.js';
import { log } from '../log/log.js';
import { methodDefinition, type ServiceShape } from './definition.js';
import { Circuit } from './circuit.js';
import { fromStatus, toStatus } from './failure-wire.js';

/** Context of every call between services. A handler passes its own to the services that it calls. */
export interface Call {
  readonly caller: Caller;
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

const TOKEN = 'holdfast-caller';
const REQUEST_ID = 'holdfast-request-id';
const UNARY_DEADLINE_MS = 10_000;
const STREAM_DEADLINE_MS = 3_600_000;
/** A timeout after less time does not show that the service hangs. */
const TIMEOUT_MS_MIN = 1_000;
const MESSAGE_BYTES_MAX = 16 * 1024 * 1024;

type Handler = (call: Call, request: unknown) => unknown;
type Incoming = Pick<ServerUnaryCall<unknown, unknown>, 'metadata' | 'getDeadline' | 'on'>;

/** The process's gRPC server: checks the caller of every call, maps failures, measures. */
@Injectable()
export class GrpcServer {
  private readonly server = new Server({
    'grpc.max_receive_message_length': MESSAGE_BYTES_MAX,
    'grpc.max_send_message_length': MESSAGE_BYTES_MAX,
  });
  private readonly durations = metrics.getMeter('holdfast').createHistogram('rpc.server.duration', { unit: 'ms' });
  private readonly log = log('grpc');
  /** Port that it listens on; 0 before. */
  port = 0;

  constructor(
    private readonly address: string,
    private readonly tokens: CallerTokens,
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
      this.server.bindAsync(this.address, ServerCredentials.createInsecure(), (error, port) =>
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
      const [token] = incoming.metadata.get(TOKEN);
      if (typeof token !== 'string' && !open) throw unauthenticated();
      const caller = typeof token === 'string' ? await this.tokens.verify(token) : anonymousCaller;
      const deadline = incoming.getDeadline();
      const [requestId] = incoming.metadata.get(REQUEST_ID);
      return {
        caller,
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

  private async measure<T>(path: string, work: () => Promise<T>): Promise<T> {
    const startedAt = performance.now();
    let outcome = 'ok';
    try {
      return await work();
    } catch (thrown) {
      const failure = asFailure(thrown);
      outcome = failure.kind;
      if (failure.kind === 'internal') this.log.error({ err: failure, path }, 'call failed');
      throw failure;
    } finally {
      this.durations.record(performance.now() - startedAt, { path, outcome });
    }
  }
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

/** Clients by address: services of one process share a connection. */
const channels = new Map<string, Client>();

function channelTo(address: string): Client {
  const known = channels.get(address);
  if (known !== undefined) return known;
  const channel = new Client(address, credentials.createInsecure(), {
    'grpc.max_receive_message_length': MESSAGE_BYTES_MAX,
    'grpc.max_send_message_length': MESSAGE_BYTES_MAX,
    // A service restarts within a second; the library's default waits up to two minutes.
    'grpc.initial_reconnect_backoff_ms': 100,
    'grpc.max_reconnect_backoff_ms': 1_000,
    'grpc.keepalive_time_ms': 30_000,
  });
  channels.set(address, channel);
  return channel;
}

/** Closes every connection to other services. */
export function closeChannels(): void {
  for (const channel of channels.values()) channel.close();
  channels.clear();
}

/** Client of another service. Every call carries its caller and a deadline; failures arrive as they were thrown. */
export function connectTo<S>(definition: ServiceShape, address: string, tokens: CallerTokens): Rpc<S> {
  const entries = Object.entries(definition.methods).map(([key, shape]) => {
    const method = methodDefinition(definition, shape);
    const send = method.responseStream ? receiveStream : method.requestStream ? sendStream : askOnce;
    const circuit = new Circuit(method.path);
    return [
      key,
      (call: Call, request: unknown) => send({ channel: channelTo(address), method, circuit, call, tokens }, request),
    ];
  });
  return Object.fromEntries(entries) as Rpc<S>;
}

interface Outgoing {
  channel: Client;
  method: MethodDefinition<unknown, unknown>;
  circuit: Circuit;
  call: Call;
  tokens: CallerTokens;
}

async function metadataOf({ call, tokens }: Outgoing): Promise<Metadata> {
  const metadata = new Metadata();
  if (call.caller !== undefined) metadata.set(TOKEN, await tokens.mint(call.caller));
  if (call.requestId !== undefined) metadata.set(REQUEST_ID, call.requestId);
  return metadata;
}

function optionsOf({ call }: Outgoing, defaultMs: number): CallOptions {
  return { deadline: call.deadlineAtMs ?? Date.now() + defaultMs };
}

async function askOnce(outgoing: Outgoing, request: unknown): Promise<unknown> {
  const { channel, method, circuit, call } = outgoing;
  circuit.admit();
  const metadata = await metadataOf(outgoing);
  const sentAtMs = performance.now();
  return new Promise((resolve, reject) => {
    const sent = channel.makeUnaryRequest(
      method.path,
      method.requestSerialize,
      method.responseDeserialize,
      request,
      metadata,
      optionsOf(outgoing, UNARY_DEADLINE_MS),
      (error, value) => {
        call.signal?.removeEventListener('abort', cancel);
        note(circuit, error, sentAtMs);
        if (error === null) resolve(value);
        else reject(fromStatus(error));
      },
    );
    const cancel = (): void => sent.cancel();
    call.signal?.addEventListener('abort', cancel, { once: true });
  });
}

/** Notes the end of a call. A cancellation and a short deadline show neither that a service works nor that it hangs. */
function note(circuit: Circuit, error: ServiceError | null, sentAtMs: number): void {
  if (error?.code === status.CANCELLED) return;
  if (error?.code !== status.DEADLINE_EXCEEDED) circuit.answered();
  else if (performance.now() - sentAtMs >= TIMEOUT_MS_MIN) circuit.timedOut();
}

async function sendStream(outgoing: Outgoing, request: unknown): Promise<unknown> {
  const { channel, method } = outgoing;
  const metadata = await metadataOf(outgoing);
  return new Promise((resolve, reject) => {
    let settled = false;
    const sent = channel.makeClientStreamRequest(
      method.path,
      method.requestSerialize,
      method.responseDeserialize,
      metadata,
      optionsOf(outgoing, STREAM_DEADLINE_MS),
      (error, value) => {
        settled = true;
        sent.emit('drain'); // wakes the writer below, which then detects the end of the call
        if (error === null) resolve(value);
        else reject(fromStatus(error));
      },
    );
    const write = async (): Promise<void> => {
      for await (const message of request as AsyncIterable<unknown>) {
        if (settled) return;
        if (!sent.write(message)) await once(sent, 'drain');
      }
      sent.end();
    };
    write().catch((thrown: unknown) => {
      sent.cancel();
      reject(thrown);
    });
  });
}

async function* receiveStream(outgoing: Outgoing, request: unknown): AsyncIterable<unknown> {
  const { channel, method, circuit, call } = outgoing;
  circuit.admit();
  const metadata = await metadataOf(outgoing);
  const sentAtMs = performance.now();
  let hasAnswered = false;
  const received = channel.makeServerStreamRequest(
    method.path,
    method.requestSerialize,
    method.responseDeserialize,
    request,
    metadata,
    optionsOf(outgoing, STREAM_DEADLINE_MS),
  );
  const cancel = (): void => received.cancel();
  call.signal?.addEventListener('abort', cancel, { once: true });
  try {
    for await (const message of received) {
      if (!hasAnswered) note(circuit, null, sentAtMs);
      hasAnswered = true;
      yield message;
    }
    if (!hasAnswered) note(circuit, null, sentAtMs);
  } catch (error) {
    if (!hasAnswered) note(circuit, error as ServiceError, sentAtMs);
    throw fromStatus(error as ServiceError);
  } finally {
    call.signal?.removeEventListener('abort', cancel);
    received.cancel();
  }
}
