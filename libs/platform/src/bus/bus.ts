import { Injectable } from '@nestjs/common';
import {
  AckPolicy,
  RetentionPolicy,
  jetstream,
  jetstreamManager,
  type Consumer,
  type ConsumerMessages,
  type JetStreamClient,
  type JetStreamManager,
  type JsMsg,
} from '@nats-io/jetstream';
import { connect, headers, type NatsConnection } from '@nats-io/transport-node';
import { isOutage } from '../errors/outage.js';
import { log } from '../log/log.js';
import { throughOutage } from '../retry/retry.js';

const NANOS_PER_MS = 1_000_000;
const DUPLICATE_WINDOW_MS = 120_000;
const EVENTS_KEPT_MS = 30 * 24 * 3_600_000;

interface PullOptions {
  stream: string;
  durable: string;
  subject: string;
  /** Messages in work at once, or in a batch. */
  concurrency: number;
  /** Time after which a message that is not acknowledged comes again. */
  ackWaitMs: number;
}

/** What a durable consumer has yet to handle, and what it has in work. */
export interface ConsumerLag {
  readonly durable: string;
  readonly pending: number;
  readonly unacknowledged: number;
}

interface BusOptions {
  url: string;
  /** Of a server with one token for all; or user and password of this service; empty without. */
  token?: string;
  user?: string;
  password?: string;
  /** PEM file of the CAs of the servers; empty for those of the system. */
  caFile?: string;
  /** Of the service. */
  name: string;
  replicas: number;
}

type BusAccess = Omit<BusOptions, 'replicas'>;

/** JetStream as the platform uses it: at-least-once, with features that nats-server 2.9 has. */
@Injectable()
export class Bus {
  private readonly pulls: ConsumerMessages[] = [];
  private readonly loops: Promise<void>[] = [];
  private readonly consumers: Pick<PullOptions, 'stream' | 'durable'>[] = [];
  private readonly log = log('bus');
  private isUp = true;

  private constructor(
    private readonly connection: NatsConnection,
    private readonly js: JetStreamClient,
    private readonly manager: JetStreamManager,
    private readonly replicas: number,
  ) {
    void this.watchConnection();
  }

  static async open({ replicas, ...access }: BusOptions): Promise<Bus> {
    const connection = await connect({
      ...accessOptions(access),
      name: access.name,
      maxReconnectAttempts: -1,
      reconnectTimeWait: 250,
      waitOnFirstConnect: true,
    });
    try {
      return new Bus(connection, jetstream(connection), await jetstreamManager(connection), replicas);
    } catch (thrown) {
      await connection.close();
      throw thrown;
    }
  }

  /** Whether the server is there now; while it is not, the connection is tried again and again. */
  get connected(): boolean {
    return this.isUp && !this.connection.isClosed();
  }

  private async watchConnection(): Promise<void> {
    for await (const { type } of this.connection.status()) {
      if (type === 'disconnect') this.isUp = false;
      if (type === 'reconnect') this.isUp = true;
    }
  }

  /** Creates the event stream and the work queue of this service where they do not exist. */
  async ensureStreams(service: string): Promise<void> {
    await this.ensureEvents(service);
    await this.ensureStream(workStream(service), [`holdfast.${service}.work.>`], RetentionPolicy.Workqueue);
  }

  /** Creates the event stream of a service, which may start later than those that read it. */
  async ensureEvents(service: string): Promise<void> {
    await this.ensureStream(eventStream(service), [`holdfast.${service}.v1.>`], RetentionPolicy.Limits);
  }

  private async ensureStream(name: string, subjects: string[], retention: RetentionPolicy): Promise<void> {
    const config = {
      name,
      subjects,
      retention,
      num_replicas: this.replicas,
      duplicate_window: DUPLICATE_WINDOW_MS * NANOS_PER_MS,
      ...(retention === RetentionPolicy.Limits ? { max_age: EVENTS_KEPT_MS * NANOS_PER_MS } : {}),
    };
    try {
      await this.manager.streams.info(name);
    } catch {
      // Two processes may both find it missing; the second `add` with the same settings is accepted.
      await this.manager.streams.add(config);
    }
  }

  /** Waits until the stream has it. The id makes a second sending a duplicate. */
  async publish(subject: string, payload: Uint8Array, id: string, extra: Record<string, string>): Promise<void> {
    const sent = headers();
    for (const [name, value] of Object.entries(extra)) sent.set(name, value);
    await this.js.publish(subject, payload, { headers: sent, msgID: id, timeout: 10_000 });
  }

