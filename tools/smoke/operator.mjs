/** Of an operator that is large enough for a model, and small enough for a test. */
const subscribers = '500';
const months = '9';
const seed = '7';

const dayMs = 86_400_000;
const shanghaiOffsetMs = 8 * 3_600_000;
/** An extract is written two days after its month, and production refuses one of the future. */
const writtenAfterDays = 3;
/** People may be called from 9:00 to 21:00; days begin at midnight. */
const boundaryHours = [0, 9, 21, 24];
/** From the start to the lists of the month, whose business time the other system repeats. */
const monthMsMax = 5 * 60_000;

/**
 * The command of demo-extract with a smaller operator whose last month is over.
 * @param {readonly string[]} command  of Compose
 * @param {Date} now
 * @returns {string[]}
 * @throws an Error if the command has no such options
 */
export function smallOperator(command, now) {
  const options = { '--subscribers': subscribers, '--months': months, '--seed': seed };
  const changed = [...command];
  for (const [option, value] of Object.entries(options)) {
    const at = changed.indexOf(option);
    if (at < 0) throw new Error(`the command of demo-extract has no ${option}`);
    changed[at + 1] = value;
  }
  return [...changed, '--to', lastMonth(now)];
}

/** The newest month of which an extract can have been written. @param {Date} now  @returns {string}  `YYYY-MM` */
export function lastMonth(now) {
  const local = new Date(now.getTime() + shanghaiOffsetMs - writtenAfterDays * dayMs);
  return new Date(Date.UTC(local.getUTCFullYear(), local.getUTCMonth() - 1)).toISOString().slice(0, 7);
}

/**
 * Time to wait until a month, and the same month again, do not run over a boundary of the day: which
 * customers an agent may call depends on the hour.
 * @param {Date} now
 * @returns {number}  ms; 0 at most times
 */
export function waitMs(now) {
  const local = new Date(now.getTime() + shanghaiOffsetMs);
  const sinceMidnight = local.getTime() % dayMs;
  const next = boundaryHours.map((hour) => hour * 3_600_000).find((boundary) => boundary > sinceMidnight) ?? dayMs;
  const left = next - sinceMidnight;
  return left > monthMsMax ? 0 : left;
}
