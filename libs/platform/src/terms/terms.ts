/** Closed sets of words that several services and their clients use. The order is that of documentation and choices. */

/** Outcomes of a contact that an agent reports. */
export const OUTCOMES = [
  'accepted',
  'declined',
  'no_answer',
  'not_reached',
  'call_back',
  'wrong_person',
  'do_not_contact',
] as const;
export type Outcome = (typeof OUTCOMES)[number];

/** Channels of a contact. */
export const CHANNELS = ['call', 'sms', 'email', 'app', 'hall'] as const;

/** Stands for every channel. */
export const ANY_CHANNEL = 'any';

/** What a customer may allow or refuse. */
export const PURPOSES = ['marketing', 'profiling', 'research'] as const;
export type Purpose = (typeof PURPOSES)[number];

/** Reasons of the contactability gate against a contact. */
export const GATE_REASONS = [
  'unknown',
  'consent',
  'consent_unknown',
  'suppressed',
  'number_refused',
  'number_unconfirmed',
  'control_group',
  'frequency',
  'retry',
  'household_frequency',
  'quiet_hours',
  'time_zone_unknown',
  'identity_unknown',
  'unavailable',
] as const;
export type GateReason = (typeof GATE_REASONS)[number];

/**
 * A (low, low), B (low probability, high efficiency), C (high, high: act here first), D (high probability, low
 * efficiency).
 */
export const QUADRANTS = ['A', 'B', 'C', 'D'] as const;
export type Quadrant = (typeof QUADRANTS)[number];

/** The seven reasons for churn, in the order of CS-11. */
export const CAUSES = ['misfit', 'contractEnd', 'habit', 'service', 'rival', 'network', 'move'] as const;
export type Cause = (typeof CAUSES)[number];

/** A text in both languages; the room of errors, which has such a type, is above this one. */
type Both = Readonly<Record<'en' | 'zh-CN', string>>;

/** The seven reasons as lists and reports name them. */
export const CAUSE_TEXTS: Readonly<Record<string, Both>> = {
  misfit: { en: 'plan does not fit', 'zh-CN': '套餐不匹配' },
  contractEnd: { en: 'contract ends', 'zh-CN': '转兑包到期' },
  habit: { en: 'changed habits', 'zh-CN': '习惯性异动' },
  service: { en: 'service', 'zh-CN': '服务性依赖' },
  rival: { en: "rival's offer", 'zh-CN': '竞争对手策反' },
  network: { en: 'network', 'zh-CN': '网络原因' },
  move: { en: 'moves away', 'zh-CN': '客户区域迁移' },
} satisfies Record<Cause, Both>;

/** Those of the seven that may be shown to people. In scores of former releases, without a comparison group, that is all. */
export function namedCauses<C extends { readonly named: boolean }>(reasons: {
  readonly causes: readonly C[];
  readonly comparisonGroup?: object | null | undefined;
}): C[] {
  return reasons.causes.filter(({ named }) => named || (reasons.comparisonGroup ?? null) === null);
}

/** What an operator can change about a subscription. Stored by position: new ones are added at the end. */
export const CHANGE_LEVERS = ['plan', 'contract', 'service', 'price'] as const;
export type ChangeLever = (typeof CHANGE_LEVERS)[number];

/** Causes outside the seven that a subscription may leave for; `other` has no name. */
export const OTHER_CAUSES = ['device', 'arrears', 'fraud', 'death', 'other'] as const;
export type OtherCause = (typeof OTHER_CAUSES)[number];

/** Branches of the taxonomy of churn (CS-12): natural churn is unintentional or involuntary. */
export const CAUSE_BRANCHES = ['deliberate', 'unintentional', 'involuntary', 'unknown'] as const;
export type CauseBranch = (typeof CAUSE_BRANCHES)[number];

export const SUPPRESSION_REASONS = ['complaint_open', 'legal', 'deceased', 'staff', 'request', 'other'] as const;

export const CAMPAIGN_STATES = [
  'draft',
  'submitted',
  'rejected',
  'enrolling',
  'running',
  'paused',
  'cancelled',
  'closed',
] as const;
export type CampaignState = (typeof CAMPAIGN_STATES)[number];

/** Transitions of a campaign. The enrolment job applies `started` and `enrolFailed`. */
export const CAMPAIGN_STEPS = [
  'updated',
  'submit',
  'approve',
  'reject',
  'started',
  'enrolFailed',
  'pause',
  'resume',
  'cancel',
  'close',
] as const;
export type CampaignStep = (typeof CAMPAIGN_STEPS)[number];

/** Why no model sees a column, by the code of the REST interface. */
export const EXCLUSION_TEXTS: Readonly<Record<string, Both>> = {
  suspectedLeak: { en: 'alone almost equals the label', 'zh-CN': '单凭此列即可判断离网' },
  constant: { en: 'one value only', 'zh-CN': '只有一个取值' },
  empty: { en: 'empty', 'zh-CN': '全为空' },
  identifier: { en: 'differs for nearly all subscribers', 'zh-CN': '几乎每个用户都不同' },
  tooManyValues: { en: 'too many values', 'zh-CN': '取值过多' },
  excluded: { en: 'excluded by the mapping', 'zh-CN': '映射文件排除' },
  calendar: { en: 'determined by the month', 'zh-CN': '由月份决定' },
  uninformative: { en: 'no additional information', 'zh-CN': '无额外信息' },
  personal: { en: 'looks like personal data', 'zh-CN': '疑似个人信息' },
};
