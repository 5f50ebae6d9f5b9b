import { chiSquareTail, pearsonStatistic } from '@holdfast/learning/chi-square';
import { CONTROL } from '@holdfast/platform/control-group';

export interface GroupSize {
  stratum: string;
  arm: string;
  /** Randomisation units: households or subscriptions. */
  units: number;
  subscriptions: number;
  /** Smallest and largest assignment probability; null if it is not recorded for all. */
  propensityMin: number | null;
  propensityMax: number | null;
}

interface SampleRatio {
  pValue: number;
  fits: boolean;
}

export interface RandomisationCheck {
  isRandomised: boolean;
  /** Result of the sample ratio mismatch test; undefined if the planned shares are unknown. */
  sampleRatio: SampleRatio | undefined;
}

/** Below it, a sample ratio mismatch (Fabijan et al., KDD 2019). */
const P_VALUE_MIN = 0.001;
/** Propensities have two or three decimals. */
const SUM_TOLERANCE = 0.01;
const SAME = 1e-9;

/** Observed units and planned shares of the arms, of a campaign or a stratum. */
interface Allocation {
  counts: number[];
  shares: number[];
}

/**
 * Checks that the groups of a campaign are randomised, with a sample ratio mismatch (SRM) check: a chi-square test of the
 * observed sizes against the planned shares. Compares randomisation units, not subscriptions.
 * @param isClustered whether the real units are larger than the recorded ones, so that counts are overdispersed; the
 *   dispersion is estimated from the strata
 */
export function checkRandomisation(sizes: readonly GroupSize[], isClustered: boolean): RandomisationCheck {
  const allocations = allocationsOf(sizes);
  const hasControl = sizes.some(({ arm }) => arm === CONTROL) && sizes.some(({ arm }) => arm !== CONTROL);
  if (allocations === undefined || !hasControl) return { isRandomised: false, sampleRatio: undefined };
  let statistic = 0;
  let degrees = 0;
  for (const { counts, shares } of allocations) {
    const units = sumOf(counts);
    statistic += pearsonStatistic(
      counts,
      shares.map((share) => share * units),
    );
    degrees += counts.length - 1;
  }
  const dispersion = isClustered ? dispersionOverStrata(sizes) : 1;
  const pValue = chiSquareTail(statistic / dispersion, degrees);
  const fits = pValue >= P_VALUE_MIN;
  return { isRandomised: fits, sampleRatio: { pValue, fits } };
}

/** One allocation if each arm has one probability, else one per stratum; undefined if neither. */
function allocationsOf(sizes: readonly GroupSize[]): Allocation[] | undefined {
  const whole = allocationOf(sizes);
  if (whole !== undefined) return [whole];
  const byStratum = groupsOf(sizes, ({ stratum }) => stratum).map(allocationOf);
  return byStratum.every((allocation) => allocation !== undefined) ? byStratum : undefined;
}

function allocationOf(sizes: readonly GroupSize[]): Allocation | undefined {
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
  // An arm may have no members in a small stratum.
  if (rest > SUM_TOLERANCE) {
    counts.push(0);
    shares.push(rest);
  }
  return counts.length < 2 ? undefined : { counts, shares };
}

/**
 * Overdispersion of the counts over the strata, at least 1: the dispersion of quasi-likelihood (McCullagh & Nelder,
 * Generalized Linear Models, 2nd ed., section 4.5). Unknown clusters inflate the variance by their size, and the same
 * factor corrects the test of the totals (Rao & Scott, Ann. Statist. 12, 1984).
 */
function dispersionOverStrata(sizes: readonly GroupSize[]): number {
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
