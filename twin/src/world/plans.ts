/** Money per unit in 1/10,000 CNY, so that a rate is a whole number. */
export type RateMyriad = number;

/** A rate that holds beside the plain one, and wins over it because it says more. */
export interface SpecialRate {
  item: 'local' | 'long_distance';
  /** Only for calls to this network. */
  peerNetwork?: 'own';
  /** Only for calls that begin in this band, from and to hour; it may cross midnight. */
  hours?: readonly [from: number, to: number];
  rateMyriad: RateMyriad;
}

/** A tariff plan. Calls are billed by begun minutes, data by the MB without rounding, messages one by one. */
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

const uniform = { localMyriad: 1500, longDistanceMyriad: 1500, roamingMyriad: 1500, smsMyriad: 1000 };
const mainstream = { kind: 'mainstream', onSaleFrom: '2021-06-01' } as const;

/**
 * The catalogue. Newer plans have one rate for every call at home, so that their bill can be worked out from monthly
 * totals too; the three that are no longer sold have rates by distance, hour or network, whose bill needs the calls.
 */
export const PLANS: readonly Plan[] = [
  {
    ...{ id: 'P008', name: '保号套餐8元', feeCents: 800, voiceMinutes: 30, dataMb: 200, smsCount: 0 },
    ...{ dataMyriad: 50, tier: 1, ...uniform, ...mainstream },
  },
  {
    ...{ id: 'P019', name: '轻享套餐19元', feeCents: 1900, voiceMinutes: 60, dataMb: 2048, smsCount: 10 },
    ...{ dataMyriad: 48, tier: 1, ...uniform, ...mainstream },
  },
  {
    ...{ id: 'P039', name: '畅享套餐39元', feeCents: 3900, voiceMinutes: 100, dataMb: 8192, smsCount: 20 },
    ...{ dataMyriad: 45, tier: 2, ...uniform, ...mainstream },
  },
  {
    ...{ id: 'P059', name: '畅享套餐59元', feeCents: 5900, voiceMinutes: 200, dataMb: 15360, smsCount: 30 },
    ...{ dataMyriad: 40, tier: 2, ...uniform, ...mainstream },
  },
  {
    ...{ id: 'P079', name: '畅享套餐79元', feeCents: 7900, voiceMinutes: 300, dataMb: 25600, smsCount: 50 },
    ...{ dataMyriad: 35, tier: 3, ...uniform, ...mainstream },
  },
  {
    ...{ id: 'P099', name: '尊享套餐99元', feeCents: 9900, voiceMinutes: 500, dataMb: 35840, smsCount: 100 },
    ...{ dataMyriad: 30, tier: 3, ...uniform, ...mainstream },
  },
  {
    ...{ id: 'P139', name: '尊享套餐139元', feeCents: 13900, voiceMinutes: 800, dataMb: 61440, smsCount: 100 },
    ...{ dataMyriad: 30, tier: 4, ...uniform, ...mainstream },
  },
  {
    ...{ id: 'P199', name: '尊享套餐199元', feeCents: 19900, voiceMinutes: 1500, dataMb: 122880, smsCount: 200 },
    ...{ dataMyriad: 25, tier: 5, ...uniform, ...mainstream },
  },
  {
    ...{ id: 'L038', name: '神州长话38元', feeCents: 3800, voiceMinutes: 120, dataMb: 1024, smsCount: 50, ...uniform },
    ...{ longDistanceMyriad: 2500, dataMyriad: 100, kind: 'mainstream', tier: 2 },
    ...{ onSaleFrom: '2014-01-01', onSaleTo: '2020-12-31' },
  },
  {
    ...{ id: 'L058', name: '夜聊套餐58元', feeCents: 5800, voiceMinutes: 150, dataMb: 3072, smsCount: 50, ...uniform },
    ...{ special: [{ item: 'local', hours: [21, 7], rateMyriad: 800 }], dataMyriad: 80, kind: 'mainstream', tier: 2 },
    ...{ onSaleFrom: '2015-01-01', onSaleTo: '2021-05-31' },
  },
  {
    ...{ id: 'L088', name: '网内畅聊88元', feeCents: 8800, voiceMinutes: 300, dataMb: 6144, smsCount: 100, ...uniform },
    ...{ special: [{ item: 'local', peerNetwork: 'own', rateMyriad: 500 }], dataMyriad: 80, minSpendCents: 9800 },
    ...{ kind: 'mainstream', tier: 3 },
    ...{ onSaleFrom: '2015-01-01', onSaleTo: '2021-05-31' },
  },
  {
    ...{ id: 'F069', name: '全家福69元', feeCents: 6900, voiceMinutes: 400, dataMb: 30720, smsCount: 50 },
    ...{ ...uniform, dataMyriad: 35 },
    ...{ kind: 'family', tier: 3, onSaleFrom: '2022-01-01', commitmentMonths: 12, exitFeeCents: 6000 },
  },
  {
    ...{ id: 'R049', name: '挽留专享49元', feeCents: 4900, voiceMinutes: 200, dataMb: 20480, smsCount: 30 },
    ...{ ...uniform, dataMyriad: 35 },
    ...{ kind: 'retention', tier: 2, onSaleFrom: '2023-01-01', commitmentMonths: 12, exitFeeCents: 6000 },
  },
];

export const FAMILY_PLAN = PLANS.findIndex(({ kind }) => kind === 'family');

/** Positions of the plans that everybody can choose now. */
export const OPEN_PLANS = positionsOf(({ kind, onSaleTo }) => kind === 'mainstream' && onSaleTo === undefined);

/** Positions of the plans that those who came before mid-2021 may still have. */
export const OLD_PLANS = positionsOf(({ onSaleTo }) => onSaleTo !== undefined);

/** Whether a month's bill follows from its totals, without the calls. */
export function isBilledFromTotals(plan: Plan): boolean {
  return plan.special === undefined && plan.localMyriad === plan.longDistanceMyriad;
}

/**
 * Expected bill of a month on a plan, CNY, for average use: what somebody compares who thinks about plans.
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

/** The open plan with the lowest expected bill. */
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

function positionsOf(wanted: (plan: Plan) => boolean): number[] {
  return PLANS.flatMap((plan, at) => (wanted(plan) ? [at] : []));
}
