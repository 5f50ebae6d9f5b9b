const windowSeconds = 60;
const restartsMax = 5;
const firstDelayMs = 250;
const delayMsMax = 15_000;

/**
 * When to start a service again that has died: 0.25 s after the first death within a minute, and twice as long after each
 * further one, at most 15 s. A service that was never ready is given up after five: its settings are wrong. One that was
 * ready is not, since what kills it, such as a full disk, may pass, and work waits for it for a day.
 * @param {readonly number[]} deathsMs  times of its deaths, the present one included
 * @param {number} nowMs
 * @param {boolean} wasReady
 * @returns {number | undefined}  milliseconds to wait; undefined: give up
 */
export function restartDelayMs(deathsMs, nowMs, wasReady) {
  const recent = deathsMs.filter((death) => death > nowMs - windowSeconds * 1000).length;
  if (recent > restartsMax && !wasReady) return undefined;
  return Math.min(delayMsMax, firstDelayMs * 2 ** (recent - 1));
}
