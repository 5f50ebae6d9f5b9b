/**
 * Histograms of a leaf: per feature and bin the sum of the packed values of the leaf's rows. A packed value has the
 * gradient in its upper 32 bits and the hessian in its lower 32, both as whole numbers (`packGradients`), so that one
 * 64-bit addition adds both, exactly and in any order.
 *
 * Bins of four features share a word, the first in its lowest byte. A histogram has one cell of 8 bytes per bin, those
 * of a word's features one after another. `WordTable` in libs/learning/src/growing-kernels.ts makes a table of this
 * form, 32 bytes per word:
 *
 *   u32 address of the bins, one word per row
 *   u32 byte offset of the cells of each of the four features
 *   u32 byte offset of the end of the last one's cells
 *   8 bytes of padding
 */
const WORD_BYTES: usize = 32;

/**
 * Fills the cells of some words from the rows [from, to) of an order. O(words × rows + cells).
 *
 * @param words   table of `wordCount` words, see above
 * @param order   u32 row numbers
 * @param values  packed values in that order, the first that of the row at `from`
 */
export function fillHistograms(
  words: usize,
  wordCount: i32,
  order: usize,
  values: usize,
  from: i32,
  to: i32,
  histogram: usize,
): void {
  const end = values + ((<usize>(to - from)) << 3);
  for (let count = wordCount; count > 0; count -= 1) {
    const bins = <usize>load<u32>(words);
    const cells0 = histogram + <usize>load<u32>(words, 4);
    const cells1 = histogram + <usize>load<u32>(words, 8);
    const cells2 = histogram + <usize>load<u32>(words, 12);
    const cells3 = histogram + <usize>load<u32>(words, 16);
    memory.fill(cells0, 0, histogram + <usize>load<u32>(words, 20) - cells0);
    let at = order + ((<usize>from) << 2);
    for (let value = values; value < end; value += 8) {
      addToCells(load<u32>(bins + ((<usize>load<u32>(at)) << 2)), load<i64>(value), cells0, cells1, cells2, cells3);
      at += 4;
    }
    words += WORD_BYTES;
  }
}

/** The hot loop of training: about half of its time is spent in these lines. Called once, so that it is inlined. */
function addToCells(bins: u32, value: i64, cells0: usize, cells1: usize, cells2: usize, cells3: usize): void {
  const cell0 = cells0 + <usize>((bins & 255) << 3);
  const cell1 = cells1 + <usize>((bins >>> 5) & 0x7f8);
  const cell2 = cells2 + <usize>((bins >>> 13) & 0x7f8);
  const cell3 = cells3 + <usize>((bins >>> 21) & 0x7f8);
  store<i64>(cell0, load<i64>(cell0) + value);
  store<i64>(cell1, load<i64>(cell1) + value);
  store<i64>(cell2, load<i64>(cell2) + value);
  store<i64>(cell3, load<i64>(cell3) + value);
}

/** Subtracts the histogram of the smaller child from that of the parent, which becomes that of the other child. */
export function subtractHistograms(words: usize, wordCount: i32, parent: usize, child: usize): void {
  for (let count = wordCount; count > 0; count -= 1) {
    const last = <usize>load<u32>(words, 20);
    let at = <usize>load<u32>(words, 4);
    for (; at + 16 <= last; at += 16) {
      v128.store(parent + at, i64x2.sub(v128.load(parent + at), v128.load(child + at)));
    }
    if (at < last) store<i64>(parent + at, load<i64>(parent + at) - load<i64>(child + at));
    words += WORD_BYTES;
  }
}

/** Stores the sum of `count` packed values at `sum`. */
export function sumValues(values: usize, count: i32, sum: usize): void {
  let total: i64 = 0;
  for (const end = values + ((<usize>count) << 3); values < end; values += 8) total += load<i64>(values);
  store<i64>(sum, total);
}
