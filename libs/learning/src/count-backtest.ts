import { COUNTED_MONTHS_MIN, forecastCounts, type CountHistory } from './count-forecast.js';

/** What forecasts that were made at earlier months are worth, compared with the counts that came. */
export interface CountBacktest {
  /** From 1. */
  readonly monthsAhead: number;
  /** Forecasts that are compared: of the first unit, or of all units without parts together. */
  readonly judged: number;
  /** Share of counts within the interval; NaN without a judged one. */
  readonly coverage80: number;
  readonly coverage95: number;
  /**
   * Mean absolute error of the median ÷ that of a naive forecast of the same months: the last known count, or the count
   * of the same month a year before (Hyndman & Koehler 2006, scaled out of sample). NaN without such a count, or where
   * the naive forecast has no error.
   */
  readonly scaledErrorOfLast: number;
  readonly scaledErrorOfYear: number;
}

const ORIGINS_MAX = 12;
const DRAWS = 400;
const MONTHS_OF_YEAR = 12;

interface Tally {
  judged: number;
  within80: number;
  within95: number;
  error: number;
  errorOfLast: number;
  /** Where the count a year before is known. */
  errorThen: number;
  errorOfYear: number;
}

/** Judges forecasts at the last months, each made with the history up to it only (rolling origin), by month ahead. */
export function backtestCounts(
  history: CountHistory,
  horizon: number,
  seed: number,
): { whole: CountBacktest[]; parts: CountBacktest[] } {
  const { units } = history;
  const months = units[0]!.counts.length;
  const tallies = { whole: talliesOf(horizon), parts: talliesOf(horizon) };
  const isPart = units.map((_, unit) => unit > 0 && !units.some(({ parent }) => parent === unit));
  const judged = [...units.keys()].filter((unit) => unit === 0 || isPart[unit]);
  for (let origin = months - 1; origin >= Math.max(COUNTED_MONTHS_MIN, months - ORIGINS_MAX); origin -= 1) {
    const ahead = Math.min(horizon, months - origin);
    const before = truncated(history, origin, ahead);
    if (before.units[0]!.counts.filter((count) => !Number.isNaN(count)).length < COUNTED_MONTHS_MIN) break;
    const forecasts = forecastCounts(before, ahead, { draws: DRAWS, seed });
    for (const unit of judged) {
      const { counts, exposures } = units[unit]!;
      for (const [after, interval] of forecasts[unit]!.months.entries()) {
        const count = counts[origin + after]!;
        if (Number.isNaN(count) || !(exposures[origin + after]! > 0)) continue;
        const last = counts[origin - 1]!;
        const year = counts[origin + after - MONTHS_OF_YEAR] ?? NaN;
        add(tallies[unit === 0 ? 'whole' : 'parts'][after]!, count, interval, { last, year });
      }
    }
  }
  return { whole: tallies.whole.map(figuresOf), parts: tallies.parts.map(figuresOf) };
}

function truncated(
  { units, regressors, logLengths, ...rest }: CountHistory,
  months: number,
  ahead: number,
): CountHistory {
  const all = months + ahead;
  return {
    ...rest,
    units: units.map(({ parent, counts, exposures }) => ({
      parent,
      counts: counts.subarray(0, months),
      exposures: exposures.subarray(0, months + 1),
    })),
    regressors: regressors.map((regressor) => ({
      ...regressor,
      values: regressor.values.map((values) => values.subarray(0, all)),
    })),
    logLengths: logLengths.subarray(0, all),
  };
}

function talliesOf(horizon: number): Tally[] {
  return Array.from({ length: horizon }, () => ({
    ...{ judged: 0, within80: 0, within95: 0, error: 0, errorOfLast: 0, errorThen: 0, errorOfYear: 0 },
  }));
}

function add(
  tally: Tally,
  count: number,
  interval: { median: number; low80: number; high80: number; low95: number; high95: number },
  { last, year }: { last: number; year: number },
): void {
  const error = Math.abs(count - interval.median);
  tally.judged += 1;
  if (count >= interval.low80 && count <= interval.high80) tally.within80 += 1;
  if (count >= interval.low95 && count <= interval.high95) tally.within95 += 1;
  tally.error += error;
  tally.errorOfLast += Math.abs(count - last);
  if (Number.isNaN(year)) return;
  tally.errorThen += error;
  tally.errorOfYear += Math.abs(count - year);
}

function figuresOf(tally: Tally, after: number): CountBacktest {
  const ratio = (above: number, below: number): number => (below > 0 ? above / below : NaN);
  return {
    monthsAhead: after + 1,
    judged: tally.judged,
    coverage80: ratio(tally.within80, tally.judged),
    coverage95: ratio(tally.within95, tally.judged),
    scaledErrorOfLast: ratio(tally.error, tally.errorOfLast),
    scaledErrorOfYear: ratio(tally.errorThen, tally.errorOfYear),
  };
}
