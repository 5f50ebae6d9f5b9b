import { Injectable } from '@nestjs/common';
import { Database, rowsOf, type Transaction } from '@holdfast/platform/database';
import { idAfter, pageOf } from '@holdfast/platform/paging';
import { ChainCheck, type ChainFault, type ChainPosition, type ChainedEntry } from './audit-chain.js';

interface LedgerEntry extends Omit<ChainedEntry, 'sequence'> {
  /** Null for an entry from before the chain. */
  sequence: number | null;
}

interface LedgerFilter {
  from?: Date | undefined;
  /** Exclusive. */
  to?: Date | undefined;
  client?: string | undefined;
  subject?: string | undefined;
  operation?: string | undefined;
  status?: number | undefined;
}

interface ChainReport {
  entries: number;
  /** Entries from before the chain, which nothing protects. */
  unchained: number;
  head: ChainPosition;
  fault: ChainFault | undefined;
}

/** Entries that are hashed without a pause; interactive requests wait for that long, about 10 ms. */
const BATCH_ENTRIES = 1_000;

const COLUMNS = `sequence::float8 as sequence, audit_id as "auditId", at, client, on_behalf_of as "onBehalfOf", operation,
  subject_ids as "subjectIds", subject_count as "subjectCount", status, access_reason as "accessReason",
  trace_id as "traceId"`;

const LIST = `
  select ${COLUMNS} from audit_entry
  where ($1::uuid is null or (at, audit_id) < (select at, audit_id from audit_entry where audit_id = $1))
    and ($2::timestamptz is null or at >= $2)
    and ($3::timestamptz is null or at < $3)
    and ($4::text is null or client = $4)
    and ($5::text is null or subject_ids @> array[$5])
    and ($6::text is null or operation = $6)
    and ($7::int is null or status = $7)
  order by at desc, audit_id desc
  limit $8`;

const HEAD = 'select sequence::float8 as sequence, hash from audit_head';
const UNCHAINED = 'select count(*)::float8 as entries from audit_entry where sequence is null';
// By id, too, so that two entries with one sequence are both read if the unique index is gone.
const CHAIN = `
  select ${COLUMNS}, hash from audit_entry
  where (audit_entry.sequence, audit_id) > ($1, $2)
  order by audit_entry.sequence, audit_id
  limit ${BATCH_ENTRIES}`;
const LAST_ID = 'ffffffff-ffff-ffff-ffff-ffffffffffff';

/** Reads the audit ledger. */
@Injectable()
export class Ledger {
  constructor(private readonly database: Database) {}

  /** Newest first. */
  async list(filter: LedgerFilter, { pageSize, pageToken }: { pageSize: number; pageToken: string }) {
    const { from = null, to = null, client = null, subject = null, operation = null, status = null } = filter;
    const conditions = [idAfter(pageToken), from, to, client, subject, operation, status];
    const rows = await this.database.query<LedgerEntry>(LIST, [...conditions, pageSize + 1]);
    return pageOf(rows, pageSize, ({ auditId }) => auditId);
  }

  /** Recomputes the hashes of all entries after a position, in one snapshot. */
  verify(after: ChainPosition): Promise<ChainReport> {
    return this.database.transaction(async (tx) => {
      await rowsOf(tx, 'set transaction isolation level repeatable read, read only');
      return verifyChain(tx, after);
    });
  }
}

export async function verifyChain(tx: Transaction, after: ChainPosition): Promise<ChainReport> {
  const [head] = await rowsOf<ChainPosition>(tx, HEAD);
  const [unchained] = await rowsOf<{ entries: number }>(tx, UNCHAINED);
  const check = new ChainCheck(after);
  let last: Pick<ChainedEntry, 'sequence' | 'auditId'> | undefined = { ...after, auditId: LAST_ID };
  while (last !== undefined) {
    const position = [last.sequence, last.auditId];
    const entries: (ChainedEntry & ChainPosition)[] = await rowsOf(tx, CHAIN, position);
    check.follow(entries);
    last = check.fault === undefined ? entries[BATCH_ENTRIES - 1] : undefined;
  }
  check.end(head!);
  return { entries: check.entries, unchained: unchained!.entries, head: head!, fault: check.fault };
}
