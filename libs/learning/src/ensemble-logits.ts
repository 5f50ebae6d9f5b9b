import { kernelLimits, kernels, type TreeImage } from './kernels.js';
import { packTrees } from './packed-trees.js';
import { addTree, type TreeEnsemble } from './tree-ensemble.js';

/** For fewer rows walking down the trees takes less time than a block of the kernel. */
const rowsWorthKernel = 24;

/** The ensemble in the kernel's form; null where it has none. Made once, as long as the ensemble lives. */
const packed = new WeakMap<TreeEnsemble, readonly TreeImage[] | null>();

/**
 * The logits of binned rows: base + one leaf per tree, added in the order of the trees. Few rows, and trees of more
 * than 256 leaves, are walked down (`walkedLogits`); all others take the WebAssembly kernel `addTrees`, in blocks of
 * rows, so that its memory is bounded. Both add the same doubles in the same order: their results are equal to the bit.
 *
 * @param bins  one array per feature, with `rowCount` bins
 */
export function ensembleLogits(ensemble: TreeEnsemble, bins: readonly Uint8Array[], rowCount: number): Float64Array {
  const images = rowCount < rowsWorthKernel ? null : imagesOf(ensemble);
  if (images === null) return walkedLogits(ensemble, bins, rowCount);
  const logits = new Float64Array(rowCount).fill(ensemble.base);
  const blockRows = Math.min(...images.map(rowsThatFit));
  for (let from = 0; from < rowCount; from += blockRows) {
    const block = logits.subarray(from, from + blockRows);
    for (const image of images) kernels().addTrees(image, bins, from, block);
  }
  return logits;
}

/** What the kernel computes, in plain TypeScript. O(rows × trees × depth). */
export function walkedLogits(ensemble: TreeEnsemble, bins: readonly Uint8Array[], rowCount: number): Float64Array {
  const logits = new Float64Array(rowCount).fill(ensemble.base);
  for (const tree of ensemble.trees) addTree(tree, bins, logits);
  return logits;
}

function imagesOf(ensemble: TreeEnsemble): readonly TreeImage[] | null {
  let images = packed.get(ensemble);
  if (images === undefined) {
    images = packTrees(ensemble.trees);
    packed.set(ensemble, images);
  }
  return images;
}

/** As many rows as the kernel's memory has room for, in whole blocks. */
function rowsThatFit({ features }: TreeImage): number {
  const { binBytes, blockRows, rows } = kernelLimits;
  return Math.min(rows, Math.floor(binBytes / Math.max(1, features.length) / blockRows) * blockRows);
}
