/** 1/10,000 CNY per rating unit, so that rates are integers. */
type RateMyriad = number;

/** A rate with conditions; it precedes the general rate. */
export interface SpecialRate {
  item: 'local' | 'long_distance';
  /** Network of the other party. */
  peerNetwork?: 'own';
  /** Start and end hour of the band in which the call begins; may cross midnight. */
  hours?: readonly [from: number, to: number];
  rateMyriad: RateMyriad;
}

/** Calls are billed per started minute, data per MB without rounding, messages each. */
export interface Plan {
  id: string;
  name: string;
  feeCents: number;
  voiceMinutes: number;
  dataMb: number;
  smsCount: number;
  localMyriad: RateMyriad;
  longDistanceMyriad: RateMyriad;
  roamingMyriad: RateMyriad;
  dataMyriad: RateMyriad;
  smsMyriad: RateMyriad;
  special?: readonly SpecialRate[];
  minSpendCents?: number;
  kind: 'mainstream' | 'retention' | 'family';
  tier?: number;
  onSaleFrom: string;
  onSaleTo?: string;
  commitmentMonths?: number;
  exitFeeCents?: number;
}

const CALL_RATES = { localMyriad: 1500, longDistanceMyriad: 1500, roamingMyriad: 1500 };
const NIGHT_RATE: SpecialRate = { item: 'local', hours: [21, 7], rateMyriad: 800 };
const ON_NET_RATE: SpecialRate = { item: 'local', peerNetwork: 'own', rateMyriad: 500 };
const ON_NET_TERMS = { special: [ON_NET_RATE], minSpendCents: 9800 };

/**
 * Newer plans have one rate for all national calls, so that monthly totals determine the bill; the three old ones have
 * rates by distance, hour or network, whose bill needs the single calls.
 */
type Row = [string, string, number, number, number, number, number, number, Partial<Plan>?];
const ROWS: readonly Row[] = [
  ['P008', '保号套餐8元', 800, 30, 200, 0, 50, 1],
  ['P019', '轻享套餐19元', 1900, 60, 2048, 10, 48, 1],
  ['P039', '畅享套餐39元', 3900, 100, 8192, 20, 45, 2],
  ['P059', '畅享套餐59元', 5900, 200, 15_360, 30, 40, 2],
  ['P079', '畅享套餐79元', 7900, 300, 25_600, 50, 35, 3],
  ['P099', '尊享套餐99元', 9900, 500, 35_840, 100, 30, 3],
  ['P139', '尊享套餐139元', 13_900, 800, 61_440, 100, 30, 4],
  ['P199', '尊享套餐199元', 19_900, 1500, 122_880, 200, 25, 5],
  ['L038', '神州长话38元', 3800, 120, 1024, 50, 100, 2, { longDistanceMyriad: 2500, ...soldUntil(2014, '2020-12-31') }],
  ['L058', '夜聊套餐58元', 5800, 150, 3072, 50, 80, 2, { special: [NIGHT_RATE], ...soldUntil(2015, '2021-05-31') }],
  ['L088', '网内畅聊88元', 8800, 300, 6144, 100, 80, 3, { ...ON_NET_TERMS, ...soldUntil(2015, '2021-05-31') }],
  ['F069', '全家福69元', 6900, 400, 30_720, 50, 35, 3, withContract('family', 2022)],
  ['R049', '挽留专享49元', 4900, 200, 20_480, 30, 35, 2, withContract('retention', 2023)],
];

export const PLANS: readonly Plan[] = ROWS.map(
  ([id, name, feeCents, voiceMinutes, dataMb, smsCount, dataMyriad, tier, terms]) => {
    const general = { id, name, feeCents, voiceMinutes, dataMb, smsCount, dataMyriad, tier };
    return { ...general, ...CALL_RATES, smsMyriad: 1000, kind: 'mainstream', onSaleFrom: '2021-06-01', ...terms };
  },
);

function soldUntil(year: number, onSaleTo: string): Partial<Plan> {
  return { onSaleFrom: `${year}-01-01`, onSaleTo };
}

function withContract(kind: Plan['kind'], year: number): Partial<Plan> {
  return { kind, onSaleFrom: `${year}-01-01`, commitmentMonths: 12, exitFeeCents: 6000 };
}

export const FAMILY_PLAN = PLANS.findIndex(({ kind }) => kind === 'family');

/** Indexes of the plans on sale. */
export const OPEN_PLANS = indexesOf(({ kind, onSaleTo }) => kind === 'mainstream' && onSaleTo === undefined);

/** Indexes of plans that ended; subscriptions from before mid-2021 may have them. */
export const OLD_PLANS = indexesOf(({ onSaleTo }) => onSaleTo !== undefined);

/**
 * Expected monthly bill, CNY, for average usage.
 * @param minutes outgoing, billed @param dataMb megabytes @param sms messages sent
 */
export function expectedBillCny(plan: Plan, minutes: number, dataMb: number, sms: number): number {
  const cents =
    plan.feeCents +
    (Math.max(0, minutes - plan.voiceMinutes) * plan.localMyriad) / 100 +
    (Math.max(0, dataMb - plan.dataMb) * plan.dataMyriad) / 100 +
    (Math.max(0, sms - plan.smsCount) * plan.smsMyriad) / 100;
  return Math.max(cents, plan.minSpendCents ?? 0) / 100;
}

export function bestOpenPlan(minutes: number, dataMb: number, sms: number): { plan: number; billCny: number } {
  let plan = OPEN_PLANS[0]!;
  let billCny = Infinity;
  for (const at of OPEN_PLANS) {
    const bill = expectedBillCny(PLANS[at]!, minutes, dataMb, sms);
    if (bill < billCny) {
      billCny = bill;
      plan = at;
    }
  }
  return { plan, billCny };
}

function indexesOf(isIncluded: (plan: Plan) => boolean): number[] {
  return PLANS.flatMap((plan, at) => (isIncluded(plan) ? [at] : []));
}
