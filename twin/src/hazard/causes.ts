/**
 * Why people leave: competing hazards with a written-down form.
 *
 * What happens to somebody by the end of month t moves the rates of month t + 2; a decision takes its time. The rates
 * of the causes add up, and the chance to leave in a month is 1 - exp(-sum). With r, d, … as in `Drivers`:
 *
 *   misfit       0.0014 exp(4.6 r)                     r: ln(expected bill / that of the best plan), 0 … 1
 *   contractEnd  0.0002 + 0.065, 0.045, 0.025, 0.01    0, 1, 2, 3 months after its end
 *   habit        0.0010 exp(4.2 d)                     d: ln(usual use / present use), 0 … 1.3
 *   service      0.0008 exp(2.4 c)                     c: complaints, fading by 0.6 a month, at most 2.5
 *   rival        0.0009 exp(1.7 o)                     o: calls with a rival's hotline, fading by 0.6, at most 3.5
 *   network      0.0006 exp(0.36 n)                    n: dropped calls beyond the usual, fading by 0.6, at most 12
 *   move         0.0002 + 0.14                         for two months after a move
 *   other        0.0012                                what nobody can know
 *   arrears      0.85                                  in the second month after a bill stayed unpaid (involuntary)
 *
 * All but the last are multiplied by g · a · v: g = 0.3 under contract; a = exp(-0.16 years with us, at most 8) · 1.6;
 * v = 1.25 below 30 years of age, 0.7 above 60. The first six have a latent trait each that no column shows, a factor
 * exp(0.8 z - 0.8²/2) with z standard normal and mean 1.
 *
 * The band in which the ceiling for observable columns has to lie, 0.80 to 0.88, and that no single column may reach
 * more than 0.70, were fixed together with these forms before any model was fitted; the figures above were then set
 * by the ceilings that `ceiling.ts` computes from the rates themselves, not by what some model achieved.
 */
export const CAUSES = [
  'misfit',
  'contractEnd',
  'habit',
  'service',
  'rival',
  'network',
  'move',
  'other',
  'arrears',
] as const;
export type Cause = (typeof CAUSES)[number];

export const ARREARS = CAUSES.indexOf('arrears');
const OTHER = CAUSES.indexOf('other');
/** The first causes have a latent trait each. */
const LATENT_CAUSES = 6;
const LATENT_SIGMA = 0.8;

/** Band of the observable ceiling, and the most that a single column may reach (AUC). */
export const BAYES_AUC_BAND = { low: 0.8, high: 0.88 } as const;
export const SINGLE_COLUMN_MAX = 0.7;

/** A cause is visible when its rate stands this far above its quiet level. */
const VISIBLE_RATIO = 4;

/** What can be seen at the end of a month. */
export interface Drivers {
  /** ln(expected bill / expected bill on the best plan), 0 … 1. */
  overpaid: number;
  /** Months since the contract ended; negative while it runs, Infinity without one. */
  monthsSinceContract: number;
  /** ln(usual use / present use), 0 … 1.3. */
  drop: number;
  /** Fading sums. */
  complaints: number;
  rivalCalls: number;
  droppedCalls: number;
  /** Months since the household moved; Infinity if it did not. */
  monthsSinceMove: number;
  yearsWithUs: number;
  age: number;
  /** Months that bills have been unpaid. */
  arrearsMonths: number;
}

const AFTER_CONTRACT = [0.065, 0.045, 0.025, 0.01];

/** Rates without drivers, by cause: what `isVisible` compares with. */
const QUIET = [0.0014, 0.0002, 0.001, 0.0008, 0.0009, 0.0006, 0.0002, 0.0012, 0.0001];

/**
 * The observable rates per month by cause, latent traits at their mean.
 * @param rates filled; as long as CAUSES
 */
export function fillObservableRates(drivers: Drivers, rates: Float64Array): void {
  const { monthsSinceContract: since, yearsWithUs, age } = drivers;
  rates[0] = QUIET[0]! * Math.exp(4.6 * Math.min(1, drivers.overpaid));
  rates[1] = QUIET[1]! + (since >= 0 ? (AFTER_CONTRACT[since] ?? 0) : 0);
  rates[2] = QUIET[2]! * Math.exp(4.2 * Math.min(1.3, drivers.drop));
  rates[3] = QUIET[3]! * Math.exp(2.4 * Math.min(2.5, drivers.complaints));
  rates[4] = QUIET[4]! * Math.exp(1.7 * Math.min(3.5, drivers.rivalCalls));
  rates[5] = QUIET[5]! * Math.exp(0.36 * Math.min(12, drivers.droppedCalls));
  rates[6] = QUIET[6]! + (drivers.monthsSinceMove < 2 ? 0.14 : 0);
  rates[OTHER] = QUIET[OTHER]!;
  const guard = since < 0 ? 0.3 : 1;
  const tenure = 1.6 * Math.exp(-0.16 * Math.min(8, yearsWithUs));
  const youth = age < 30 ? 1.25 : age > 60 ? 0.7 : 1;
  for (let cause = 0; cause < ARREARS; cause += 1) rates[cause]! *= guard * tenure * youth;
  rates[ARREARS] = drivers.arrearsMonths === 1 ? 0.85 : 0;
}

/** The factor by which a latent trait moves the rate of a cause. @param latent standard normal */
export function latentFactor(cause: number, latent: number): number {
  return cause < LATENT_CAUSES ? Math.exp(LATENT_SIGMA * latent - (LATENT_SIGMA * LATENT_SIGMA) / 2) : 1;
}

export function hazardOf(rates: Float64Array): number {
  let sum = 0;
  for (let cause = 0; cause < rates.length; cause += 1) sum += rates[cause]!;
  return 1 - Math.exp(-sum);
}

/** Whether somebody who looked could have seen this cause. @param rate its observable rate */
export function isVisible(cause: number, rate: number): boolean {
  return cause !== OTHER && rate > VISIBLE_RATIO * QUIET[cause]!;
}

/** The reason code that an operator writes down where the reason is known. */
export const REASON_CODES: Record<Cause, string> = {
  misfit: 'price',
  contractEnd: 'price',
  habit: 'reduced_need',
  service: 'service',
  rival: 'competitor',
  network: 'coverage',
  move: 'move',
  other: 'other',
  arrears: 'arrears',
};
