import { ACCOUNT, ADDRESS, PERSON, KNOWN, LINK, PAYER } from './links.js';
import type { Pairs } from './pairs.js';
import { ALL_RULES, EVENING_DAYS, HOLIDAY_DAYS, SAME_CELL_DAYS, TOP_CELLS } from './rules.js';

/** Pairs by what finds them. `evidence` is all four rules, or an account, a payer, a door, a link or a family plan. */
const COUNTED = [
  'sameCellDays',
  'holidayDays',
  'eveningDays',
  'topCells',
  'all',
  'account',
  'payer',
  'address',
  'evidence',
] as const;
export type PairCounts = Record<(typeof COUNTED)[number], number>;

export function noPairs(): PairCounts {
  return Object.fromEntries(COUNTED.map((name) => [name, 0])) as PairCounts;
}

export function addCounts(to: PairCounts, more: PairCounts): void {
  for (const name of COUNTED) to[name] += more[name];
}

/** Numbers of one person make no pair. */
export function countsOf({ count, rules, links }: Pairs): PairCounts {
  const counts = noPairs();
  for (let row = 0; row < count; row += 1) {
    const [met, linked] = [rules[row]!, links[row]!];
    if (linked & PERSON) continue;
    if (met & SAME_CELL_DAYS) counts.sameCellDays += 1;
    if (met & HOLIDAY_DAYS) counts.holidayDays += 1;
    if (met & EVENING_DAYS) counts.eveningDays += 1;
    if (met & TOP_CELLS) counts.topCells += 1;
    if (met === ALL_RULES) counts.all += 1;
    if (linked & ACCOUNT) counts.account += 1;
    if (linked & PAYER) counts.payer += 1;
    if (linked & ADDRESS) counts.address += 1;
    if (met === ALL_RULES || linked & (ACCOUNT | PAYER | ADDRESS | LINK | KNOWN)) counts.evidence += 1;
  }
  return counts;
}
