import { Purpose, type Stream } from '../randomness/stream.js';

export interface Product {
  id: string;
  name: string;
  category: string;
  feeCents: number;
  marginCny: number;
  launchedOn: string;
  /** Share that takes it within a year, among those it is for. */
  appeal: number;
  /** Years of age at which it appeals most. */
  ageOfPeak: number;
  /** Capability of the handset or another product. */
  requires?: string;
}

export const PRODUCTS: readonly Product[] = [
  {
    ...{ id: 'V001', name: '彩铃', category: 'ringback', feeCents: 500, marginCny: 3 },
    ...{ launchedOn: '2012-01-01', appeal: 0.18, ageOfPeak: 40 },
  },
  {
    ...{ id: 'V002', name: '手机报', category: 'news', feeCents: 300, marginCny: 2 },
    ...{ launchedOn: '2010-01-01', appeal: 0.1, ageOfPeak: 55 },
  },
  {
    ...{ id: 'V003', name: '音乐会员', category: 'music', feeCents: 1000, marginCny: 3 },
    ...{ launchedOn: '2018-01-01', appeal: 0.2, ageOfPeak: 24, requires: 'V001' },
  },
  {
    ...{ id: 'V004', name: '视频会员', category: 'video', feeCents: 1500, marginCny: 4 },
    ...{ launchedOn: '2019-01-01', appeal: 0.28, ageOfPeak: 28, requires: '4g' },
  },
  {
    ...{ id: 'V005', name: '云盘', category: 'cloud', feeCents: 900, marginCny: 6 },
    ...{ launchedOn: '2020-01-01', appeal: 0.12, ageOfPeak: 35, requires: 'wifi' },
  },
  {
    ...{ id: 'V006', name: '云游戏', category: 'game', feeCents: 2000, marginCny: 6 },
    ...{ launchedOn: '2023-06-01', appeal: 0.1, ageOfPeak: 20, requires: '5g' },
  },
];

/** Position of the product that an offer of the past campaign gave away. */
export const GIFT_PRODUCT = PRODUCTS.findIndex(({ category }) => category === 'video');

export interface ProductSpell {
  product: number;
  fromDay: number;
  /** First day without it. */
  toDay: number;
}

const AGE_SPREAD_YEARS = 18;
const KEPT_DAYS_MEAN = 400;

/** What somebody of an age orders between two days, without regard to what happens to the subscription. */
export function productSpells(
  stream: Stream,
  subscription: number,
  age: number,
  fromDay: number,
  afterLastDay: number,
): ProductSpell[] {
  const random = stream.at(Purpose.product, subscription);
  const spells: ProductSpell[] = [];
  const startOf = new Map<string, number>();
  PRODUCTS.forEach((product, at) => {
    const distance = (age - product.ageOfPeak) / AGE_SPREAD_YEARS;
    const isTaken = random.chance(product.appeal * 1.6 * Math.exp(-0.5 * distance * distance));
    const waitDays = Math.floor(random.exponential(260));
    const keptDays = 31 + Math.floor(random.exponential(KEPT_DAYS_MEAN));
    const isProduct = product.requires?.startsWith('V') ?? false;
    const earliest = isProduct ? startOf.get(product.requires!) : fromDay;
    if (!isTaken || earliest === undefined) return;
    const day = earliest + waitDays;
    if (day >= afterLastDay) return;
    startOf.set(product.id, day);
    spells.push({ product: at, fromDay: day, toDay: day + keptDays });
  });
  return spells;
}
