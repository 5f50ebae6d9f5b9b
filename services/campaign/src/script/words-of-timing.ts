/** When to contact, and what follows for early adopters and mature-stage choosers, in both languages; amounts and shares are formatted by the caller. */
const en = {
  bestNow: (month: string, net: string) => `Best month to contact: ${month}, the first one; expected net ${net}.`,
  bestMonth: (month: string, net: string) => `Best month to contact: ${month}; expected net ${net}.`,
  noContactPays: (offerMax: string) =>
    `No contact pays at the usual cost: an offer may cost at most ${offerMax} for this customer.`,
  tooEarly: (money: string) => `A contact before that, in the first month, gives ${money} less.`,
  tooLate: (money: string) => `A contact a month later gives ${money} less.`,
  contractEnds: (month: string) => `The contract binds until ${month}.`,
  saveRate: (percent: string, isAssumed: boolean) =>
    `${isAssumed ? 'Assumed' : 'Measured'} share of customers about to leave that a contact keeps: ${percent}.`,
  earlyAdopter: (day: string) =>
    `Early adopter: new technology matters to this customer. A further handset subsidy is possible from ${day} on; it is not a one-off.`,
  agreement: (day: string) => `The agreement in force until ${day} stays as it is.`,
  noAgreement: 'No agreement is in force.',
  chooser: 'This customer compares service, price and value.',
  /** `isBound`: the cost of the offer is a lower bound. */
  rivalOffer: (offer: string, money: string, { isLess, isBound }: { isLess: boolean; isBound: boolean }) =>
    `For the same use the competitor's offer “${offer}” costs ${isBound ? (isLess ? 'up to ' : 'at least ') : ''}${money} per month ${isLess ? 'less' : 'more'}.`,
};

type TimingWords = typeof en;

const zhCN: TimingWords = {
  bestNow: (month, net) => `最佳联系月份：${month}，即首月；预期净收益 ${net}。`,
  bestMonth: (month, net) => `最佳联系月份：${month}；预期净收益 ${net}。`,
  noContactPays: (offerMax) => `按通常成本联系得不偿失：对该客户，优惠成本最多不宜超过 ${offerMax}。`,
  tooEarly: (money) => `若提前至首月联系，净收益减少 ${money}。`,
  tooLate: (money) => `若推迟一个月联系，净收益减少 ${money}。`,
  contractEnds: (month) => `合约至 ${month} 到期。`,
  saveRate: (percent, isAssumed) =>
    `即将离网的客户经联系可挽留的比例（${isAssumed ? '假设值' : '实测值'}）：${percent}。`,
  earlyAdopter: (day) => `早期采用者：该客户重视新技术。自 ${day}起可再次享受终端补贴，补贴并非一次性。`,
  agreement: (day) => `有效期至 ${day}的现有协议保持不变。`,
  noAgreement: '目前没有在期协议。',
  chooser: '该客户会比较服务、价格和价值。',
  rivalOffer: (offer, money, { isLess, isBound }) =>
    `按相同用量，竞争对手的“${offer}”每月${isBound ? (isLess ? '最多' : '至少') : ''}${isLess ? '便宜' : '贵'} ${money}。`,
};

export const timingWords = { en, 'zh-CN': zhCN };
