import { BinnedMatrix } from '@holdfast/learning/binned-matrix';
import { binCountOf, defaultBinning, fitBinning } from '@holdfast/learning/binning';
import { BoostingRun } from '@holdfast/learning/boosting-run';
import { BoostedTrees } from '@holdfast/learning/gradient-boosting';
import { labelsOf } from '@holdfast/learning/table';

import { comparableGrowth } from './growth.mjs';

/**
 * Our trees, where there is no peer to train them.
 * @param {import('@holdfast/learning/table').Table} table
 * @param {Uint8Array} labels
 * @param {Uint32Array} training
 * @param {{ trees: number, leaves: number, rate: number }} setting
 */
export function trainOurs(table, labels, training, setting) {
  const { features, trainingBins } = fitBinning(table, labels, training, 1, defaultBinning);
  const growth = comparableGrowth(setting);
  const matrix = new BinnedMatrix(trainingBins, features.map(binCountOf), training.length);
  const boosting = new BoostingRun(matrix, { labels: labelsOf(labels, training) }, growth, 1);
  const trees = Array.from({ length: setting.trees }, () => boosting.grow());
  return new BoostedTrees(features, { base: boosting.base, trees });
}
