import type { CauseCalibration, CauseValidation } from '@holdfast/contracts/churn_scoring/v1/model';
import { RandomStream } from '@holdfast/learning/random';
import type { CategoryColumn } from '@holdfast/learning/table';
import { CAUSES } from '@holdfast/platform/terms';
import type { CauseModelJson } from './cause-model.js';
import { candidatesAt } from './learn-causes.js';
import { CAUSE_CLASSES, SAME_CODE_AS, namesCause } from './taxonomy.js';

/** What a model of earlier months predicted for a churner's causes. */
export interface JudgedCauses {
  /** Number of the training row. */
  readonly row: number;
  /** By position in CAUSE_CLASSES. */
  readonly probabilities: Float64Array;
  /** First named cause; undefined without a clear reason. */
  readonly named: string | undefined;
  /** Shares that the model had. */
  readonly shares: readonly number[];
}

const FIRST = 3;
const BINS = 5;
const IDEAL_DRAWS = 200;
const BOOTSTRAP_DRAWS = 100;

/** A judged churner with a code that names a cause. */
interface Coded extends JudgedCauses {
  /** Bits of the causes that its code stands for. */
  readonly candidates: number;
}

/**
 * Compares what was predicted for churners with their reason codes. Undefined without codes. A code of several causes agrees with
 * each of them: the code does not distinguish them.
 */
export function judgeCauses(
  judged: readonly JudgedCauses[],
  leaveReasons: CategoryColumn | undefined,
  { blend, codedLeavers, threshold }: CauseModelJson,
  seed: number,
): CauseValidation | undefined {
  if (leaveReasons === undefined) return undefined;
  const coded = judged
    .map((each): Coded => ({ ...each, candidates: candidatesAt(leaveReasons, each.row) }))
    .filter(({ candidates }) => namesCause(candidates));
  if (coded.length === 0) return undefined;
  const seven = coded.filter(({ candidates }) => CAUSES.some((_, place) => isIn(candidates, place)));
  const named = coded.filter(({ named: cause }) => cause !== undefined);
  const namedPlace = ({ named: cause }: Coded): number => CAUSE_CLASSES.findIndex((each) => each === cause);
  return {
    churners: judged.length,
    coded: coded.length,
    codedSeven: seven.length,
    amongFirstThree: share(seven, (each) => firstOf(each, FIRST).some((place) => isIn(each.candidates, place))),
    constantThree: bestConstant(seven),
    first: share(seven, (each) => firstOf(each, 1).some((place) => isIn(each.candidates, place))),
    logLoss: meanOf(coded, ({ probabilities, candidates }) => -Math.log(sumOf(probabilities, candidates))),
    logLossShares: meanOf(coded, ({ shares, candidates }) => -Math.log(sumOf(shares, candidates))),
    withoutClearReason: share(judged, ({ named: cause }) => cause === undefined),
    namedPredicted: meanOf(named, (each) => sumOf(each.probabilities, togetherWith(namedPlace(each)))),
    namedObserved: share(named, (each) => isIn(each.candidates, namedPlace(each))),
    calibration: codeGroups().map((places) => calibrationOf(places, coded, new RandomStream(seed, 0xca1))),
    blend,
    learnedFrom: codedLeavers,
    threshold,
    namedStandardError: standardErrorOf(named.map((each) => (isIn(each.candidates, namedPlace(each)) ? 1 : 0))),
  };
}

function isIn(bits: number, place: number): boolean {
  return ((bits >>> place) & 1) === 1;
}

function sumOf(probabilities: ArrayLike<number>, bits: number): number {
  let sum = 0;
  for (let place = 0; place < probabilities.length; place += 1) if (isIn(bits, place)) sum += probabilities[place]!;
  return Math.max(1e-9, sum);
}

/** Bits of the causes that no code distinguishes from this one. */
function togetherWith(place: number): number {
  let bits = 0;
  SAME_CODE_AS.forEach((first, other) => {
    if (first === SAME_CODE_AS[place]) bits |= 1 << other;
  });
  return bits;
}

/** Positions of causes by code. */
function codeGroups(): number[][] {
  const firsts = [...new Set(SAME_CODE_AS)];
  return firsts.map((first) => [...SAME_CODE_AS.keys()].filter((place) => SAME_CODE_AS[place] === first));
}

/** Positions of the most probable of the seven. */
function firstOf({ probabilities }: JudgedCauses, count: number): number[] {
  return [...CAUSES.keys()]
    .sort((left, right) => probabilities[right]! - probabilities[left]! || left - right)
    .slice(0, count);
}