  /**
   * Hands the messages of a durable consumer to `handle`, a bounded number at once. `handle` settles each message itself
   * (ack, nak, term); one that throws is given back for later.
   */
  async pull(options: PullOptions, handle: (message: JsMsg) => Promise<void>): Promise<void> {
    const consumer = await this.openConsumer(options);
    const messages = await consumer.consume({ max_messages: options.concurrency });
    this.pulls.push(messages);
    const running = new Set<Promise<void>>();
    const loop = async (): Promise<void> => {
      for await (const message of messages) {
        const work = handle(message)
          .catch((thrown: unknown) => {
            this.logBroken(options.durable, thrown);
            message.nak(1_000);
          })
          .finally(() => running.delete(work));
        running.add(work);
        if (running.size >= options.concurrency) await Promise.race(running);
      }
      await Promise.all(running);
    };
    this.loops.push(loop());
  }

  /**
   * Hands the messages of a durable consumer to `handle` in batches, one batch at a time: those that came while the batch
   * before was in work. `handle` settles each message; if it throws, the messages are given back for later.
   */
  async pullBatches(options: PullOptions, handle: (messages: JsMsg[]) => Promise<void>): Promise<void> {
    const consumer = await this.openConsumer(options);
    const messages = await consumer.consume({ max_messages: options.concurrency });
    this.pulls.push(messages);
    let waiting: JsMsg[] = [];
    let working: Promise<void> | undefined;
    const work = async (): Promise<void> => {
      while (waiting.length > 0) {
        const batch = waiting;
        waiting = [];
        await handle(batch).catch((thrown: unknown) => {
          this.logBroken(options.durable, thrown);
          for (const message of batch) message.nak(1_000);
        });
      }
      working = undefined;
    };
    const loop = async (): Promise<void> => {
      for await (const message of messages) {
        waiting.push(message);
        working ??= Promise.resolve().then(work); // with the other messages of the same packet
      }
      await working;
    };
    this.loops.push(loop());
  }

  /** A handler settles its messages itself, unless it cannot even read its state. */
  private logBroken(consumer: string, thrown: unknown): void {
    if (isOutage(thrown)) this.log.warn({ err: thrown, consumer }, 'message waits for the end of an outage');
    else this.log.error({ err: thrown, consumer }, 'handler broke its contract');
  }

  /** Waits through an outage, and until the server that answers has the stream, which another one may have created. */
  private openConsumer(options: PullOptions): Promise<Consumer> {
    return throughOutage(`consumer ${options.durable}`, async () => {
      await this.ensureConsumer(options);
      const consumer = await this.js.consumers.get(options.stream, options.durable);
      this.consumers.push({ stream: options.stream, durable: options.durable });
      return consumer;
    });
  }

  private async ensureConsumer({ stream, durable, subject, ackWaitMs, concurrency }: PullOptions): Promise<void> {
    const config = {
      durable_name: durable,
      filter_subject: subject,
      ack_policy: AckPolicy.Explicit,
      ack_wait: ackWaitMs * NANOS_PER_MS,
      max_ack_pending: Math.max(1_000, concurrency * 4),
      // Never dropped by the server: the platform counts tries and moves the message to the dead letters itself.
      max_deliver: -1,
    };
    try {
      await this.manager.consumers.info(stream, durable);
      await this.manager.consumers.update(stream, durable, config);
    } catch {
      await this.manager.consumers.add(stream, config);
    }
  }

  /** Of every consumer of this process. */
  lags(): Promise<ConsumerLag[]> {
    return Promise.all(
      this.consumers.map(async ({ stream, durable }) => {
        const { num_pending: pending, num_ack_pending: unacknowledged } = await this.manager.consumers.info(
          stream,
          durable,
        );
        return { durable, pending, unacknowledged };
      }),
    );
  }

  /** Takes no more messages and lets those in work end. */
  async stopPulling(): Promise<void> {
    for (const messages of this.pulls) messages.stop();
    await Promise.all(this.loops);
  }

  async close(): Promise<void> {
    await this.stopPulling();
    await this.connection.drain();
  }
}

/** Options of a connection to NATS: the servers, who connects, and TLS. @param access.name whose inbox gets the answers */
export function accessOptions({ url, token = '', user = '', password = '', caFile = '', name }: BusAccess) {
  return {
    servers: url.split(','),
    ...(token === '' ? {} : { token }),
    ...(user === '' ? {} : { user, pass: password }),
    ...tlsOf(url, caFile),
    inboxPrefix: inboxOf(name),
  };
}

/**
 * Options for TLS to NATS. The client takes `tls://` for a mere name: without these options it connects in plain text, with
 * the password, to a server that offers no TLS.
 * @param caFile PEM file of the CAs; empty for those of the system
 */
function tlsOf(url: string, caFile: string): { tls?: { caFile?: string } } {
  if (caFile !== '') return { tls: { caFile } };
  return url.split(',').some((each) => each.startsWith('tls://')) ? { tls: {} } : {};
}

export function eventStream(service: string): string {
  return `HOLDFAST_${service.toUpperCase().replaceAll('-', '_')}`;
}

/** Prefix of the subjects that a service receives answers at; others may not read it. */
export function inboxOf(service: string): string {
  return `_INBOX_${service}`;
}

export function workStream(service: string): string {
  return `${eventStream(service)}_WORK`;
}
