import { chiSquareTail, pearsonStatistic } from '@holdfast/learning/chi-square';
import { CONTROL } from '@holdfast/platform/control-group';

/** What of a stratum got an arm. */
export interface GroupSize {
  stratum: string;
  arm: string;
  /** Drawn as one: households or subscriptions. */
  units: number;
  subscriptions: number;
  /** Least and greatest probability with which they got it; null where it is not written down for all of them. */
  propensityMin: number | null;
  propensityMax: number | null;
}

interface SampleRatio {
  pValue: number;
  fits: boolean;
}

/** Whether groups were made by lot, and whether they have the sizes that were meant. */
export interface Lot {
  isRandomised: boolean;
  /** Undefined where nothing says which sizes were meant. */
  sampleRatio: SampleRatio | undefined;
}

/** Below this probability the sizes are no chance (Fabijan et al., KDD 2019, take the same for sample ratios). */
const P_VALUE_MIN = 0.001;
/** Propensities are written with two or three decimals. */
const SUM_TOLERANCE = 0.01;
const SAME = 1e-9;

/** The arms of a stratum that are meant, with how many units got them and with what probability. */
interface Draw {
  counts: number[];
  shares: number[];
}

/**
 * Judges an assignment by what is written down about it. Units are compared, not subscriptions: those who live together
 * were drawn together.
 * @param isClustered that units are larger than those that are known, so that their counts spread more than by
 *   chance; how much more is told by how they spread over the strata
 */
export function checkRandomisation(sizes: readonly GroupSize[], isClustered: boolean): Lot {
  const draws = drawsOf(sizes);
  const hasControl = sizes.some(({ arm }) => arm === CONTROL) && sizes.some(({ arm }) => arm !== CONTROL);
  if (draws === undefined || !hasControl) return { isRandomised: false, sampleRatio: undefined };
  let statistic = 0;
  let degrees = 0;
  for (const { counts, shares } of draws) {
    const units = sumOf(counts);
    statistic += pearsonStatistic(
      counts,
      shares.map((share) => share * units),
    );
    degrees += counts.length - 1;
  }
  const spread = isClustered ? spreadOverStrata(sizes) : 1;
  const pValue = chiSquareTail(statistic / spread, degrees);
  const fits = pValue >= P_VALUE_MIN;
  return { isRandomised: fits, sampleRatio: { pValue, fits } };
}

/** The campaign as one draw where each arm has one probability, else a draw for each stratum; undefined if neither. */
function drawsOf(sizes: readonly GroupSize[]): Draw[] | undefined {
  const whole = drawOf(sizes);
  if (whole !== undefined) return [whole];
  const byStratum = groupsOf(sizes, ({ stratum }) => stratum).map(drawOf);
  return byStratum.every((draw) => draw !== undefined) ? byStratum : undefined;
}

function drawOf(sizes: readonly GroupSize[]): Draw | undefined {
  const counts: number[] = [];
  const shares: number[] = [];
  for (const rows of groupsOf(sizes, ({ arm }) => arm)) {
    const low = Math.min(...rows.map(({ propensityMin }) => propensityMin ?? NaN));
    const high = Math.max(...rows.map(({ propensityMax }) => propensityMax ?? NaN));
    if (!(low > 0 && high < 1 && high - low < SAME)) return undefined;
    counts.push(sumOf(rows.map(({ units }) => units)));
    shares.push(low);
  }
  const rest = 1 - sumOf(shares);
  if (rest < -SUM_TOLERANCE) return undefined;
  // An arm of a small stratum may have been drawn by nobody; of a whole campaign it would be no arm.
  if (rest > SUM_TOLERANCE) {
    counts.push(0);
    shares.push(rest);
  }
  return counts.length < 2 ? undefined : { counts, shares };
}

/**
 * How much more the groups' counts spread over the strata than by chance, at least 1: quasi-likelihood's dispersion
 * (McCullagh & Nelder, Generalized Linear Models, 2nd ed., section 4.5). Units that are drawn in clusters that nobody
 * knows spread by the size of those clusters, and the same factor corrects the comparison of their sum (Rao & Scott,
 * Ann. Statist. 12, 1984).
 */
function spreadOverStrata(sizes: readonly GroupSize[]): number {
  const unitsOf = (rows: readonly GroupSize[]): number => sumOf(rows.map(({ units }) => units));
  const all = unitsOf(sizes);
  const arms = groupsOf(sizes, ({ arm }) => arm);
  const strata = groupsOf(sizes, ({ stratum }) => stratum);
  const degrees = (strata.length - 1) * (arms.length - 1);
  if (degrees === 0) return 1;
  const statistic = sumOf(
    strata.map((rows) =>
      pearsonStatistic(
        arms.map((ofArm) => unitsOf(rows.filter(({ arm }) => arm === ofArm[0]!.arm))),
        arms.map((ofArm) => (unitsOf(ofArm) / all) * unitsOf(rows)),
      ),
    ),
  );
  return Math.max(1, statistic / degrees);
}

function groupsOf(sizes: readonly GroupSize[], key: (size: GroupSize) => string): GroupSize[][] {
  const groups = new Map<string, GroupSize[]>();
  for (const size of sizes) groups.set(key(size), [...(groups.get(key(size)) ?? []), size]);
  return [...groups.values()];
}

function sumOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}
