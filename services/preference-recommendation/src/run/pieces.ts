import { SHARDS } from '@holdfast/platform/identity';

/** A small operator is cut too, so that replicas share the work and a process that dies loses little. */
const PIECES_MIN = 4;

/** In how many pieces to fit all subscriptions; at most one per logical shard. */
export function pieceCount(subscriptions: number, pieceSubscriptionsMax: number): number {
  return Math.min(SHARDS, Math.max(PIECES_MIN, Math.ceil(subscriptions / pieceSubscriptionsMax)));
}
