/** Bits of a digit: 2,048 counters fit the first-level cache. */
const DIGIT_BITS: u32 = 11;
const DIGITS: u32 = 6;
const DIGIT_VALUES: u32 = 1 << DIGIT_BITS;
const COUNTER_BYTES: usize = 4;

/**
 * Sorts doubles in ascending order, -0 before 0: radix sort by the bits, from the lowest digit up. A digit that all
 * values share is skipped, which small whole numbers have many of. O(count).
 *
 * @param values  `count` doubles, none of them NaN; overwritten
 * @param spare   room for as many
 * @param counters  room for 6 × 2,048 u32
 * @returns where the sorted values are: `values` or `spare`
 */
export function sortDoubles(values: usize, count: i32, spare: usize, counters: usize): usize {
  const bytes = (<usize>count) << 3;
  memory.fill(counters, 0, <usize>(DIGITS * DIGIT_VALUES) * COUNTER_BYTES);
  for (let at: usize = 0; at < bytes; at += 8) {
    const key = keyOf(load<u64>(values + at));
    store<u64>(values + at, key);
    for (let digit: u32 = 0; digit < DIGITS; digit += 1) {
      const counter = counterOf(counters, digit, key);
      store<u32>(counter, load<u32>(counter) + 1);
    }
  }
  let from = values;
  let to = spare;
  for (let digit: u32 = 0; digit < DIGITS && count > 0; digit += 1) {
    if (load<u32>(counterOf(counters, digit, load<u64>(from))) === <u32>count) continue;
    makePositions(counters + <usize>(digit * DIGIT_VALUES) * COUNTER_BYTES);
    for (let at: usize = 0; at < bytes; at += 8) {
      const key = load<u64>(from + at);
      const counter = counterOf(counters, digit, key);
      const position = load<u32>(counter);
      store<u32>(counter, position + 1);
      store<u64>(to + ((<usize>position) << 3), key);
    }
    const sorted = to;
    to = from;
    from = sorted;
  }
  for (let at: usize = 0; at < bytes; at += 8) store<u64>(from + at, bitsOf(load<u64>(from + at)));
  return from;
}

/** From counts to the position of the first value of each digit. */
function makePositions(counters: usize): void {
  let position: u32 = 0;
  for (let digit: u32 = 0; digit < DIGIT_VALUES; digit += 1) {
    const count = load<u32>(counters);
    store<u32>(counters, position);
    position += count;
    counters += COUNTER_BYTES;
  }
}

function counterOf(counters: usize, digit: u32, key: u64): usize {
  const value = <u32>(key >> (digit * DIGIT_BITS)) & (DIGIT_VALUES - 1);
  return counters + <usize>(digit * DIGIT_VALUES + value) * COUNTER_BYTES;
}

/** The bits of a double as a whole number of the same order: negative ones are flipped, others get the highest bit. */
function keyOf(bits: u64): u64 {
  return bits ^ (<u64>(<i64>bits >> 63) | 0x8000000000000000);
}

/** The inverse of `keyOf`. */
function bitsOf(key: u64): u64 {
  return key ^ ((<u64>(<i64>key >> 63) ^ 0xffffffffffffffff) | 0x8000000000000000);
}
