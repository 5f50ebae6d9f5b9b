import { GrowingMemory } from './growing-kernels.js';
import { RandomStream } from './random.js';

/** Features that share a 32-bit word, so that one load of a row's number and value serves all of them. */
export const FEATURES_PER_WORD = 4;

/**
 * The bins of some rows in the memory of the kernels, as the runs over these rows share them: four features per word,
 * one word per row. 4 bytes × rows × words.
 */
export class BinnedMatrix {
  readonly memory = new GrowingMemory();
  /** The feature at each position; the positions 4 w … 4 w + 3 share word w. */
  readonly featureAt: Uint32Array;
  /** By word, the address of its bins. */
  readonly wordAddresses: Uint32Array;
  private readonly histogramAreas: { address: number; bytes: number }[] = [];

  /**
   * @param bins  one array per feature with the bins of all rows
   * @param binCounts  how many bins each feature has, the missing one counted; at most 256
   * @param orderSeed  puts the features into words in a random order, so that what is sampled by the word are features
   *     that have nothing in common; by default they are in their own order
   */
  constructor(
    readonly bins: readonly Uint8Array[],
    readonly binCounts: readonly number[],
    readonly rowCount: number,
    orderSeed?: number,
  ) {
    this.featureAt = Uint32Array.from(binCounts, (_, feature) => feature);
    if (orderSeed !== undefined) new RandomStream(orderSeed, 0x303d).shuffle(this.featureAt);
    const wordCount = Math.ceil(binCounts.length / FEATURES_PER_WORD);
    this.wordAddresses = Uint32Array.from({ length: wordCount }, (_, word) => this.pack(word, bins));
  }

  /**
   * The addresses of the words of a run in which some features have other bins than in the matrix: separate words
   * where a feature is replaced, else those of the matrix.
   */
  wordsWith(replaced: ReadonlyMap<number, Uint8Array>): Uint32Array {
    if (replaced.size === 0) return this.wordAddresses;
    const bins = this.bins.map((own, feature) => replaced.get(feature) ?? own);
    return this.wordAddresses.map((address, word) => {
      return this.featuresOf(word).some((feature) => replaced.has(feature)) ? this.pack(word, bins) : address;
    });
  }

  /** The features of a word: four, or fewer in the last one. */
  featuresOf(word: number): number[] {
    return [...this.featureAt.subarray(FEATURES_PER_WORD * word, FEATURES_PER_WORD * (word + 1))];
  }

  /** The address of a histogram, shared by all runs: none of them is interrupted while it grows a tree. */
  histogram(at: number, bytes: number): number {
    let area = this.histogramAreas[at];
    if (area === undefined || area.bytes < bytes) {
      area = { address: this.memory.allocate(bytes), bytes };
      this.histogramAreas[at] = area;
    }
    return area.address;
  }

  private pack(word: number, bins: readonly Uint8Array[]): number {
    const address = this.memory.allocate(FEATURES_PER_WORD * this.rowCount);
    const bytes = this.memory.bytes(address, FEATURES_PER_WORD * this.rowCount);
    this.featuresOf(word).forEach((feature, lane) => {
      const column = bins[feature]!;
      for (let row = 0; row < column.length; row += 1) bytes[FEATURES_PER_WORD * row + lane] = column[row]!;
    });
    return address;
  }
}
