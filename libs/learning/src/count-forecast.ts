import {
  cholesky,
  dot,
  fitProcess,
  type Covariance,
  type FittedProcess,
  type ObservedCounts,
} from './count-process.js';
import { drawNegativeBinomial, drawNormal } from './random-counts.js';
import { RandomStream } from './random.js';
import { sortedNumbers } from './sorted-numbers.js';

/** Monthly counts of a unit, such as its churners, and the subscriptions of which they are counted. */
export interface CountUnit {
  /** Index of the unit that it is a part of, below its own; -1 for the first unit, which all others are parts of. */
  readonly parent: number;
  /** By month of the history; NaN where it is not known. */
  readonly counts: Float64Array;
  /** By month of the history and of the first month after it: those who may be counted in it; NaN where it is not known. */
  readonly exposures: Float64Array;
}

/** Something known about months that raises or lowers the logarithm of the rate by coefficient × value. */
export interface Regressor {
  /** By unit: values by month of the history and of the forecast. */
  readonly values: readonly Float64Array[];
  /** Prior mean and standard deviation of the coefficient. */
  readonly mean: number;
  readonly deviation: number;
  /** Whether the coefficient is the prior mean unless the history has months with a value and enough without. */
  readonly isGiven: boolean;
}

export interface CountHistory {
  readonly units: readonly CountUnit[];
  readonly regressors: readonly Regressor[];
  /** By month of the history and of the forecast: logarithm of its length. */
  readonly logLengths: Float64Array;
}

/** Distribution of a count. */
export interface CountInterval {
  readonly mean: number;
  readonly median: number;
  readonly low80: number;
  readonly high80: number;
  readonly low95: number;
  readonly high95: number;
}

export interface UnitForecast {
  /** By month of the forecast. */
  readonly months: readonly (CountInterval & { readonly exposure: number })[];
  /** The sum of all months of the forecast. */
  readonly total: CountInterval;
  /** By regressor: what it adds to the logarithm of the rate in the month in which its value is largest; NaN without one. */
  readonly effects: readonly number[];
  /** By regressor: whether months of the history decided the effect. */
  readonly isEstimated: readonly boolean[];
}

/** Months with known counts that a forecast needs. */
export const COUNTED_MONTHS_MIN = 6;
/** Seasons are estimated from two years on; before, a small deviation only widens the intervals. */
const SEASON_MONTHS_MIN = 24;
/** Months without a value that the coefficient of a given regressor needs to be estimated. */
const PLAIN_MONTHS_MIN = 3;
const MONTHS_OF_YEAR = 12;

// Prior deviations of the log rate. The level may be anywhere near the mean rate; a trend changes it by some percent a month.
const LEVEL_DEVIATION = 0.5;
const TREND_DEVIATION = 0.01;
/** Share of its slope that the trend keeps from one month of the forecast to the next (Gardner & McKenzie 1985). */
const DAMPING = 0.85;
// Values among which the evidence weighs or chooses: monthly steps of the level, seasons, overdispersion, spread of units.
const STEPS = [0.005, 0.03, 0.08, 0.2] as const;
const SEASONS = [0.02, 0.08, 0.2] as const;
const DISPERSIONS = [0, 0.003, 0.015, 0.06] as const;
const UNIT_SPREADS = [0.03, 0.12, 0.4] as const;
const UNIT_STEPS = [0, 0.05] as const;
/** Parts of a level by which its values are chosen: those with the most counts. */
const JUDGED_PARTS_MAX = 8;
const WEIGHT_MIN = 0.005;
const STOCK_MONTHS = 12;

/** A unit with its paths: logarithms of the rate. */
interface Path {
  /** By month of the history and of the forecast: posterior mean. */
  readonly means: Float64Array;
  /** By simulated path and month of the forecast. */
  readonly draws: Float64Array;
  /** By simulated path: the dispersion of its counts. */
  readonly dispersions: Float64Array;
  /** By regressor and month: what it adds to the mean. */
  readonly contributions: readonly Float64Array[];
  readonly isEstimated: readonly boolean[];
}

