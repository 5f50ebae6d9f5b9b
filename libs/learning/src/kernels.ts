import { kernelsBase64 } from './gen/kernels.js';

/** The functions of libs/learning/kernels, where their parameters are described. */
interface KernelFunctions {
  binNumbers(
    values: number,
    count: number,
    thresholds: number,
    firstBins: number,
    steps: number,
    low: number,
    high: number,
    scale: number,
    bins: number,
  ): void;
  addTrees(
    image: number,
    bins: number,
    stride: number,
    rows: number,
    columns: number,
    leaves: number,
    logits: number,
  ): void;
  addContributions(
    image: number,
    bins: number,
    stride: number,
    rows: number,
    columns: number,
    scratch: number,
    contributions: number,
  ): void;
}

/** What the memory has room for. */
export const kernelLimits = {
  /** Rows that are computed together, whether they are needed or not. */
  blockRows: 128,
  /** Rows of one call. */
  rows: 4_096,
  /** Thresholds of a feature, of bins 1 … 255. */
  thresholds: 254,
  /** Cells of the grid over a feature's thresholds, with that of missing values. */
  cells: 1_025,
  /** Bytes of a packed part of an ensemble: half of a usual second-level cache. */
  imageBytes: 256 * 1_024,
  /** Columns that such a part tests. */
  columns: 2_048,
  /** Bins of one call: rows × features. */
  binBytes: 1_024 * 1_024,
  /** Rows of a call that explains, while their columns, contributions and bins have room. */
  explainedRows: 512,
  /** Bytes of a part of the pieces of an ensemble. */
  pieceImageBytes: 8 * 1_024 * 1_024,
  /** Groups of such a part: those of 128 rows have room. */
  groups: 4_096,
  /** Players of one of its leaves. */
  players: 64,
};

/** Where in the memory things are; every area starts at a multiple of 16 bytes. */
const layout = areasOf({
  thresholds: 8 * (kernelLimits.thresholds + 256 + 2),
  firstBins: kernelLimits.cells,
  values: 8 * (kernelLimits.rows + 4),
  binned: kernelLimits.rows + 4,
  leaves: kernelLimits.blockRows,
  logits: 8 * kernelLimits.rows,
  columns: kernelLimits.columns * kernelLimits.blockRows,
  image: kernelLimits.imageBytes,
  bins: kernelLimits.binBytes,
  pieceScratch: kernelLimits.players * (kernelLimits.blockRows + 16),
  pieceColumns: kernelLimits.columns * kernelLimits.explainedRows,
  contributions: 8 * kernelLimits.groups * kernelLimits.blockRows,
  pieceImage: kernelLimits.pieceImageBytes,
});

/** The binning of a number feature as the kernel takes it (`gridOf`). */
export interface ThresholdGrid {
  readonly low: number;
  readonly high: number;
  readonly scale: number;
  readonly steps: number;
  /** Followed by 2^steps times Infinity. */
  readonly thresholds: Float64Array;
  readonly firstBins: Uint8Array;
}

/** A part of an ensemble as the kernel takes it (`packTrees`). */
export interface TreeImage {
  readonly bytes: Uint8Array;
  /** The features that it tests, in the order of their slots. */
  readonly features: readonly number[];
}

/** A part of the pieces of an ensemble as the kernel takes it (`packPieces`). */
export interface PieceImage {
  readonly bytes: Uint8Array;
  readonly columnCount: number;
  /** The features that it tests, in the order of their slots. */
  readonly features: readonly number[];
  /** The groups that it has contributions for, in the order of their numbers in it. */
  readonly groups: readonly number[];
}

/**
 * One instance with a memory of fixed size for all models of a thread. Each call writes what it needs, and none is
 * interrupted, so models cannot be mixed up; only the image of the last one is kept.
 */
class Kernels {
  private readonly functions: KernelFunctions;
  private readonly bytes: Uint8Array;
  private readonly values: Float64Array;
  private readonly thresholds: Float64Array;
  private readonly logits: Float64Array;
  private readonly contributions: Float64Array;
  private image: TreeImage | undefined;
  private pieceImage: PieceImage | undefined;
  private grid: ThresholdGrid | undefined;

  constructor() {
    const pages = Math.ceil(layout.end / 65_536);
    const memory = new WebAssembly.Memory({ initial: pages, maximum: pages });
    const module = new WebAssembly.Module(Buffer.from(kernelsBase64, 'base64'));
    this.functions = new WebAssembly.Instance(module, { env: { memory } }).exports as KernelFunctions;
    this.bytes = new Uint8Array(memory.buffer);
    this.values = new Float64Array(memory.buffer, layout.values, kernelLimits.rows);
    this.thresholds = new Float64Array(memory.buffer, layout.thresholds);
    this.logits = new Float64Array(memory.buffer, layout.logits, kernelLimits.rows);
    const cells = kernelLimits.groups * kernelLimits.blockRows;
    this.contributions = new Float64Array(memory.buffer, layout.contributions, cells);
  }

