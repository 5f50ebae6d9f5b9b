const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** How often a customer may be approached on one channel. */
export interface FrequencyPolicy {
  maxTouches: number;
  windowDays: number;
  minDaysBetween: number;
  /** Between any two attempts, reached or not. */
  hoursBetweenAttempts: number;
  /** Between contacts with two of a household. */
  householdMinDays: number;
}

/** An approach that was made. */
export interface Attempt {
  at: Date;
  /** Whether it counts as a contact: somebody was reached who did not ask for another call. */
  counts: boolean;
}

/**
 * When the next approach is possible; undefined if now is. All spans are half-open: an approach exactly seven days
 * after the last is allowed by a minimum of seven days.
 * @param attempts on the same channel, in any order, at least those of the longest span
 */
export function frequencyEndsAt(attempts: readonly Attempt[], policy: FrequencyPolicy, at: Date): Date | undefined {
  const countedMs = attempts
    .filter(({ counts }) => counts)
    .map((attempt) => attempt.at.getTime())
    .sort((a, b) => b - a);
  const latestMs = Math.max(...attempts.map((attempt) => attempt.at.getTime()));
  const capMs = countedMs[policy.maxTouches - 1];
  const endsMs = Math.max(
    latestMs + policy.hoursBetweenAttempts * HOUR_MS,
    (countedMs[0] ?? -Infinity) + policy.minDaysBetween * DAY_MS,
    (capMs ?? -Infinity) + policy.windowDays * DAY_MS,
  );
  return endsMs > at.getTime() ? new Date(endsMs) : undefined;
}

/** When the next of a household may be approached; undefined if now. Half-open likewise. */
export function householdEndsAt(contacts: readonly Date[], policy: FrequencyPolicy, at: Date): Date | undefined {
  const latestMs = Math.max(...contacts.map((contact) => contact.getTime()));
  const endsMs = latestMs + policy.householdMinDays * DAY_MS;
  return endsMs > at.getTime() ? new Date(endsMs) : undefined;
}

/** Days of history that `frequencyEndsAt` needs. */
export function historyDays(policy: FrequencyPolicy): number {
  return Math.max(policy.windowDays, policy.minDaysBetween, policy.hoursBetweenAttempts / 24);
}
