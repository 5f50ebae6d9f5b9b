import type { CountHistory, CountUnit, Regressor } from './count-forecast.js';
import { drawNegativeBinomial, drawNormal } from './random-counts.js';
import { RandomStream } from './random.js';

export interface SyntheticCounts {
  readonly seed: number;
  readonly months: number;
  readonly ahead: number;
  /** Subscriptions of each part. */
  readonly sizes: readonly number[];
  readonly rate?: number;
  /** Deviations of the level's steps, of the parts from the whole, and overdispersion. */
  readonly step?: number;
  readonly spread?: number;
  readonly dispersion?: number;
  /** Added to the log rate of all parts, by month. */
  readonly effect?: (month: number) => number;
}

/** A whole and its parts whose counts have a known process; the months of the forecast are returned, too. */
export function syntheticCounts(
  { seed, months, ahead, sizes, rate = 0.015, step = 0.03, spread = 0.2, dispersion = 0.005, effect }: SyntheticCounts,
  regressors: readonly Omit<Regressor, 'values'>[] = [],
  valuesOf: (month: number, regressor: number) => number = () => 0,
): { history: CountHistory; future: Float64Array[] } {
  const random = new RandomStream(seed, 7);
  const all = months + ahead;
  let level = Math.log(rate);
  const levels = Array.from(
    { length: all },
    (_, month) => (level += step * drawNormal(random)) + (effect?.(month) ?? 0),
  );
  const parts = sizes.map((size) => {
    const own = spread * drawNormal(random);
    return Float64Array.from(levels, (value) => drawNegativeBinomial(size * Math.exp(value + own), dispersion, random));
  });
  const whole = levels.map((_, month) => parts.reduce((sum, counts) => sum + counts[month]!, 0));
  const counts = [Float64Array.from(whole), ...parts];
  const exposures = [sizes.reduce((sum, size) => sum + size, 0), ...sizes];
  const units = counts.map((ofUnit, unit): CountUnit => ({
    parent: unit === 0 ? -1 : 0,
    counts: ofUnit.slice(0, months),
    exposures: new Float64Array(months + 1).fill(exposures[unit]!),
  }));
  return {
    history: {
      units,
      regressors: regressors.map((regressor, at) => {
        const values = Float64Array.from({ length: all }, (_, month) => valuesOf(month, at));
        return { ...regressor, values: units.map(() => values) };
      }),
      logLengths: new Float64Array(all),
    },
    future: counts.map((ofUnit) => ofUnit.slice(months)),
  };
}
