import { LATENTS } from '../world/subscriptions.js';
import type { World } from '../world/world.js';

/**
 * Causes of churn: competing hazards with a known form.
 *
 * Events of month t change the rates of month t + 2. The rates of the causes add up, and the probability of churn in a
 * month is 1 - exp(-sum). With r, d, … as in `Drivers`:
 *
 *   misfit       0.0014 exp(4.6 r)                     r: ln(expected bill / bill on the best plan), 0 … 1
 *   contractEnd  0.0002 + 0.065, 0.045, 0.025, 0.01    0, 1, 2, 3 months after its end
 *   habit        0.0010 exp(4.2 d)                     d: ln(usual usage / current usage), 0 … 1.3
 *   service      0.0008 exp(2.4 c)                     c: complaints, fading by 0.6 per month, at most 2.5
 *   rival        0.0009 exp(1.7 o)                     o: calls with a rival's hotline, fading by 0.6, at most 3.5
 *   network      0.0006 exp(0.36 n)                    n: dropped calls above average, fading by 0.6, at most 12
 *   move         0.0002 + 0.14                         for two months after a move
 *   other        0.0012                                unobservable
 *   arrears      0.85                                  in the second month after an unpaid bill (involuntary)
 *
 * All but the last are multiplied by g · a · v: g = 0.3 under contract; a = exp(-0.16 years of tenure, at most 8) · 1.6;
 * v = 1.25 below 30 years of age, 0.7 above 60. Each of the first six has a latent trait in no column, a factor
 * exp(0.8 z - 0.8²/2) with z standard normal and mean 1.
 *
 * The range of the observable Bayes AUC, 0.80 to 0.88, and the maximum of a single column, 0.70, were fixed with these
 * forms before any model was fitted; the constants were then tuned to the AUC that `bayes-auc.ts` derives from the rates.
 */
const CAUSE = {
  misfit: { quietRate: 0.0014, reason: 'price' },
  contractEnd: { quietRate: 0.0002, reason: 'price' },
  habit: { quietRate: 0.001, reason: 'reduced_need' },
  service: { quietRate: 0.0008, reason: 'service' },
  rival: { quietRate: 0.0009, reason: 'competitor' },
  network: { quietRate: 0.0006, reason: 'coverage' },
  move: { quietRate: 0.0002, reason: 'move' },
  other: { quietRate: 0.0012, reason: 'other' },
  arrears: { quietRate: 0.0001, reason: 'arrears' },
};
export const CAUSES = Object.keys(CAUSE) as (keyof typeof CAUSE)[];
/** Rates without drivers, and reason codes of the extract, by cause. */
const QUIET = CAUSES.map((cause) => CAUSE[cause].quietRate);
export const REASON_CODES = CAUSES.map((cause) => CAUSE[cause].reason);

export const ARREARS = CAUSES.indexOf('arrears');
const OTHER = CAUSES.indexOf('other');
/** The first causes have a latent trait each. */
const LATENT_CAUSES = 6;
const LATENT_SIGMA = 0.8;

/** Acceptable range of the observable Bayes AUC, and the maximum AUC of a single column. */
export const BAYES_AUC_BAND = { low: 0.8, high: 0.88 } as const;
export const SINGLE_COLUMN_MAX = 0.7;

/** A cause is visible if its rate exceeds this multiple of its baseline. */
const VISIBLE_RATIO = 4;

/** Observable at the end of a month. */
export interface Drivers {
  /** ln(expected bill / expected bill on the best plan), 0 … 1. */
  overpaid: number;
  /** Negative during the contract, Infinity without one. */
  monthsSinceContract: number;
  /** ln(usual use / present use), 0 … 1.3. */
  drop: number;
  /** Exponentially fading sums. */
  complaints: number;
  rivalCalls: number;
  droppedCalls: number;
  /** Infinity without a move. */
  monthsSinceMove: number;
  yearsWithUs: number;
  age: number;
  /** Months that bills have been unpaid. */
  arrearsMonths: number;
}

const AFTER_CONTRACT = [0.065, 0.045, 0.025, 0.01];

/**
 * Observable rates per month by cause, latent traits at their mean.
 * @param rates result, as long as CAUSES
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

/** Factor of a latent trait on the rate of its cause. @param latent standard normal */
export function latentFactor(cause: number, latent: number): number {
  return cause < LATENT_CAUSES ? Math.exp(LATENT_SIGMA * latent - (LATENT_SIGMA * LATENT_SIGMA) / 2) : 1;
}

export function hazardOf(rates: Float64Array): number {
  let sum = 0;
  for (let cause = 0; cause < rates.length; cause += 1) sum += rates[cause]!;
  return 1 - Math.exp(-sum);
}

/** @param rate observable rate */
export function isVisible(cause: number, rate: number): boolean {
  return cause !== OTHER && rate > VISIBLE_RATIO * QUIET[cause]!;
}

/** The probability of churn with latent traits. */
export class TrueHazard {
  /** By cause, of the last calculation. */
  readonly rates = new Float64Array(CAUSES.length);

  constructor(private readonly world: World) {}

  /**
   * @param observable rates by cause @param factor of campaigns on voluntary causes
   * @returns the probability of churn in the month
   */
  of(at: number, observable: Float64Array, factor: number): number {
    const { latent } = this.world.subscriptions;
    for (let cause = 0; cause < CAUSES.length; cause += 1) {
      const own = cause < LATENTS ? latentFactor(cause, latent[at * LATENTS + cause]!) : 1;
      this.rates[cause] = observable[cause]! * own * (cause === ARREARS ? 1 : factor);
    }
    return hazardOf(this.rates);
  }
}