/**
 * Forecasts monthly counts of a hierarchy of units, with intervals.
 *
 * The counts are negative binomial. The log rate of the whole is a level that moves in random steps, a trend that is damped
 * after the history, seasons, regressors and the length of the month: a Gaussian process, fitted by Laplace's method. The
 * deviations of steps, seasons and counts are averaged by their evidence, so that the interval has their uncertainty,
 * too. The log rate of a part is that of its unit plus a deviation that is shrunken towards none: the fewer its counts, the nearer it
 * is to its unit. The rates of the parts of a unit are scaled so that the means of their counts add up to its mean. The
 * exposure of later months follows the growth of the last year. Intervals are quantiles of simulated paths; equal seeds give
 * equal results. O(units × months³ + paths × units × months).
 *
 * @returns by unit @throws RangeError with fewer than `COUNTED_MONTHS_MIN` months of counts of the first unit
 */
export function forecastCounts(
  history: CountHistory,
  horizon: number,
  { draws, seed }: { draws: number; seed: number },
): UnitForecast[] {
  const { units } = history;
  const model = new CountModel(history, horizon, draws, seed);
  const forecasts = new Array<UnitForecast>(units.length);
  let paths = new Map([[0, model.whole()]]);
  while (paths.size > 0) {
    for (const [unit, path] of paths) forecasts[unit] = model.summary(unit, path);
    const above = paths;
    const parts = [...units.keys()].filter((part) => above.has(units[part]!.parent));
    paths = parts.length === 0 ? new Map() : model.level(parts, above);
  }
  return forecasts;
}

class CountModel {
  private readonly past: number;
  private readonly months: number;
  /** By simulated path and month of the forecast: log growth of the exposure since the first of them. */
  private readonly growth: Float64Array;

  constructor(
    private readonly history: CountHistory,
    private readonly horizon: number,
    private readonly draws: number,
    private readonly seed: number,
  ) {
    this.past = history.units[0]!.counts.length;
    this.months = this.past + horizon;
    this.growth = this.growthDraws();
  }

  /** Path of the first unit, averaged over the deviations by their evidence. */
  whole(): Path {
    const { units, regressors, logLengths } = this.history;
    const at = this.observedMonths(0);
    if (at.length < COUNTED_MONTHS_MIN) throw new RangeError(`Counts of ${at.length} months are too few`);
    const { counts, exposures } = units[0]!;
    const sum = (values: Float64Array): number => at.reduce((total, month) => total + values[month]!, 0);
    const logRate = Math.log((sum(counts) + 0.5) / (sum(exposures) + 1));
    const columns = regressors.map((regressor) => columnOf(regressor, regressor.values[0]!, at));
    const base = Float64Array.from({ length: this.months }, (_, month) => {
      return columns.reduce((total, { mean, values }) => total + mean * values[month]!, logRate + logLengths[month]!);
    });
    const observed = this.observed(0, at, base);
    const seasons = at.length >= SEASON_MONTHS_MIN ? SEASONS : SEASONS.slice(0, 1);
    const fits: Fit[] = [];
    for (const step of STEPS)
      for (const season of seasons) {
        const own = (first: number, second: number): number => this.wholeCovariance(first, second, step, season);
        const covariance = this.covariance(columns, own);
        for (const dispersion of DISPERSIONS) {
          const start = fits.at(-1)?.process.gradients;
          fits.push({ covariance, dispersion, process: fitProcess(observed, covariance, dispersion, start) });
        }
      }
    return this.mixed(base, at, columns, undefined, fits, new RandomStream(this.seed, 0));
  }

  /** Paths of all parts of a level, scaled so that the mean counts of those of a unit add up to the unit's. */
  level(parts: readonly number[], above: ReadonlyMap<number, Path>): Map<number, Path> {
    const { units } = this.history;
    const prepared = parts.map((part) => this.prepared(part, above.get(units[part]!.parent)!));
    const choice = this.choice(prepared);
    const paths = new Map(
      prepared.map((one) => {
        const random = new RandomStream(this.seed, one.part);
        return [one.part, this.mixed(one.base, one.at, one.columns, one.path, [this.fitOfPart(one, choice)], random)];
      }),
    );
    for (const [unit, path] of above) {
      const own = [...paths].filter(([part]) => units[part]!.parent === unit);
      if (own.length > 0) this.reconcile(unit, path, own);
    }
    return paths;
  }

