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
  /** By node, 1 where values that count as 0 are taken as missing ones; absent where none are. */
  readonly zeroIsMissing?: Uint8Array;
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
  const features: FeatureBinning[] = [];
  const placeOf = new Map<string, Place>();
  for (const [key, { source, zeroIsMissing, thresholds }] of sourcesOf(imported)) {
    const cuts = [...thresholds].sort((left, right) => left - right);
    const column = columnOf(imported.featureNames[source]!);
    placeOf.set(key, { first: features.length, positions: new Map(cuts.map((cut, position) => [cut, position])) });
    for (let from = 0; from < cuts.length; from += cutsMax) {
      const some = cuts.slice(from, from + cutsMax);
      features.push({ kind: 'number', column, cuts: some, ...(zeroIsMissing && { zeroIsMissing: true }) });
    }
  }
  const trees = imported.trees.map((tree): Tree => {
    const { threshold, zeroIsMissing: _, ...rest } = tree;
    const places = Array.from(tree.feature, (source, node) => {
      if (source < 0) return { feature: -1, splitBin: 0 };
      const { first, positions } = placeOf.get(keyOf(tree, node))!;
      const position = positions.get(threshold[node]!)!;
      return { feature: first + Math.floor(position / cutsMax), splitBin: 1 + (position % cutsMax) };
    });
    return {
      ...rest,
      feature: Int32Array.from(places, ({ feature }) => feature),
      splitBin: Uint8Array.from(places, ({ splitBin }) => splitBin),
    };
  });
  return new BoostedTrees(features, { base: imported.base, trees });
}

/** Where the thresholds of a source are: its first feature, and by threshold the position among all of them. */
interface Place {
  readonly first: number;
  readonly positions: ReadonlyMap<number, number>;
}

/** A feature of the program, with one of the ways to take zeros. */
interface Source {
  readonly source: number;
  readonly zeroIsMissing: boolean;
  readonly thresholds: Set<number>;
}

/** In the order of the program's features. */
function sourcesOf({ trees }: ImportedTrees): Map<string, Source> {
  const sources = new Map<string, Source>();
  for (const tree of trees) {
    tree.feature.forEach((source, node) => {
      if (source < 0) return;
      const key = keyOf(tree, node);
      const known = sources.get(key);
      if (known !== undefined) known.thresholds.add(tree.threshold[node]!);
      else {
        const zeroIsMissing = tree.zeroIsMissing?.[node] === 1;
        sources.set(key, { source, zeroIsMissing, thresholds: new Set([tree.threshold[node]!]) });
      }
    });
  }
  return new Map([...sources].sort(([, left], [, right]) => left.source - right.source));
}

function keyOf({ feature, zeroIsMissing }: ImportedTree, node: number): string {
  return `${feature[node]!} ${zeroIsMissing?.[node] ?? 0}`;
}
