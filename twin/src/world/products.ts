export interface Product {
  id: string;
  name: string;
  category: string;
  feeCents: number;
  marginCny: number;
  launchedOn: string;
  /** Utility for those of the best age with usual needs and no friends who have it; see take-up.ts. */
  base: number;
  /** Years of age at which it appeals most. */
  ageOfPeak: number;
  /** What has to be used much for it to be of use, and how much that weighs. */
  need: 'calls' | 'messages' | 'data';
  needWeight: number;
  /** A product after which this one is wanted more. */
  after?: { id: string; bonus: number };
  /** Capability of the handset or another product. */
  requires?: string;
}

export const PRODUCTS: readonly Product[] = [
  {
    ...{ id: 'V001', name: '彩铃', category: 'ringback', feeCents: 500, marginCny: 3 },
    ...{ launchedOn: '2012-01-01', base: -1.5, ageOfPeak: 40, need: 'calls', needWeight: 0.5 },
  },
  {
    ...{ id: 'V002', name: '手机报', category: 'news', feeCents: 300, marginCny: 2 },
    ...{ launchedOn: '2010-01-01', base: -2, ageOfPeak: 55, need: 'messages', needWeight: 0.4 },
    after: { id: 'V001', bonus: 0.6 },
  },
  {
    ...{ id: 'V003', name: '音乐会员', category: 'music', feeCents: 1000, marginCny: 3 },
    ...{ launchedOn: '2018-01-01', base: -1, ageOfPeak: 24, need: 'data', needWeight: 0.4, requires: 'V001' },
  },
  {
    ...{ id: 'V004', name: '视频会员', category: 'video', feeCents: 1500, marginCny: 4 },
    ...{ launchedOn: '2019-01-01', base: -0.7, ageOfPeak: 28, need: 'data', needWeight: 0.8, requires: '4g' },
  },
  {
    ...{ id: 'V005', name: '云盘', category: 'cloud', feeCents: 900, marginCny: 6 },
    ...{ launchedOn: '2020-01-01', base: -2.3, ageOfPeak: 35, need: 'data', needWeight: 0.6, requires: 'wifi' },
    after: { id: 'V004', bonus: 0.8 },
  },
  {
    ...{ id: 'V006', name: '云游戏', category: 'game', feeCents: 2000, marginCny: 6 },
    ...{ launchedOn: '2023-06-01', base: -2.2, ageOfPeak: 20, need: 'data', needWeight: 0.6, requires: '5g' },
    after: { id: 'V004', bonus: 1 },
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
