import { CampaignResults } from '@holdfast/contracts/evaluation/v1/results';
import { retentionEffect } from './retention-effect.js';

const CUSTOMERS_MIN = 200;
/** Two points fewer churn of 1,000 in offers, half of them were contacted. */
const campaign = (campaignId: string, changed: Partial<CampaignResults> = {}): CampaignResults =>
  CampaignResults.fromPartial({
    ...{ campaignId, state: 'final', randomised: 'yes', orgUnitPath: 'demo/' },
    arms: [
      { arm: 'discount', subscriptions: 980, touched: 500, notJudged: 20 },
      { arm: 'control', subscriptions: 500, touched: 0, notJudged: 5 },
    ],
    effect: { estimate: -0.02, low: -0.0396, high: -0.0004 },
    effects: [{ arm: 'discount', effect: { estimate: -0.02, low: -0.0396, high: -0.0004 } }],
    channels: [{ channel: 'call', touches: 500 }],
    ...changed,
  });

test('a campaign gives the effect on those contacted, with its interval', () => {
  const effect = retentionEffect([campaign('K1')], CUSTOMERS_MIN);
  expect(effect).toMatchObject({ campaigns: 1, customers: 1_480, deviation: 0 });
  expect(effect.saved!.estimate).toBeCloseTo(0.04, 9);
  expect([effect.saved!.low, effect.saved!.high].map((end) => end.toFixed(4))).toEqual(['0.0008', '0.0792']);
  expect(effect.groups.map(({ dimension, name }) => `${dimension} ${name}`)).toEqual([
    'arm discount',
    'channel call',
    'region demo/',
  ]);
  expect(effect.version).toHaveLength(16);
});

test('only closed, randomised campaigns with enough customers and contacts count', () => {
  const control = (subscriptions: number) => [
    { arm: 'discount', subscriptions: 980, touched: 500, notJudged: 20, accepted: 0 },
    { arm: 'control', subscriptions, touched: 0, notJudged: 0, accepted: 0 },
  ];
  const counted = (changed: object): number =>
    retentionEffect([campaign('K1', CampaignResults.fromPartial({ ...campaign('K1'), ...changed }))], CUSTOMERS_MIN)
      .campaigns;
  expect(counted({ arms: control(200) })).toBe(1);
  expect(counted({ arms: control(199) })).toBe(0);
  expect(counted({ state: 'partial' })).toBe(0);
  expect(counted({ randomised: 'no' })).toBe(0);
  expect(counted({ effect: undefined })).toBe(0);
  expect(counted({ arms: control(500).map((arm) => ({ ...arm, touched: 0 })) })).toBe(0);
  expect(retentionEffect([], CUSTOMERS_MIN)).toMatchObject({ campaigns: 0, saved: undefined, version: '' });
});

test('a region with a smaller effect is shrunk towards all, and the version follows from the results', () => {
  const small = { estimate: 0.005, low: -0.0146, high: 0.0246 };
  const far = campaign('K3', { orgUnitPath: 'demo/dalian/', effect: { ...small, perThousand: 0, method: '' } });
  const large = ['K1', 'K2'].map((id) =>
    campaign(id, { effect: { estimate: -0.06, low: -0.0796, high: -0.0404, perThousand: 60, method: '' } }),
  );
  const effect = retentionEffect([...large, far], CUSTOMERS_MIN);
  const region = effect.groups.find(({ name }) => name === 'demo/dalian/')!;
  expect(effect.deviation).toBeGreaterThan(0.01);
  expect(region.measured!.estimate).toBeCloseTo(-0.01, 9);
  expect(region.shrunk!.estimate).toBeGreaterThan(region.measured!.estimate);
  expect(region.shrunk!.estimate).toBeLessThan(effect.saved!.estimate);
  expect(retentionEffect([far, ...large].reverse(), CUSTOMERS_MIN).version).toBe(effect.version);
  expect(retentionEffect(large, CUSTOMERS_MIN).version).not.toBe(effect.version);
});
