import type { Texts } from '@holdfast/platform/errors';

/** What a script says of a campaign's offer, of the plan that fits and of the household, in one language. */
export interface OfferWords {
  onCampaign(rank: string, items: string, campaign: string): string;
  catalogueOffer(kind: string, offerId: string): string;
  priorityWithOffer(priority: string, basis: string): string;
  offerCost(money: string): string;
  offerKinds: Readonly<Record<string, string>>;
  planName(name: string): string;
  /** @param months `2026-07` … */
  billOnPlan(money: string, months: readonly string[]): string;
  saving(money: string, low: string, high: string): string;
  presentBill(money: string, months: readonly string[]): string;
  nextBest(name: string, saving: string): string;
  principles: Readonly<Record<string, string>>;
  methods: Readonly<Record<string, string>>;
  /** @param because empty where nobody said why */
  noBetterPlan(because: string): string;
  noBetterPlanBecause: Readonly<Record<string, string>>;
  promiseNoSaving: string;
  /** What an agent may do where there is no better plan. */
  insteadOfPlan: string;
  fitNotKnown: string;
  householdSize(size: string): string;
  householdRole(role: string): string;
  roles: Readonly<Record<string, string>>;
  householdTogether: string;
  noHousehold: string;
  householdsMissing: string;
}

const en: OfferWords = {
  onCampaign: (rank, items, campaign) => `Rank ${rank} of ${items} in the campaign “${campaign}”.`,
  catalogueOffer: (kind, offerId) => `${kind} ${offerId}.`,
  priorityWithOffer: (priority, basis) =>
    `Priority ${priority}: probability × revenue a month ÷ cost of a contact and of the offer (${basis}).`,
  offerCost: (money) => `Cost of the offer, if it is accepted: ${money}.`,
  offerKinds: { discount: 'Discount', product: 'Product', handset: 'Handset' },
  planName: (name) => `The plan that fits: ${name}.`,
  billOnPlan: (money, months) => `On it, ${months.join(', ')} would have cost ${money} together.`,
  saving: (money, low, high) => `That is ${money} a month less (with 95 % certainty ${low} to ${high}).`,
  presentBill: (money, months) => `On the present plan, ${months.join(', ')} cost ${money} together.`,
  nextBest: (name, saving) => `Next best: ${name}, ${saving} a month less.`,
  principles: {
    no_plan: 'The customer has no plan, and a plan would be cheaper.',
    tier_down: 'The customer pays for more than is used: a lower tier fits.',
    tier_up: 'The customer uses more than the plan includes: a higher tier is cheaper.',
    migrate: 'Another plan suits how the customer uses the service.',
  },
  methods: {
    events: 'Worked out call by call.',
    usage: "Worked out from the months' totals, since single calls are not known.",
  },
  noBetterPlan: (because) => `There is no better plan for this customer. ${because}`.trimEnd(),
  noBetterPlanBecause: {
    cheapest_already: 'The present plan is the cheapest already.',
    saving_too_small: 'What another plan would save is too little to be worth a change.',
    saving_uncertain: 'Whether another plan would save anything is not certain.',
    committed: 'A contract with a penalty binds the customer to the present plan.',
    double_zero: 'There was neither usage nor a bill in these months.',
  },
  promiseNoSaving: 'Do not promise a saving: no other plan would bring one for certain.',
  insteadOfPlan:
    'Say so honestly. Thank the customer, ask what could be better, take up the reasons above, pass on what you can.',
  fitNotKnown: 'Which plan fits was not worked out for this customer; name none.',
  householdSize: (size) => `${size} subscriptions belong to this household.`,
  householdRole: (role) => `Role in it: ${role}.`,
  roles: { head: 'head', spouse: 'spouse', elder: 'elder', child: 'child', member: 'member' },
  householdTogether: 'One conversation with a household: the others of it are not called for some days.',
  noHousehold: 'This subscription is in no known household.',
  householdsMissing: 'Household: needs a published run of household-identification.',
};

const zhCN: OfferWords = {
  onCampaign: (rank, items, campaign) => `在营销活动“${campaign}”的 ${items} 人中排第 ${rank} 位。`,
  catalogueOffer: (kind, offerId) => `${kind} ${offerId}。`,
  priorityWithOffer: (priority, basis) =>
    `优先级 ${priority}：离网概率 × 月收入 ÷（单次接触成本 + 优惠成本）（${basis}）。`,
  offerCost: (money) => `客户接受后的优惠成本：${money}。`,
  offerKinds: { discount: '折扣', product: '产品', handset: '终端' },
  planName: (name) => `适配套餐：${name}。`,
  billOnPlan: (money, months) => `若使用该套餐，${months.join('、')} 合计费用为 ${money}。`,
  saving: (money, low, high) => `平均每月节省 ${money}（95% 置信区间 ${low} 至 ${high}）。`,
  presentBill: (money, months) => `在现有套餐下，${months.join('、')} 合计费用为 ${money}。`,
  nextBest: (name, saving) => `次优套餐：${name}，平均每月节省 ${saving}。`,
  principles: {
    no_plan: '客户未订购套餐，订购套餐更划算。',
    tier_down: '客户用量低于套餐，降档更合适。',
    tier_up: '客户用量超出套餐，升档更划算。',
    migrate: '另一款套餐更符合客户的使用习惯。',
  },
  methods: { events: '按逐条话单计算。', usage: '无逐条话单，按月度汇总用量计算。' },
  noBetterPlan: (because) => `目前没有更适合该客户的套餐。${because}`,
  noBetterPlanBecause: {
    cheapest_already: '现有套餐已是最便宜的选择。',
    saving_too_small: '更换套餐节省的金额很少，不值得更换。',
    saving_uncertain: '更换套餐能否节省费用尚不确定。',
    committed: '客户受合约约束，变更套餐需支付违约金。',
    double_zero: '近几个月既无使用也无费用。',
  },
  promiseNoSaving: '请勿承诺节省费用：没有其他套餐能确定节省。',
  insteadOfPlan: '请如实告知客户，感谢其支持，询问有何不满，针对上述原因回应，并转达力所能及的帮助。',
  fitNotKnown: '尚未计算该客户的适配套餐，请勿推荐具体套餐。',
  householdSize: (size) => `该家庭共有 ${size} 个用户。`,
  householdRole: (role) => `家庭角色：${role}。`,
  roles: { head: '户主', spouse: '配偶', elder: '长辈', child: '子女', member: '成员' },
  householdTogether: '每个家庭只沟通一次：几天内不再联系其他家庭成员。',
  noHousehold: '未识别到该用户所属家庭。',
  householdsMissing: '家庭：需要已发布的家庭识别结果。',
};

export const offerWords: Readonly<Record<keyof Texts, OfferWords>> = { en, 'zh-CN': zhCN };
