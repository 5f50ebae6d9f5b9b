import type { Lives } from '../hazard/lives.js';
import type { World } from '../world/world.js';
import { assignedOutcomes, differenceInMeans, type AssignedOutcome } from './difference.js';

export type OldRuleEffect = NonNullable<ReturnType<typeof oldRuleEffectOf>>;

/**
 * True effect of the campaign by the old rule, and the naive comparison of called and uncalled customers; undefined
 * without calls.
 */
export function oldRuleEffectOf(world: World, lives: Lives) {
  const rows = assignedOutcomes(world, lives.oldRule);
  const called = rows.filter(({ isTreated }) => isTreated);
  if (called.length < 2 || called.length === rows.length) return undefined;
  const naive = differenceInMeans(rows);
  const effectOnCalled = meanEffect(lives, called);
  return {
    judged: rows.length,
    called: called.length,
    /** Additional share of churn in the follow-up caused by the call; negative retains. */
    effectOnCalled,
    effectOnAll: meanEffect(lives, rows),
    naive,
    naiveError: naive.estimate - effectOnCalled.realised,
  };
}

function meanEffect({ oldRule }: Lives, rows: readonly AssignedOutcome[]) {
  let realised = 0;
  let expected = 0;
  for (const { at } of rows) {
    realised += ((oldRule.outcomes[at]! >> 1) & 1) - (oldRule.outcomes[at]! & 1);
    expected += oldRule.outcomeChance[at * 2 + 1]! - oldRule.outcomeChance[at * 2]!;
  }
  return { realised: realised / rows.length, expected: expected / rows.length };
}
