import type { ColumnBatch } from '@holdfast/contracts/platform/v1/columns';

const UUID_BYTES = 16;

/**
 * Subscription of each row without a string per row: rows of one subscription are adjacent, so that an id is looked
 * up only where it changes.
 */
export class SubscriptionRows {
  private readonly ids: Uint8Array;
  private last = -1;
  private lastIndex = -1;

  constructor(
    batch: ColumnBatch,
    private readonly indexOf: ReadonlyMap<string, number>,
  ) {
    const column = batch.columns.find(({ name }) => name === 'subscription_id');
    if (column?.data.byteLength !== batch.rows * UUID_BYTES) throw new Error('The batch has no column subscription_id');
    this.ids = column.data;
  }

  /** Index of the row's subscription, or -1 for one that is not looked for. */
  indexAt(row: number): number {
    if (this.last >= 0 && this.isSame(row)) return this.lastIndex;
    this.last = row;
    this.lastIndex = this.indexOf.get(this.textAt(row)) ?? -1;
    return this.lastIndex;
  }

  private isSame(row: number): boolean {
    const [here, before] = [row * UUID_BYTES, this.last * UUID_BYTES];
    for (let byte = UUID_BYTES - 1; byte >= 0; byte -= 1) {
      if (this.ids[here + byte] !== this.ids[before + byte]) return false;
    }
    return true;
  }

  private textAt(row: number): string {
    const { buffer, byteOffset } = this.ids;
    const hex = Buffer.from(buffer, byteOffset + row * UUID_BYTES, UUID_BYTES).toString('hex');
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
  }
}
