import type { Stream } from '../randomness/stream.js';

/**
 * Causes of value loss without churn: hazards with a known form, like those of churn (`causes.ts`).
 *
 * Drivers at the end of month t change the rates of month t + 1, so that warnings from the three months before are
 * possible. Monthly rates, with o, e, … as in `LossDrivers`:
 *
 *   rivalNumber    0.0016 exp(0.9 o) · y      a second number with a rival; y: 1.3 below 35 years of age, 0.4 above 60
 *   wifi           0.0016 exp(2.2 e)          e: share of the bill for data beyond the plan
 *   internetCalls  0.0012 exp(2.2 v)          v: share of the bill for calls beyond the plan
 *   thrift         0.0010 exp(1.6 b)          b: ln(bill / 60 CNY), 0 … 1.2
 *   downgrade      0.03                       overpays by more than exp(0.2) and can change the plan
 *   reducedNeed    0.018                      usage fades for three months and recovers slowly; unpredictable
 *
 * The first four are multiplied by exp(0.6 z - 0.6²/2), z a latent trait in no column, with mean 1. They move part of the
 * usage elsewhere permanently (`MOVED`), and 70 % of those that can change the plan take the cheapest one; the bill falls
 * in the same month. `downgrade` takes that plan at the end of the month before. Moved and faded usage also counts as
 * reduced usage among the drivers of churn.
 */
export const LOSS_CAUSES = ['rivalNumber', 'wifi', 'internetCalls', 'thrift', 'downgrade', 'reducedNeed'] as const;
type LossCause = (typeof LOSS_CAUSES)[number];

/** Causes sampled here; the others follow from other events of the life. */
const SAMPLED_CAUSES = 4;
export const DOWNGRADE = LOSS_CAUSES.indexOf('downgrade');
const REDUCED_NEED = LOSS_CAUSES.indexOf('reducedNeed');
export const REDUCED_NEED_RATE = 0.018;
export const DOWNGRADE_RATE = 0.03;
export const DOWNGRADE_OVERPAID = 0.2;
const SHRINK_SHARE = 0.7;

const LATENT_SIGMA = 0.6;
/** At least a tenth of the usage remains. */
const MOVED_MAX = Math.log(10);

/** Remaining share of calls and data: minimum and maximum. */
const MOVED: Record<LossCause, { calls: readonly [number, number]; data: readonly [number, number] }> = {
  rivalNumber: { calls: [0.25, 0.65], data: [0.3, 0.7] },
  wifi: { calls: [1, 1], data: [0.3, 0.65] },
  internetCalls: { calls: [0.35, 0.7], data: [1, 1] },
  thrift: { calls: [0.55, 0.8], data: [0.55, 0.8] },
  downgrade: { calls: [1, 1], data: [1, 1] },
  reducedNeed: { calls: [1, 1], data: [1, 1] },
};

/** Observable at the end of a month. */
export interface LossDrivers {
  /** Calls with rivals' hotlines, fading. */
  rivalCalls: number;
  /** Shares of the bill, 0 … 1. */
  dataBeyond: number;
  callsBeyond: number;
  billCny: number;
  age: number;
  /** See Drivers. */
  overpaid: number;
  /** Whether the plan can change: no contract, no family plan. */
  isFree: boolean;
}

/** Observable rates of the next month. @param rates result, as long as LOSS_CAUSES */
export function fillLossRates(drivers: LossDrivers, rates: Float64Array): void {
  const youth = drivers.age < 35 ? 1.3 : drivers.age > 60 ? 0.4 : 1;
  const highBill = Math.min(1.2, Math.max(0, Math.log(drivers.billCny / 60)));
  rates[0] = 0.0016 * Math.exp(0.9 * Math.min(3.5, drivers.rivalCalls)) * youth;
  rates[1] = 0.0016 * Math.exp(2.2 * drivers.dataBeyond);
  rates[2] = 0.0012 * Math.exp(2.2 * drivers.callsBeyond);
  rates[3] = 0.001 * Math.exp(1.6 * highBill);
  rates[DOWNGRADE] = drivers.isFree && drivers.overpaid > DOWNGRADE_OVERPAID ? DOWNGRADE_RATE : 0;
  rates[REDUCED_NEED] = REDUCED_NEED_RATE;
}

/** Factor of the latent trait on the sampled causes. @param latent standard normal */
export function lossFactor(latent: number): number {
  return Math.exp(LATENT_SIGMA * latent - (LATENT_SIGMA * LATENT_SIGMA) / 2);
}

/** Usage moved elsewhere, as logarithms. */
interface ShiftedUsage {
  voiceMoved: number;
  dataMoved: number;
}

interface LossState extends ShiftedUsage {
  lossRates: Float64Array;
  lossFactor: number;
  hasDowngraded: boolean;
}

/**
 * The cause of value loss that begins in a month (-1 for none), by the drivers at the end of the month before, and the
 * observable probability of a beginning.
 */
export function sampleValueLoss(random: Stream, state: LossState, fades: boolean) {
  const { lossRates, lossFactor: latentFactor, hasDowngraded } = state;
  const observable = lossRates.reduce((sum, rate) => sum + rate, 0);
  const chance = 1 - Math.exp(-observable);
  const [begins, moves, shrinks] = [random.next(), random.next(), random.chance(SHRINK_SHARE)];
  const sampledRate = observable - lossRates[DOWNGRADE]! - lossRates[REDUCED_NEED]!;
  if (begins >= 1 - Math.exp(-sampledRate * latentFactor)) {
    return { cause: hasDowngraded ? DOWNGRADE : fades ? REDUCED_NEED : -1, chance, shrinks: false };
  }
  const cause = random.weighted(lossRates.subarray(0, SAMPLED_CAUSES));
  shiftUsage(state, cause, moves);
  return { cause, chance, shrinks };
}

/** @param chance uniform in [0, 1): the share that moves */
export function shiftUsage(moved: ShiftedUsage, cause: number, chance: number): void {
  const { calls, data } = MOVED[LOSS_CAUSES[cause]!];
  const logShare = ([least, most]: readonly [number, number]): number => Math.log(least + (most - least) * chance);
  moved.voiceMoved = Math.max(-MOVED_MAX, moved.voiceMoved + logShare(calls));
  moved.dataMoved = Math.max(-MOVED_MAX, moved.dataMoved + logShare(data));
}
