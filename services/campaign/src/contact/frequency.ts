const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** Limits of contacts with a customer on one channel. */
export interface FrequencyPolicy {
  maxTouches: number;
  windowDays: number;
  minDaysBetween: number;
  /** Between any two attempts, reached or not. */
  hoursBetweenAttempts: number;
  /** Between contacts with two members of a household. */
  householdMinDays: number;
}

/** An attempted contact. */
export interface Attempt {
  at: Date;
  /** Whether it counts as a contact: the customer was reached and did not request another call. */
  counts: boolean;
  /** When the customer asked to be called. */
  callBackAt?: Date;
}

/**
 * When the next attempt after those that count is allowed; undefined if now. All spans are half-open: a minimum of seven days allows an attempt
 * exactly seven days after the last.
 * @param attempts on the same channel, in any order, at least those of the longest span
 */
export function frequencyEndsAt(attempts: readonly Attempt[], policy: FrequencyPolicy, at: Date): Date | undefined {
  const countedMs = attempts
    .filter(({ counts }) => counts)
    .map((attempt) => attempt.at.getTime())
    .sort((a, b) => b - a);
  const latestMs = countedMs[0] ?? -Infinity;
  const capMs = countedMs[policy.maxTouches - 1] ?? -Infinity;
  const endsMs = Math.max(
    latestMs + policy.hoursBetweenAttempts * HOUR_MS,
    latestMs + policy.minDaysBetween * DAY_MS,
    capMs + policy.windowDays * DAY_MS,
  );
  return endsMs > at.getTime() ? new Date(endsMs) : undefined;
}

/**
 * When a customer who was not reached may be tried again; undefined if now. The newest attempt decides: after one with a
 * time for the call back, that time.
 */
export function retryEndsAt(attempts: readonly Attempt[], policy: FrequencyPolicy, at: Date): Date | undefined {
  const newest = attempts.reduce<Attempt | undefined>(
    (one, other) => (one && one.at > other.at ? one : other),
    undefined,
  );
  if (newest === undefined || newest.counts) return undefined;
  const ends = newest.callBackAt ?? new Date(newest.at.getTime() + policy.hoursBetweenAttempts * HOUR_MS);
  return ends > at ? ends : undefined;
}

/** When the next member of a household may be contacted; undefined if now. Half-open likewise. */
export function householdEndsAt(contacts: readonly Date[], policy: FrequencyPolicy, at: Date): Date | undefined {
  const latestMs = Math.max(...contacts.map((contact) => contact.getTime()));
  const endsMs = latestMs + policy.householdMinDays * DAY_MS;
  return endsMs > at.getTime() ? new Date(endsMs) : undefined;
}

/** Days of history that `frequencyEndsAt` needs. */
export function historyDays(policy: FrequencyPolicy): number {
  return Math.max(policy.windowDays, policy.minDaysBetween, policy.hoursBetweenAttempts / 24);
}
