import { growingKernelsBase64 } from './gen/growing-kernels.js';

/** The functions of libs/learning/kernels/growing, where their parameters are described. Addresses are in bytes. */
export interface GrowingFunctions {
  sampleRows(rows: number, count: number, seed: number, threshold: number, order: number, spare: number): number;
  packGradients(
    order: number,
    count: number,
    logits: number,
    labels: number,
    weights: number,
    scale: number,
    seed: number,
    packed: number,
    ordered: number,
  ): void;
  addToLogits(order: number, from: number, to: number, logits: number, value: number): void;
  fillHistograms(
    words: number,
    wordCount: number,
    order: number,
    values: number,
    from: number,
    to: number,
    histogram: number,
  ): void;
  subtractHistograms(words: number, wordCount: number, parent: number, child: number): void;
  sumValues(values: number, count: number, sum: number): void;
  findSplit(
    features: number,
    featureCount: number,
    histogram: number,
    prefix: number,
    total: number,
    lambda: number,
    hessianMin: number,
    scoreMin: number,
    out: number,
  ): void;
  partitionRows(
    bins: number,
    shift: number,
    order: number,
    spare: number,
    from: number,
    to: number,
    splitBin: number,
    missingLeft: number,
  ): number;
  sortDoubles(values: number, count: number, spare: number, counters: number): number;
  orderValues(order: number, from: number, to: number, packed: number, ordered: number): void;
}

const pageBytes = 65_536;
/** 4 GiB: what a 32-bit address reaches. */
const pagesMax = 65_536;

let compiled: WebAssembly.Module | undefined;

/**
 * The memory of the kernels that grow trees, with an instance of them. Areas are allocated once and never freed alone;
 * the memory is freed as a whole, when nothing refers to it. Views are valid as long as the memory, which can grow.
 */
export class GrowingMemory {
  readonly functions: GrowingFunctions;
  private readonly memory: WebAssembly.Memory;
  private end = 16; // no area has the address 0, which stands for none

  constructor() {
    this.memory = new WebAssembly.Memory({ initial: 1, maximum: pagesMax, shared: true });
    compiled ??= new WebAssembly.Module(Buffer.from(growingKernelsBase64, 'base64'));
    this.functions = new WebAssembly.Instance(compiled, { env: { memory: this.memory } }).exports as GrowingFunctions;
  }

  /**
   * The address of a new area of zeros, a multiple of 16.
   * @throws RangeError where the memory would have more than 4 GiB
   */
  allocate(bytes: number): number {
    const address = this.end;
    this.end += Math.ceil(bytes / 16) * 16;
    const missing = Math.ceil(this.end / pageBytes) - this.memory.buffer.byteLength / pageBytes;
    if (missing > 0) this.memory.grow(missing);
    return address;
  }

  bytes(address: number, length: number): Uint8Array {
    return new Uint8Array(this.memory.buffer, address, length);
  }

  words(address: number, length: number): Uint32Array {
    return new Uint32Array(this.memory.buffer, address, length);
  }

  integers(address: number, length: number): Int32Array {
    return new Int32Array(this.memory.buffer, address, length);
  }

  doubles(address: number, length: number): Float64Array {
    return new Float64Array(this.memory.buffer, address, length);
  }
}
