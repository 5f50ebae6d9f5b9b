import { createHash } from 'node:crypto';

/** An entry of the ledger with its place in the chain. */
export interface ChainedEntry {
  sequence: number;
  auditId: string;
  at: Date;
  client: string;
  onBehalfOf: string | null;
  operation: string;
  subjectIds: readonly string[];
  subjectCount: number | null;
  status: number;
  accessReason: string | null;
  traceId: string;
}

/** A place in the chain: an entry's sequence and hash. */
export interface ChainPosition {
  sequence: number;
  hash: Buffer;
}

/** Before the first entry. */
export const CHAIN_START: ChainPosition = { sequence: 0, hash: Buffer.alloc(32) };

/** SHA-256 over the hash of the entry before and the fields of this one, as a JSON array in this order. */
export function hashAfter(previous: Buffer, entry: ChainedEntry): Buffer {
  const { sequence, auditId, at, client, onBehalfOf, operation, subjectIds, subjectCount } = entry;
  const fields = [sequence, auditId, at.toISOString(), client, onBehalfOf, operation, subjectIds, subjectCount];
  const content = JSON.stringify([...fields, entry.status, entry.accessReason, entry.traceId]);
  return createHash('sha256').update(previous).update(content).digest();
}

/** The first place where entries and chain differ. */
export interface ChainFault {
  /** Of an entry: its fields or its hash are others; it is missing; or it is there although the chain has none. */
  kind: 'changed' | 'removed' | 'inserted';
  sequence: number;
  /** Null for an entry that is missing. */
  auditId: string | null;
}

/** Follows the chain up to the first fault. */
export class ChainCheck {
  fault: ChainFault | undefined;
  entries = 0;

  constructor(private position: ChainPosition) {}

  /** @param entries the next ones, by sequence */
  follow(entries: readonly (ChainedEntry & { hash: Buffer })[]): void {
    for (const entry of entries) {
      if (this.fault !== undefined) return;
      const next = this.position.sequence + 1;
      const { sequence, auditId, hash } = entry;
      if (sequence > next) this.fault = { kind: 'removed', sequence: next, auditId: null };
      else if (sequence < next) this.fault = { kind: 'inserted', sequence, auditId };
      else if (!hashAfter(this.position.hash, entry).equals(hash)) this.fault = { kind: 'changed', sequence, auditId };
      else {
        this.entries += 1;
        this.position = { sequence, hash };
      }
    }
  }

  /** @param head as stored when the last entry was appended */
  end(head: ChainPosition): void {
    if (this.fault !== undefined) return;
    const { sequence, hash } = this.position;
    if (sequence < head.sequence) this.fault = { kind: 'removed', sequence: sequence + 1, auditId: null };
    else if (sequence > head.sequence) this.fault = { kind: 'inserted', sequence, auditId: null };
    else if (!hash.equals(head.hash)) this.fault = { kind: 'changed', sequence, auditId: null };
  }
}
