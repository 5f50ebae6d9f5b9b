import { CampaignPlan, type Arm } from '@holdfast/contracts/campaign/v1/plan';
import { parseDay } from '@holdfast/platform/calendar';
import { looksLikeControl, looseGroupKey } from '@holdfast/platform/control-group';
import { failure, type FieldFailure, type Texts } from '@holdfast/platform/errors';
import { CHANNELS } from '../contact/channel.js';
import { CONTROL } from '../contact/contact-history.js';

const GOALS: readonly string[] = ['retention', 'value', 'care', 'research'];
const QUADRANTS: readonly string[] = ['A', 'B', 'C', 'D'];
const RANDOMISATION_UNITS: readonly string[] = ['household', 'subscription'];
/** Offers of the operator's catalogue; the others are what fits each, or are no product. */
const CATALOGUE_KINDS: readonly string[] = ['discount', 'product', 'handset'];
const OFFER_KINDS: readonly string[] = ['fitted_plan', 'care', ...CATALOGUE_KINDS];
const ARMS_MAX = 20;
const FOLLOW_MONTHS_MAX = 24;
const FOLLOW_MONTHS_DEFAULT = 3;
const NAME_CHARS_MAX = 200;
const TEXT_CHARS_MAX = 1_000;
const ARM_NAME = /^[a-z0-9][a-z0-9_-]{0,39}$/;
/** Shares are written as decimals, which do not add up to 1 exactly. */
const SHARES_TOLERANCE = 1e-6;

const planInvalid = failure('invalid', 'campaign.planInvalid', {
  en: 'The plan cannot be carried out as it is; see errors.',
  'zh-CN': '活动方案有误，详见 errors。',
});

/** What is wrong with a plan: a JSON pointer into it, a key, and the texts. */
export type Complaint = readonly [pointer: string, key: string, text: Texts];

/** A plan with what was left out as it holds then. */
export function completed(plan: CampaignPlan): CampaignPlan {
  return {
    ...plan,
    goal: plan.goal || 'retention',
    quadrants: plan.quadrants.length === 0 ? ['C'] : plan.quadrants,
    randomisationUnit: plan.randomisationUnit || 'household',
    channel: plan.channel || 'call',
    followMonths: plan.followMonths || FOLLOW_MONTHS_DEFAULT,
  };
}

/**
 * Whether a campaign can be run by a plan, as far as the plan alone says it.
 * @param today of the operator's calendar, `YYYY-MM-DD`
 * @throws invalid, with everything that is wrong
 */
export function requireRunnable(plan: CampaignPlan, today: string): void {
  refuse([
    ...wrongInPlan(plan, today),
    ...plan.arms.flatMap(wrongInArm),
    ...wrongInShares(plan),
    ...wrongInCosts(plan),
  ]);
}

/** @throws invalid, with all complaints, where there are any */
export function refuse(complaints: readonly Complaint[]): void {
  if (complaints.length === 0) return;
  const fields = complaints.map(([pointer, key, text]): FieldFailure => ({ pointer, key: `campaign.${key}`, text }));
  throw planInvalid({}, { fields });
}

function wrongInPlan(plan: CampaignPlan, today: string): Complaint[] {
  const { name, goal, table, quadrants, probabilityMin, randomisationUnit, channel, effectGoal, endsOn } = plan;
  return [
    ...unless(isText(name, NAME_CHARS_MAX), '/name', 'nameMissing', lengthText(NAME_CHARS_MAX)),
    ...unless(GOALS.includes(goal), '/goal', 'goalUnknown', oneOf(GOALS)),
    ...unless(isText(table, 100), '/table', 'tableMissing', lengthText(100)),
    ...unless(
      areDistinct(quadrants) && quadrants.every((each) => QUADRANTS.includes(each)),
      '/quadrants',
      'quadrantUnknown',
      oneOf(QUADRANTS),
    ),
    ...unless(probabilityMin === undefined || isShare(probabilityMin), '/probabilityMin', 'notAShare', SHARE),
    ...unless(
      RANDOMISATION_UNITS.includes(randomisationUnit),
      '/randomisationUnit',
      'randomisationUnitUnknown',
      oneOf(RANDOMISATION_UNITS),
    ),
    ...unless(CHANNELS.includes(channel), '/channel', 'channelUnknown', oneOf(CHANNELS)),
    ...unless(effectGoal === undefined || (isShare(effectGoal) && effectGoal > 0), '/effectGoal', 'notAShare', SHARE),
    ...unless(endsOn === '' || parseDay(endsOn) !== undefined, '/endsOn', 'dayMalformed', {
      en: 'A day is written YYYY-MM-DD.',
      'zh-CN': '日期格式应为 YYYY-MM-DD。',
    }),
    ...unless(parseDay(endsOn) === undefined || endsOn >= today, '/endsOn', 'endsInThePast', {
      en: 'The last day of contacts is over.',
      'zh-CN': '最后接触日期已过。',
    }),
    ...unless(plan.randomisationSeed.length <= 100, '/randomisationSeed', 'randomisationSeedTooLong', lengthText(100)),
    ...unless(plan.followMonths >= 1 && plan.followMonths <= FOLLOW_MONTHS_MAX, '/followMonths', 'followMonths', {
      en: `Outcomes are followed for 1 to ${FOLLOW_MONTHS_MAX} months.`,
      'zh-CN': `效果跟踪期应为 1 到 ${FOLLOW_MONTHS_MAX} 个月。`,
    }),
  ];
}

