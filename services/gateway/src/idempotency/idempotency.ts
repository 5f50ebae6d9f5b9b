import { createHash } from 'node:crypto';
import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import type { Caller } from '@holdfast/platform/caller';
import { Database } from '@holdfast/platform/database';
import { failure } from '@holdfast/platform/errors';
import { newId } from '@holdfast/platform/identity';
import { log } from '@holdfast/platform/log';
import { Sealing } from '@holdfast/platform/sealing';
import { SUBJECT_IDS_MAX } from '../audit/audit.js';
import type { Subjects } from '../operation/request-context.js';
import { decideOnTakenKey, type KeptKey } from './decision.js';

const keyMissing = failure('invalid', 'idempotencyKey.missing', {
  en: 'This operation needs the header Idempotency-Key.',
  'zh-CN': '此操作需要请求头 Idempotency-Key。',
});
const keyMalformed = failure('invalid', 'idempotencyKey.malformed', {
  en: 'An Idempotency-Key has 1 to 255 printable ASCII characters.',
  'zh-CN': 'Idempotency-Key 须为 1 至 255 个可打印 ASCII 字符。',
});
const keyReused = failure('unprocessable', 'idempotencyKey.reused', {
  en: 'This Idempotency-Key was used for another request.',
  'zh-CN': '该 Idempotency-Key 已用于另一个请求。',
});
const keyInFlight = failure('conflict', 'idempotencyKey.inFlight', {
  en: 'The first request with this Idempotency-Key is still running.',
  'zh-CN': '使用该 Idempotency-Key 的首个请求仍在处理中。',
});

/** Longer than any operation that takes a key may run; a key whose process died is free again after it. */
const LOCK_SECONDS = 120;
const KEPT_HOURS = 24;
const ANSWER_BYTES_MAX = 1_048_576;
const PURGE_EVERY_MS = 3_600_000;

interface KeptAnswer {
  status: number;
  contentType: string;
  body: Buffer;
  /** Whose data it has, for the audit ledger. */
  subjects: Subjects;
  hasPersonalData: boolean;
}

interface KeyRow extends KeptKey {
  content_type: string | null;
  sealed_body: Buffer | null;
  subject_ids: string[];
  subject_count: number | null;
  has_personal_data: boolean;
}

/** Answers kept by Idempotency-Key for a day, so that a request that is sent again has its effect once. */
@Injectable()
export class Idempotency implements OnModuleDestroy {
  private readonly log = log('idempotency');
  private readonly purging = setInterval(() => void this.purge(), PURGE_EVERY_MS).unref();

  constructor(
    private readonly database: Database,
    private readonly sealing: Sealing,
  ) {}

  /** The key of a request, checked. @throws invalid */
  keyOf(header: string | string[] | undefined, need: 'optional' | 'required'): string | undefined {
    if (header === undefined && need === 'optional') return undefined;
    if (header === undefined) throw keyMissing();
    if (typeof header !== 'string' || !/^[\x21-\x7e]{1,255}$/.test(header)) throw keyMalformed();
    return header;
  }

  /**
   * Claims the key for a request, or returns its stored response. Each attempt of a request has the same id, until its
   * answer is stored: an earlier one may have had its effect.
   * @throws unprocessable if the key belongs to another request, conflict while the first still runs
   */
  async begin(client: string, key: string, fingerprint: Buffer): Promise<KeptAnswer | { requestId: string }> {
    const [taken] = await this.database.query<{ request_id: string }>(
      `insert into idempotency_key (client, key, fingerprint, locked_until, expires_at, request_id)
       values ($1, $2, $3, now() + make_interval(secs => $4), now() + make_interval(hours => $5), $6)
       on conflict (client, key) do update
         set fingerprint = excluded.fingerprint, locked_until = excluded.locked_until, expires_at = excluded.expires_at,
             status = null, content_type = null, sealed_body = null,
             request_id = case when idempotency_key.expires_at <= now() then excluded.request_id
               else idempotency_key.request_id end
         where idempotency_key.expires_at <= now()
            or (idempotency_key.status is null and idempotency_key.locked_until <= now()
                and idempotency_key.fingerprint = excluded.fingerprint)
       returning request_id`,
      [client, key, fingerprint, LOCK_SECONDS, KEPT_HOURS, newId()],
    );
    if (taken !== undefined) return { requestId: taken.request_id };
    const [kept] = await this.database.query<KeyRow>(
      `select fingerprint, status, content_type, sealed_body, subject_ids, subject_count, has_personal_data
       from idempotency_key where client = $1 and key = $2`,
      [client, key],
    );
    // Expired and removed in between, so the client retries.
    if (kept === undefined) throw keyInFlight({}, { retryAfterSeconds: 1 });
    switch (decideOnTakenKey(kept, fingerprint)) {
      case 'mismatch':
        throw keyReused();
      case 'inFlight':
        throw keyInFlight({}, { retryAfterSeconds: 1 });
      case 'replay': {
        const body = this.sealing.open(kept.sealed_body!, placeOf(client, key));
        const subjects = { ids: kept.subject_ids, count: kept.subject_count };
        const hasPersonalData = kept.has_personal_data;
        return { status: kept.status!, contentType: kept.content_type!, body, subjects, hasPersonalData };
      }
    }
  }

  /** Keeps the answer. One that is too large is not kept, and the key is free again. */
  async keep(client: string, key: string, answer: KeptAnswer): Promise<void> {
    if (answer.body.byteLength > ANSWER_BYTES_MAX) return this.release(client, key);
    const { status, contentType, subjects, hasPersonalData } = answer;
    const sealed = this.sealing.seal(answer.body, placeOf(client, key));
    await this.database.query(
      `update idempotency_key set status = $3, content_type = $4, sealed_body = $5, subject_ids = $6, subject_count = $7,
         has_personal_data = $8
       where client = $1 and key = $2`,
      [
        ...[client, key, status, contentType, sealed],
        ...[subjects.ids.slice(0, SUBJECT_IDS_MAX), subjects.count, hasPersonalData],
      ],
    );
  }

  /** Frees a key whose request has no final answer. The id stays: whether it had an effect is known to the owner only. */
  async release(client: string, key: string): Promise<void> {
    const sql = 'update idempotency_key set locked_until = now() where client = $1 and key = $2 and status is null';
    await this.database.query(sql, [client, key]);
  }

  private async purge(): Promise<void> {
    try {
      await this.database.query('delete from idempotency_key where expires_at <= now()');
    } catch (error) {
      this.log.warn({ err: error }, 'expired keys stay for another hour');
    }
  }

  onModuleDestroy(): void {
    clearInterval(this.purging);
  }
}

/**
 * Hash of a request and of the rights of its caller: a response that was stored for one agent, region or
 * stated reason is given to no other who uses the same client.
 */
export function fingerprintOf(operation: string, path: string, body: unknown, caller: Caller): Buffer {
  const { orgScope, onBehalfOf, accessReason } = caller;
  const view = [[...orgScope].sort(), onBehalfOf ?? null, accessReason !== undefined];
  return createHash('sha256')
    .update(JSON.stringify([operation, path, body ?? null, view]))
    .digest();
}

function placeOf(client: string, key: string): string {
  return JSON.stringify([client, key]);
}
