import { LeafGame } from './leaf-game.js';
import { coverShare } from './tree-covers.js';
import type { Tree } from './tree-ensemble.js';

/** A node and the side of it that a row may take. */
interface NodeSide {
  readonly node: number;
  readonly left: boolean;
}

interface PieceLeaf {
  readonly game: LeafGame;
  /** Per player, the bits that decide whether a row passes, and their values where it does. */
  readonly care: Uint32Array;
  readonly pass: Uint32Array;
  /** Per player, the entry of the piece's groups. */
  readonly slots: Uint32Array;
}

/**
 * Some leaves of a tree whose Shapley values depend on a row through a few bits, so that a table can have them for all
 * values of the bits (the idea of Fast TreeSHAP v2, Yang 2021, arXiv:2109.09847, for parts of a tree).
 */
export interface TabledPiece {
  readonly kind: 'tabled';
  /** A bit is 1 where the row takes all of these sides. */
  readonly bits: readonly (readonly NodeSide[])[];
  /** The groups that get contributions. */
  readonly groups: readonly number[];
  readonly leaves: readonly PieceLeaf[];
}

/** A leaf with more players than a table can have bits: one bit and one entry of `groups` per player. */
export interface PlayedPiece {
  readonly kind: 'played';
  readonly bits: readonly (readonly NodeSide[])[];
  readonly groups: readonly number[];
  readonly game: LeafGame;
}

export type Piece = TabledPiece | PlayedPiece;

/** What the Shapley values are divided among. */
export interface Players {
  /** By feature, the number of its player: one column may have several features. */
  readonly playerOfFeature: Uint32Array;
  /** By feature, the group that its contributions are added to. */
  readonly groupOfFeature: Uint32Array;
}

/**
 * A tree in pieces: the largest subtrees with at most `bitsMax` bits. The splits above a subtree have one bit for each
 * feature, those within it one for each node. Of a tree without splits nothing is needed. O(nodes × depth).
 */
export function piecesOf(tree: Tree, players: Players, bitsMax: number): Piece[] {
  const innerCounts = innerCountsOf(tree);
  const pieces: Piece[] = [];
  cut(0, []);
  return pieces;

  function cut(node: number, path: readonly NodeSide[]): void {
    const above = byPlayer(tree, path, players);
    const isLeaf = tree.feature[node]! < 0;
    if (above.size + innerCounts[node]! <= bitsMax) {
      if (path.length > 0 || !isLeaf) pieces.push(tabledPiece(tree, node, above, players));
    } else if (isLeaf) {
      pieces.push(playedPiece(tree, node, above, players));
    } else {
      cut(tree.left[node]!, [...path, { node, left: true }]);
      cut(tree.right[node]!, [...path, { node, left: false }]);
    }
  }
}

/** Contributions of a piece to its groups, of every value of its bits: `groups.length` doubles each. */
export function tableOf(piece: TabledPiece): Float64Array {
  const width = piece.groups.length;
  const patterns = 1 << piece.bits.length;
  const table = new Float64Array(patterns * width);
  for (const { care, pass, slots, game } of piece.leaves) {
    const values = game.playAll();
    for (let pattern = 0; pattern < patterns; pattern += 1) {
      let from = 0;
      for (let player = 0; player < care.length; player += 1) {
        if ((pattern & care[player]!) === pass[player]!) from |= 1 << player;
      }
      from *= care.length;
      for (let player = 0; player < care.length; player += 1) {
        const cell = pattern * width + slots[player]!;
        table[cell] = table[cell]! + values[from + player]!;
      }
    }
  }
  return table;
}

/**
 * One row of what `tableOf` gives, to the bit.
 * @param contributions  one per group of the piece
 */
export function contributionsOf(piece: TabledPiece, pattern: number, contributions: Float64Array): void {
  contributions.fill(0);
  for (const { care, pass, slots, game } of piece.leaves) {
    for (let player = 0; player < care.length; player += 1) {
      scratch.passes[player] = (pattern & care[player]!) === pass[player]! ? 1 : 0;
    }
    game.play(scratch.passes, scratch.values);
    for (let player = 0; player < care.length; player += 1) {
      contributions[slots[player]!] = contributions[slots[player]!]! + scratch.values[player]!;
    }
  }
}

