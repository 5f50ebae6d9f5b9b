import { InvalidArgumentError } from 'commander';
import { armOption, planBody } from './campaigns.js';
import { UsageError } from '../connection.js';

const usual: Omit<Parameters<typeof planBody>[0], 'arm'> = {
  name: 'Stay',
  table: 't',
  quadrant: ['C'],
  text: {},
  by: 'household',
  channel: 'call',
};

test('arms are read one after the other', () => {
  const arms = armOption('discount=discount:0.4:loyalty-20', armOption('plan=fitted_plan:0.4'));
  expect(arms).toEqual([
    { arm: 'plan', offerKind: 'fitted_plan', share: 0.4, offerId: '' },
    { arm: 'discount', offerKind: 'discount', share: 0.4, offerId: 'loyalty-20' },
  ]);
});

test.each(['plan', 'plan=fitted_plan', 'plan=fitted_plan:much', '=care:0.5', 'plan=care:0'])(
  '%s is not an arm',
  (text) => {
    expect(() => armOption(text)).toThrow(InvalidArgumentError);
  },
);

test('the rest of the shares is the control group, in decimals', () => {
  const arm = [...armOption('a=care:0.4'), ...armOption('b=care:0.4')];
  expect(planBody({ ...usual, arm })).toMatchObject({ controlShare: 0.2, quadrants: ['C'] });
});

test('an offer has the words that are given, else the usual ones in both languages', () => {
  const arm = [...armOption('a=care:0.4'), ...armOption('b=discount:0.4:X')];
  const text = { b: { en: '20 off.', 'zh-CN': '减 20。' } };
  const { arms } = planBody({ ...usual, arm, text });
  expect(arms.map((each) => each.text.en)).toEqual(['We would like to know how we can do better.', '20 off.']);
  expect(arms[0]!.text['zh-CN']).toMatch(/服务/);
});

test('costs and months of outcomes go into the plan; a cost of no offer is refused', () => {
  const arm = [...armOption('a=care:0.4'), ...armOption('b=discount:0.4:X')];
  const [contactCost, cost] = [
    { amount: '3.00', currency: 'CNY' },
    { amount: '60.00', currency: 'CNY' },
  ];
  const plan = planBody({ ...usual, arm, followMonths: 6, contactCost, armCost: { b: cost } });
  expect(plan).toMatchObject({ followMonths: 6, contactCost, arms: [{ arm: 'a' }, { arm: 'b', cost }] });
  expect(plan.arms[0]).not.toHaveProperty('cost');
  expect(plan).not.toHaveProperty('armCost');
  expect(() => planBody({ ...usual, arm, armCost: { c: cost } })).toThrow(UsageError);
});
