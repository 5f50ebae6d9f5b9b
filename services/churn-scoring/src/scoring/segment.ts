import type { AdopterSegment, Adoption, ChoiceSign, RivalOffer } from '@holdfast/contracts/churn_scoring/v1/worth';
import { NO_CURRENCY, decimalText, minorDigits } from '@holdfast/platform/money';

/** Columns of table `worth` with the segment. */
export interface SegmentRow {
  segment: string;
  segment_reasons: string[];
  segment_facts: SegmentFacts | null;
}
export const SEGMENT_SQL = 'w.segment, w.segment_reasons, w.segment_facts';

export const SEGMENTS = ['early_adopter', 'mature_chooser', 'none', 'unknown'] as const;

/** As feature-store writes them; amounts in minor units. What does not apply to the segment is absent. */
interface SegmentFacts {
  adoptions?: (Omit<Adoption, 'launchedOn'> & { launchedOn: string | null })[] | null;
  agreement?: { planId: string; contractId: string | null; endsOn: string; penalty: number | null } | null;
  eligibleOn?: string;
  tenureMonths?: number;
  growth?: number;
  signs?: ChoiceSign[] | null;
  use?: { months: number; bill: number | null; minutes: number; dataMb: number; messages: number } | null;
  offers?: StoredOffer[] | null;
}
type StoredOffer = Omit<RivalOffer, 'cost' | 'difference'> & { cost: number | null; difference: number | null };

/** @param currency of the facts; `NO_CURRENCY` if unknown */
export function segmentMessage(row: SegmentRow, currency: string): AdopterSegment {
  const facts = row.segment_facts ?? {};
  const money = (minor: number | null) => (minor === null ? undefined : { minor, currency });
  const { agreement, use } = facts;
  const [adviceEn, adviceZhCn] = adviceOf(row.segment, facts, currency);
  return {
    ...{ segment: row.segment, reasons: row.segment_reasons, signs: facts.signs ?? [] },
    adoptions: (facts.adoptions ?? []).map((adoption) => ({ ...adoption, launchedOn: adoption.launchedOn ?? '' })),
    agreement: agreement
      ? { ...agreement, contractId: agreement.contractId ?? '', penalty: money(agreement.penalty) }
      : undefined,
    ...{ eligibleOn: facts.eligibleOn ?? '', tenureMonths: facts.tenureMonths, growth: facts.growth },
    use: use ? { ...use, bill: money(use.bill) } : undefined,
    offers: (facts.offers ?? []).map(({ cost, difference, ...offer }) => ({
      ...{ ...offer, cost: money(cost), difference: money(difference) },
    })),
    ...{ adviceEn, adviceZhCn },
  };
}

/** What follows for a front desk, in English and Chinese: existing agreements stay as they are (CS-13). */
function adviceOf(segment: string, facts: SegmentFacts, currency: string): [en: string, zhCn: string] {
  if (segment === 'early_adopter' && facts.eligibleOn !== undefined) return earlyAdvice(facts.eligibleOn, facts);
  if (segment === 'mature_chooser') return chooserAdvice(facts.offers?.[0], currency);
  return ['', ''];
}

function earlyAdvice(eligibleOn: string, { agreement }: SegmentFacts): [en: string, zhCn: string] {
  const en = [
    'New technology matters to this customer. The handset subsidy is not a one-off:',
    `a further one is possible from ${eligibleOn} on.`,
  ];
  const zhCn = `该客户重视新技术。终端补贴并非一次性：自 ${eligibleOn} 起可再次享受。`;
  if (!agreement) return [[...en, 'No agreement is in force.'].join(' '), `${zhCn}目前没有在期协议。`];
  const { contractId, planId, endsOn } = agreement;
  const name = contractId ?? planId;
  return [
    [...en, `The agreement ${name} is in force until ${endsOn} and stays as it is.`].join(' '),
    `${zhCn}现有协议 ${name} 有效期至 ${endsOn}，保持不变。`,
  ];
}

function chooserAdvice(offer: StoredOffer | undefined, currency: string): [en: string, zhCn: string] {
  const en = 'This customer chooses by an own standard of service, price and value.';
  const zhCn = '该客户按自身对服务、价格和价值的标准进行选择。';
  if (offer === undefined || offer.difference === null) return [en, zhCn];
  const { rival, offer: name, source, statedOn, difference, atLeast } = offer;
  const amount = decimalText(Math.abs(difference), minorDigits(currency));
  const money = currency === NO_CURRENCY ? amount : `${amount} ${currency}`;
  const isLess = difference < 0;
  // A lower bound of the cost is an upper bound of what is saved.
  const bound = !atLeast ? ['', ''] : isLess ? ['at most ', '最多'] : ['at least ', '至少'];
  return [
    `${en} The offer “${name}” of ${rival} (${source}, ${statedOn}) would cost ${bound[0]}${money} ${isLess ? 'less' : 'more'} per month for the same use.`,
    `${zhCn}竞争对手 ${rival} 的“${name}”（${source}，${statedOn}）按相同用量每月${bound[1]}${isLess ? '便宜' : '贵'} ${money}。`,
  ];
}
