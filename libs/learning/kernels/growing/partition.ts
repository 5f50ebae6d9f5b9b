/**
 * Orders the rows [from, to) so that those that go left come first, each side keeping its order. Without branches: which
 * side a row takes cannot be predicted. O(rows).
 *
 * @param bins   words of four bins, one per row
 * @param shift  of the split feature's bin in its word, in bits
 * @param order  u32 row numbers
 * @param spare  room for as many
 * @param splitBin  the highest bin that goes left
 * @param missingLeft  1 where missing values (bin 0) go left, else 0
 * @returns the position after the last row that goes left
 */
export function partitionRows(
  bins: usize,
  shift: u32,
  order: usize,
  spare: usize,
  from: i32,
  to: i32,
  splitBin: u32,
  missingLeft: u32,
): i32 {
  const end = order + ((<usize>to) << 2);
  let left = order + ((<usize>from) << 2);
  let right = spare;
  for (let at = left; at < end; at += 4) {
    const row = load<u32>(at);
    const bin = (load<u32>(bins + ((<usize>row) << 2)) >>> shift) & 255;
    const isLeft = <u32>(bin <= splitBin) & (<u32>(bin !== 0) | missingLeft);
    store<u32>(left, row);
    store<u32>(right, row);
    left += <usize>(isLeft << 2);
    right += <usize>((isLeft ^ 1) << 2);
  }
  memory.copy(left, spare, right - spare);
  return <i32>((left - order) >> 2);
}

/** Packed values of the rows [from, to) in their order, into `ordered`. */
export function orderValues(order: usize, from: i32, to: i32, packed: usize, ordered: usize): void {
  const end = order + ((<usize>to) << 2);
  for (let at = order + ((<usize>from) << 2); at < end; at += 4) {
    store<i64>(ordered, load<i64>(packed + ((<usize>load<u32>(at)) << 3)));
    ordered += 8;
  }
}
