import { SHARDS } from '@holdfast/platform/identity';

/** A small table is cut too, so that replicas share it and a process that dies loses little. */
const PIECES_MIN = 16;
const PIECE_ROWS_MIN = 100;

/** In how many pieces to score a table; at most one per logical shard. */
export function pieceCount(rows: number, pieceRowsMax: number): number {
  const wanted = Math.max(Math.ceil(rows / pieceRowsMax), Math.min(PIECES_MIN, Math.ceil(rows / PIECE_ROWS_MIN)));
  return Math.min(SHARDS, wanted);
}