  private prepared(part: number, path: Path): PreparedPart {
    const { units, regressors } = this.history;
    const at = this.observedMonths(part);
    const columns = regressors.map((regressor) => {
      const ofUnit = regressor.values[units[part]!.parent]!;
      const beyond = regressor.values[part]!.map((value, month) => value - ofUnit[month]!);
      return columnOf(regressor, beyond, at);
    });
    const base = path.means.map((value, month) =>
      columns.reduce((sum, { mean, values }) => sum + mean * values[month]!, value),
    );
    return { part, path, at, columns, base, observed: this.observed(part, at, base) };
  }

  /** The deviations that have the best evidence in the parts with the most counts. */
  private choice(prepared: readonly PreparedPart[]): PartDeviations {
    const sizes = new Map(prepared.map((one) => [one, total(one.observed.counts)]));
    const largest = [...prepared]
      .sort((left, right) => sizes.get(right)! - sizes.get(left)! || left.part - right.part)
      .slice(0, JUDGED_PARTS_MAX);
    const starts = new Map<PreparedPart, Float64Array>();
    let [best, most]: [PartDeviations | undefined, number] = [undefined, -Infinity];
    for (const spread of UNIT_SPREADS)
      for (const step of UNIT_STEPS)
        for (const dispersion of DISPERSIONS) {
          const evidence = largest.reduce((sum, one) => {
            const { process } = this.fitOfPart(one, { spread, step, dispersion }, starts.get(one));
            starts.set(one, process.gradients);
            return sum + process.logEvidence;
          }, 0);
          if (evidence > most) [best, most] = [{ spread, step, dispersion }, evidence];
        }
    return best!;
  }

  private fitOfPart(
    { columns, observed }: PreparedPart,
    { spread, step, dispersion }: PartDeviations,
    start?: Float64Array,
  ): Fit {
    const own = (first: number, second: number): number => spread ** 2 + step ** 2 * (Math.min(first, second) + 1);
    const covariance = this.covariance(columns, own);
    return { covariance, dispersion, process: fitProcess(observed, covariance, dispersion, start) };
  }

  summary(unit: number, { draws, dispersions, contributions, isEstimated }: Path): UnitForecast {
    const random = new RandomStream(this.seed, this.history.units.length + unit);
    const next = this.nextExposure(unit);
    const byMonth = Array.from({ length: this.horizon }, () => new Float64Array(this.draws));
    const totals = new Float64Array(this.draws);
    const means = new Float64Array(this.horizon);
    const exposures = new Float64Array(this.horizon);
    for (let draw = 0; draw < this.draws; draw += 1) {
      for (let month = 0; month < this.horizon; month += 1) {
        const exposure = next * Math.exp(this.growth[draw * this.horizon + month]!);
        const mean = exposure * Math.exp(draws[draw * this.horizon + month]!);
        const count = drawNegativeBinomial(mean, dispersions[draw]!, random);
        means[month]! += mean / this.draws;
        exposures[month]! += exposure / this.draws;
        byMonth[month]![draw] = count;
        totals[draw]! += count;
      }
    }
    const values = this.history.regressors.map((regressor) => regressor.values[unit]!);
    return {
      months: byMonth.map((counts, month) => ({ exposure: exposures[month]!, ...intervalOf(counts, means[month]!) })),
      total: intervalOf(totals, total(means)),
      effects: contributions.map((added, at) => {
        const most = values[at]!.reduce((best, value, month) => (value > values[at]![best]! ? month : best), 0);
        return values[at]![most]! > 0 ? added[most]! : NaN;
      }),
      isEstimated,
    };
  }

