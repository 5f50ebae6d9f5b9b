import { MISSING_BIN } from './binning.js';
import { kernels, rowsExplained } from './kernels.js';
import { packPieces, tableBytes, type PackedPieces, type TreePiece } from './packed-pieces.js';
import { expectedValue } from './tree-covers.js';
import type { Tree, TreeEnsemble } from './tree-ensemble.js';
import { contributionsOf, piecesOf, type Piece, type Players } from './tree-pieces.js';

/** What each column adds to the logits of some rows: base + a row's contributions = its logit. */
export interface TreeContributions {
  /** The expected logit under the trees' own weights. */
  readonly base: number;
  /** Row by row, one contribution per group. */
  readonly contributions: Float64Array;
}

/** Bits of a tabled piece: a pattern is a byte. */
const bitsMax = 8;
/** What all tables of an ensemble may take; pieces have fewer bits where they would take more. */
const tableBytesMax = 32 * 1_024 * 1_024;
/** From so many rows on tables are worth making, and blocks of the kernel worth filling. */
const rowsWorthTables = 24;

/**
 * Path-dependent TreeSHAP of an ensemble for many rows: exact, and of a cost that is linear in rows and leaves (decision
 * 039). Trees are divided into pieces (`piecesOf`); what a piece contributes depends on a row through a few bits. From the
 * first `rowsWorthTables` rows on, tables have it for all values of the bits, and the WebAssembly kernel
 * `addContributions` looks it up. A single row is computed without the tables.
 *
 * Either way the same doubles are added in the same order: a row gets the same bits alone, in any block, and in plain
 * TypeScript. Leaves of more than 64 players, and ensembles of more than 4,096 groups, always take the latter.
 */
export class TreeExplainer {
  private readonly base: number;
  private readonly pieces: readonly TreePiece[];
  private packed: PackedPieces | null | undefined;
  private rowsBefore = 0;

  /**
   * @param groupOfFeature features of one source column share a group; contributions add up within it
   * @param playerOfFeature features that are one player; each is its own by default
   */
  constructor(
    ensemble: TreeEnsemble,
    groupOfFeature: Uint32Array,
    private readonly groupCount: number,
    playerOfFeature: Uint32Array = groupOfFeature.map((_, feature) => feature),
  ) {
    this.base = ensemble.trees.reduce((sum, tree) => sum + expectedValue(tree), ensemble.base);
    this.pieces = smallPiecesOf(ensemble.trees, { groupOfFeature, playerOfFeature });
  }

  /** @param bins one array per feature, `rowCount` long */
  explain(bins: readonly Uint8Array[], rowCount: number): TreeContributions {
    const contributions = new Float64Array(rowCount * this.groupCount);
    this.rowsBefore += rowCount;
    if (this.packed === undefined && this.rowsBefore >= rowsWorthTables) this.packed = packPieces(this.pieces);
    if (rowCount >= rowsWorthTables && this.packed) this.addByKernel(contributions, bins, rowCount, this.packed);
    else this.addRowByRow(contributions, bins, rowCount, this.packed?.tables ?? new Map());
    return { base: this.base, contributions };
  }

  private addByKernel(out: Float64Array, bins: readonly Uint8Array[], rowCount: number, packed: PackedPieces): void {
    for (const image of packed.images) {
      const blockRows = rowsExplained(image);
      for (let from = 0; from < rowCount; from += blockRows) {
        const count = Math.min(blockRows, rowCount - from);
        const block = out.subarray(from * this.groupCount, (from + count) * this.groupCount);
        kernels().addContributions(image, bins, from, count, block, this.groupCount);
      }
    }
  }

  private addRowByRow(
    out: Float64Array,
    bins: readonly Uint8Array[],
    rowCount: number,
    tables: ReadonlyMap<Piece, Float64Array>,
  ): void {
    for (const { tree, piece } of this.pieces) {
      const passes = new Uint8Array(piece.bits.length);
      const own = new Float64Array(piece.groups.length);
      for (let row = 0; row < rowCount; row += 1) {
        findPasses(tree, piece, bins, row, passes);
        computePiece(piece, passes, tables.get(piece), own);
        const cell = row * this.groupCount;
        for (let slot = 0; slot < own.length; slot += 1) {
          const at = cell + piece.groups[slot]!;
          out[at] = out[at]! + own[slot]!;
        }
      }
    }
  }
}

/** Per bit of a piece, whether a row takes all of its sides. */
function findPasses(tree: Tree, { bits }: Piece, bins: readonly Uint8Array[], row: number, passes: Uint8Array): void {
  for (let bit = 0; bit < bits.length; bit += 1) {
    let isPassed = true;
    for (const { node, left } of bits[bit]!) {
      const bin = bins[tree.feature[node]!]![row]!;
      const goesLeft = bin === MISSING_BIN ? tree.missingLeft[node] === 1 : bin <= tree.splitBin[node]!;
      isPassed &&= goesLeft === left;
    }
    passes[bit] = isPassed ? 1 : 0;
  }
}

/** @param own  gets one value per entry of the piece's groups */
function computePiece(piece: Piece, passes: Uint8Array, table: Float64Array | undefined, own: Float64Array): void {
  if (piece.kind === 'played') {
    piece.game.play(passes, own);
    return;
  }
  let pattern = 0;
  for (let bit = 0; bit < passes.length; bit += 1) pattern |= passes[bit]! << bit;
  if (table === undefined) contributionsOf(piece, pattern, own);
  else own.set(table.subarray(pattern * own.length, (pattern + 1) * own.length));
}

/** The pieces with the most bits whose tables have room. */
function smallPiecesOf(trees: readonly Tree[], players: Players): TreePiece[] {
  for (let bits = bitsMax; ; bits -= 1) {
    const pieces = trees.flatMap((tree) => piecesOf(tree, players, bits).map((piece) => ({ tree, piece })));
    const bytes = pieces.reduce((sum, { piece }) => sum + tableBytes(piece), 0);
    if (bytes <= tableBytesMax || bits === 1) return pieces;
  }
}
