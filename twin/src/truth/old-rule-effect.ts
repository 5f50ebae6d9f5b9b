import type { Lives } from '../hazard/lives.js';
import { householdOf, type World } from '../world/world.js';
import { differenceInMeans, type TrialRow } from './difference.js';

export type OldRuleEffect = NonNullable<ReturnType<typeof oldRuleEffectOf>>;

/**
 * True effect of the campaign by the old rule, and the naive comparison of called and uncalled customers; undefined
 * without calls.
 */
export function oldRuleEffectOf(world: World, lives: Lives) {
  const rows = oldRuleRows(world, lives);
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

interface OldRuleRow extends TrialRow {
  at: number;
}

function oldRuleRows(world: World, lives: Lives): OldRuleRow[] {
  const rows: OldRuleRow[] = [];
  for (let at = 0; at < world.subscriptions.count; at += 1) {
    if (lives.isOldJudged[at] !== 1) continue;
    const isCalled = lives.isOldCalled[at]!;
    const outcome = (lives.oldOutcomes[at]! >> isCalled) & 1;
    rows.push({ at, cluster: householdOf(world, at), isTreated: isCalled === 1, outcome });
  }
  return rows;
}

function meanEffect(lives: Lives, rows: readonly OldRuleRow[]) {
  let realised = 0;
  let expected = 0;
  for (const { at } of rows) {
    realised += ((lives.oldOutcomes[at]! >> 1) & 1) - (lives.oldOutcomes[at]! & 1);
    expected += lives.oldOutcomeChance[at * 2 + 1]! - lives.oldOutcomeChance[at * 2]!;
  }
  return { realised: realised / rows.length, expected: expected / rows.length };
}
