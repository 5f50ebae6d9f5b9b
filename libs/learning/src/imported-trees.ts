import type { FeatureBinning } from './binning.js';
import { BoostedTrees } from './gradient-boosting.js';
import { kernelLimits } from './kernels.js';
import type { Tree } from './tree-ensemble.js';

/** A file of another program that cannot become a model here; `message` has the place and the reason. */
export class ImportRefused extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'ImportRefused';
  }
}

/**
 * A tree over numbers as other programs have it, one entry per node, node 0 the root. An inner node sends a row left
 * where its value is at most its threshold, missing ones by `missingLeft`; a leaf has `feature` −1.
 */
export interface ImportedTree extends Omit<Tree, 'splitBin'> {
  readonly threshold: Float64Array;
}

/** A classifier of another program: logit = base + the sum of one leaf per tree. */
export interface ImportedTrees {
  /** As the program names its features, in its order. */
  readonly featureNames: readonly string[];
  readonly base: number;
  readonly trees: readonly ImportedTree[];
}

/** A bin is a byte, and bins 0 and 1 are before the first threshold. */
const cutsMax = kernelLimits.thresholds;

/**
 * The same classifier over binned columns: every threshold of the trees is one of its feature, so a row takes
 * the same ways. A feature with more thresholds than bins have room for becomes several features of the same column.
 *
 * @param columnOf  the column that has the values of a feature of the program
 */
export function boostedTreesOf(imported: ImportedTrees, columnOf: (featureName: string) => string): BoostedTrees {
  const cutsByFeature = cutsOf(imported);
  const features: FeatureBinning[] = [];
  const firstOf = cutsByFeature.map((cuts, at) => {
    const column = columnOf(imported.featureNames[at]!);
    const first = features.length;
    for (let from = 0; from < cuts.length; from += cutsMax) {
      features.push({ kind: 'number', column, cuts: cuts.slice(from, from + cutsMax) });
    }
    return first;
  });
  const positionOf = cutsByFeature.map((cuts) => new Map(cuts.map((cut, position) => [cut, position])));
  const trees = imported.trees.map(({ threshold, feature, ...rest }): Tree => {
    const positions = Array.from(feature, (source, node) =>
      source < 0 ? 0 : positionOf[source]!.get(threshold[node]!)!,
    );
    return {
      ...rest,
      feature: feature.map((source, node) => {
        return source < 0 ? -1 : firstOf[source]! + Math.floor(positions[node]! / cutsMax);
      }),
      splitBin: Uint8Array.from(positions, (position, node) => (feature[node]! < 0 ? 0 : 1 + (position % cutsMax))),
    };
  });
  return new BoostedTrees(features, { base: imported.base, trees });
}

/** By feature, ascending. */
function cutsOf({ featureNames, trees }: ImportedTrees): number[][] {
  const cuts = featureNames.map(() => new Set<number>());
  for (const { feature, threshold } of trees) {
    feature.forEach((source, node) => {
      if (source >= 0) cuts[source]!.add(threshold[node]!);
    });
  }
  return cuts.map((own) => [...own].sort((left, right) => left - right));
}
