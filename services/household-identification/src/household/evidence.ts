import type { PairEvidence } from '@holdfast/contracts/household_identification/v1/household';
import type { SubjectIds } from '../evidence/subject-ids.js';
import { ACCOUNT, ADDRESS, BUILDING, KNOWN, LINK, PAYER } from '../pair/links.js';
import type { Pairs } from '../pair/pairs.js';

const WORDS = {
  account: ACCOUNT,
  payer: PAYER,
  address: ADDRESS,
  building: BUILDING,
  link: LINK,
  known: KNOWN,
} as const;

/** Why two belong together. */
export function evidenceOf(pairs: Pairs, row: number, probability: number, ids: SubjectIds): PairEvidence {
  const links = pairs.links[row]!;
  const isSameDoor = (links & ADDRESS) !== 0;
  return {
    leftSubscriptionId: ids.textOf(pairs.left[row]!),
    rightSubscriptionId: ids.textOf(pairs.right[row]!),
    sharedDays: pairs.sharedDays[row]!,
    holidayDays: pairs.holidayDays[row]!,
    eveningDays: Math.floor(pairs.eveningDays[row]!), // a mean over weeks may be broken
    cellOverlap: Number(pairs.cellOverlap[row]!.toFixed(4)),
    also: Object.entries(WORDS)
      .filter(([word, bit]) => (links & bit) !== 0 && !(word === 'building' && isSameDoor))
      .map(([word]) => word),
    probability,
    calls: pairs.calls[row]!,
  };
}
