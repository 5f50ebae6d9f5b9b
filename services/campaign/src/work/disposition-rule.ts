import type { Caller } from '@holdfast/platform/caller';
import { isOutcome, type Outcome } from '../contact/outcome.js';

const SKEW_MS = 60_000;

/** What a disposition is judged by. */
export interface HeldLease {
  client: string;
  agent: string;
  leasedAt: Date;
  expiresAt: Date;
  endReason: 'disposed' | 'released' | 'expired' | null;
  /** What was recorded for it before. */
  recorded?: { touchId: string; outcome: string };
}

export type DispositionVerdict =
  | { kind: 'record'; outcome: Outcome; at: Date }
  /** The same was said before: nothing happens again. */
  | { kind: 'repeat'; touchId: string }
  | { kind: 'refuse'; failureKey: string };

/**
 * Whether what an agent says of a contact is recorded. The lease must be in force; its holder may still speak for a
 * while after it ran out, because the contact has happened whether or not the clock was beaten.
 * @param lease undefined where there is none, or it lies outside the caller's region
 */
export function judgeDisposition(
  said: { outcome: string; at?: Date | undefined },
  lease: HeldLease | undefined,
  { caller, now, graceSeconds }: { caller: Caller; now: Date; graceSeconds: number },
): DispositionVerdict {
  if (!isOutcome(said.outcome)) return { kind: 'refuse', failureKey: 'disposition.outcomeUnknown' };
  if (lease === undefined) return { kind: 'refuse', failureKey: 'lease.unknown' };
  if (lease.recorded !== undefined) {
    return lease.recorded.outcome === said.outcome
      ? { kind: 'repeat', touchId: lease.recorded.touchId }
      : { kind: 'refuse', failureKey: 'disposition.conflict' };
  }
  if (!mayStillSpeak(lease, caller, now, graceSeconds)) return { kind: 'refuse', failureKey: 'lease.gone' };
  const at = said.at ?? now;
  if (at.getTime() < lease.leasedAt.getTime() - SKEW_MS || at.getTime() > now.getTime() + SKEW_MS) {
    return { kind: 'refuse', failureKey: 'disposition.outsideLease' };
  }
  return { kind: 'record', outcome: said.outcome, at };
}

function mayStillSpeak(lease: HeldLease, caller: Caller, now: Date, graceSeconds: number): boolean {
  if (lease.endReason === 'released' || lease.endReason === 'disposed') return false;
  const overdueMs = now.getTime() - lease.expiresAt.getTime();
  if (lease.endReason === null && overdueMs < 0) return true;
  const isItsAgent = caller.onBehalfOf === undefined || caller.onBehalfOf === lease.agent;
  return caller.client === lease.client && isItsAgent && overdueMs < graceSeconds * 1000;
}
