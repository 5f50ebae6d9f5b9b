import { scoped } from '../scoped/scoped.js';
import { Injectable } from '@nestjs/common';
import type { DeadLetter, DeadLetterService } from '@holdfast/contracts/platform/v1/dead_letters';
import { requireAllOrgUnits } from '../caller/caller.js';
import type { Clock } from '../clock/clock.js';
import { insertRow, rowsOf, type Database, type Transaction } from '../database/database.js';
import { asFailure, failure } from '../errors/errors.js';
import type { Rpc } from '../grpc/grpc.js';
import { isUuid, newId } from '../identity/identity.js';
import { counter, type Measured } from '../measurements/measurements.js';
import type { Outbox } from '../outbox/outbox.js';
import { pageOf, pageTokenInvalid } from '../paging/paging.js';

const deadLetterUnknown = failure('notFound', 'deadLetter.unknown', {
  en: 'There is no such dead letter.',
  'zh-CN': '没有这条死信。',
});

const PAGE_ROWS_MAX = 200;

interface ReceivedEvent {
  consumer: string;
  eventId: string;
  subject: string;
  headers: Readonly<Record<string, string>>;
  payload: Uint8Array;
}

/** A row of table `dead_letter` without its payload. */
interface DeadLetterRow {
  id: string;
  consumer: string;
  event_id: string;
  subject: string;
  headers: Record<string, string>;
  failure: { key: string; error: string };
  failed_at: Date;
}

const COLUMNS = 'id, consumer, event_id, subject, headers, failure, failed_at';

/** Events whose handler failed for good, kept in the consumer's own schema. */
@Injectable()
export class DeadLetters {
  private readonly kept = counter('holdfast.dead_letters');

  constructor(
    private readonly database: Database,
    private readonly outbox: Outbox,
    private readonly clock: Clock,
  ) {}

  /** Keeps an event; one that is kept already stays as it is. */
  async keep({ consumer, eventId, subject, headers, payload }: ReceivedEvent, thrown: unknown): Promise<void> {
    await insertRow(
      this.database,
      'dead_letter',
      {
        ...{ id: newId(), consumer, event_id: eventId, subject, headers, payload: Buffer.from(payload) },
        ...{ failure: { key: asFailure(thrown).key, error: classOf(thrown) }, failed_at: this.clock.now() },
      },
      'on conflict (consumer, event_id) do nothing',
    );
    this.kept.add(1, { 'messaging.consumer.group.name': consumer });
  }

  /** How many each consumer has. */
  async counts(): Promise<Measured[]> {
    const sql = 'select consumer, count(*)::int as value from dead_letter group by consumer';
    const rows = await this.database.query<{ consumer: string; value: number }>(sql);
    return rows.map(({ consumer, value }) => ({ value, attributes: { 'messaging.consumer.group.name': consumer } }));
  }

  /** Newest first. @param after place of the last row of the page before; undefined for the first page */
  page(after: Place | undefined, rows: number): Promise<DeadLetterRow[]> {
    const sql = `select ${COLUMNS} from dead_letter
      where $1::timestamptz is null or (failed_at, id) < ($1, $2::uuid)
      order by failed_at desc, id desc limit $3`;
    return this.database.query(sql, [after?.failedAt ?? null, after?.id ?? null, rows]);
  }

  /**
   * Sends the event again and removes the dead letter in one transaction. Other consumers of the event drop it, because
   * they have noted its id. @throws notFound
   */
  replay(id: string): Promise<DeadLetterRow> {
    return this.database.transaction(async (tx) => {
      const row = await this.remove(tx, id);
      await this.outbox.sendAgain(tx, row.subject, row.headers, row.payload);
      return row;
    });
  }

  /** Notes the event as handled, so that no restore brings it back. @throws notFound */
  discard(id: string): Promise<DeadLetterRow> {
    return this.database.transaction(async (tx) => {
      const row = await this.remove(tx, id);
      const { consumer, event_id } = row;
      await insertRow(tx, 'consumed_event', { consumer, event_id }, 'on conflict do nothing');
      return row;
    });
  }

  private async remove(tx: Transaction, id: string): Promise<DeadLetterRow & { payload: Buffer }> {
    if (!isUuid(id)) throw deadLetterUnknown();
    const sql = `delete from dead_letter where id = $1 returning ${COLUMNS}, payload`;
    const [row] = await rowsOf<DeadLetterRow & { payload: Buffer }>(tx, sql, [id]);
    if (row === undefined) throw deadLetterUnknown();
    return row;
  }
}

/** Dead letters of a service, for callers of the whole province. */
export class DeadLettersRpc {
  constructor(
    private readonly deadLetters: DeadLetters,
    private readonly operator: string,
  ) {}

  readonly handlers: Rpc<DeadLetterService> = {
    listDeadLetters: scoped('jobs:read', async ({ caller }, request) => {
      requireAllOrgUnits(caller, this.operator);
      const pageSize = Math.min(request.pageSize || 50, PAGE_ROWS_MAX);
      const rows = await this.deadLetters.page(placeOf(request.pageToken), pageSize + 1);
      const { page, nextPageToken } = pageOf(rows, pageSize, tokenOf);
      return { deadLetters: page.map(deadLetterMessage), nextPageToken };
    }),
    replayDeadLetter: scoped('jobs:write', async ({ caller }, { id }) => {
      requireAllOrgUnits(caller, this.operator);
      return deadLetterMessage(await this.deadLetters.replay(id));
    }),
    discardDeadLetter: scoped('jobs:write', async ({ caller }, { id }) => {
      requireAllOrgUnits(caller, this.operator);
      return deadLetterMessage(await this.deadLetters.discard(id));
    }),
  };
}

/** A place in the list, which stays when its row is replayed or discarded. */
interface Place {
  failedAt: Date;
  id: string;
}

function tokenOf({ failed_at, id }: DeadLetterRow): string {
  return `${failed_at.getTime()}.${id}`;
}

/** @throws invalid for a token that was not given out */
function placeOf(pageToken: string): Place | undefined {
  if (pageToken === '') return undefined;
  const [, ms, id] = /^(\d{1,14})\.(.+)$/.exec(pageToken) ?? [];
  if (ms === undefined || !isUuid(id!)) throw pageTokenInvalid();
  return { failedAt: new Date(Number(ms)), id: id! };
}

function deadLetterMessage(row: DeadLetterRow): DeadLetter {
  return {
    id: row.id,
    consumer: row.consumer,
    eventId: row.event_id,
    subject: row.subject,
    subjectId: row.headers['ce-subject'] ?? '',
    occurredAt: new Date(row.headers['ce-time']!),
    failedAt: row.failed_at,
    failureKey: row.failure.key,
    error: row.failure.error,
  };
}

/** Class and code of an error. */
function classOf(thrown: unknown): string {
  if (!(thrown instanceof Error)) return typeof thrown;
  const { code } = thrown as Error & { code?: unknown };
  return typeof code === 'string' ? `${thrown.name} ${code}` : thrown.name;
}
