// taken once: inside a test runner's sandbox every look-up of the global Math costs more than the call
const { floor, imul } = Math;

/**
 * A seeded stream of pseudo-random numbers: xoshiro128** (Blackman & Vigna, "Scrambled linear pseudorandom number
 * generators", 2018), its state filled by splitmix32 from the seed. Not for secrets. Equal seeds give equal streams
 * on every machine, which is what makes training, folds and bootstrap intervals repeatable.
 */
export class RandomStream {
  private readonly state = new Uint32Array(4);

  /** @param seed any integer; @param salt separates the streams of one seed (folds, trees, bootstrap, …) */
  constructor(seed: number, salt = 0) {
    let mixed = hashIntegers(seed, salt);
    for (let word = 0; word < 4; word += 1) {
      mixed = (mixed + 0x9e3779b9) >>> 0;
      this.state[word] = scramble(mixed);
    }
  }

  /** A whole number in [0, 2^32). */
  nextUint32(): number {
    const state = this.state;
    const [s0, s1, s2, s3] = [state[0]!, state[1]!, state[2]!, state[3]!];
    const result = imul(rotateLeft(imul(s1, 5), 7), 9) >>> 0;
    state[2] = s2 ^ s0;
    state[3] = s3 ^ s1;
    state[1] = s1 ^ state[2]!;
    state[0] = s0 ^ state[3]!;
    state[2] = state[2]! ^ (s1 << 9);
    state[3] = rotateLeft(state[3]!, 11);
    return result;
  }

  /** A number in [0, 1) with 32 random bits. */
  next(): number {
    return this.nextUint32() / 4294967296;
  }

  /** A whole number in [0, limit); the bias of at most limit / 2^32 does not matter at the sizes used here. */
  below(limit: number): number {
    return floor(this.next() * limit);
  }

  /** Shuffles in place (Fisher-Yates), O(n), and returns its argument. */
  shuffle<T extends Uint32Array | number[]>(items: T): T {
    for (let last = items.length - 1; last > 0; last -= 1) {
      const other = this.below(last + 1);
      const kept = items[last]!;
      items[last] = items[other]!;
      items[other] = kept;
    }
    return items;
  }
}

/** A 32-bit hash of two integers: seeds for nested streams, and the per-row rounding of the histogram trainer. */
export function hashIntegers(first: number, second: number): number {
  return scramble((scramble(first | 0) + imul(second | 0, 0x9e3779b1)) | 0);
}

/** The finaliser of MurmurHash3: every input bit reaches every output bit. */
function scramble(value: number): number {
  let mixed = value | 0;
  mixed = imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  mixed = imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}

function rotateLeft(value: number, bits: number): number {
  return (value << bits) | (value >>> (32 - bits));
}
