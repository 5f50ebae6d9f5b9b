import type { Caller } from '@holdfast/platform/caller';
import { isOutcome, type Outcome } from '../contact/outcome.js';

const SKEW_MS = 60_000;

/** The lease of a disposition. */
export interface HeldLease {
  client: string;
  agent: string;
  leasedAt: Date;
  expiresAt: Date;
  endReason: 'disposed' | 'released' | 'expired' | null;
  /** The disposition recorded earlier, if any. */
  recorded?: { touchId: string; outcome: string };
}

type DispositionVerdict =
  | { kind: 'record'; outcome: Outcome; at: Date }
  /** The same disposition was recorded before: no further effect. */
  | { kind: 'repeat'; touchId: string }
  | { kind: 'refuse'; failureKey: string };

/**
 * Decides whether a disposition is recorded. The lease must be in force, but its holder has a grace period after its
 * end, because the contact has taken place.
 * @param lease undefined if there is none within the caller's region
 */
export function judgeDisposition(
  disposition: { outcome: string; at?: Date | undefined },
  lease: HeldLease | undefined,
  { caller, now, graceSeconds }: { caller: Caller; now: Date; graceSeconds: number },
): DispositionVerdict {
  if (!isOutcome(disposition.outcome)) return { kind: 'refuse', failureKey: 'disposition.outcomeUnknown' };
  if (lease === undefined) return { kind: 'refuse', failureKey: 'lease.unknown' };
  if (lease.recorded !== undefined) {
    return lease.recorded.outcome === disposition.outcome
      ? { kind: 'repeat', touchId: lease.recorded.touchId }
      : { kind: 'refuse', failureKey: 'disposition.conflict' };
  }
  if (!mayRecord(lease, caller, now, graceSeconds)) return { kind: 'refuse', failureKey: 'lease.gone' };
  const at = disposition.at ?? now;
  if (at.getTime() < lease.leasedAt.getTime() - SKEW_MS || at.getTime() > now.getTime() + SKEW_MS)
    return { kind: 'refuse', failureKey: 'disposition.outsideLease' };
  return { kind: 'record', outcome: disposition.outcome, at };
}

function mayRecord(lease: HeldLease, caller: Caller, now: Date, graceSeconds: number): boolean {
  if (lease.endReason === 'released' || lease.endReason === 'disposed') return false;
  const overdueMs = now.getTime() - lease.expiresAt.getTime();
  if (lease.endReason === null && overdueMs < 0) return true;
  const isItsAgent = caller.onBehalfOf === undefined || caller.onBehalfOf === lease.agent;
  return caller.client === lease.client && isItsAgent && overdueMs < graceSeconds * 1000;
}