  /** Simulated paths from fits, each as often as its evidence weighs. @param above path that is added */
  private mixed(
    base: Float64Array,
    at: readonly number[],
    columns: readonly Column[],
    above: Path | undefined,
    fits: readonly Fit[],
    random: RandomStream,
  ): Path {
    const best = Math.max(...fits.map(({ process }) => process.logEvidence));
    const raw = fits.map(({ process }) => Math.exp(process.logEvidence - best));
    const kept = raw.map((weight) => (weight < WEIGHT_MIN ? 0 : weight));
    const sum = kept.reduce((all, weight) => all + weight, 0);
    const means = base.slice();
    const draws = new Float64Array(this.draws * this.horizon);
    const dispersions = new Float64Array(this.draws);
    const coefficients = columns.map(({ mean }) => mean);
    let [reached, draw] = [0, 0];
    for (const [index, { covariance, dispersion, process }] of fits.entries()) {
      const weight = kept[index]! / sum;
      if (weight === 0) continue;
      reached += weight;
      const shift = this.posteriorMeans(at, covariance, process);
      for (let month = 0; month < this.months; month += 1) means[month]! += weight * shift[month]!;
      for (const [column, { values, deviation }] of columns.entries()) {
        const slope = at.reduce((all, month, row) => all + values[month]! * process.gradients[row]!, 0);
        coefficients[column]! += weight * deviation ** 2 * slope;
      }
      const factor = this.posteriorFactor(at, covariance, process);
      for (; (draw + 0.5) / this.draws <= reached || (index === lastOf(kept) && draw < this.draws); draw += 1) {
        dispersions[draw] = dispersion;
        this.drawPath(draws, draw, base, shift, factor, above, random);
      }
    }
    const contributions = columns.map(({ values }, column) =>
      values.map((value, month) => coefficients[column]! * value + (above?.contributions[column]![month] ?? 0)),
    );
    const isEstimated = columns.map((column, of) => column.isEstimated || above?.isEstimated[of] === true);
    return { means, draws, dispersions, contributions, isEstimated };
  }

  private drawPath(
    draws: Float64Array,
    draw: number,
    base: Float64Array,
    shift: Float64Array,
    factor: Float64Array,
    above: Path | undefined,
    random: RandomStream,
  ): void {
    const { horizon } = this;
    const noise = Float64Array.from({ length: horizon }, () => drawNormal(random));
    for (let month = 0; month < horizon; month += 1) {
      let value = base[this.past + month]! + shift[this.past + month]!;
      if (above !== undefined) value += above.draws[draw * horizon + month]! - above.means[this.past + month]!;
      for (let k = 0; k <= month; k += 1) value += factor[month * horizon + k]! * noise[k]!;
      draws[draw * horizon + month] = value;
    }
  }

  private posteriorMeans(at: readonly number[], covariance: Covariance, { gradients }: FittedProcess): Float64Array {
    return Float64Array.from({ length: this.months }, (_, month) =>
      at.reduce((sum, other, row) => sum + covariance.values[month * covariance.size + other]! * gradients[row]!, 0),
    );
  }

  /** Cholesky factor of the posterior covariance of the months of the forecast. */
  private posteriorFactor(at: readonly number[], { size, values }: Covariance, process: FittedProcess): Float64Array {
    const { horizon, past } = this;
    const explained = Array.from({ length: horizon }, (_, month) =>
      process.explained(Float64Array.from(at, (other) => values[(past + month) * size + other]!)),
    );
    const matrix = new Float64Array(horizon * horizon);
    for (let i = 0; i < horizon; i += 1)
      for (let j = 0; j <= i; j += 1)
        matrix[i * horizon + j] = values[(past + i) * size + past + j]! - dot(explained[i]!, explained[j]!);
    return cholesky(matrix, horizon);
  }

  private reconcile(unit: number, path: Path, parts: readonly [number, Path][]): void {
    for (let month = 0; month < this.horizon; month += 1) {
      const meanOf = (of: number, { draws }: Path): number => {
        let sum = 0;
        for (let index = month; index < draws.length; index += this.horizon)
          sum += Math.exp(draws[index]! + this.growth[index]!);
        return sum * this.nextExposure(of);
      };
      const ofParts = parts.reduce((sum, [part, partPath]) => sum + meanOf(part, partPath), 0);
      if (ofParts === 0) continue;
      const shift = Math.log(meanOf(unit, path) / ofParts);
      for (const [, { draws, means }] of parts) {
        means[this.past + month]! += shift;
        for (let index = month; index < draws.length; index += this.horizon) draws[index]! += shift;
      }
    }
  }

  private growthDraws(): Float64Array {
    const { exposures } = this.history.units[0]!;
    const logs = exposures.slice(-STOCK_MONTHS - 1).map(Math.log);
    const steps = logs
      .slice(1)
      .map((value, month) => value - logs[month]!)
      .filter(Number.isFinite);
    const mean = steps.length === 0 ? 0 : total(steps) / steps.length;
    const squares = steps.reduce((sum, step) => sum + (step - mean) ** 2, 0);
    const deviation = steps.length < 2 ? 0.01 : Math.sqrt(squares / (steps.length - 1));
    const random = new RandomStream(this.seed, -1);
    const growth = new Float64Array(this.draws * this.horizon);
    for (let draw = 0; draw < this.draws; draw += 1) {
      const drift = mean + (deviation / Math.sqrt(Math.max(1, steps.length))) * drawNormal(random);
      for (let month = 1; month < this.horizon; month += 1) {
        const before = growth[draw * this.horizon + month - 1]!;
        growth[draw * this.horizon + month] = before + drift + deviation * drawNormal(random);
      }
    }
    return growth;
  }

