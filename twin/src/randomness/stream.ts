const { floor, imul, log, cos, sqrt, exp, round, max, PI } = Math;

/** Purpose of a random number, part of its key: a new purpose changes no other numbers. Append, never renumber. */
export const Purpose = {
  geography: 1,
  household: 2,
  person: 3,
  subscription: 4,
  callGraph: 5,
  name: 6,
  product: 7,
  handset: 8,
  fault: 9,
  lifeState: 10,
  lifeEvent: 11,
  departure: 12,
  assignment: 13,
  response: 14,
  effectType: 15,
  edgeCalls: 16,
  ownCalls: 17,
  dataSessions: 18,
  place: 19,
  trip: 20,
  contact: 21,
  payment: 22,
  consent: 23,
  injectedErrors: 24,
  recordDetail: 25,
  productUse: 26,
  late: 27,
  reRandomisation: 28,
  reason: 29,
  oldRule: 30,
  agent: 31,
  clockSkew: 32,
  correction: 33,
  contactAnswer: 34,
  contactAccept: 35,
  firm: 36,
  scheduleReturns: 37,
  handOver: 38,
  recycled: 39,
  holidayHome: 40,
  personalEvent: 41,
  rivalCampaign: 42,
  valueLoss: 43,
  adoption: 44,
} as const;

/**
 * Random numbers by key: `at(purpose, subject, time)` starts the stream of a key, whatever was generated before. So
 * neither the order of work nor the number of workers changes the output. The finaliser of MurmurHash3 mixes the key
 * into the state of xoshiro128** (Blackman & Vigna, 2018).
 *
 * One object is re-keyed instead of allocated: events need millions of streams.
 */
export class Stream {
  private s0 = 1;
  private s1 = 0;
  private s2 = 0;
  private s3 = 0;
  private readonly seedHash: number;

  /** @param seed an integer */
  constructor(seed: number) {
    this.seedHash = scramble((floor(seed / 4294967296) ^ scramble(seed | 0)) + 0x9e3779b9);
  }

  /** @param subject number of a person, household, cell … @param time a month or 0 */
  at(purpose: number, subject: number, time = 0): this {
    let mixed = scramble(this.seedHash + imul(purpose, 0x9e3779b1));
    mixed = scramble(mixed ^ subject);
    mixed = scramble(mixed + imul(time, 0x85ebca77));
    this.s0 = mixed;
    this.s1 = scramble((mixed + 0x9e3779b9) ^ subject);
    this.s2 = scramble((this.s1 + 0x3c6ef372) ^ time);
    this.s3 = scramble(this.s2 + 0xdaa66d2b) | 1; // never all zero
    return this;
  }

  /** A number in [0, 1) with 32 random bits. */
  next(): number {
    const scrambled = imul(rotateLeft(imul(this.s1, 5), 7), 9) >>> 0;
    const shifted = this.s1 << 9;
    this.s2 ^= this.s0;
    this.s3 ^= this.s1;
    this.s1 ^= this.s2;
    this.s0 ^= this.s3;
    this.s2 ^= shifted;
    this.s3 = rotateLeft(this.s3, 11);
    return scrambled / 4294967296;
  }

  /** An integer in [0, limit). */
  below(limit: number): number {
    return floor(this.next() * limit);
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }

  /** Standard normal (Box & Muller, 1958). */
  normal(): number {
    return sqrt(-2 * log(1 - this.next())) * cos(2 * PI * this.next());
  }

  /** Median `median`, standard deviation `sigma` of the logarithm. */
  logNormal(median: number, sigma: number): number {
    return median * exp(sigma * this.normal());
  }

  exponential(mean: number): number {
    return -mean * log(1 - this.next());
  }

  /** Knuth's product of uniforms; above 30 the rounded normal approximation. */
  poisson(mean: number): number {
    if (mean > 30) return max(0, round(mean + sqrt(mean) * this.normal()));
    const limit = exp(-mean);
    let count = 0;
    for (let product = this.next(); product > limit; product *= this.next()) count += 1;
    return count;
  }

  /** An index with the given weights. */
  weighted(weights: ArrayLike<number>): number {
    let total = 0;
    for (let at = 0; at < weights.length; at += 1) total += weights[at]!;
    let rest = this.next() * total;
    for (let at = 0; at < weights.length; at += 1) {
      rest -= weights[at]!;
      if (rest < 0) return at;
    }
    return weights.length - 1;
  }

  pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)]!;
  }
}

/** The finaliser of MurmurHash3: every input bit reaches every output bit. */
export function scramble(value: number): number {
  let mixed = value | 0;
  mixed = imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  mixed = imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return mixed ^ (mixed >>> 16);
}

function rotateLeft(value: number, bits: number): number {
  return (value << bits) | (value >>> (32 - bits));
}
