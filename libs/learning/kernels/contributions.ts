/**
 * Shapley values of the trees of many rows. An ensemble is divided into pieces (`piecesOf` in libs/learning/src/tree-pieces.ts),
 * whose values depend on a row through some bits: one per feature, or per node. Bits are tested as in `addTrees`, 64 rows
 * at a time. A tabled piece has a table with the values for all patterns of its at most 8 bits. A played piece is one
 * leaf of more players, whose values are computed as in `LeafGame`. `packPieces` makes an image of this form:
 *
 *   image:   u32 columns, u32 pieces, then the columns, as in `addTrees`, then the pieces
 *   piece:   u32 bits, u32 groups, u32 pairs of nodes (0 where it is tabled), 4 bytes of padding, the bits, the groups,
 *            then the table or the game
 *   bit:     u32 tests, 4 bytes of padding, the tests, all of which a row must pass
 *   test:    u32 offset of its column, i8 threshold, 3 bytes of padding
 *   groups:  u32 each, and one more if their number is odd
 *   table:   per pattern a double per group
 *   game:    a double per node; per player, first for rows that fail, then for those that pass: per node a double for its
 *            term and per node one for its gain
 */
import { BLOCK_ROWS, fillColumns } from './trees';

/** Of the scratch memory, what the bits of a played piece need. */
const MASK_BYTES: usize = 64 * BLOCK_ROWS;

/**
 * Adds the values of all pieces to the contributions, per cell in the order of the pieces.
 *
 * O(rows × pieces × (bits + groups)), of played pieces O(rows × players²).
 *
 * @param image    see above
 * @param bins     one column of bins per slot, `stride` bytes apart
 * @param stride   a multiple of the block's rows
 * @param rows     a multiple of the block's rows
 * @param columns  room for `rows` rows of all columns
 * @param scratch  room for 64 × (a block's bytes + 16 bytes)
 * @param contributions  by group one double per row
 */
export function addContributions(
  image: usize,
  bins: usize,
  stride: usize,
  rows: usize,
  columns: usize,
  scratch: usize,
  contributions: usize,
): void {
  const columnCount = load<u32>(image);
  const columnBytes = <usize>columnCount * BLOCK_ROWS; // of one block
  for (let row: usize = 0; row < rows; row += BLOCK_ROWS) {
    fillColumns(image + 8, columnCount, bins + row, stride, columns + (row / BLOCK_ROWS) * columnBytes);
  }
  let piece = image + 8 + ((<usize>columnCount) << 3);
  for (let count = load<u32>(image, 4); count > 0; count -= 1) {
    const bitCount = <usize>load<u32>(piece);
    const groupCount = <usize>load<u32>(piece, 4);
    const pairs = <usize>load<u32>(piece, 8);
    const bits = piece + 16;
    const groups = bitsEnd(bits, bitCount);
    const body = groups + (((groupCount + 1) >> 1) << 3);
    let block = columns;
    for (let row: usize = 0; row < rows; row += BLOCK_ROWS) {
      const cells = contributions + (row << 3);
      if (pairs === 0) {
        findPatterns(bits, bitCount, block, scratch);
        addTabled(body, groups, groupCount, scratch, cells, rows << 3);
      } else {
        findMasks(bits, bitCount, block, scratch);
        addPlayed(body, groups, bitCount, pairs, scratch, cells, rows << 3);
      }
      block += columnBytes;
    }
    piece = body + (pairs === 0 ? (groupCount << 3) << bitCount : (pairs + bitCount * 4 * pairs) << 4);
  }
}

function bitsEnd(bit: usize, count: usize): usize {
  for (; count > 0; count -= 1) bit += 8 + ((<usize>load<u32>(bit)) << 3);
  return bit;
}

/** One byte per row with all bits of a piece. */
function findPatterns(bits: usize, bitCount: usize, columns: usize, patterns: usize): void {
  for (let from: usize = 0; from < BLOCK_ROWS; from += 64) {
    let bit = bits;
    let pattern0 = i8x16.splat(0);
    let pattern1 = i8x16.splat(0);
    let pattern2 = i8x16.splat(0);
    let pattern3 = i8x16.splat(0);
    for (let at: usize = 0; at < bitCount; at += 1) {
      const end = bit + 8 + ((<usize>load<u32>(bit)) << 3);
      let mask0 = i8x16.splat(<i8>((<i32>1) << (<i32>at)));
      let mask1 = mask0;
      let mask2 = mask0;
      let mask3 = mask0;
      for (let test = bit + 8; test < end; test += 8) {
        const column = columns + from + <usize>load<u32>(test);
        const threshold = v128.load8_splat(test, 4);
        mask0 = v128.and(mask0, i8x16.gt_s(v128.load(column), threshold));
        mask1 = v128.and(mask1, i8x16.gt_s(v128.load(column, 16), threshold));
        mask2 = v128.and(mask2, i8x16.gt_s(v128.load(column, 32), threshold));
        mask3 = v128.and(mask3, i8x16.gt_s(v128.load(column, 48), threshold));
      }
      pattern0 = v128.or(pattern0, mask0);
      pattern1 = v128.or(pattern1, mask1);
      pattern2 = v128.or(pattern2, mask2);
      pattern3 = v128.or(pattern3, mask3);
      bit = end;
    }
    v128.store(patterns + from, pattern0);
    v128.store(patterns + from, pattern1, 16);
    v128.store(patterns + from, pattern2, 32);
    v128.store(patterns + from, pattern3, 48);
  }
}

