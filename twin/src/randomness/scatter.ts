import { scramble } from './stream.js';

const ROUNDS = 4;
const HALF_BITS = 13;
const HALF_MASK = (1 << HALF_BITS) - 1;

/** Inputs and outputs of `scatter` are below this. */
export const SCATTER_RANGE = 2 ** (2 * HALF_BITS);

/**
 * A permutation of 0 … 2^26 - 1 (a Feistel network) for the numbers in identifiers. Subscribers are generated household
 * by household, so sequential numbers would reveal the households.
 */
export function scatter(key: number, index: number): number {
  let left = (index >>> HALF_BITS) & HALF_MASK;
  let right = index & HALF_MASK;
  for (let round = 0; round < ROUNDS; round += 1) {
    const next = left ^ (scramble(scramble(key + round * 0x9e3779b1) ^ right) & HALF_MASK);
    left = right;
    right = next;
  }
  return left * 2 ** HALF_BITS + right;
}
