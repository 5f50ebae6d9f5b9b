import type { Plan } from '../catalogue/plan.js';
import { plan } from '../plan.fixture.js';
import { choose, offersOf, type Choice, type Situation, meanInterval, principleOf } from './choice.js';

const DAY = 20_726; // 2026-09-30
const RULE = { savingMinMinor: 100, waitMonthsMax: 6 };
const P019 = plan({ id: 'P019', tier: 1, feeMinor: 1_900 });
const P039 = plan();
const P059 = plan({ id: 'P059', feeMinor: 5_900 });
const P079 = plan({ id: 'P079', tier: 3, feeMinor: 7_900 });
const F069 = plan({ id: 'F069', kind: 'family', tier: 3, feeMinor: 6_900, exitFeeMinor: 6_000, commitmentMonths: 12 });

function chosen(presentBills: number[], bills: Record<string, number[]>, over: Partial<Situation> = {}): Choice {
  const situation: Situation = { present: P059, presentBills, contractEndDay: undefined, day: DAY, ...over };
  const plans: Plan[] = [P019, P039, P079].filter(({ id }) => id in bills);
  return choose(
    offersOf(plans, situation, ({ id }) => bills[id]!),
    situation,
    RULE,
  );
}

const reasonOf = (presentBills: number[], bills: Record<string, number[]>, over: Partial<Situation> = {}) =>
  chosen(presentBills, bills, over).reason ?? chosen(presentBills, bills, over).advised?.plan.id;

describe('the choice of a plan', () => {
  it('advises the cheapest, with its saving a month and the next best', () => {
    const bills = { P019: [4_500, 4_400, 4_600], P039: [3_900, 4_000, 4_100], P079: [7_900, 7_900, 7_900] };
    const choice = chosen([5_900, 6_000, 6_100], bills);
    expect(choice.advised).toMatchObject({ plan: { id: 'P039' }, total: 12_000 });
    expect(choice.advised!.saving).toEqual({ mean: 2_000, low: 2_000, high: 2_000 });
    expect(choice.others.map((offer) => offer.plan.id)).toEqual(['P019', 'P079']);
    expect(choice.others[1]!.saving.mean).toBe(-1_900);
    expect([choice.principle, choice.reason]).toEqual(['tier_down', undefined]);
  });

  it.each([
    ['no plan is cheaper', [3_000, 3_000, 3_000], [3_000, 3_000, 3_000], 'cheapest_already'],
    ['99 cents per month', [5_900, 5_900, 5_900], [5_801, 5_801, 5_801], 'saving_too_small'],
    ['100 cents per month', [5_900, 5_900, 5_900], [5_800, 5_800, 5_800], 'P039'],
    ['one month out of the way', [5_900, 5_900, 15_900], [5_900, 6_000, 3_900], 'saving_uncertain'],
    ['two of three months', [5_900, 5_900, 15_900], [6_000, 5_800, 3_900], 'P039'],
    ['a single month', [5_900], [3_900], 'saving_uncertain'],
    ['one of two months', [5_900, 5_900], [6_000, 3_900], 'saving_uncertain'],
    ['a present plan without a bill', [Number.NaN, 5_900, 5_900], [3_900, 3_900, 3_900], 'not_billable'],
  ])('%s', (_, presentBills, bills, expected) => {
    expect(reasonOf(presentBills, { P039: bills })).toBe(expected);
  });

  it('excludes plans without a known bill', () => {
    expect(reasonOf([5_900, 5_900], { P019: [1_900, Number.NaN], P039: [3_900, 3_900] })).toBe('P039');
  });

  // The exit fee is 60.00 and the saving 10.00 per month.
  it.each([
    ['bound for 7 months: the saving outweighs the fee', DAY + 213, 'P039', undefined],
    ['bound for 6 months: waiting is cheaper', DAY + 182, 'P039', DAY + 183],
    ['bound until today', DAY, 'P039', undefined],
    ['not bound', undefined, 'P039', undefined],
  ])('%s', (_, contractEndDay, expected, from) => {
    const choice = chosen([4_900, 4_900, 4_900], { P039: [3_900, 3_900, 3_900] }, { present: F069, contractEndDay });
    expect([choice.advised?.plan.id, choice.advisedFromDay]).toEqual([expected, from]);
  });

  it('advises no change that pays only after a long commitment', () => {
    const bound = { present: F069, contractEndDay: DAY + 300 };
    expect(reasonOf([4_400, 4_400, 4_400], { P039: [3_900, 3_900, 3_900] }, bound)).toBe('committed');
    // A contract with a plan that costs nothing to leave does not bind to the plan.
    expect(reasonOf([4_400, 4_400, 4_400], { P039: [3_900, 3_900, 3_900] }, { ...bound, present: P059 })).toBe('P039');
  });
});

describe('the four principles', () => {
  const gone = plan({ id: 'L058', onSaleToDay: DAY - 1 });
  it.each([
    ['no plan', undefined, P039, 'no_plan'],
    ['below the present tier', P079, P039, 'tier_down'],
    ['above the present tier', P019, P039, 'tier_up'],
    ['a lower fee in the same tier', P059, P039, 'tier_down'],
    ['a higher fee in the same tier', P039, P059, 'tier_up'],
    ['another kind', F069, P039, 'migrate'],
    ['sold no more', gone, P079, 'migrate'],
    ['the same level', P039, plan({ id: 'P039B' }), 'migrate'],
  ])('%s', (_, present, advised, principle) => {
    expect(principleOf(present, advised, DAY)).toBe(principle);
  });
});

describe('the interval of a saving', () => {
  it("is Student's: 10, 20, 30 is 20 ± 4.303 × 10 ÷ √3", () => {
    const { mean, low, high } = meanInterval([10, 20, 30]);
    expect([mean, low, high]).toEqual([20, expect.closeTo(-4.8434, 3), expect.closeTo(44.8434, 3)]);
  });

  it('is not known of one month', () => {
    expect(meanInterval([10])).toEqual({ mean: 10, low: undefined, high: undefined });
  });
});
