import { once } from 'node:events';
import {
  Metadata,
  status,
  type CallOptions,
  type Client,
  type MethodDefinition,
  type ServiceError,
} from '@grpc/grpc-js';
import type { Caller } from '../caller/caller.js';
import type { Call } from './call.js';
import type { Circuit } from './circuit.js';
import { fromStatus } from './failure-wire.js';

/** Metadata key of the caller's token. */
export const TOKEN = 'holdfast-caller';
export const REQUEST_ID = 'holdfast-request-id';
const UNARY_DEADLINE_MS = 10_000;
const STREAM_DEADLINE_MS = 3_600_000;
/** A timeout after less time does not show that the service hangs. */
const TIMEOUT_MS_MIN = 1_000;

interface Outgoing {
  channel: Client;
  method: MethodDefinition<unknown, unknown>;
  circuit: Circuit;
  call: Call;
  mint: (caller: Caller) => Promise<string>;
}

async function metadataOf({ call, mint }: Outgoing): Promise<Metadata> {
  const metadata = new Metadata();
  if (call.caller !== undefined) metadata.set(TOKEN, await mint(call.caller));
  if (call.requestId !== undefined) metadata.set(REQUEST_ID, call.requestId);
  return metadata;
}

function optionsOf({ call }: Outgoing, defaultMs: number): CallOptions {
  return { deadline: call.deadlineAtMs ?? Date.now() + defaultMs };
}

export async function askOnce(outgoing: Outgoing, request: unknown): Promise<unknown> {
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

export async function sendStream(outgoing: Outgoing, request: unknown): Promise<unknown> {
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

export async function* receiveStream(outgoing: Outgoing, request: unknown): AsyncIterable<unknown> {
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
