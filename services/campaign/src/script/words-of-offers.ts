import type { Texts } from '@holdfast/platform/errors';

/** Texts of a campaign's offer, the fitted plan and the household; an unknown reason is empty. */
const en = {
  onCampaign: (rank: string, items: string, campaign: string) =>
    `Rank ${rank} of ${items} in the campaign “${campaign}”.`,
  priorityWithOffer: (priority: string) =>
    `Priority ${priority}: probability × revenue per month ÷ cost of a contact and of the offer.`,
  offerCost: (money: string) => `Cost of the offer, if it is accepted: ${money}.`,
  planName: (name: string) => `Fitted plan: ${name}.`,
  billOnPlan: (money: string, months: string) => `On this plan, ${months} would have cost ${money} in total.`,
  saving: (money: string, low: string, high: string) =>
    `This saves ${money} per month (95 % interval: ${low} to ${high}).`,
  presentBill: (money: string, months: string) => `On the current plan, ${months} cost ${money} in total.`,
  nextBest: (name: string, saving: string) => `Next best: ${name}, saves ${saving} per month.`,
  principles: {
    no_plan: 'The customer has no plan, and a plan would be cheaper.',
    tier_down: 'The customer uses less than the plan includes: a lower tier fits.',
    tier_up: 'The customer uses more than the plan includes: a higher tier is cheaper.',
    migrate: 'Another plan fits the usage better.',
  } as Readonly<Record<string, string>>,
  methods: {
    events: 'Calculated from call records.',
    usage: 'Calculated from monthly totals, since there are no call records.',
  } as Readonly<Record<string, string>>,
  noBetterPlan: (because: string) => `There is no better plan for this customer. ${because}`.trimEnd(),
  noBetterPlanReasons: {
    cheapest_already: 'The current plan is already the cheapest.',
    saving_too_small: 'Another plan would save too little to be worth a change.',
    saving_uncertain: 'It is not certain that another plan would save money.',
    committed: 'A contract with a penalty binds the customer to the current plan.',
    double_zero: 'There was no usage and no bill in these months.',
  } as Readonly<Record<string, string>>,
  promiseNoSaving: 'Do not promise a saving: no other plan is certain to save money.',
  insteadOfPlan:
    'Be open about this. Thank the customer, find out what could be better, respond to the reasons above and help where you can.',
  fitUnknown: 'The fitted plan of this customer is not calculated; do not recommend a plan.',
  householdSize: (size: string) => `This household has ${size} subscriptions.`,
  householdRole: (role: string) => `Role in the household: ${role}.`,
  roles: { head: 'head', spouse: 'spouse', elder: 'elder', child: 'child', member: 'member' } as Readonly<
    Record<string, string>
  >,
  householdTogether: 'One conversation per household: other members are not contacted for some days.',
  noHousehold: 'No household is known for this subscription.',
  householdsMissing: 'Household: households have not been identified yet.',
};

const zhCN: typeof en = {
  onCampaign: (rank, items, campaign) => `在营销活动“${campaign}”的 ${items} 人中排第 ${rank} 位。`,
  priorityWithOffer: (priority) => `优先级 ${priority}：离网概率 × 月收入 ÷（单次接触成本 + 优惠成本）。`,
  offerCost: (money) => `客户接受后的优惠成本：${money}。`,
  planName: (name) => `适配套餐：${name}。`,
  billOnPlan: (money, months) => `若使用该套餐，${months}合计费用为 ${money}。`,
  saving: (money, low, high) => `平均每月节省 ${money}（95% 置信区间 ${low}–${high}）。`,
  presentBill: (money, months) => `在现有套餐下，${months}合计费用为 ${money}。`,
  nextBest: (name, saving) => `次优套餐：${name}，平均每月节省 ${saving}。`,
  principles: {
    no_plan: '客户未订购套餐，订购套餐更划算。',
    tier_down: '客户用量低于套餐，降档更合适。',
    tier_up: '客户用量超出套餐，升档更划算。',
    migrate: '另一款套餐更符合客户的使用习惯。',
  },
  methods: { events: '按逐条话单计算。', usage: '无逐条话单，按月度汇总用量计算。' },
  noBetterPlan: (because) => `目前没有更适合该客户的套餐。${because}`,
  noBetterPlanReasons: {
    cheapest_already: '现有套餐已是最便宜的选择。',
    saving_too_small: '更换套餐节省的金额很少，不值得更换。',
    saving_uncertain: '更换套餐能否节省费用尚不确定。',
    committed: '客户受合约约束，变更套餐需支付违约金。',
    double_zero: '近几个月既无使用也无费用。',
  },
  promiseNoSaving: '请勿承诺节省费用：没有其他套餐能确定节省。',
  insteadOfPlan: '请如实告知客户，感谢其支持，询问有何不满，针对上述原因回应，并转达力所能及的帮助。',
  fitUnknown: '尚未计算该客户的适配套餐，请勿推荐具体套餐。',
  householdSize: (size) => `该家庭共有 ${size} 个用户。`,
  householdRole: (role) => `家庭角色：${role}。`,
  roles: { head: '户主', spouse: '配偶', elder: '长辈', child: '子女', member: '成员' },
  householdTogether: '每个家庭只沟通一次：几天内不再联系其他家庭成员。',
  noHousehold: '未识别到该用户所属家庭。',
  householdsMissing: '家庭：尚未识别家庭。',
};

export const offerWords: Readonly<Record<keyof Texts, typeof en>> = { en, 'zh-CN': zhCN };
