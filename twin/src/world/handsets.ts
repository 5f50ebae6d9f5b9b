import { parseDay } from '@holdfast/platform/calendar';
import { Purpose, type Stream } from '../randomness/stream.js';

const smart = ['4g', 'volte', 'wifi', 'dual_sim'];
const newest = ['4g', '5g', 'volte', 'wifi', 'nfc', 'dual_sim'];

/** TAC (8 digits; no allocated one begins with 99), brand, model, price, launch, system, screen, capabilities. */
type Row = [string, string, string, number, string, string, number, readonly string[]];
const ROWS: readonly Row[] = [
  ['99000101', '孪星', 'X1', 899, '2019-09-01', 'android', 6.1, smart],
  ['99000102', '孪星', 'X3', 1499, '2021-09-01', 'android', 6.5, newest],
  ['99000103', '孪星', 'X5 Pro', 3299, '2024-03-01', 'android', 6.7, newest],
  ['99000201', '双河', 'A20', 1099, '2020-05-01', 'android', 6.4, smart],
  ['99000202', '双河', 'A50', 1999, '2023-05-01', 'android', 6.6, newest],
  ['99000203', '双河', 'Fold', 8999, '2025-02-01', 'android', 7.8, newest],
  ['99000301', '榕果', '12', 3999, '2020-10-01', 'ios', 6.1, newest],
  ['99000302', '榕果', '15', 5999, '2023-09-01', 'ios', 6.1, newest],
  ['99000303', '榕果', '17', 6999, '2025-09-01', 'ios', 6.3, newest],
  ['99000401', '长青', '老人机', 299, '2018-01-01', 'none', 2.4, ['4g', 'volte']],
];

export const HANDSETS = ROWS.map(([tac, brand, model, priceCny, launchedOn, os, screenInches, capabilities]) => {
  return { tac, brand, model, priceCny, launchedOn, os, screenInches, capabilities };
});

export interface HandsetSpell {
  model: number;
  fromDay: number;
  /** First day with the next handset; undefined for the current one. */
  toDay: number | undefined;
}

const USED_DAYS_MEAN = 820;

/** Oldest first. */
export function handsetSpells(
  stream: Stream,
  subscription: number,
  fromDay: number,
  afterLastDay: number,
  taste: HandsetTaste,
): HandsetSpell[] {
  const random = stream.at(Purpose.handset, subscription);
  const spells: HandsetSpell[] = [];
  for (let day = fromDay; day < afterLastDay;) {
    const next = day + 200 + Math.floor(random.exponential(USED_DAYS_MEAN - 200));
    const model = random.weighted(handsetUtilities(day, taste, spells.at(-1)?.model).map(Math.exp));
    spells.push({ model, fromDay: day, toDay: next < afterLastDay ? next : undefined });
    day = next;
  }
  return spells;
}

export interface HandsetTaste {
  incomeCny: number;
  age: number;
}

/** Launch days; models launched before OLD_DAY are always on the market. */
const LAUNCHED = HANDSETS.map(({ launchedOn }) => parseDay(launchedOn)!);
const OLD_DAY = parseDay('2020-06-01')!;

/** Part of the utility of the same brand and operating system. */
const SAME_BRAND = 0.9;
const SAME_SYSTEM = 0.4;

/**
 * Utilities of a multinomial logit (McFadden, 1974) over the models on the market, -Infinity for the others. Income
 * favours expensive models, age simple ones. The probability of a model is its share of the sum of exp(utility).
 * @param present the replaced model, undefined for the first
 */
export function handsetUtilities(day: number, { incomeCny, age }: HandsetTaste, present: number | undefined): number[] {
  const before = present === undefined ? undefined : HANDSETS[present]!;
  return HANDSETS.map(({ brand, priceCny, os }, model) => {
    const launched = LAUNCHED[model]!;
    if (launched > day && launched > OLD_DAY) return -Infinity;
    const simplicity = os === 'none' ? (age > 65 ? 2.2 : -2.5) : 0;
    const loyalty = (brand === before?.brand ? SAME_BRAND : 0) + (os === before?.os ? SAME_SYSTEM : 0);
    return simplicity + loyalty + Math.min(incomeCny / 6000, 2) * (priceCny / 3000) - priceCny / 2500;
  });
}