  /**
   * The bins of the values of some rows, at most `kernelLimits.rows`, into `bins`, one byte per row.
   * @param consecutive  whether each row is one more than the row before it
   */
  binNumbers(
    grid: ThresholdGrid,
    values: Float64Array,
    rows: Uint32Array,
    consecutive: boolean,
    bins: Uint8Array,
  ): void {
    const count = rows.length;
    if (consecutive) this.values.set(values.subarray(rows[0]!, rows[0]! + count));
    else for (let at = 0; at < count; at += 1) this.values[at] = values[rows[at]!]!;
    if (this.grid !== grid) {
      this.thresholds.set(grid.thresholds, 2);
      this.bytes.set(grid.firstBins, layout.firstBins);
      this.grid = grid;
    }
    const { low, high, scale, steps } = grid;
    const { values: from, thresholds, firstBins, binned } = layout;
    this.functions.binNumbers(from, count, thresholds + 16, firstBins, steps, low, high, scale, binned);
    bins.set(this.bytes.subarray(binned, binned + count));
  }

  /**
   * Adds the leaves of an image to the logits of some binned rows, at most `kernelLimits.rows` and those of which all
   * features fit into `kernelLimits.binBytes`.
   * @param bins  one array per feature of the ensemble; rows from `first` on are taken
   */
  addTrees(image: TreeImage, bins: readonly Uint8Array[], first: number, logits: Float64Array): void {
    const count = logits.length;
    const stride = Math.ceil(count / kernelLimits.blockRows) * kernelLimits.blockRows;
    image.features.forEach((feature, slot) => {
      this.bytes.set(bins[feature]!.subarray(first, first + count), layout.bins + slot * stride);
    });
    if (this.image !== image) {
      this.bytes.set(image.bytes, layout.image);
      this.image = image;
    }
    this.logits.set(logits);
    const { image: at, bins: from, columns, leaves, logits: to } = layout;
    this.functions.addTrees(at, from, stride, count, columns, leaves, to);
    logits.set(this.logits.subarray(0, count));
  }

  /**
   * Adds the Shapley values of the pieces of an image to the contributions of some binned rows, at most `rowsExplained`.
   * @param bins  one array per feature of the ensemble; rows from `first` on are taken
   * @param contributions  row by row one per group
   */
  addContributions(
    image: PieceImage,
    bins: readonly Uint8Array[],
    first: number,
    count: number,
    contributions: Float64Array,
    groupCount: number,
  ): void {
    const stride = Math.ceil(count / kernelLimits.blockRows) * kernelLimits.blockRows;
    image.features.forEach((feature, slot) => {
      this.bytes.set(bins[feature]!.subarray(first, first + count), layout.bins + slot * stride);
    });
    if (this.pieceImage !== image) {
      this.bytes.set(image.bytes, layout.pieceImage);
      this.pieceImage = image;
    }
    const { contributions: byGroup } = this;
    image.groups.forEach((group, slot) => {
      for (let row = 0, cell = group; row < count; row += 1, cell += groupCount) {
        byGroup[slot * stride + row] = contributions[cell]!;
      }
    });
    const { pieceImage: at, bins: from, pieceColumns, pieceScratch, contributions: to } = layout;
    this.functions.addContributions(at, from, stride, stride, pieceColumns, pieceScratch, to);
    image.groups.forEach((group, slot) => {
      for (let row = 0, cell = group; row < count; row += 1, cell += groupCount) {
        contributions[cell] = byGroup[slot * stride + row]!;
      }
    });
  }
}

/** As many rows as the memory has room for, in whole blocks; at least one. */
export function rowsExplained({ columnCount, groups, features }: PieceImage): number {
  const { blockRows, explainedRows, columns, groups: groupsMax, binBytes } = kernelLimits;
  const rows = Math.min(
    explainedRows,
    (columns * explainedRows) / Math.max(1, columnCount),
    (groupsMax * blockRows) / Math.max(1, groups.length),
    binBytes / Math.max(1, features.length),
  );
  return Math.floor(rows / blockRows) * blockRows;
}

let instance: Kernels | undefined;

/** Those of this thread, compiled at the first call (in some 2 ms). */
export function kernels(): Kernels {
  instance ??= new Kernels();
  return instance;
}

function areasOf<Name extends string>(sizes: Record<Name, number>): Record<Name | 'end', number> {
  const areas = {} as Record<Name | 'end', number>;
  let end = 0;
  for (const name of Object.keys(sizes) as Name[]) {
    areas[name] = end;
    end += Math.ceil(sizes[name] / 16) * 16;
  }
  areas.end = end;
  return areas;
}
