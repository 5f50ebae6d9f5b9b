export interface Product {
  id: string;
  name: string;
  category: string;
  feeCents: number;
  marginCny: number;
  launchedOn: string;
  /** Utility at the best age with usual needs and without friends that have it; see adoption.ts. */
  base: number;
  /** Age of the highest utility. */
  ageOfPeak: number;
  /** Kind of usage that the product needs, and its weight. */
  need: 'calls' | 'messages' | 'data';
  needWeight: number;
  /** A product that raises the utility of this one. */
  after?: { id: string; bonus: number };
  /** Capability of the handset, or another product. */
  requires?: string;
}

type Row = [string, string, string, number, number, string, number, number, Product['need'], number, Partial<Product>?];
const ROWS: readonly Row[] = [
  ['V001', '彩铃', 'ringback', 500, 3, '2012-01-01', -1.5, 40, 'calls', 0.5],
  ['V002', '手机报', 'news', 300, 2, '2010-01-01', -2, 55, 'messages', 0.4, { after: { id: 'V001', bonus: 0.6 } }],
  ['V003', '音乐会员', 'music', 1000, 3, '2018-01-01', -1, 24, 'data', 0.4, { requires: 'V001' }],
  ['V004', '视频会员', 'video', 1500, 4, '2019-01-01', -0.7, 28, 'data', 0.8, { requires: '4g' }],
  ['V005', '云盘', 'cloud', 900, 6, '2020-01-01', -2.3, 35, 'data', 0.6, usedAfterVideo('wifi', 0.8)],
  ['V006', '云游戏', 'game', 2000, 6, '2023-06-01', -2.2, 20, 'data', 0.6, usedAfterVideo('5g', 1)],
];

export const PRODUCTS: readonly Product[] = ROWS.map(
  ([id, name, category, feeCents, marginCny, launchedOn, base, ageOfPeak, need, needWeight, conditions]) => {
    return { id, name, category, feeCents, marginCny, launchedOn, base, ageOfPeak, need, needWeight, ...conditions };
  },
);

function usedAfterVideo(requires: string, bonus: number): Partial<Product> {
  return { requires, after: { id: 'V004', bonus } };
}

/** Gift of the past campaign. */
export const GIFT_PRODUCT = PRODUCTS.findIndex(({ category }) => category === 'video');

export interface ProductSpell {
  product: number;
  fromDay: number;
  /** First day without it. */
  toDay: number;
}
