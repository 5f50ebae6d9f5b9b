import {
  differenceInMeans,
  intervalOf,
  pValueOf,
  pooledStrata,
  type Difference,
  type Trial,
} from '@holdfast/learning/difference-in-means';
import { holmAdjusted } from '@holdfast/learning/holm';
import { CONTROL } from '@holdfast/platform/control-group';

const CONFIDENCE = 0.95;
/** Minimum number of units per group and stratum for an estimate of the variance. */
const UNITS_OF_STRATUM_MIN = 10;
/** Below these the normal approximation is unreliable. */
const RARE_MAX = 5;
const UNITS_MIN = 30;

/**
 * Evaluated units: a row per randomisation unit (household or subscription) and stratum. Rows of a unit are adjacent.
 */
export interface EvaluatedUnits {
  /** Index in `armNames`. */
  arm: Uint16Array;
  armNames: readonly string[];
  unit: Uint32Array;
  /** From 0 upwards without gaps. */
  stratum: Uint32Array;
  members: Float64Array;
  churned: Float64Array;
  propensity: Float64Array;
}

/** An effect on the share of churners: offers minus control. */
export interface EffectEstimate extends Difference {
  low: number;
  high: number;
  pValue: number;
  strata: number;
  /** Whether there are so few churners or units that the interval is approximate, although widened. */
  isRough: boolean;
}

export interface EffectEstimates {
  /** All offers together against control. */
  offers: EffectEstimate;
  /** Each offer against control, by name: intervals hold together (Bonferroni), p-values are adjusted (Holm). */
  arms: Map<string, EffectEstimate>;
}

/** Intention to treat: all count as assigned. Undefined if a group has fewer than two units. */
export function effectsOf(units: EvaluatedUnits): EffectEstimates | undefined {
  const offers = estimateOf(trialOf(units), CONFIDENCE);
  if (offers === undefined) return undefined;
  const names = units.armNames.filter((name) => name !== CONTROL);
  const confidence = 1 - (1 - CONFIDENCE) / names.length;
  const perArm = names.map((name) => [name, estimateOf(trialOf(units, name), confidence)] as const);
  const estimable = perArm.filter((each): each is [string, EffectEstimate] => each[1] !== undefined);
  const pValues = holmAdjusted(estimable.map(([, effect]) => effect.pValue));
  return { offers, arms: new Map(estimable.map(([name, effect], at) => [name, { ...effect, pValue: pValues[at]! }])) };
}

function estimateOf(trial: Trial, confidence: number): EffectEstimate | undefined {
  const groups = [0, 1].map((isTreated) => groupOf(trial, isTreated));
  if (groups.some(({ units }) => units < 2)) return undefined;
  const pooled = pooledStrata(trial, UNITS_OF_STRATUM_MIN);
  const { estimate, standardError } = differenceInMeans(pooled);
  const isRare = groups.some(({ members, churned }) => churned < RARE_MAX || members - churned < RARE_MAX);
  const difference = { estimate, standardError: isRare ? Math.max(standardError, rareError(groups)) : standardError };
  return {
    ...difference,
    ...intervalOf(difference, confidence),
    pValue: pValueOf(difference),
    strata: pooled.stratum.reduce((most, stratum) => Math.max(most, stratum), 0) + 1,
    isRough: isRare || groups.some(({ units }) => units < UNITS_MIN),
  };
}

/** One arm, or all together, against control. */
function trialOf(units: EvaluatedUnits, arm?: string): Trial {
  const control = units.armNames.indexOf(CONTROL);
  const armIndex = arm === undefined ? undefined : units.armNames.indexOf(arm);
  const rows = Uint32Array.from(units.arm.keys()).filter(
    (row) => armIndex === undefined || units.arm[row] === control || units.arm[row] === armIndex,
  );
  const meanPropensity = meanPropensities(units);
  const strata = new Map<number, number>();
  return {
    isTreated: Uint8Array.from(rows, (row) => (units.arm[row] === control ? 0 : 1)),
    cluster: Uint32Array.from(rows, (row) => units.unit[row]!),
    // A stratum may be empty without the other arms; they are renumbered.
    stratum: Uint32Array.from(rows, (row) => numberIn(strata, units.stratum[row]!)),
    members: Float64Array.from(rows, (row) => units.members[row]!),
    total: Float64Array.from(rows, (row) => units.churned[row]!),
    weight: Float64Array.from(rows, (row) => meanPropensity[units.arm[row]!]! / units.propensity[row]!),
  };
}

function numberIn(numbers: Map<number, number>, key: number): number {
  const index = numbers.get(key) ?? numbers.size;
  numbers.set(key, index);
  return index;
}

/** Mean propensity of each arm, so that weights are 1 if all are equal. */
function meanPropensities({ arm, armNames, members, propensity }: EvaluatedUnits): number[] {
  const members_ = new Array<number>(armNames.length).fill(0);
  const sums = new Array<number>(armNames.length).fill(0);
  for (let row = 0; row < arm.length; row += 1) {
    members_[arm[row]!]! += members[row]!;
    sums[arm[row]!]! += members[row]! * propensity[row]!;
  }
  return sums.map((sum, at) => sum / members_[at]!);
}

interface Group {
  units: number;
  members: number;
  churned: number;
  /** Variance of a mean relative to that of independent members, for identical members of a unit: Σ m² ÷ Σ m. */
  designEffect: number;
}

function groupOf(trial: Trial, isTreated: number): Group {
  const group = { units: 0, members: 0, churned: 0, squares: 0 };
  let last = -1;
  for (let row = 0; row < trial.isTreated.length; row += 1) {
    if (trial.isTreated[row] !== isTreated) continue;
    if (trial.cluster[row] !== last) group.units += 1;
    last = trial.cluster[row]!;
    group.members += trial.members[row]!;
    group.churned += trial.total[row]!;
    group.squares += trial.members[row]! ** 2;
  }
  return { ...group, designEffect: group.squares / group.members };
}

/**
 * Standard error for very few churners or non-churners: adds one of each to both groups (Agresti & Caffo, The American
 * Statistician 54, 2000), so that no observed churner does not mean a variance of 0.
 */
function rareError(groups: readonly Group[]): number {
  const variances = groups.map(({ members, churned, designEffect }) => {
    const share = (churned + 1) / (members + 2);
    return ((share * (1 - share)) / (members + 2)) * designEffect;
  });
  return Math.sqrt(variances.reduce((sum, variance) => sum + variance, 0));
}
