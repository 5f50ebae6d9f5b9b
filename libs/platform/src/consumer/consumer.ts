import { Injectable } from '@nestjs/common';
import { context, propagation, trace, SpanKind, type TextMapGetter } from '@opentelemetry/api';
import type { JsMsg } from '@nats-io/jetstream';
import { eventStream, type Bus } from '../bus/bus.js';
import { insertRow, type Database, type Transaction } from '../database/database.js';
import type { DeadLetters } from '../dead-letters/dead-letters.js';
import { asFailure, isRetryable, type Failure } from '../errors/errors.js';
import { log } from '../log/log.js';
import { histogram } from '../measurements/measurements.js';
import type { EventType } from '../outbox/outbox.js';
import { Retries } from '../retry/retry.js';

/** What came with an event. */
export interface Envelope {
  id: string;
  subjectId: string;
  subjectVersion: number | undefined;
  orgUnitPath: string | undefined;
  occurredAt: Date;
  knowledgeTime: Date;
}

type EventHandler<T> = (tx: Transaction, event: T, envelope: Envelope) => Promise<void>;

const BATCH_MESSAGES = 256;
/** A batch that takes longer is committed, and the rest of it is handled as another batch. */
const BATCH_MS_MAX = 3_000;
const ACK_WAIT_MS = 30_000;
const PURGE_EVERY_MS = 3_600_000;
const MS_PER_SECOND = 1_000;

interface Consumer<T> {
  durable: string;
  type: EventType<T>;
  handler: EventHandler<T>;
}

const headerGetter: TextMapGetter<JsMsg> = {
  keys: (message) => message.headers?.keys() ?? [],
  get: (message, key) => message.headers?.get(key) || undefined,
};

const processed = histogram('messaging.process.duration');

/** Continues the trace that a message came with, and measures the work. */
export function withTraceOf<T>(message: JsMsg, name: string, work: () => Promise<T>): Promise<T> {
  const parent = propagation.extract(context.active(), message, headerGetter);
  return context.with(parent, () =>
    trace.getTracer('holdfast').startActiveSpan(name, { kind: SpanKind.CONSUMER }, async (span) => {
      const startedAtMs = performance.now();
      let error: string | undefined;
      try {
        return await work();
      } catch (thrown) {
        error = asFailure(thrown).kind;
        throw thrown;
      } finally {
        span.end();
        processed.record((performance.now() - startedAtMs) / MS_PER_SECOND, {
          'messaging.system': 'nats',
          'messaging.operation.name': 'process',
          'messaging.destination.name': message.subject,
          ...(error === undefined ? {} : { 'error.type': error }),
        });
      }
    }),
  );
}

/**
 * Handlers of events. One durable consumer per (service, event); the handler's effect and the note that it happened
 * commit together, so that an event that comes again does nothing. Events that arrive together are handled in their order
 * and share a transaction; if one of them fails, each is handled in a separate one. An event that `Retries` gives up goes
 * to the dead letters.
 */
@Injectable()
export class Consumers {
  private readonly starts: (() => Promise<void>)[] = [];
  private readonly retries = new Retries();
  private readonly log = log('consumer');
  private purge: NodeJS.Timeout | undefined;

  constructor(
    private readonly database: Database,
    private readonly bus: Bus,
    private readonly deadLetters: DeadLetters,
    private readonly service: string,
  ) {}

  on<T>(type: EventType<T>, handler: EventHandler<T>): void {
    const durable = `${this.service}_${type.subject.split('.').at(-1)}`;
    this.starts.push(async () => {
      await this.bus.ensureEvents(type.service);
      const { subject } = type;
      const options = { durable, subject, concurrency: BATCH_MESSAGES, ackWaitMs: ACK_WAIT_MS };
      await this.bus.pullBatches({ stream: eventStream(type.service), ...options }, (messages) =>
        this.handleAll({ durable, type, handler }, messages),
      );
    });
  }

  async start(): Promise<void> {
    for (const start of this.starts) await start();
    this.purge = setInterval(() => void this.purgeOld(), PURGE_EVERY_MS);
    this.purge.unref();
  }

  stop(): void {
    clearInterval(this.purge);
  }

