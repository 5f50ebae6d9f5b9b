import { CampaignPlan, type Arm } from '@holdfast/contracts/campaign/v1/plan';
import { parseDay } from '@holdfast/platform/calendar';
import { looksLikeControl, looseGroupKey, CONTROL } from '@holdfast/platform/control-group';
import { failure, type FieldFailure, type Texts } from '@holdfast/platform/errors';
import { CHANNELS as CHANNEL_WORDS, QUADRANTS as QUADRANT_WORDS } from '@holdfast/platform/terms';

const GOALS: readonly string[] = ['retention', 'value', 'care', 'research'];
const QUADRANTS: readonly string[] = QUADRANT_WORDS;
const CHANNELS: readonly string[] = CHANNEL_WORDS;
const RANDOMISATION_UNITS: readonly string[] = ['household', 'subscription'];
/** Offers with an id in the operator's catalogue. */
const CATALOGUE_KINDS: readonly string[] = ['discount', 'product', 'handset'];
const OFFER_KINDS: readonly string[] = ['fitted_plan', 'care', ...CATALOGUE_KINDS];
const ARMS_MAX = 20;
const FOLLOW_MONTHS_MAX = 24;
const FOLLOW_MONTHS_DEFAULT = 3;
const NAME_CHARS_MAX = 200;
const TEXT_CHARS_MAX = 1_000;
const ARM_NAME = /^[a-z0-9][a-z0-9_-]{0,39}$/;
/** Decimal shares do not add up to exactly 1. */
const SHARES_TOLERANCE = 1e-6;

const planInvalid = failure('invalid', 'campaign.planInvalid', {
  en: 'The plan is invalid; see errors.',
  'zh-CN': '活动方案有误，详见 errors。',
});

/** An error in a plan: a JSON pointer into it, a key, and the texts. */
export type PlanError = readonly [pointer: string, key: string, text: Texts];

