import { Injectable } from '@nestjs/common';
import { context, propagation, trace, SpanKind, type TextMapGetter } from '@opentelemetry/api';
import type { JsMsg } from '@nats-io/jetstream';
import { eventStream, type Bus } from '../bus/bus.js';
import { insertRow, type Database, type Transaction } from '../database/database.js';
import type { DeadLetters } from '../dead-letters/dead-letters.js';
import { asFailure } from '../errors/errors.js';
import { log } from '../log/log.js';
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

const CONCURRENCY = 32;
const ACK_WAIT_MS = 30_000;
const PURGE_EVERY_MS = 3_600_000;

const headerGetter: TextMapGetter<JsMsg> = {
  keys: (message) => message.headers?.keys() ?? [],
  get: (message, key) => message.headers?.get(key) || undefined,
};

/** Continues the trace that a message came with. */
export function withTraceOf<T>(message: JsMsg, name: string, work: () => Promise<T>): Promise<T> {
  const parent = propagation.extract(context.active(), message, headerGetter);
  return context.with(parent, () =>
    trace.getTracer('holdfast').startActiveSpan(name, { kind: SpanKind.CONSUMER }, async (span) => {
      try {
        return await work();
      } finally {
        span.end();
      }
    }),
  );
}

/**
 * Handlers of events. One durable consumer per (service, event); the handler's effect and the note that it happened
 * commit together, so that an event that comes again does nothing. An event that `Retries` gives up goes to the dead
 * letters.
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
      await this.bus.ensureStreams(type.service);
      await this.bus.pull(
        {
          stream: eventStream(type.service),
          durable,
          subject: type.subject,
          concurrency: CONCURRENCY,
          ackWaitMs: ACK_WAIT_MS,
        },
        (message) =>
          withTraceOf(message, `${type.subject} process`, () => this.handle(durable, type, handler, message)),
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

  private async handle<T>(
    durable: string,
    type: EventType<T>,
    handler: EventHandler<T>,
    message: JsMsg,
  ): Promise<void> {
    const envelope = envelopeOf(message);
    const waitMs = this.retries.waitMs(message);
    if (waitMs > 0) {
      message.nak(waitMs);
      return;
    }
    try {
      await this.database.transaction(async (tx) => {
        const consumed = { consumer: durable, event_id: envelope.id };
        const isNew = await insertRow(tx, 'consumed_event', consumed, 'on conflict do nothing returning 1');
        if (isNew.length > 0) await handler(tx, type.codec.decode(message.data), envelope);
      });
      message.ack();
    } catch (thrown) {
      await this.giveBack(durable, message, envelope, thrown);
    }
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