  private nextExposure(unit: number): number {
    const next = this.history.units[unit]!.exposures[this.past]!;
    return Number.isNaN(next) ? 0 : next;
  }

  private observedMonths(unit: number): number[] {
    const { counts, exposures } = this.history.units[unit]!;
    return [...counts.keys()].filter((month) => !Number.isNaN(counts[month]!) && exposures[month]! > 0);
  }

  private observed(unit: number, at: readonly number[], base: Float64Array): ObservedCounts {
    const { counts, exposures } = this.history.units[unit]!;
    return {
      at,
      counts: Float64Array.from(at, (month) => counts[month]!),
      offsets: Float64Array.from(at, (month) => Math.log(exposures[month]!) + base[month]!),
    };
  }

  private covariance(columns: readonly Column[], own: (first: number, second: number) => number): Covariance {
    const values = new Float64Array(this.months * this.months);
    const random = columns.filter((column) => column.deviation > 0 && column.values.some((value) => value !== 0));
    for (let i = 0; i < this.months; i += 1)
      for (let j = 0; j <= i; j += 1) {
        const byColumns = random.reduce(
          (sum, column) => sum + column.deviation ** 2 * column.values[i]! * column.values[j]!,
          0,
        );
        values[i * this.months + j] = values[j * this.months + i] = own(j, i) + byColumns;
      }
    return { size: this.months, values };
  }

  private wholeCovariance(first: number, second: number, step: number, season: number): number {
    const isSameMonth = (second - first) % MONTHS_OF_YEAR === 0;
    return (
      LEVEL_DEVIATION ** 2 +
      TREND_DEVIATION ** 2 * this.trendAt(first) * this.trendAt(second) +
      step ** 2 * Math.min(first, second) +
      season ** 2 * ((isSameMonth ? 1 : 0) - 1 / MONTHS_OF_YEAR)
    );
  }

  /** Months from the last of the history, damped after it. */
  private trendAt(month: number): number {
    const after = month - this.past + 1;
    return after <= 0 ? after : (DAMPING * (1 - DAMPING ** after)) / (1 - DAMPING);
  }
}

/** A part, ready to be fitted around the path of its unit. */
interface PreparedPart {
  readonly part: number;
  readonly path: Path;
  readonly at: readonly number[];
  readonly columns: readonly Column[];
  readonly base: Float64Array;
  readonly observed: ObservedCounts;
}

interface PartDeviations {
  readonly spread: number;
  readonly step: number;
  readonly dispersion: number;
}

interface Fit {
  readonly covariance: Covariance;
  readonly dispersion: number;
  readonly process: FittedProcess;
}

interface Column {
  readonly values: Float64Array;
  readonly mean: number;
  /** 0 where the coefficient is given. */
  readonly deviation: number;
  readonly isEstimated: boolean;
}

function columnOf({ mean, deviation, isGiven }: Regressor, values: Float64Array, at: readonly number[]): Column {
  const marked = at.filter((month) => values[month] !== 0).length;
  const isEstimated = marked > 0 && at.length - marked >= PLAIN_MONTHS_MIN;
  return { values, mean, deviation: isEstimated || !isGiven ? deviation : 0, isEstimated };
}

function intervalOf(draws: Float64Array, mean: number): CountInterval {
  const ascending = sortedNumbers(draws);
  const at = (share: number): number => ascending[Math.round(share * (ascending.length - 1))]!;
  return { mean, median: at(0.5), low80: at(0.1), high80: at(0.9), low95: at(0.025), high95: at(0.975) };
}

function lastOf(weights: readonly number[]): number {
  return weights.findLastIndex((weight) => weight > 0);
}

function total(values: Float64Array): number {
  return values.reduce((sum, value) => sum + (Number.isNaN(value) ? 0 : value), 0);
}
