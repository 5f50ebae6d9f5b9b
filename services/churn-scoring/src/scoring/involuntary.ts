import type { Lever } from '@holdfast/platform/levers';
import type { Quadrant } from '@holdfast/platform/terms';

/** How likely a subscription of the kind `status` leaves involuntarily. */
export interface InvoluntaryRisk {
  readonly probability: number;
  readonly involuntaryProbability: number | null;
}

/**
 * Whether leaving involuntarily is at risk and the likelier outcome: an offer would be wasted, so such a subscription is
 * in no list of retention unless that is requested.
 * @param probabilityMin of the kind `involuntary`, from which on it is at risk; null without a model of it
 */
export function isInvoluntary(
  { probability, involuntaryProbability }: InvoluntaryRisk,
  probabilityMin: number | null,
): boolean {
  if (involuntaryProbability === null || probabilityMin === null) return false;
  return involuntaryProbability >= probabilityMin && involuntaryProbability > probability;
}

/** `isInvoluntary` in SQL, of `score s` and `scoring_run r`. */
export const INVOLUNTARY_SQL = `coalesce(s.involuntary_probability >= r.involuntary_probability_min
    and s.involuntary_probability > s.probability, false)`;

/**
 * What is done about arrears (CS-14), the mildest first: who is worth it is tolerated and may pay in instalments; a date
 * of cut-off is set for all. Below the risk nothing is done.
 * @param quadrant by the probability of leaving involuntarily
 */
export function leversOf(quadrant: Quadrant): readonly Lever[] {
  if (quadrant === 'C') return ['tacitTolerance', 'instalments', 'cutOffDate'];
  return quadrant === 'D' ? ['instalments', 'cutOffDate'] : [];
}