/** Rows of the table, four rows of the block at a time. */
function addTabled(
  table: usize,
  groups: usize,
  groupCount: usize,
  patterns: usize,
  cells: usize,
  groupBytes: usize,
): void {
  const width = groupCount << 3;
  for (let row: usize = 0; row < BLOCK_ROWS; row += 4) {
    const four = <usize>load<u32>(patterns + row);
    let value0 = table + (four & 255) * width;
    let value1 = table + ((four >> 8) & 255) * width;
    let value2 = table + ((four >> 16) & 255) * width;
    let value3 = table + (four >> 24) * width;
    const end = value0 + width;
    for (let group = groups; value0 < end; group += 4) {
      const cell = cells + <usize>load<u32>(group) * groupBytes;
      const values01 = v128.load64_lane(value1, v128.load64_zero(value0), 1);
      const values23 = v128.load64_lane(value3, v128.load64_zero(value2), 1);
      v128.store(cell, f64x2.add(v128.load(cell), values01));
      v128.store(cell, f64x2.add(v128.load(cell, 16), values23), 16);
      value0 += 8;
      value1 += 8;
      value2 += 8;
      value3 += 8;
    }
    cells += 32;
  }
}

/** Per bit, one byte per row: 255 where it passes, else 0. */
function findMasks(bit: usize, bitCount: usize, columns: usize, masks: usize): void {
  for (; bitCount > 0; bitCount -= 1) {
    const end = bit + 8 + ((<usize>load<u32>(bit)) << 3);
    for (let at: usize = 0; at < BLOCK_ROWS; at += 16) {
      let mask = i8x16.splat(-1);
      for (let test = bit + 8; test < end; test += 8) {
        const column = columns + at + <usize>load<u32>(test);
        mask = v128.and(mask, i8x16.gt_s(v128.load(column), v128.load8_splat(test, 4)));
      }
      v128.store(masks + at, mask);
    }
    masks += BLOCK_ROWS;
    bit = end;
  }
}

/** Row by row, two nodes at a time. */
function addPlayed(
  weights: usize,
  groups: usize,
  players: usize,
  pairs: usize,
  masks: usize,
  cells: usize,
  groupBytes: usize,
): void {
  const termBytes = pairs << 4; // of all nodes
  const sideBytes = termBytes << 1; // terms and gains
  const playerBytes = sideBytes << 1;
  const terms = weights + termBytes;
  const sums = masks + MASK_BYTES;
  const sumsEnd = sums + (players << 4);
  for (let row: usize = 0; row < BLOCK_ROWS; row += 1) {
    for (let sum = sums; sum < sumsEnd; sum += 16) v128.store(sum, f64x2.splat(0));
    for (let node: usize = 0; node < termBytes; node += 16) {
      let product = v128.load(weights + node);
      let term = terms + node;
      let mask = masks + row;
      for (let sum = sums; sum < sumsEnd; sum += 16) {
        product = f64x2.mul(product, v128.load(term + (<usize>-(<i32>(load<u8>(mask) !== 0)) & sideBytes)));
        term += playerBytes;
        mask += BLOCK_ROWS;
      }
      let gain = terms + node + termBytes;
      mask = masks + row;
      for (let sum = sums; sum < sumsEnd; sum += 16) {
        const factor = v128.load(gain + (<usize>-(<i32>(load<u8>(mask) !== 0)) & sideBytes));
        v128.store(sum, f64x2.add(v128.load(sum), f64x2.mul(product, factor)));
        gain += playerBytes;
        mask += BLOCK_ROWS;
      }
    }
    let group = groups;
    for (let sum = sums; sum < sumsEnd; sum += 16) {
      const cell = cells + <usize>load<u32>(group) * groupBytes;
      store<f64>(cell, load<f64>(cell) + (load<f64>(sum) + load<f64>(sum, 8)));
      group += 4;
    }
    cells += 8;
  }
}
