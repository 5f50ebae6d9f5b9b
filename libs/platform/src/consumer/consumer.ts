import { Injectable } from '@nestjs/common';
import { context, propagation, trace, SpanKind, type TextMapGetter } from '@opentelemetry/api';
import type { JsMsg } from '@nats-io/jetstream';
import { eventStream, type Bus } from '../bus/bus.js';
import { rowsOf, type Database, type Transaction } from '../database/database.js';
import { log } from '../log/log.js';
import type { EventType } from '../outbox/outbox.js';

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
const TRIES_MAX = 8;
const PURGE_EVERY_MS = 3_600_000;

/** Delay before try n + 1: a second, then doubling, at most a minute. */
export function backoffMs(tries: number): number {
  return Math.min(60_000, 1_000 * 2 ** Math.min(10, tries - 1));
}

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
 * commit together, so that an event that comes again does nothing. What fails eight times goes to the dead letters.
 */
@Injectable()
export class Consumers {
  private readonly starts: (() => Promise<void>)[] = [];
  private readonly log = log('consumer');
  private purge: NodeJS.Timeout | undefined;

  constructor(
    private readonly database: Database,
    private readonly bus: Bus,
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
    try {
      await this.database.transaction(async (tx) => {
        const isNew = await rowsOf(
          tx,
          'insert into consumed_event (consumer, event_id) values ($1, $2) on conflict do nothing returning 1',
          [durable, envelope.id],
        );
        if (isNew.length > 0) await handler(tx, type.codec.decode(message.data), envelope);
      });
      message.ack();
    } catch (thrown) {
      await this.giveBack(durable, message, envelope, thrown);
    }
  }

  private async giveBack(durable: string, message: JsMsg, envelope: Envelope, thrown: unknown): Promise<void> {
    const tries = message.info.deliveryCount;
    if (tries < TRIES_MAX) {
      this.log.warn({ err: thrown, consumer: durable, event: envelope.id, tries }, 'event comes again');
      message.nak(backoffMs(tries));
      return;
    }
    this.log.error({ err: thrown, consumer: durable, event: envelope.id }, 'event moved to the dead letters');
    const headers = Object.fromEntries((message.headers?.keys() ?? []).map((key) => [key, message.headers!.get(key)]));
    delete headers['Nats-Msg-Id'];
    await this.bus.publish(`holdfast.dead.${durable}`, message.data, `dead.${durable}.${envelope.id}`, {
      ...headers,
      'holdfast-subject': message.subject,
    });
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
