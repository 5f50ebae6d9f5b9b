import { Injectable } from '@nestjs/common';
import { context, propagation } from '@opentelemetry/api';
import type { BinaryWriter } from '@bufbuild/protobuf/wire';
import type { Bus } from '../bus/bus.js';
import type { Clock } from '../clock/clock.js';
import { afterCommit, beforeCommit, rowsOf, type Database, type Transaction } from '../database/database.js';
import { newId } from '../identity/identity.js';
import { log } from '../log/log.js';

/** A generated event message's static part. */
interface EventCodec<T> {
  readonly $type: string;
  encode(message: T): BinaryWriter;
  decode(input: Uint8Array): T;
}

/** An event: who publishes it, under which subject, as what. */
export interface EventType<T> {
  readonly service: string;
  readonly subject: string;
  readonly codec: EventCodec<T>;
}

/** `eventOf('feature-store', TableLoaded)` is published as `holdfast.feature-store.v1.table-loaded`. */
export function eventOf<T>(service: string, codec: EventCodec<T>): EventType<T> {
  const name = codec.$type.split('.').at(-1)!;
  const kebab = name.replace(/([a-z0-9])([A-Z])/g, '$1-$2').toLowerCase();
  return { service, subject: `holdfast.${service}.v1.${kebab}`, codec };
}

interface EventContext {
  /** What the event is about; an id, never a personal datum. */
  subjectId: string;
  orgUnitPath?: string;
  /** Rises with every change of the subject; a consumer drops an older one. */
  version?: number;
  /** When it happened, if not now. */
  occurredAt?: Date;
}

interface OutboxRow {
  id: string;
  subject: string;
  headers: object;
  /** In base64. */
  payload: string;
}

const BATCH_ROWS = 500;
/** How often a relay polls for rows of a dead replica; a commit in its process wakes it. */
const IDLE_MS = 1_000;
const BACKOFF_MS_MIN = 200;
const BACKOFF_MS_MAX = 5_000;
const BACKLOG_COUNTED_MAX = 100_000;
const PURGE_EVERY_MS = 3_600_000;

/** The relay keeps events, but not work, which follows from the jobs that are not done. */
const RELAYED = `with sent as (delete from outbox where id = any($1) returning id, subject, headers, payload)
  insert into published_event (id, subject, headers, payload)
  select id, subject, headers, payload from sent where split_part(subject, '.', 3) <> 'work'
  on conflict (id) do nothing`;

/**
 * Transactional outbox: an event is written in the transaction that caused it, and relayed to JetStream afterwards. The
 * row's id is the message id, so that a relay that died between sending and deleting causes a duplicate, not a second
 * event.
 */
@Injectable()
export class Outbox {
  private stopped = false;
  private loop: Promise<void> = Promise.resolve();
  private purge: NodeJS.Timeout | undefined;
  /** Rows were committed since the last batch began. */
  private isDue = false;
  private endSleep: () => void = () => undefined;
  private readonly wake = (): void => {
    this.isDue = true;
    this.endSleep();
  };
  /** Rows that an open transaction has yet to write. */
  private readonly pending = new WeakMap<Transaction, OutboxRow[]>();
  private readonly log = log('outbox');

  constructor(
    private readonly database: Database,
    private readonly bus: Bus,
    private readonly clock: Clock,
    private readonly service: string,
  ) {}

  async publish<T>(tx: Transaction, type: EventType<T>, about: EventContext, payload: T): Promise<string> {
    const id = newId();
    const now = this.clock.now();
    const headers: Record<string, string> = {
      'ce-specversion': '1.0',
      'ce-id': id,
      'ce-type': type.codec.$type,
      'ce-source': `/holdfast/${this.service}`,
      'ce-subject': about.subjectId,
      'ce-time': (about.occurredAt ?? now).toISOString(),
      'ce-knowntime': now.toISOString(),
      'ce-datacontenttype': 'application/protobuf',
      ...(about.orgUnitPath === undefined ? {} : { 'ce-orgunitpath': encodeURI(about.orgUnitPath) }),
      ...(about.version === undefined ? {} : { 'ce-subjectversion': String(about.version) }),
    };
    propagation.inject(context.active(), headers);
    await this.add(tx, id, type.subject, headers, type.codec.encode(payload).finish());
    return id;
  }

