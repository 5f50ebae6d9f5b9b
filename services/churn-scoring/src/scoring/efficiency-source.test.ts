import { EfficiencySource } from '@holdfast/contracts/churn_scoring/v1/scoring';
import { RetentionEffect } from '@holdfast/contracts/evaluation/v1/results';
import { efficiencyOf, upliftByUnit } from './efficiency-source.js';

const effect = (low: number, high: number): RetentionEffect =>
  RetentionEffect.fromPartial({
    ...{ campaigns: 3, customers: 9_000, saved: { estimate: (low + high) / 2, low, high }, version: 'v' },
    groups: [
      { dimension: 'region', name: 'demo/', shrunk: { estimate: 0.02 } },
      { dimension: 'region', name: 'demo/dalian/', shrunk: { estimate: 0.03 } },
      { dimension: 'region', name: 'demo/dalian/north/', shrunk: { estimate: -0.01 } },
      { dimension: 'channel', name: 'demo/shenyang/', shrunk: { estimate: 0.5 } },
    ],
  });
const sourceOf = (of: ReturnType<typeof efficiencyOf>): EfficiencySource =>
  EfficiencySource.fromPartial(JSON.parse(of.efficiencySource) as EfficiencySource);

test('an effect whose interval is above 0 counts, by the smallest unit that has its own', () => {
  const measured = efficiencyOf(effect(0.013, 0.029));
  expect(sourceOf(measured)).toMatchObject({
    ...{ basis: 'uplift-value-cost', reason: '', effect: { version: 'v', campaigns: 3 } },
    textEn: 'Measured in 3 campaigns with control groups: 2.1 points fewer churn per contact (± 0.8).',
    textZhCn: '在 3 个设有对照组的活动中实测：每次接触使流失率降低 2.1 个百分点（±0.8）。',
  });
  const upliftOf = upliftByUnit(measured.uplifts);
  const paths = ['demo/shenyang/', 'demo/dalian/', 'demo/dalian/south/', 'demo/dalian/north/', 'other/'];
  expect(paths.map(upliftOf)).toEqual([0.02, 0.03, 0.03, 0, 0.021]);
});

test.each([
  ['an interval that touches 0', effect(0, 0.04), 'effect.uncertain', 'which may be chance'],
  ['contacts that drive away', effect(-0.05, -0.01), 'effect.uncertain', '-3.0 points'],
  ['no closed campaign', RetentionEffect.fromPartial({}), 'effect.none', 'no closed campaign'],
  ['evaluation out of reach', undefined, 'effect.unavailable', 'could not be read'],
])('%s leaves value ÷ cost, and the answer shows why', (_, found, reason, words) => {
  const fallback = efficiencyOf(found);
  expect(fallback.uplifts).toBe('');
  expect(sourceOf(fallback)).toMatchObject({ basis: 'value-cost', reason });
  expect(sourceOf(fallback).textEn).toContain(words);
  expect(sourceOf(fallback).textZhCn).toMatch(/^假定/);
  expect(upliftByUnit(fallback.uplifts)('demo/dalian/')).toBe(1);
});
