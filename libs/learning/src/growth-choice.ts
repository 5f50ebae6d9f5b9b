import type { TreeGrowth } from './boosting-run.js';
import { pairedGain } from './calibration.js';
import { crossFitBoosting, type BinnedRows, type BoostingCrossFit, type BoostingOptions } from './gradient-boosting.js';
import { partOf, type FitContext } from './learner.js';
import { logLossOfLogit } from './logistic.js';

interface ChosenGrowth {
  /** The given options, with the chosen growth. */
  readonly boosting: BoostingOptions;
  readonly crossFit: BoostingCrossFit;
}

/** Growth that is tried in place of the one chosen so far. */
interface Candidate {
  readonly growthFrom: (growth: TreeGrowth) => TreeGrowth;
  /** Number of folds of the trial. */
  readonly foldsTried: number;
}

/**
 * Every column for each tree. Half of them make better trees where columns repeat each other, but where few columns act
 * together a tree seldom has the ones that it needs: on 27,300 rows of 21 columns all of them gained 0.0025 in area
 * under the curve. Rows differ in the sign of the gain more than for wider trees, so that one fold is too few.
 */
const allColumns: Candidate = { growthFrom: (growth) => ({ ...growth, featureShare: 1 }), foldsTried: 2 };

/** Thirty-one leaves as deep as they get, of a tenth of the rows. */
const widerTrees: Candidate = {
  growthFrom: (growth) => ({ ...growth, leavesMax: 31, depthMax: 31, hessianMin: growth.hessianMin / 10 }),
  foldsTried: 1,
};

/** Standard errors by which a candidate has to be better on the folds of its trial. */
const standardErrorsMin = 2;

/**
 * Cross-fits the growth of the options, and that of each candidate where the table needs it. Shallow trees of half the
 * columns are the better ones on most tables, but with strong interactions they need a thousand trees and still lose.
 *
 * A candidate is first tried on one or two folds. Only where it has less log loss there, by more than two standard errors
 * of the paired difference, is it cross-fitted on all folds. So a table that needs none costs 0.6 cross-fits of five folds
 * more.
 */
export async function chooseGrowth(
  binned: BinnedRows,
  folds: readonly Uint32Array[],
  boosting: BoostingOptions,
  context: FitContext,
): Promise<ChosenGrowth> {
  const candidates = boosting.triesAllColumns === true ? [allColumns, widerTrees] : [widerTrees];
  let chosen: ChosenGrowth = {
    boosting,
    crossFit: await crossFitBoosting(binned, folds, boosting, partOf(context, 0, 0.5)),
  };
  for (const [at, { growthFrom, foldsTried }] of candidates.entries()) {
    const partFrom = 0.5 + (0.5 * at) / candidates.length;
    const partTo = 0.5 + (0.5 * (at + 1)) / candidates.length;
    const partTried = partFrom + 0.4 * (partTo - partFrom);
    const usual = chosen.boosting;
    const tried: BoostingOptions = { ...usual, growthFor: (rowCount) => growthFrom(usual.growthFor(rowCount)) };
    const trial = folds.slice(0, foldsTried);
    const onTrial = await crossFitBoosting(binned, trial, tried, partOf(context, partFrom, partTried));
    const gain = pairedGain(lossesOf(binned, trial, chosen.crossFit), lossesOf(binned, trial, onTrial));
    if (!(gain.mean > standardErrorsMin * gain.standardError)) continue;
    const crossFit = await crossFitBoosting(binned, folds, tried, partOf(context, partTried, partTo));
    chosen = { boosting: tried, crossFit };
  }
  return chosen;
}

/** By row of the folds. */
function lossesOf(
  { rows, labels }: BinnedRows,
  folds: readonly Uint32Array[],
  { logits }: BoostingCrossFit,
): Float64Array {
  const positions = new Map(Array.from(rows, (row, position) => [row, position]));
  return Float64Array.from(
    folds.flatMap((fold) => Array.from(fold, (row) => logLossOfLogit(logits[positions.get(row)!]!, labels[row]!))),
  );
}