/** Fills in the defaults of omitted fields. */
export function withDefaults(plan: CampaignPlan): CampaignPlan {
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
 * Validates a plan by itself, without other services.
 * @param today of the operator's calendar, `YYYY-MM-DD`
 * @throws invalid with all errors
 */
export function requireRunnable(plan: CampaignPlan, today: string): void {
  throwPlanErrors([
    ...planErrors(plan, today),
    ...plan.arms.flatMap(armErrors),
    ...shareErrors(plan),
    ...costErrors(plan),
  ]);
}

/** @throws invalid with all errors; does nothing without errors */
export function throwPlanErrors(errors: readonly PlanError[]): void {
  if (errors.length === 0) return;
  const fields = errors.map(([pointer, key, text]): FieldFailure => ({ pointer, key: `campaign.${key}`, text }));
  throw planInvalid({}, { fields });
}

function planErrors(plan: CampaignPlan, today: string): PlanError[] {
  const { name, goal, table, quadrants, probabilityMin, randomisationUnit, channel, effectGoal, endsOn } = plan;
  return [
    ...errorUnless(isText(name, NAME_CHARS_MAX), '/name', 'nameMissing', lengthText(NAME_CHARS_MAX)),
    ...errorUnless(GOALS.includes(goal), '/goal', 'goalUnknown', oneOf(GOALS)),
    ...errorUnless(isText(table, 100), '/table', 'tableMissing', lengthText(100)),
    ...errorUnless(
      areDistinct(quadrants) && quadrants.every((each) => QUADRANTS.includes(each)),
      '/quadrants',
      'quadrantUnknown',
      oneOf(QUADRANTS),
    ),
    ...errorUnless(probabilityMin === undefined || isShare(probabilityMin), '/probabilityMin', 'notAShare', SHARE),
    ...errorUnless(
      RANDOMISATION_UNITS.includes(randomisationUnit),
      '/randomisationUnit',
      'randomisationUnitUnknown',
      oneOf(RANDOMISATION_UNITS),
    ),
    ...errorUnless(CHANNELS.includes(channel), '/channel', 'channelUnknown', oneOf(CHANNELS)),
    ...errorUnless(
      effectGoal === undefined || (isShare(effectGoal) && effectGoal > 0),
      '/effectGoal',
      'notAShare',
      SHARE,
    ),
    ...errorUnless(endsOn === '' || parseDay(endsOn) !== undefined, '/endsOn', 'dayMalformed', {
      en: 'The format of a day is YYYY-MM-DD.',
      'zh-CN': '日期格式应为 YYYY-MM-DD。',
    }),
    ...errorUnless(parseDay(endsOn) === undefined || endsOn >= today, '/endsOn', 'endsInThePast', {
      en: 'The last day of contacts is in the past.',
      'zh-CN': '最后接触日期已过。',
    }),
    ...errorUnless(
      plan.randomisationSeed.length <= 100,
      '/randomisationSeed',
      'randomisationSeedTooLong',
      lengthText(100),
    ),
    ...errorUnless(plan.followMonths >= 1 && plan.followMonths <= FOLLOW_MONTHS_MAX, '/followMonths', 'followMonths', {
      en: `The follow-up is 1 to ${FOLLOW_MONTHS_MAX} months.`,
      'zh-CN': `效果跟踪期应为 1 到 ${FOLLOW_MONTHS_MAX} 个月。`,
    }),
  ];
}

function armErrors(arm: Arm, index: number, arms: readonly Arm[]): PlanError[] {
  const at = `/arms/${index}`;
  const first = arms.findIndex((each) => looseGroupKey(each.arm) === looseGroupKey(arm.arm));
  const needsOffer = CATALOGUE_KINDS.includes(arm.offerKind);
  return [
    ...nameErrors(arm.arm, arms[first]!.arm, first === index).map((text): PlanError => [`${at}/arm`, 'armName', text]),
    ...errorUnless(OFFER_KINDS.includes(arm.offerKind), `${at}/offerKind`, 'offerKindUnknown', oneOf(OFFER_KINDS)),
    ...errorUnless(needsOffer === (arm.offerId !== '') && arm.offerId.length <= 100, `${at}/offerId`, 'offerId', {
      en: 'A discount, product or handset needs its catalogue id; a fitted plan and care have none.',
      'zh-CN': '折扣、产品和终端须注明目录编号；适配套餐和关怀无需编号。',
    }),
    ...errorUnless(isText(arm.textEn, TEXT_CHARS_MAX), `${at}/textEn`, 'textMissing', lengthText(TEXT_CHARS_MAX)),
    ...errorUnless(isText(arm.textZhCn, TEXT_CHARS_MAX), `${at}/textZhCn`, 'textMissing', lengthText(TEXT_CHARS_MAX)),
    ...errorUnless(isShare(arm.share) && arm.share > 0, `${at}/share`, 'notAShare', SHARE),
    ...errorUnless(arm.cost === undefined || arm.cost.minor >= 0, `${at}/cost`, 'costNegative', {
      en: 'A cost must not be negative.',
      'zh-CN': '成本不能为负。',
    }),
  ];
}

/** @param firstName name of the first group that differs from this one only in spelling */
function nameErrors(name: string, firstName: string, isFirst: boolean): Texts[] {
  if (looksLikeControl(name)) {
    return [
      {
        en: `"${name}" can be mistaken for the control group "${CONTROL}" of the campaign; use another name.`,
        'zh-CN': `“${name}”易被当作对照组；每个活动已有名为“${CONTROL}”的对照组，请为方案另取名称。`,
      },
    ];
  }
  if (!isFirst) {
    return [
      {
        en: `The groups "${firstName}" and "${name}" differ only in spelling; each group needs a unique name.`,
        'zh-CN': `组名“${firstName}”与“${name}”仅写法不同，每个组须有唯一名称。`,
      },
    ];
  }
  if (ARM_NAME.test(name)) return [];
  return [
    {
      en: 'The name of a group has 1 to 40 characters of a-z, 0-9, - and _.',
      'zh-CN': '组名为 1 到 40 个字符（a-z、0-9、-、_）。',
    },
  ];
}

/** Costs are added and divided by: they need one currency, and the cost of a contact is above 0. */
function costErrors({ arms, contactCost }: CampaignPlan): PlanError[] {
  const costs = [contactCost, ...arms.map(({ cost }) => cost)].filter((cost) => cost !== undefined);
  return [
    ...errorUnless(contactCost === undefined || contactCost.minor > 0, '/contactCost', 'contactCostNotPositive', {
      en: 'The cost of a contact must be above 0.',
      'zh-CN': '单次接触成本须大于零。',
    }),
    ...errorUnless(new Set(costs.map(({ currency }) => currency)).size <= 1, '/arms', 'costCurrencies', {
      en: 'All costs of a campaign must have the same currency.',
      'zh-CN': '同一活动的各项成本须使用同一币种。',
    }),
  ];
}

function shareErrors({ arms, controlShare }: CampaignPlan): PlanError[] {
  const sum = arms.reduce((total, { share }) => total + share, controlShare);
  return [
    ...errorUnless(arms.length >= 1 && arms.length <= ARMS_MAX, '/arms', 'armCount', {
      en: `A campaign has 1 to ${ARMS_MAX} arms.`,
      'zh-CN': `活动须有 1 到 ${ARMS_MAX} 个方案。`,
    }),
    ...errorUnless(controlShare > 0 && controlShare < 1, '/controlShare', 'controlGroupMissing', {
      en: 'A control group is required: without it the effect of the campaign cannot be estimated.',
      'zh-CN': '必须设置对照组，否则无法估计活动效果。',
    }),
    ...errorUnless(Math.abs(sum - 1) <= SHARES_TOLERANCE, '/arms', 'sharesSum', {
      en: 'The shares of all groups, including the control group, must add up to 1.',
      'zh-CN': '各组（含对照组）占比之和须为 1。',
    }),
  ];
}

const SHARE: Texts = { en: 'The share must be between 0 and 1.', 'zh-CN': '应为 0 到 1 之间的比例。' };

function lengthText(charactersMax: number): Texts {
  return {
    en: `The length must be 1 to ${charactersMax} characters.`,
    'zh-CN': `长度应为 1 到 ${charactersMax} 个字符。`,
  };
}

function oneOf(values: readonly string[]): Texts {
  return {
    en: `Use one of ${values.join(', ')}, each at most once.`,
    'zh-CN': `可选值：${values.join('、')}，不可重复。`,
  };
}

function errorUnless(isValid: boolean, ...error: PlanError): PlanError[] {
  return isValid ? [] : [error];
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
