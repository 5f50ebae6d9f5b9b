import { Purpose, type Stream } from '../randomness/stream.js';

export interface HandsetModel {
  /** 8 digits; 99 begins no TAC that was ever given out. */
  tac: string;
  brand: string;
  model: string;
  priceCny: number;
  launchedOn: string;
  os: string;
  screenInches: number;
  capabilities: readonly string[];
}

const smart = ['4g', 'volte', 'wifi', 'dual_sim'];
const newest = ['4g', '5g', 'volte', 'wifi', 'nfc', 'dual_sim'];

export const HANDSETS: readonly HandsetModel[] = [
  {
    ...{ tac: '99000101', brand: '孪星', model: 'X1', priceCny: 899 },
    ...{ launchedOn: '2019-09-01', os: 'android', screenInches: 6.1, capabilities: smart },
  },
  {
    ...{ tac: '99000102', brand: '孪星', model: 'X3', priceCny: 1499 },
    ...{ launchedOn: '2021-09-01', os: 'android', screenInches: 6.5, capabilities: newest },
  },
  {
    ...{ tac: '99000103', brand: '孪星', model: 'X5 Pro', priceCny: 3299 },
    ...{ launchedOn: '2024-03-01', os: 'android', screenInches: 6.7, capabilities: newest },
  },
  {
    ...{ tac: '99000201', brand: '双河', model: 'A20', priceCny: 1099 },
    ...{ launchedOn: '2020-05-01', os: 'android', screenInches: 6.4, capabilities: smart },
  },
  {
    ...{ tac: '99000202', brand: '双河', model: 'A50', priceCny: 1999 },
    ...{ launchedOn: '2023-05-01', os: 'android', screenInches: 6.6, capabilities: newest },
  },
  {
    ...{ tac: '99000203', brand: '双河', model: 'Fold', priceCny: 8999 },
    ...{ launchedOn: '2025-02-01', os: 'android', screenInches: 7.8, capabilities: newest },
  },
  {
    ...{ tac: '99000301', brand: '榕果', model: '12', priceCny: 3999 },
    ...{ launchedOn: '2020-10-01', os: 'ios', screenInches: 6.1, capabilities: newest },
  },
  {
    ...{ tac: '99000302', brand: '榕果', model: '15', priceCny: 5999 },
    ...{ launchedOn: '2023-09-01', os: 'ios', screenInches: 6.1, capabilities: newest },
  },
  {
    ...{ tac: '99000303', brand: '榕果', model: '17', priceCny: 6999 },
    ...{ launchedOn: '2025-09-01', os: 'ios', screenInches: 6.3, capabilities: newest },
  },
  {
    ...{ tac: '99000401', brand: '长青', model: '老人机', priceCny: 299 },
    ...{ launchedOn: '2018-01-01', os: 'none', screenInches: 2.4, capabilities: ['4g', 'volte'] },
  },
];

export interface HandsetSpell {
  model: number;
  fromDay: number;
  /** First day with the next one; undefined for the present one. */
  toDay: number | undefined;
}

const USED_DAYS_MEAN = 820;

/** The handsets of a subscription, oldest first, from `fromDay` on. */
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

/** Days on which the models came; those that came before the second were always there. */
const LAUNCHED = HANDSETS.map(({ launchedOn }) => Date.parse(launchedOn) / 86_400_000);
const OLD_DAY = Date.parse('2020-06-01') / 86_400_000;

/** What of a brand's utility is faithfulness. */
const SAME_BRAND = 0.9;
const SAME_SYSTEM = 0.4;

/**
 * Utilities of a multinomial logit (McFadden, 1974) over the models on the market, -Infinity for the others: dear ones
 * for the rich, simple ones for the old, and more of what one has. The chance to choose a model is its share of the sum
 * of exp(utility).
 * @param present the model that is given up, undefined for the first
 */
export function handsetUtilities(day: number, { incomeCny, age }: HandsetTaste, present: number | undefined): number[] {
  const before = present === undefined ? undefined : HANDSETS[present]!;
  return HANDSETS.map(({ brand, priceCny, os }, model) => {
    const launched = LAUNCHED[model]!;
    if (launched > day && launched > OLD_DAY) return -Infinity;
    const simple = os === 'none' ? (age > 65 ? 2.2 : -2.5) : 0;
    const faithful = (brand === before?.brand ? SAME_BRAND : 0) + (os === before?.os ? SAME_SYSTEM : 0);
    return simple + faithful + Math.min(incomeCny / 6000, 2) * (priceCny / 3000) - priceCny / 2500;
  });
}
