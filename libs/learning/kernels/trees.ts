/**
 * Sums of the leaves of many trees for many rows, after QuickScorer (Lucchese et al., SIGIR 2015) in the form of
 * RapidScorer (Ye et al., KDD 2018). The leaves of a tree are numbered so that a row that goes to the second child of a
 * node loses a range of leaves, those below the first one; the lowest leaf that no node takes away is the row's. So all
 * nodes are tested for all rows, in any order and without a branch. Leaves are bits in planes of eight: a byte of a
 * vector is one row, and a node touches only the planes of its range.
 *
 * Tested are columns of signed bytes: a row goes to the second child where its byte is above the node's threshold.
 * `packTrees` in libs/learning/src/packed-trees.ts makes an image of this form:
 *
 *   image:   u32 columns, u32 trees, then the columns, then the trees
 *   column:  u32 slot of a feature, u8 added to its bins, u8 by which the sum is XORed, 2 bytes of padding
 *   tree:    u32 planes, u32 leaves, the planes, then a double per leaf
 *   plane:   u32 nodes, u32 of padding, the nodes
 *   node:    u32 offset of its column, i8 threshold, u8 leaves of the plane that are lost, 2 bytes of padding
 */

/** Rows of a block: eight vectors, which fit the registers with what a node needs. */
export const BLOCK_ROWS: usize = 128;
const NODE_BYTES: usize = 8;

/**
 * Adds the leaves of all trees to the logits, per row in the order of the trees. O(rows × nodes).
 *
 * @param image   see above
 * @param bins    one column of bins per slot, `stride` bytes apart
 * @param stride  a multiple of the block's rows
 * @param rows    the last block is computed whole, from whatever follows
 * @param columns  room for a block of all columns
 * @param leaves  room for a block of leaf numbers
 * @param logits  one double per row
 */
export function addTrees(
  image: usize,
  bins: usize,
  stride: usize,
  rows: i32,
  columns: usize,
  leaves: usize,
  logits: usize,
): void {
  const columnCount = load<u32>(image);
  const treeCount = load<u32>(image, 4);
  const firstTree = image + 8 + ((<usize>columnCount) << 3);
  for (let row: i32 = 0; row < rows; row += <i32>BLOCK_ROWS) {
    fillColumns(image + 8, columnCount, bins + <usize>row, stride, columns);
    let tree = firstTree;
    for (let count = treeCount; count > 0; count -= 1) {
      const planeCount = load<u32>(tree);
      const leafCount = load<u32>(tree, 4);
      tree += 8;
      for (let plane: u32 = 0; plane < planeCount; plane += 1) {
        tree = findLeaves(tree, plane, columns, leaves);
      }
      addLeaves(tree, leaves, logits + ((<usize>row) << 3));
      tree += (<usize>leafCount) << 3;
    }
  }
}

/** The columns of a block from its bins. */
export function fillColumns(column: usize, count: u32, bins: usize, stride: usize, to: usize): void {
  for (; count > 0; count -= 1) {
    const from = bins + <usize>load<u32>(column) * stride;
    const added = v128.load8_splat(column, 4);
    const flipped = v128.load8_splat(column, 5);
    for (let at: usize = 0; at < BLOCK_ROWS; at += 16) {
      v128.store(to + at, v128.xor(i8x16.add(v128.load(from + at), added), flipped));
    }
    column += 8;
    to += BLOCK_ROWS;
  }
}

/**
 * Of one plane the leaves that every row loses, and from them the row's lowest leaf so far. Returns the next plane.
 */