  private async handleAll<T>(consumer: Consumer<T>, messages: readonly JsMsg[]): Promise<void> {
    const due = messages.filter((message) => {
      const waitMs = this.retries.waitMs(message);
      if (waitMs > 0) message.nak(waitMs);
      return waitMs === 0;
    });
    for (let rest = due; rest.length > 0;) {
      const handled = await this.handleTogether(consumer, rest).catch(() => 0);
      if (handled === 0) return this.handleEach(consumer, rest);
      for (const message of rest.slice(0, handled)) message.ack();
      rest = rest.slice(handled);
      for (const message of rest) message.working();
    }
  }

  /** Handles each message in a separate transaction; after an outage, none of the rest. */
  private async handleEach<T>(consumer: Consumer<T>, messages: readonly JsMsg[]): Promise<void> {
    let outage: Failure | undefined;
    let touchedAtMs = performance.now();
    for (const [place, message] of messages.entries()) {
      try {
        if (outage !== undefined) throw outage;
        await this.handleTogether(consumer, [message]);
        message.ack();
      } catch (thrown) {
        const failure = asFailure(thrown);
        if (isRetryable(failure.kind)) outage = failure;
        await this.giveBack(consumer.durable, message, envelopeOf(message), thrown);
      }
      if (performance.now() - touchedAtMs < BATCH_MS_MAX) continue;
      touchedAtMs = performance.now();
      for (const waiting of messages.slice(place + 1)) waiting.working();
    }
  }

  /**
   * Handles messages in one transaction, as many of them as fit into its time.
   * @returns their number; they are the first ones
   * @throws if one of them failed; then nothing was done
   */
  private handleTogether<T>({ durable, type, handler }: Consumer<T>, messages: readonly JsMsg[]): Promise<number> {
    const startedAtMs = performance.now();
    return this.database.transaction(async (tx) => {
      let handled = 0;
      for (const message of messages) {
        if (handled > 0 && performance.now() - startedAtMs > BATCH_MS_MAX) break;
        await withTraceOf(message, `${type.subject} process`, async () => {
          const envelope = envelopeOf(message);
          const consumed = { consumer: durable, event_id: envelope.id };
          const isNew = await insertRow(tx, 'consumed_event', consumed, 'on conflict do nothing returning 1');
          if (isNew.length > 0) await handler(tx, type.codec.decode(message.data), envelope);
        });
        handled += 1;
      }
      return handled;
    });
  }

  private async giveBack(durable: string, message: JsMsg, envelope: Envelope, thrown: unknown): Promise<void> {
    const next = this.retries.next(message, asFailure(thrown), Date.now() - message.time.getTime());
    if (next !== undefined) {
      this.log.warn({ err: thrown, consumer: durable, event: envelope.id, ...next }, 'event is tried again');
      message.nak(next.delayMs);
      return;
    }
    const keys = (message.headers?.keys() ?? []).filter((key) => !key.startsWith('Nats-'));
    const headers = Object.fromEntries(keys.map((key) => [key, message.headers!.get(key)]));
    const event = { consumer: durable, eventId: envelope.id, subject: message.subject, headers, payload: message.data };
    await this.deadLetters.keep(event, thrown);
    this.log.error({ err: thrown, consumer: durable, event: envelope.id }, 'event moved to the dead letters');
    message.term();
  }

  private async purgeOld(): Promise<void> {
    await this.database
      .query("delete from consumed_event where consumed_at < now() - interval '31 days'")
      .catch((thrown: unknown) => this.log.warn({ err: thrown }, 'purge failed'));
  }
}

function envelopeOf(message: JsMsg): Envelope {
  const header = (name: string): string => message.headers?.get(name) ?? '';
  const version = header('ce-subjectversion');
  const orgUnitPath = header('ce-orgunitpath');
  return {
    id: header('ce-id'),
    subjectId: header('ce-subject'),
    subjectVersion: version === '' ? undefined : Number(version),
    orgUnitPath: orgUnitPath === '' ? undefined : decodeURI(orgUnitPath),
    occurredAt: new Date(header('ce-time')),
    knowledgeTime: new Date(header('ce-knowntime')),
  };
}
