import { createHash, type Hash } from 'node:crypto';

export interface ShardHash {
  readonly shard: number;
  readonly rows: number;
  readonly hash: string;
}

/** A hash takes some hundred rows at once: each call costs as much as a row. */
const TEXT_MAX = 16_384;

/**
 * Hashes over the rows of each logical shard. A piece holds whole shards, so that they, and the hash over them, are the
 * same for any division of a table.
 */
export class ShardHasher {
  private readonly byShard = new Map<number, { rows: number; hash: Hash; text: string }>();

  /** Rows of a shard come by ascending subscription. */
  add(shard: number, subscriptionId: string, probability: number): void {
    let entry = this.byShard.get(shard);
    if (entry === undefined) this.byShard.set(shard, (entry = { rows: 0, hash: createHash('sha256'), text: '' }));
    entry.rows += 1;
    entry.text += `${subscriptionId} ${probability}\n`;
    if (entry.text.length < TEXT_MAX) return;
    entry.hash.update(entry.text);
    entry.text = '';
  }

  finish(): ShardHash[] {
    return [...this.byShard].map(([shard, { rows, hash, text }]) => ({
      ...{ shard, rows },
      hash: hash.update(text).digest('hex'),
    }));
  }
}

/** @param shards by ascending shard */
export function rowsHashOf(shards: readonly ShardHash[]): string {
  const hash = createHash('sha256');
  for (const shard of shards) hash.update(`${shard.shard} ${shard.rows} ${shard.hash}\n`);
  return hash.digest('hex');
}