/** Of one leaf: a tabled piece has at most 8 players. */
const scratch = { passes: new Uint8Array(8), values: new Float64Array(8) };

/** The sides of a path by player, in the order of the players' first splits. */
function byPlayer(tree: Tree, path: readonly NodeSide[], { playerOfFeature }: Players): Map<number, NodeSide[]> {
  const sides = new Map<number, NodeSide[]>();
  for (const side of path) {
    const player = playerOfFeature[tree.feature[side.node]!]!;
    const own = sides.get(player);
    if (own === undefined) sides.set(player, [side]);
    else own.push(side);
  }
  return sides;
}

function playedPiece(tree: Tree, leaf: number, above: Map<number, NodeSide[]>, players: Players): PlayedPiece {
  const bits = [...above.values()];
  return {
    kind: 'played',
    bits,
    groups: bits.map(([side]) => players.groupOfFeature[tree.feature[side!.node]!]!),
    game: new LeafGame(
      tree.value[leaf]!,
      bits.map((sides) => sides.reduce((zero, side) => zero * shareOf(tree, side), 1)),
    ),
  };
}

/** What is known of a player on the way to a leaf. */
interface PlayerOnPath {
  readonly zero: number;
  readonly care: number;
  readonly pass: number;
  readonly group: number;
}

function tabledPiece(tree: Tree, root: number, above: Map<number, NodeSide[]>, players: Players): TabledPiece {
  const bits: (readonly NodeSide[])[] = [];
  const groups: number[] = [];
  const leaves: PieceLeaf[] = [];
  let path = new Map<number, PlayerOnPath>();
  for (const [player, sides] of above) {
    const bit = 1 << bits.length;
    bits.push(sides);
    const zero = sides.reduce((share, side) => share * shareOf(tree, side), 1);
    path = new Map(path).set(player, { zero, care: bit, pass: bit, group: groupAt(sides[0]!.node) });
  }
  visit(root, path);
  return { kind: 'tabled', bits, groups, leaves };

  function visit(node: number, onPath: ReadonlyMap<number, PlayerOnPath>): void {
    if (tree.feature[node]! < 0) {
      leaves.push(leafOf(node, [...onPath.values()]));
      return;
    }
    const bit = 1 << bits.length;
    bits.push([{ node, left: true }]);
    const player = players.playerOfFeature[tree.feature[node]!]!;
    const before = onPath.get(player) ?? { zero: 1, care: 0, pass: 0, group: groupAt(node) };
    for (const left of [true, false]) {
      const zero = before.zero * shareOf(tree, { node, left });
      const [care, pass] = [before.care | bit, left ? before.pass | bit : before.pass];
      const next = new Map(onPath).set(player, { ...before, zero, care, pass });
      visit(left ? tree.left[node]! : tree.right[node]!, next);
    }
  }

  function leafOf(node: number, onPath: readonly PlayerOnPath[]): PieceLeaf {
    const zeros = onPath.map(({ zero }) => zero);
    return {
      game: new LeafGame(tree.value[node]!, zeros),
      care: Uint32Array.from(onPath, ({ care }) => care),
      pass: Uint32Array.from(onPath, ({ pass }) => pass),
      slots: Uint32Array.from(onPath, ({ group }) => slotOf(group)),
    };
  }

  function slotOf(group: number): number {
    const slot = groups.indexOf(group);
    return slot < 0 ? groups.push(group) - 1 : slot;
  }

  function groupAt(node: number): number {
    return players.groupOfFeature[tree.feature[node]!]!;
  }
}

function shareOf(tree: Tree, { node, left }: NodeSide): number {
  return coverShare(tree, node, left ? tree.left[node]! : tree.right[node]!);
}

/** Inner nodes from each node down. */
function innerCountsOf(tree: Tree): Uint32Array {
  const counts = new Uint32Array(tree.feature.length);
  count(0);
  return counts;

  function count(node: number): number {
    if (tree.feature[node]! >= 0) counts[node] = 1 + count(tree.left[node]!) + count(tree.right[node]!);
    return counts[node]!;
  }
}
