import type { ModelComparison } from '@holdfast/contracts/churn_scoring/v1/model';
import { verdictOn, type Opponent, type PromotionRule } from './verdict.js';

const GOOD = { auc: { mean: 0.8, low: 0.75, high: 0.85 } };
const RULE: PromotionRule = { policy: 'by-rule', differenceMin: 0, figure: 'mean' };

function compared(mean: number, low: number): Opponent {
  const difference = { mean, low, high: mean + 0.02 };
  const comparison: ModelComparison = {
    ...{ championId: 'champion', months: ['2026-07'], rows: 900, positives: 20 },
    ...{ championAuc: 0.8, auc: 0.8 + mean, difference },
  };
  return { kind: 'compared', comparison };
}

it.each<[string, Parameters<typeof verdictOn>[1], Partial<PromotionRule>, string | undefined, boolean, string]>([
  ['the first model', { kind: 'none' }, {}, undefined, true, 'promotion.first'],
  ['a first model by hand', { kind: 'none' }, { policy: 'by-hand' }, undefined, false, 'promotion.byHand'],
  ['one that is better', compared(0.01, -0.01), {}, 'champion', true, 'promotion.notWorse'],
  ['one that is equal', compared(0, -0.02), {}, 'champion', true, 'promotion.notWorse'],
  ['one that is worse', compared(-0.001, -0.02), {}, 'champion', false, 'promotion.worse'],
  ['one that may be worse', compared(0.01, -0.01), { figure: 'low' }, 'champion', false, 'promotion.worse'],
  ['one that is better for certain', compared(0.03, 0.01), { figure: 'low' }, 'champion', true, 'promotion.notWorse'],
  ['one that is better by hand', compared(0.1, 0.05), { policy: 'by-hand' }, 'champion', false, 'promotion.byHand'],
  ['one after another', compared(0.1, 0.05), {}, 'later', false, 'promotion.championChanged'],
  ['one without rows', { kind: 'informed', championId: 'champion' }, {}, 'champion', false, 'promotion.notComparable'],
  ['an imported one', { kind: 'imported', comparison: undefined }, {}, undefined, false, 'promotion.imported'],
  [
    'one instead of an unfit one',
    { kind: 'unfit', championId: 'champion' },
    {},
    'champion',
    true,
    'promotion.championUnfit',
  ],
])('%s', (_what, opponent, rule, current, promoted, key) => {
  expect(verdictOn(GOOD, opponent, { ...RULE, ...rule }, current)).toMatchObject({ promoted, key });
});

it('a model whose interval includes chance is never promoted', () => {
  const chance = { auc: { mean: 0.6, low: 0.5, high: 0.7 } };
  for (const opponent of [
    { kind: 'none' } as const,
    compared(0.2, 0.1),
    { kind: 'unfit', championId: 'champion' } as const,
  ]) {
    const current = opponent.kind === 'none' ? undefined : 'champion';
    expect(verdictOn(chance, opponent, RULE, current)).toMatchObject({ promoted: false, key: 'promotion.chance' });
  }
});
