import { CampaignPlan } from '@holdfast/contracts/campaign/v1/plan';
import { Failure } from '@holdfast/platform/errors';
import { withDefaults, requireRunnable } from './plan-rule.js';

const TODAY = '2026-10-03';

function planOf(changed: Partial<CampaignPlan> = {}): CampaignPlan {
  return withDefaults(
    CampaignPlan.fromPartial({
      name: 'Stay with us',
      table: 'subscriber-months',
      arms: [
        { arm: 'fitted-plan', offerKind: 'fitted_plan', textEn: 'A plan.', textZhCn: '套餐。', share: 0.4 },
        { arm: 'discount', offerKind: 'discount', offerId: 'L20', textEn: '20 off.', textZhCn: '减 20。', share: 0.4 },
      ],
      controlShare: 0.2,
      ...changed,
    }),
  );
}

function armChanged(index: number, changed: Partial<CampaignPlan['arms'][number]>): CampaignPlan {
  const { arms } = planOf();
  return planOf({ arms: arms.map((arm, at) => (at === index ? { ...arm, ...changed } : arm)) });
}

function cny(yuan: number): { minor: number; currency: string } {
  return { minor: yuan * 100, currency: 'CNY' };
}

/** `pointer key` of all that is wrong. */
function complaints(plan: CampaignPlan): string[] {
  try {
    requireRunnable(plan, TODAY);
    return [];
  } catch (thrown) {
    return (thrown as Failure).fields.map(({ pointer, key }) => `${pointer} ${key}`);
  }
}

it('accepts a plan and fills in defaults', () => {
  expect(complaints(planOf())).toEqual([]);
  const filledIn = {
    goal: 'retention',
    quadrants: ['C'],
    randomisationUnit: 'household',
    channel: 'call',
    followMonths: 3,
  };
  expect(planOf()).toMatchObject(filledIn);
});

it.each<[string, CampaignPlan, string[]]>([
  ['no name', planOf({ name: ' ' }), ['/name campaign.nameMissing']],
  ['a goal that is none', planOf({ goal: 'fun' }), ['/goal campaign.goalUnknown']],
  ['no table', planOf({ table: '' }), ['/table campaign.tableMissing']],
  ['a quadrant that is none', planOf({ quadrants: ['C', 'E'] }), ['/quadrants campaign.quadrantUnknown']],
  ['a quadrant twice', planOf({ quadrants: ['C', 'C'] }), ['/quadrants campaign.quadrantUnknown']],
  ['a probability above 1', planOf({ probabilityMin: 1.1 }), ['/probabilityMin campaign.notAShare']],
  ['no probability', planOf({ probabilityMin: NaN }), ['/probabilityMin campaign.notAShare']],
  ['a goal of nothing', planOf({ effectGoal: 0 }), ['/effectGoal campaign.notAShare']],
  [
    'a unit that is none',
    planOf({ randomisationUnit: 'city' }),
    ['/randomisationUnit campaign.randomisationUnitUnknown'],
  ],
  ['a channel that is none', planOf({ channel: 'pigeon' }), ['/channel campaign.channelUnknown']],
  ['its last day today', planOf({ endsOn: TODAY }), []],
  ['its last day yesterday', planOf({ endsOn: '2026-10-02' }), ['/endsOn campaign.endsInThePast']],
  ['a day that is none', planOf({ endsOn: '2026-11-31' }), ['/endsOn campaign.dayMalformed']],
  [
    'no control group',
    planOf({ controlShare: 0 }),
    ['/controlShare campaign.controlGroupMissing', '/arms campaign.sharesSum'],
  ],
  ['no offer', planOf({ arms: [], controlShare: 0.5 }), ['/arms campaign.armCount', '/arms campaign.sharesSum']],
  ['shares of 0.99', armChanged(0, { share: 0.39 }), ['/arms campaign.sharesSum']],
  ['shares of 1.01', armChanged(0, { share: 0.41 }), ['/arms campaign.sharesSum']],
  ['a share of nothing', armChanged(0, { share: 0 }), ['/arms/0/share campaign.notAShare', '/arms campaign.sharesSum']],
  ['the name of the control group', armChanged(1, { arm: 'control' }), ['/arms/1/arm campaign.armName']],
  ['a name twice', armChanged(1, { arm: 'fitted-plan' }), ['/arms/1/arm campaign.armName']],
  ['a discount without its id', armChanged(1, { offerId: '' }), ['/arms/1/offerId campaign.offerId']],
  ['a fitted plan with an id', armChanged(0, { offerId: 'P-1' }), ['/arms/0/offerId campaign.offerId']],
  ['an offer that is none', armChanged(0, { offerKind: 'gift' }), ['/arms/0/offerKind campaign.offerKindUnknown']],
  ['no words in Chinese', armChanged(0, { textZhCn: '' }), ['/arms/0/textZhCn campaign.textMissing']],
  ['a negative cost', armChanged(0, { cost: { minor: -1, currency: 'CNY' } }), ['/arms/0/cost campaign.costNegative']],
  ['a contact for nothing', planOf({ contactCost: cny(0) }), ['/contactCost campaign.contactCostNotPositive']],
  ['costs in one currency', { ...armChanged(0, { cost: cny(60) }), contactCost: cny(3) }, []],
  [
    'costs in two currencies',
    { ...armChanged(0, { cost: { minor: 6000, currency: 'USD' } }), contactCost: cny(3) },
    ['/arms campaign.costCurrencies'],
  ],
  ['outcomes of 25 months', planOf({ followMonths: 25 }), ['/followMonths campaign.followMonths']],
  ['outcomes of 24 months', planOf({ followMonths: 24 }), []],
  ...['Control', ' control ', 'CONTROL', 'control-group', 'control', '对照组'].map(
    (arm): [string, CampaignPlan, string[]] => [
      `the control group as ${arm}`,
      armChanged(1, { arm }),
      ['/arms/1/arm campaign.armName'],
    ],
  ),
  ...['Fitted-Plan', 'fitted_plan', 'FITTED PLAN', 'fittedplan'].map((arm): [string, CampaignPlan, string[]] => [
    `a name that differs only in spelling, ${arm}`,
    armChanged(1, { arm }),
    ['/arms/1/arm campaign.armName'],
  ]),
])('%s', (_, plan, expected) => {
  expect(complaints(plan)).toEqual(expected);
});

it('accepts three thirds as a whole', () => {
  const arms = planOf().arms.map((arm) => ({ ...arm, share: 0.333333 }));
  expect(complaints(planOf({ arms, controlShare: 0.333334 }))).toEqual([]);
});

it('names both groups whose names differ only in spelling, and a name that can be mistaken for the control group', () => {
  const textsOf = (plan: CampaignPlan): string => {
    try {
      requireRunnable(plan, TODAY);
      return '';
    } catch (thrown) {
      return (thrown as Failure).fields.map(({ text }) => text.en).join();
    }
  };
  expect(textsOf(armChanged(1, { arm: 'fitted_plan' }))).toContain('"fitted-plan" and "fitted_plan"');
  expect(textsOf(armChanged(1, { arm: 'Control' }))).toContain('"Control" can be mistaken for the control group');
});
