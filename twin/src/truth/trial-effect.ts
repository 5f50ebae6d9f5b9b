import type { Lives } from '../hazard/lives.js';
import { ARMS } from '../treatment/trial.js';
import type { World } from '../world/world.js';
import { assignedOutcomes, differenceInMeans, type Difference } from './difference.js';

/** True average effect of the past campaign; undefined without one. */
export function trueEffectOf({ trial }: Lives, subscriptions: number) {
  const realised = ARMS.map(() => 0);
  const expected = ARMS.map(() => 0);
  let judged = 0;
  for (let at = 0; at < subscriptions; at += 1) {
    if (trial.isJudged[at] !== 1) continue;
    judged += 1;
    for (let arm = 0; arm < ARMS.length; arm += 1) {
      realised[arm]! += (trial.outcomes[at]! >> arm) & 1;
      expected[arm]! += trial.outcomeChance[at * ARMS.length + arm]!;
    }
  }
  if (judged === 0) return undefined;
  const share = (arm: number) => ({ realised: realised[arm]! / judged, expected: expected[arm]! / judged });
  const offers = ARMS.map((_, arm) => arm).slice(1);
  const effectOf = (arms: readonly number[]) => {
    const mean = (kind: 'realised' | 'expected'): number =>
      arms.reduce((sum, arm) => sum + share(arm)[kind], 0) / arms.length;
    return { realised: mean('realised') - share(0).realised, expected: mean('expected') - share(0).expected };
  };
  return {
    judged,
    /** Share of churn within the follow-up if all were in the arm. */
    churn: Object.fromEntries(ARMS.map((name, arm) => [name, share(arm)])),
    /** Difference from the control arm by offer, and for both offers together; negative retains. */
    effect: Object.fromEntries([
      ...offers.map((arm) => [ARMS[arm]!, effectOf([arm])] as const),
      ['offers', effectOf(offers)],
    ]),
  };
}

/** The observable difference of the randomised campaign; undefined without one. */
export function trialDifference(world: World, { trial }: Lives): Difference | undefined {
  const rows = assignedOutcomes(world, trial);
  return rows.length === 0 ? undefined : differenceInMeans(rows);
}
