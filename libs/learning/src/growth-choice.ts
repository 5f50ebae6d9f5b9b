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

/** Standard errors by which wider trees have to be better on one fold. */
const standardErrorsMin = 2;

/**
 * Cross-fits the growth of the options, and wider trees where the table needs them. Shallow trees are the better ones on
 * most tables, but with strong interactions they need a thousand trees and still lose.
 *
 * Wider trees are first tried on one fold. Only where they have less log loss there, by more than two standard errors
 * of the paired difference, are they cross-fitted on all folds. So a table that does not need them costs one run more.
 */
export async function chooseGrowth(
  binned: BinnedRows,
  folds: readonly Uint32Array[],
  boosting: BoostingOptions,
  context: FitContext,
): Promise<ChosenGrowth> {
  const usual = await crossFitBoosting(binned, folds, boosting, partOf(context, 0, 0.5));
  const wider: BoostingOptions = { ...boosting, growthFor: (rowCount) => widerGrowth(boosting.growthFor(rowCount)) };
  const tried = await crossFitBoosting(binned, folds.slice(0, 1), wider, partOf(context, 0.5, 0.7));
  const gain = pairedGain(lossesOf(binned, folds[0]!, usual), lossesOf(binned, folds[0]!, tried));
  if (!(gain.mean > standardErrorsMin * gain.standardError)) return { boosting, crossFit: usual };
  return { boosting: wider, crossFit: await crossFitBoosting(binned, folds, wider, partOf(context, 0.7, 1)) };
}

/** Thirty-one leaves as deep as they get, of a tenth of the rows. */
function widerGrowth(growth: TreeGrowth): TreeGrowth {
  return { ...growth, leavesMax: 31, depthMax: 31, hessianMin: growth.hessianMin / 10 };
}

/** By row of a fold. */
function lossesOf({ rows, labels }: BinnedRows, fold: Uint32Array, { logits }: BoostingCrossFit): Float64Array {
  const positions = new Map(Array.from(rows, (row, position) => [row, position]));
  return Float64Array.from(fold, (row) => logLossOfLogit(logits[positions.get(row)!]!, labels[row]!));
}