function findLeaves(nodes: usize, plane: u32, columns: usize, leaves: usize): usize {
  const end = nodes + 8 + <usize>load<u32>(nodes) * NODE_BYTES;
  let lost0 = i8x16.splat(0);
  let lost1 = i8x16.splat(0);
  let lost2 = i8x16.splat(0);
  let lost3 = i8x16.splat(0);
  let lost4 = i8x16.splat(0);
  let lost5 = i8x16.splat(0);
  let lost6 = i8x16.splat(0);
  let lost7 = i8x16.splat(0);
  for (let node = nodes + 8; node < end; node += NODE_BYTES) {
    const column = columns + <usize>load<u32>(node);
    const threshold = v128.load8_splat(node, 4);
    const range = v128.load8_splat(node, 5);
    lost0 = v128.or(lost0, v128.and(i8x16.gt_s(v128.load(column), threshold), range));
    lost1 = v128.or(lost1, v128.and(i8x16.gt_s(v128.load(column, 16), threshold), range));
    lost2 = v128.or(lost2, v128.and(i8x16.gt_s(v128.load(column, 32), threshold), range));
    lost3 = v128.or(lost3, v128.and(i8x16.gt_s(v128.load(column, 48), threshold), range));
    lost4 = v128.or(lost4, v128.and(i8x16.gt_s(v128.load(column, 64), threshold), range));
    lost5 = v128.or(lost5, v128.and(i8x16.gt_s(v128.load(column, 80), threshold), range));
    lost6 = v128.or(lost6, v128.and(i8x16.gt_s(v128.load(column, 96), threshold), range));
    lost7 = v128.or(lost7, v128.and(i8x16.gt_s(v128.load(column, 112), threshold), range));
  }
  const first = i8x16.splat(<i8>(plane << 3));
  if (plane === 0) {
    v128.store(leaves, lowestLeaf(lost0, first));
    v128.store(leaves, lowestLeaf(lost1, first), 16);
    v128.store(leaves, lowestLeaf(lost2, first), 32);
    v128.store(leaves, lowestLeaf(lost3, first), 48);
    v128.store(leaves, lowestLeaf(lost4, first), 64);
    v128.store(leaves, lowestLeaf(lost5, first), 80);
    v128.store(leaves, lowestLeaf(lost6, first), 96);
    v128.store(leaves, lowestLeaf(lost7, first), 112);
  } else {
    v128.store(leaves, i8x16.min_u(v128.load(leaves), lowestLeaf(lost0, first)));
    v128.store(leaves, i8x16.min_u(v128.load(leaves, 16), lowestLeaf(lost1, first)), 16);
    v128.store(leaves, i8x16.min_u(v128.load(leaves, 32), lowestLeaf(lost2, first)), 32);
    v128.store(leaves, i8x16.min_u(v128.load(leaves, 48), lowestLeaf(lost3, first)), 48);
    v128.store(leaves, i8x16.min_u(v128.load(leaves, 64), lowestLeaf(lost4, first)), 64);
    v128.store(leaves, i8x16.min_u(v128.load(leaves, 80), lowestLeaf(lost5, first)), 80);
    v128.store(leaves, i8x16.min_u(v128.load(leaves, 96), lowestLeaf(lost6, first)), 96);
    v128.store(leaves, i8x16.min_u(v128.load(leaves, 112), lowestLeaf(lost7, first)), 112);
  }
  return end;
}

/** Per byte the number of the lowest leaf that is not lost, at least 248 + `first`, at most 255, where all are. */
function lowestLeaf(lost: v128, first: v128): v128 {
  // position of the lowest zero bit of a nibble; 255 where there is none
  const inLow = i8x16(0, 1, 0, 2, 0, 1, 0, 3, 0, 1, 0, 2, 0, 1, 0, -1);
  const inHigh = i8x16(4, 5, 4, 6, 4, 5, 4, 7, 4, 5, 4, 6, 4, 5, 4, -1);
  const nibble = i8x16.splat(15);
  const low = i8x16.swizzle(inLow, v128.and(lost, nibble));
  const high = i8x16.swizzle(inHigh, v128.and(i16x8.shr_u(lost, 4), nibble));
  return i8x16.add_sat_u(i8x16.min_u(low, high), first);
}

/** The leaves' values, two rows at a time. */
function addLeaves(values: usize, leaves: usize, logits: usize): void {
  for (let row: usize = 0; row < BLOCK_ROWS; row += 4) {
    const four = load<u32>(leaves + row);
    const value0 = v128.load64_zero(values + <usize>((four & 255) << 3));
    const value1 = v128.load64_lane(values + <usize>(((four >>> 8) & 255) << 3), value0, 1);
    const value2 = v128.load64_zero(values + <usize>(((four >>> 16) & 255) << 3));
    const value3 = v128.load64_lane(values + <usize>((four >>> 24) << 3), value2, 1);
    v128.store(logits, f64x2.add(v128.load(logits), value1));
    v128.store(logits, f64x2.add(v128.load(logits, 16), value3), 16);
    logits += 32;
  }
}