function wrongInArm(arm: Arm, index: number, arms: readonly Arm[]): Complaint[] {
  const at = `/arms/${index}`;
  const first = arms.findIndex((each) => looseGroupKey(each.arm) === looseGroupKey(arm.arm));
  const needsOffer = CATALOGUE_KINDS.includes(arm.offerKind);
  return [
    ...wrongInName(arm.arm, arms[first]!.arm, first === index).map((text): Complaint => [`${at}/arm`, 'armName', text]),
    ...unless(OFFER_KINDS.includes(arm.offerKind), `${at}/offerKind`, 'offerKindUnknown', oneOf(OFFER_KINDS)),
    ...unless(needsOffer === (arm.offerId !== '') && arm.offerId.length <= 100, `${at}/offerId`, 'offerId', {
      en: 'A discount, product or handset is named by its id in the catalogue; a fitted plan and care are not.',
      'zh-CN': '折扣、产品和终端须注明目录编号；适配套餐和关怀无需编号。',
    }),
    ...unless(isText(arm.textEn, TEXT_CHARS_MAX), `${at}/textEn`, 'textMissing', lengthText(TEXT_CHARS_MAX)),
    ...unless(isText(arm.textZhCn, TEXT_CHARS_MAX), `${at}/textZhCn`, 'textMissing', lengthText(TEXT_CHARS_MAX)),
    ...unless(isShare(arm.share) && arm.share > 0, `${at}/share`, 'notAShare', SHARE),
    ...unless(arm.cost === undefined || arm.cost.minor >= 0, `${at}/cost`, 'costNegative', {
      en: 'A cost is not negative.',
      'zh-CN': '成本不能为负。',
    }),
  ];
}

/** What is wrong with the name of a group. @param like of the first group whose name reads the same */
function wrongInName(name: string, like: string, isFirst: boolean): Texts[] {
  if (looksLikeControl(name)) {
    return [
      {
        en: `"${name}" reads as the control group, which every campaign has as "${CONTROL}"; give the offer another name.`,
        'zh-CN': `“${name}”易被当作对照组；每个活动已有名为“${CONTROL}”的对照组，请为方案另取名称。`,
      },
    ];
  }
  if (!isFirst) {
    return [
      {
        en: `The groups "${like}" and "${name}" differ only in spelling; a group has a name of its own.`,
        'zh-CN': `组名“${like}”与“${name}”仅写法不同，每个组须有唯一名称。`,
      },
    ];
  }
  if (ARM_NAME.test(name)) return [];
  return [
    {
      en: 'A group has a name of 1 to 40 characters of a-z, 0-9, - and _.',
      'zh-CN': '组名为 1 到 40 个字符（a-z、0-9、-、_）。',
    },
  ];
}

/** Costs are added up and divided by: they share a currency, and a contact costs something. */
function wrongInCosts({ arms, contactCost }: CampaignPlan): Complaint[] {
  const costs = [contactCost, ...arms.map(({ cost }) => cost)].filter((cost) => cost !== undefined);
  return [
    ...unless(contactCost === undefined || contactCost.minor > 0, '/contactCost', 'contactCostNotPositive', {
      en: 'A contact costs more than nothing.',
      'zh-CN': '单次接触成本须大于零。',
    }),
    ...unless(new Set(costs.map(({ currency }) => currency)).size <= 1, '/arms', 'costCurrencies', {
      en: 'All costs of a campaign are in one currency.',
      'zh-CN': '同一活动的各项成本须使用同一币种。',
    }),
  ];
}

function wrongInShares({ arms, controlShare }: CampaignPlan): Complaint[] {
  const sum = arms.reduce((total, { share }) => total + share, controlShare);
  return [
    ...unless(arms.length >= 1 && arms.length <= ARMS_MAX, '/arms', 'armCount', {
      en: `A campaign has 1 to ${ARMS_MAX} offers.`,
      'zh-CN': `活动须有 1 到 ${ARMS_MAX} 个方案。`,
    }),
    ...unless(controlShare > 0 && controlShare < 1, '/controlShare', 'controlGroupMissing', {
      en: 'Some of the audience is left alone: else nobody knows what the campaign did.',
      'zh-CN': '必须保留不干预组，否则无法衡量活动效果。',
    }),
    ...unless(Math.abs(sum - 1) <= SHARES_TOLERANCE, '/arms', 'sharesSum', {
      en: 'The shares of all groups, the no-action group included, add up to 1.',
      'zh-CN': '各组（含不干预组）占比之和须为 1。',
    }),
  ];
}

const SHARE: Texts = { en: 'This is a share between 0 and 1.', 'zh-CN': '应为 0 到 1 之间的比例。' };

function lengthText(charactersMax: number): Texts {
  return { en: `This has 1 to ${charactersMax} characters.`, 'zh-CN': `长度应为 1 到 ${charactersMax} 个字符。` };
}

function oneOf(known: readonly string[]): Texts {
  return { en: `One of ${known.join(', ')}, each once.`, 'zh-CN': `可选值：${known.join('、')}，不可重复。` };
}

function unless(fits: boolean, ...complaint: Complaint): Complaint[] {
  return fits ? [] : [complaint];
}

function isText(text: string, charactersMax: number): boolean {
  return text.trim() !== '' && text.length <= charactersMax;
}

function isShare(value: number): boolean {
  return value >= 0 && value <= 1;
}

function areDistinct(values: readonly string[]): boolean {
  return new Set(values).size === values.length;
}