  /** Writes a received event, with its headers, to be published once more. */
  async sendAgain(
    tx: Transaction,
    subject: string,
    headers: Readonly<Record<string, string>>,
    payload: Uint8Array,
  ): Promise<void> {
    await this.add(tx, newId(), subject, headers, payload);
  }

  /** Writes a piece of work for one of this service's own workers with the transaction. */
  async submitWork(tx: Transaction, subject: string, payload: Readonly<Record<string, unknown>>): Promise<void> {
    const headers: Record<string, string> = {};
    propagation.inject(context.active(), headers);
    await this.add(tx, newId(), subject, headers, Buffer.from(JSON.stringify(payload)));
  }

  /** A transaction writes its rows at its end, in one statement: a job in pieces submits thousands. */
  private async add(tx: Transaction, id: string, subject: string, headers: object, payload: Uint8Array): Promise<void> {
    const row = { id, subject, headers, payload: Buffer.from(payload).toString('base64') };
    const rows = this.pending.get(tx);
    if (rows !== undefined) {
      rows.push(row);
      if (rows.length === BATCH_ROWS) await this.write(tx);
      return;
    }
    this.pending.set(tx, [row]);
    beforeCommit(tx, () => this.write(tx));
    afterCommit(tx, this.wake);
  }

  private async write(tx: Transaction): Promise<void> {
    const rows = this.pending.get(tx) ?? [];
    if (rows.length === 0) return;
    this.pending.set(tx, []);
    const sql = `insert into outbox (id, subject, headers, payload)
      select id, subject, headers, decode(payload, 'base64')
      from jsonb_to_recordset($1) as row (id uuid, subject text, headers jsonb, payload text)`;
    await rowsOf(tx, sql, [JSON.stringify(rows)]);
  }

  start(): void {
    this.loop = this.relay();
    this.purge = setInterval(() => void this.purgePublished(), PURGE_EVERY_MS);
    this.purge.unref();
  }

  async stop(): Promise<void> {
    this.stopped = true;
    clearInterval(this.purge);
    this.wake();
    await this.loop;
  }

  /** Messages that wait, and the age in seconds of the oldest; 0 without any. The number is exact up to a limit. */
  async backlog(): Promise<{ messages: number; ageSeconds: number }> {
    const sql = `select (select count(*) from (select from outbox limit $1) as counted)::int as messages,
      coalesce((select extract(epoch from now() - created_at) from outbox order by id limit 1), 0)::float as "ageSeconds"`;
    const [row] = await this.database.query<{ messages: number; ageSeconds: number }>(sql, [BACKLOG_COUNTED_MAX]);
    return row!;
  }

  private async relay(): Promise<void> {
    let failures = 0;
    while (!this.stopped) {
      try {
        const wasWoken = this.isDue;
        this.isDue = false;
        const sent = wasWoken || (await this.hasRows()) ? await this.relayBatch() : 0;
        failures = 0;
        if (sent < BATCH_ROWS && !this.isDue) await this.sleep(IDLE_MS);
      } catch (thrown) {
        failures += 1;
        this.log.warn({ err: thrown, failures }, 'relay waits');
        await this.sleep(Math.min(BACKOFF_MS_MAX, BACKOFF_MS_MIN * 2 ** (failures - 1)));
      }
    }
  }

  private sleep(ms: number): Promise<void> {
    if (this.stopped) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.endSleep = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  /** Costs less than a transaction, and is all that an idle process does. */
  private async hasRows(): Promise<boolean> {
    const rows = await this.database.query('select from outbox limit 1', [], 'outbox has rows');
    return rows.length > 0;
  }

  /** Several replicas share the work: each takes rows that no other holds. Gives the number sent. */
  private relayBatch(): Promise<number> {
    return this.database.transaction(async (tx) => {
      const rows = await rowsOf<{ id: string; subject: string; headers: Record<string, string>; payload: Buffer }>(
        tx,
        'select id, subject, headers, payload from outbox order by id limit $1 for update skip locked',
        [BATCH_ROWS],
      );
      if (rows.length === 0) return 0;
      await Promise.all(rows.map((row) => this.bus.publish(row.subject, row.payload, row.id, row.headers)));
      await rowsOf(tx, RELAYED, [rows.map((row) => row.id)]);
      return rows.length;
    });
  }

  private async purgePublished(): Promise<void> {
    await this.database
      .query("delete from published_event where published_at < now() - interval '7 days'")
      .catch((thrown: unknown) => this.log.warn({ err: thrown }, 'purge failed'));
  }
}
