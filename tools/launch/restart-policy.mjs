const windowSeconds = 60;
const restartsMax = 5;
const firstDelayMs = 250;

/**
 * When to start a service again that has died: 0.25 s after the first death within a minute, twice as long after each
 * further one, and not at all after more than five, since whatever kills it is then no accident.
 * @param {readonly number[]} deathsMs  times of its deaths, the present one included
 * @param {number} nowMs
 * @returns {number | undefined}  milliseconds to wait; undefined: give up
 */
export function restartDelayMs(deathsMs, nowMs) {
  const recent = deathsMs.filter((death) => death > nowMs - windowSeconds * 1000).length;
  return recent > restartsMax ? undefined : firstDelayMs * 2 ** (recent - 1);
}
