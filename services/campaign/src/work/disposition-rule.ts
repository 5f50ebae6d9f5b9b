import type { Outcome } from '@holdfast/platform/terms';
import { isOutcome } from '../contact/outcome.js';

const SKEW_MS = 60_000;

/** The lease of a disposition. */
export interface HeldLease {
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
 * Decides whether a disposition is recorded. The lease must be in force, with a grace period after its end, because the
 * contact has taken place.
 * @param lease undefined if the caller holds none with that id within its region
 */
export function judgeDisposition(
  disposition: { outcome: string; at?: Date | undefined },
  lease: HeldLease | undefined,
  { now, graceSeconds }: { now: Date; graceSeconds: number },
): DispositionVerdict {
  if (!isOutcome(disposition.outcome)) return { kind: 'refuse', failureKey: 'disposition.outcomeUnknown' };
  if (lease === undefined) return { kind: 'refuse', failureKey: 'lease.unknown' };
  if (lease.recorded !== undefined) {
    return lease.recorded.outcome === disposition.outcome
      ? { kind: 'repeat', touchId: lease.recorded.touchId }
      : { kind: 'refuse', failureKey: 'disposition.conflict' };
  }
  if (!mayRecord(lease, now, graceSeconds)) return { kind: 'refuse', failureKey: 'lease.gone' };
  const at = disposition.at ?? now;
  if (at.getTime() < lease.leasedAt.getTime() - SKEW_MS || at.getTime() > now.getTime() + SKEW_MS)
    return { kind: 'refuse', failureKey: 'disposition.outsideLease' };
  return { kind: 'record', outcome: disposition.outcome, at };
}

function mayRecord(lease: HeldLease, now: Date, graceSeconds: number): boolean {
  if (lease.endReason === 'released' || lease.endReason === 'disposed') return false;
  return now.getTime() - lease.expiresAt.getTime() < graceSeconds * 1000;
}
