import { Injectable } from '@nestjs/common';
import { Database, type Transaction, insertRow } from '@holdfast/platform/database';
import { pairKey } from '../evidence/calls.js';

export type Verdict = 'confirmed' | 'rejected';

interface Decision {
  verdict: Verdict;
  /** UUIDs. */
  members: string[];
}

/** What people who asked said about households (HH-04). */
@Injectable()
export class Decisions {
  constructor(private readonly database: Database) {}

  /** Oldest first. */
  all(): Promise<Decision[]> {
    return this.database.query<Decision>('select verdict, members from household_decision order by decided_at, id');
  }

  async add(
    tx: Transaction,
    decision: Decision & { householdId: string; evidence: string; decidedBy: string; decidedAt: Date; id: string },
  ): Promise<void> {
    const { id, householdId, verdict, members, evidence, decidedBy, decidedAt } = decision;
    const row = {
      ...{ id, household_id: householdId, verdict, members, evidence, decided_by: decidedBy },
      decided_at: decidedAt,
    };
    await insertRow(tx, 'household_decision', row, 'on conflict (id) do nothing');
  }
}

/**
 * What was decided about two, by `pairKey`: the newest decision that was about both.
 * @param decisions oldest first
 * @param numberOf number of a subscription; -1 where it is no more
 */
export function decidedPairs(
  decisions: readonly Decision[],
  numberOf: (subscriptionId: string) => number,
  count: number,
): Map<number, Verdict> {
  const decided = new Map<number, Verdict>();
  for (const { verdict, members } of decisions) {
    const numbers = members.map(numberOf).filter((number) => number >= 0);
    for (const [at, left] of numbers.entries()) {
      for (const right of numbers.slice(at + 1)) decided.set(pairKey(left, right, count), verdict);
    }
  }
  return decided;
}
