import type { ColumnBatch } from '@holdfast/contracts/platform/v1/columns';
import { packedIds } from './packed.js';
import type { SubjectIds } from './subject-ids.js';

/** Names a pair of numbers by one; exact for up to 94 million subscriptions. */
export function pairKey(left: number, right: number, count: number): number {
  return left < right ? left * count + right : right * count + left;
}

/** How many calls two made to each other in the month, by `pairKey`. One entry a pair that talked. */
export class Calls {
  readonly byPair = new Map<number, number>();

  constructor(private readonly ids: SubjectIds) {}

  /** Adds outgoing calls: each is in the events of the caller once. */
  add(batch: ColumnBatch): void {
    const from = packedIds(batch, 'subscription_id');
    const to = packedIds(batch, 'peer_subscription_id');
    for (let row = 0; row < batch.rows; row += 1) {
      const right = this.ids.find(to, row);
      if (right < 0) continue;
      const left = this.ids.find(from, row);
      if (left < 0 || left === right) continue;
      const key = pairKey(left, right, this.ids.count);
      this.byPair.set(key, (this.byPair.get(key) ?? 0) + 1);
    }
  }

  /**
   * Forgets the calls of lines that talk to more lines than a person does. O(pairs that talked).
   * @returns how many there are
   */
  forgetBusy(linesMax: number): number {
    const { count } = this.ids;
    const contacts = new Int32Array(count);
    const isBusy = (key: number): boolean =>
      contacts[Math.floor(key / count)]! > linesMax || contacts[key % count]! > linesMax;
    for (const key of this.byPair.keys()) {
      contacts[Math.floor(key / count)]! += 1;
      contacts[key % count]! += 1;
    }
    for (const key of this.byPair.keys()) if (isBusy(key)) this.byPair.delete(key);
    return contacts.reduce((busy, lines) => busy + (lines > linesMax ? 1 : 0), 0);
  }

  between(left: number, right: number): number {
    return this.byPair.get(pairKey(left, right, this.ids.count)) ?? 0;
  }
}
