import { kernelLimits, type PieceImage } from './kernels.js';
import { TestedColumns, testOf, type NodeTest } from './node-tests.js';
import type { Tree } from './tree-ensemble.js';
import { tableOf, type Piece } from './tree-pieces.js';

/** A piece with its tree. */
export interface TreePiece {
  readonly tree: Tree;
  readonly piece: Piece;
}

interface PackedPiece {
  readonly piece: Piece;
  /** By bit, tests that a row must all pass. Null: no row passes. */
  readonly tests: readonly (readonly NodeTest[] | null)[];
  readonly bytes: number;
}

/** What the kernel takes of an ensemble, in parts, and where the tables of its tabled pieces are. */
export interface PackedPieces {
  readonly images: readonly PieceImage[];
  readonly tables: ReadonlyMap<Piece, Float64Array>;
}

/**
 * Pieces in the form that the kernel reads (libs/learning/kernels/contributions.ts), in parts that fit its memory, in
 * their order. Null where a piece has more players, or a part more groups, than it has room for.
 */
export function packPieces(pieces: readonly TreePiece[]): PackedPieces | null {
  const images: PieceImage[] = [];
  const tables = new Map<Piece, Float64Array>();
  let part = new ImagePart();
  for (const { tree, piece } of pieces) {
    if (piece.bits.length > kernelLimits.players) return null;
    const packed = packPiece(tree, piece);
    if (!part.hasRoomFor(packed)) {
      images.push(part.toImage(tables));
      part = new ImagePart();
    }
    part.add(packed);
  }
  images.push(part.toImage(tables));
  return { images, tables };
}

/** Bytes of the table of a piece. */
export function tableBytes(piece: Piece): number {
  return piece.kind === 'played' ? 0 : (wordBytes * piece.groups.length) << piece.bits.length;
}

function packPiece(tree: Tree, piece: Piece): PackedPiece {
  const tests = piece.bits.map((sides) => {
    const own: NodeTest[] = [];
    for (const { node, left } of sides) {
      const test = testOf(tree, node, left);
      if (typeof test !== 'string') own.push(test);
      else if ((test === 'left') !== left) return null;
    }
    return own;
  });
  const words = tests.reduce((sum, own) => sum + 1 + testsOf(own).length, 2) + Math.ceil(piece.groups.length / 2);
  const game = piece.kind === 'played' ? piece.game.weights.length + piece.game.terms.length : 0;
  return { piece, tests, bytes: wordBytes * (words + game) + tableBytes(piece) };
}

/** A byte of column 0 is never above the greatest one. */
const never: readonly NodeTest[] = [{ column: { feature: 0, added: 0, flipped: 0 }, threshold: 127 }];

function testsOf(tests: readonly NodeTest[] | null): readonly NodeTest[] {
  return tests ?? never;
}

const wordBytes = 8;

/** Collects pieces up to the limits of the kernel's memory. One piece always fits. */
class ImagePart {
  private readonly pieces: PackedPiece[] = [];
  private readonly columns = new TestedColumns();
  private readonly groups = new Map<number, number>();
  private bytes = wordBytes;

  hasRoomFor({ piece, tests, bytes }: PackedPiece): boolean {
    if (this.pieces.length === 0) return true;
    const columns = this.columns.count + tests.reduce((sum, own) => sum + testsOf(own).length, 0);
    return (
      this.bytes + bytes + wordBytes * columns <= kernelLimits.pieceImageBytes &&
      columns <= kernelLimits.columns &&
      this.groups.size + piece.groups.length <= kernelLimits.groups
    );
  }

  add(packed: PackedPiece): void {
    this.pieces.push(packed);
    this.bytes += packed.bytes;
    for (const { column } of packed.tests.flatMap(testsOf)) this.columns.add(column);
    for (const group of packed.piece.groups) {
      if (!this.groups.has(group)) this.groups.set(group, this.groups.size);
    }
  }

  toImage(tables: Map<Piece, Float64Array>): PieceImage {
    const { features, words } = this.columns.pack();
    const view = new DataView(new ArrayBuffer(this.bytes + wordBytes * words.length));
    let at = 0;
    const write = (low: number, high: number): void => {
      view.setUint32(at, low, true);
      view.setUint32(at + 4, high, true);
      at += wordBytes;
    };
    const writeDoubles = (values: Float64Array): Float64Array => {
      const doubles = new Float64Array(view.buffer, at, values.length);
      doubles.set(values);
      at += values.byteLength;
      return doubles;
    };
    write(words.length, this.pieces.length);
    for (const [low, high] of words) write(low, high);
    for (const { piece, tests } of this.pieces) {
      const { groups } = piece;
      write(piece.bits.length, groups.length);
      write(piece.kind === 'played' ? piece.game.pairs : 0, 0);
      for (const own of tests.map(testsOf)) {
        write(own.length, 0);
        for (const { column, threshold } of own) {
          write(this.columns.add(column) * kernelLimits.blockRows, threshold & 255);
        }
      }
      for (let slot = 0; slot < groups.length; slot += 2) {
        write(this.groups.get(groups[slot]!)!, this.groups.get(groups[slot + 1] ?? groups[slot]!)!);
      }
      if (piece.kind === 'tabled') {
        tables.set(piece, writeDoubles(tableOf(piece)));
      } else {
        writeDoubles(piece.game.weights);
        writeDoubles(piece.game.terms);
      }
    }
    return { bytes: new Uint8Array(view.buffer), columnCount: words.length, features, groups: [...this.groups.keys()] };
  }
}
