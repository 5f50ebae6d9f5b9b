import { gaussLegendre } from './gauss-legendre.js';

/**
 * The Shapley values of one leaf of a tree, as path-dependent TreeSHAP has them (Lundberg, Erion & Lee 2018,
 * arXiv:1802.03888): the players are the distinct features on its path. A coalition is worth the leaf's value, times
 * 1 or 0 for each of its players whose splits the row does or does not pass, times the share of training rows that pass
 * them (`zero`) for each player outside of it.
 *
 * The sum over coalitions is an integral: player k gets value × (one_k − zero_k) × ∫ Π_{j≠k} (zero_j + (one_j − zero_j) t)
 * over t from 0 to 1. The integrand is a polynomial of degree players − 1, so a Gauss–Legendre rule of half as many nodes
 * is exact; all of its terms are positive, so that no digits are lost (compare Yu, Xu, Kwok & Zou, Linear TreeShap,
 * NeurIPS 2022). O(players²) per row.
 *
 * The kernel `addContributions` computes the same doubles in the same order, two nodes at a time.
 */
export class LeafGame {
  readonly playerCount: number;
  /** Pairs of nodes; an odd count gets another node of weight 0. */
  readonly pairs: number;
  /** Per node, the leaf's value × the node's weight. */
  readonly weights: Float64Array;
  /**
   * Per player, first where the row fails, then where it passes: per node what the player's term is, and per node what
   * (one − zero) / term is.
   */
  readonly terms: Float64Array;

  constructor(value: number, zeros: readonly number[]) {
    this.playerCount = zeros.length;
    const rule = gaussLegendre(Math.ceil(zeros.length / 2));
    this.pairs = Math.ceil(rule.nodes.length / 2);
    const width = 2 * this.pairs;
    this.weights = new Float64Array(width);
    rule.weights.forEach((weight, node) => (this.weights[node] = value * weight));
    this.terms = new Float64Array(zeros.length * 4 * width);
    zeros.forEach((zero, player) => {
      for (let node = 0; node < width; node += 1) {
        const t = rule.nodes[node] ?? 0.5;
        const at = player * 4 * width + node;
        const passed = zero + (1 - zero) * t;
        this.terms[at] = zero * (1 - t);
        this.terms[at + width] = -1 / (1 - t); // −zero / term, which is known even where zero is 0
        this.terms[at + 2 * width] = passed;
        this.terms[at + 3 * width] = (1 - zero) / passed;
      }
    });
  }

  /**
   * @param passes  per player, 1 where the row passes all of its splits, else 0
   * @param values  gets the Shapley value of each player
   */
  play(passes: Uint8Array, values: Float64Array): void {
    const { playerCount, weights, terms } = this;
    const width = weights.length;
    const stride = 4 * width;
    const odd = oddSums.length < playerCount ? (oddSums = new Float64Array(playerCount)) : oddSums;
    for (let player = 0; player < playerCount; player += 1) values[player] = odd[player] = 0;
    for (let node = 0; node < width; node += 2) {
      let [even, second] = [weights[node]!, weights[node + 1]!];
      for (let player = 0, at = node; player < playerCount; player += 1, at += stride) {
        const term = at + passes[player]! * 2 * width;
        even *= terms[term]!;
        second *= terms[term + 1]!;
      }
      for (let player = 0, at = node; player < playerCount; player += 1, at += stride) {
        const gain = at + (2 * passes[player]! + 1) * width;
        values[player] = values[player]! + even * terms[gain]!;
        odd[player] = odd[player]! + second * terms[gain + 1]!;
      }
    }
    for (let player = 0; player < playerCount; player += 1) values[player] = values[player]! + odd[player]!;
  }

  /**
   * The same doubles for all subsets of players that a row passes: bit k of a subset is player k. Products are shared by
   * subsets that begin alike. O(2^players × players²).
   * @returns subset by subset one value per player
   */
  playAll(): Float64Array {
    const { playerCount, weights, terms } = this;
    const [width, subsets] = [weights.length, 1 << playerCount];
    const products = new Float64Array(subsets);
    const sums = [new Float64Array(subsets * playerCount), new Float64Array(subsets * playerCount)] as const;
    for (let node = 0; node < width; node += 1) {
      const values = sums[(node % 2) as 0 | 1];
      products[0] = weights[node]!;
      for (let player = 0; player < playerCount; player += 1) {
        const term = player * 4 * width + node;
        const [failed, passed] = [terms[term]!, terms[term + 2 * width]!];
        for (let subset = 0; subset < 1 << player; subset += 1) {
          const product = products[subset]!;
          products[subset] = product * failed;
          products[subset | (1 << player)] = product * passed;
        }
      }
      for (let player = 0; player < playerCount; player += 1) {
        const gain = (player * 4 + 1) * width + node;
        const [failed, passed] = [terms[gain]!, terms[gain + 2 * width]!];
        for (let subset = 0, at = player; subset < subsets; subset += 1, at += playerCount) {
          values[at] = values[at]! + products[subset]! * ((subset >> player) & 1 ? passed : failed);
        }
      }
    }
    const [even, odd] = sums;
    for (let at = 0; at < even.length; at += 1) even[at] = even[at]! + odd[at]!;
    return even;
  }
}

/** Scratch of `play`: a game is played to its end before another. */
let oddSums = new Float64Array(64);
