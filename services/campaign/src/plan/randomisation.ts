import { createHash } from 'node:crypto';
import { CONTROL } from '@holdfast/platform/control-group';

/** A group and its share of the audience. */
export interface Share {
  arm: string;
  /** Above 0; those of a campaign add up to 1. */
  share: number;
}

/** The arms with offers in the order of the plan, then the control group. */
export function sharesOf(plan: { arms: readonly Share[]; controlShare: number }): Share[] {
  return [...plan.arms.map(({ arm, share }) => ({ arm, share })), { arm: CONTROL, share: plan.controlShare }];
}

const ASSIGNED_BYTES = 6;

/**
 * Assigns a randomisation unit to a group by its hash, so that the result is reproducible and independent of order and
 * of other units. The probability of a group is its share to within 2⁻⁴⁸ ("hash and partition", Kohavi et al. 2009,
 * https://doi.org/10.1007/s10618-008-0114-1, section 4.1).
 * @param seed randomisation seed, by default the campaign's id
 * @param unitId UUID of the randomisation unit
 * @returns index of the group
 */
export function assignArm(seed: string, unitId: string, shares: readonly Share[]): number {
  const digest = createHash('sha256').update(`${seed}\n${unitId}`).digest();
  const point = digest.readUIntBE(0, ASSIGNED_BYTES) / 2 ** (8 * ASSIGNED_BYTES);
  let end = 0;
  for (let index = 0; index < shares.length - 1; index++) {
    end += shares[index]!.share;
    if (point < end) return index;
  }
  return shares.length - 1;
}