function bestConstant(seven: readonly Coded[]): number | undefined {
  let best: number | undefined;
  for (let one = 0; one < CAUSES.length; one += 1) {
    for (let two = one + 1; two < CAUSES.length; two += 1) {
      for (let three = two + 1; three < CAUSES.length; three += 1) {
        const bits = (1 << one) | (1 << two) | (1 << three);
        const hits = share(seven, ({ candidates }) => (candidates & bits) !== 0);
        if (hits !== undefined && (best === undefined || hits > best)) best = hits;
      }
    }
  }
  return best;
}

function calibrationOf(places: readonly number[], coded: readonly Coded[], random: RandomStream): CauseCalibration {
  const bits = places.reduce((sum, place) => sum | (1 << place), 0);
  const pairs = coded
    .map(({ probabilities, candidates }) => ({
      predicted: sumOf(probabilities, bits),
      observed: (candidates & bits) === 0 ? 0 : 1,
    }))
    .sort((left, right) => left.predicted - right.predicted);
  const ideal = Array.from({ length: IDEAL_DRAWS }, () =>
    errorOf(pairs.map(({ predicted }) => ({ predicted, observed: random.next() < predicted ? 1 : 0 }))),
  ).sort((left, right) => left - right);
  return {
    causes: places.map((place) => CAUSE_CLASSES[place]!),
    predicted: meanOf(pairs, ({ predicted }) => predicted)!,
    observed: meanOf(pairs, ({ observed }) => observed)!,
    error: errorOf(pairs),
    errorIdealP95: ideal[Math.floor(0.95 * IDEAL_DRAWS)]!,
    errorDebiased: debiasedErrorOf(pairs),
    errorStandardError: errorByBootstrap(pairs, random),
  };
}

interface Pair {
  readonly predicted: number;
  readonly observed: number;
}

/**
 * Root of the mean over bins of equal count of the squared gap, less its variance, which even an ideal prediction has
 * (Kumar et al. 2019, Verified uncertainty calibration). @param pairs by predicted probability
 */
function debiasedErrorOf(pairs: readonly Pair[]): number {
  const squares = binsOf(pairs).map((bin) => {
    const observed = meanOf(bin, (pair) => pair.observed)!;
    const gap = meanOf(bin, ({ predicted }) => predicted)! - observed;
    return gap * gap - (observed * (1 - observed)) / Math.max(1, bin.length - 1);
  });
  return Math.sqrt(Math.max(0, meanOf(squares, (square) => square) ?? 0));
}

/** Standard deviation of the debiased error over bootstrap samples of churners of the same size. */
function errorByBootstrap(pairs: readonly Pair[], random: RandomStream): number {
  const drawn = Array.from({ length: BOOTSTRAP_DRAWS }, () => {
    const sample = pairs.map(() => pairs[random.below(pairs.length)]!);
    return debiasedErrorOf(sample.sort((left, right) => left.predicted - right.predicted));
  });
  const mean = meanOf(drawn, (error) => error)!;
  return Math.sqrt(meanOf(drawn, (error) => (error - mean) ** 2)!);
}

function standardErrorOf(hits: readonly number[]): number | undefined {
  const mean = meanOf(hits, (hit) => hit);
  return mean === undefined ? undefined : Math.sqrt((mean * (1 - mean)) / hits.length);
}

/** Of equal count, in the order of the pairs; none is empty. */
function binsOf(pairs: readonly Pair[]): (readonly Pair[])[] {
  const bins = Array.from({ length: BINS }, (_, bin) =>
    pairs.slice(Math.floor((bin * pairs.length) / BINS), Math.floor(((bin + 1) * pairs.length) / BINS)),
  );
  return bins.filter(({ length }) => length > 0);
}

/** Expected calibration error over bins of equal count. @param pairs by predicted probability */
function errorOf(pairs: readonly Pair[]): number {
  const gaps = binsOf(pairs).map((bin) =>
    Math.abs(bin.reduce((sum, { predicted, observed }) => sum + predicted - observed, 0)),
  );
  return gaps.reduce((sum, gap) => sum + gap, 0) / pairs.length;
}

function share<T>(rows: readonly T[], is: (row: T) => boolean): number | undefined {
  return meanOf(rows, (row) => (is(row) ? 1 : 0));
}

function meanOf<T>(rows: readonly T[], of: (row: T) => number): number | undefined {
  return rows.length === 0 ? undefined : rows.reduce((sum, row) => sum + of(row), 0) / rows.length;
}
