import { Injectable } from '@nestjs/common';
import type { Caller } from '@holdfast/platform/caller';
import { Clock } from '@holdfast/platform/clock';
import { Database, rowsOf, type Transaction } from '@holdfast/platform/database';
import { newId } from '@holdfast/platform/identity';
import { hashAfter, type ChainPosition, type ChainedEntry } from './audit-chain.js';

interface AuditEntry {
  caller: Caller;
  /** Method and documented path: `POST /api/v1/dispositions`. */
  operation: string;
  /** Internal ids of those whose data were read or changed, and of what the path names. */
  subjectIds: readonly string[];
  /** How many there are; null if that is not known when the answer begins. */
  subjectCount: number | null;
  status: number;
  traceId: string;
}

type NewEntry = Omit<ChainedEntry, 'sequence'>;

/** Ids of one entry; `subjectCount` counts the others. */
export const SUBJECT_IDS_MAX = 100;
/** Entries of one transaction. */
const BATCH_ENTRIES_MAX = 500;
/** Entries that wait for the database; more are refused, with their requests. */
const PENDING_ENTRIES_MAX = 10_000;

/** The ledger of writes, of readings of personal data and of refusals; its entries form a hash chain. */
@Injectable()
export class Audit {
  private readonly pending: { entry: NewEntry; resolve: () => void; reject: (cause: unknown) => void }[] = [];
  private isWriting = false;

  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
  ) {}

  /**
   * Resolves when the entry is committed. Entries that come while others are written are committed together: the chain
   * takes one lock and one commit per batch.
   */
  append({ caller, operation, subjectIds, subjectCount, status, traceId }: AuditEntry): Promise<void> {
    if (this.pending.length >= PENDING_ENTRIES_MAX) return Promise.reject(new Error('too many audit entries wait'));
    const entry = {
      auditId: newId(),
      at: this.clock.wall(),
      client: storable(caller.client),
      onBehalfOf: caller.onBehalfOf === undefined ? null : storable(caller.onBehalfOf),
      operation,
      subjectIds: subjectIds.slice(0, SUBJECT_IDS_MAX).map(storable),
      subjectCount,
      status,
      accessReason: caller.accessReason === undefined ? null : storable(caller.accessReason),
      traceId,
    };
    return new Promise((resolve, reject) => {
      this.pending.push({ entry, resolve, reject });
      if (!this.isWriting) void this.writePending();
    });
  }

  private async writePending(): Promise<void> {
    this.isWriting = true;
    while (this.pending.length > 0) {
      const batch = this.pending.splice(0, BATCH_ENTRIES_MAX);
      try {
        const entries = batch.map(({ entry }) => entry);
        await this.database.transaction((tx) => appendToChain(tx, entries));
        for (const { resolve } of batch) resolve();
      } catch (cause) {
        for (const { reject } of batch) reject(cause);
      }
    }
    this.isWriting = false;
  }
}

const LOCK_HEAD = 'select sequence::float8 as sequence, hash from audit_head for update';

const APPEND = `
  with appended as (
    insert into audit_entry
      (audit_id, at, client, on_behalf_of, operation, subject_ids, subject_count, status, access_reason, trace_id,
       sequence, hash)
    select audit_id, at, client, on_behalf_of, operation, subject_ids, subject_count, status, access_reason, trace_id,
      sequence, hash
    from json_populate_recordset(null::audit_entry, $1)
  )
  update audit_head set sequence = $2, hash = $3`;

async function appendToChain(tx: Transaction, entries: readonly NewEntry[]): Promise<void> {
  const [head] = await rowsOf<ChainPosition>(tx, LOCK_HEAD);
  let { sequence, hash } = head!;
  const rows = entries.map((entry) => {
    sequence += 1;
    hash = hashAfter(hash, { ...entry, sequence });
    return rowOf({ ...entry, sequence, hash });
  });
  await rowsOf(tx, APPEND, [JSON.stringify(rows), sequence, hash]);
}

function rowOf(entry: ChainedEntry & ChainPosition): object {
  const { auditId, onBehalfOf, subjectIds, subjectCount, accessReason, traceId, hash, ...same } = entry;
  return {
    ...same,
    audit_id: auditId,
    on_behalf_of: onBehalfOf,
    subject_ids: subjectIds,
    subject_count: subjectCount,
    access_reason: accessReason,
    trace_id: traceId,
    hash: `\\x${hash.toString('hex')}`,
  };
}

/**
 * The text as PostgreSQL returns it: without NUL and without half of a surrogate pair. Another would break the chain, or
 * the batch of entries.
 */
function storable(text: string): string {
  return Buffer.from(text).toString().replaceAll('\0', '\ufffd');
}
