/** What the best moment is computed with; the parameter `timing.rule`. */
export interface TimingRule {
  /** Share of those about to leave that a contact keeps. */
  readonly saveRate: number;
  /** Months after a contact in which departures are prevented. */
  readonly effectMonths: number;
  /** Months that a kept subscription stays. */
  readonly retainedMonths: number;
  /** Share of the monthly value that is margin. */
  readonly marginShare: number;
  readonly annualDiscount: number;
  /** Of one offer that is taken, in the currency of the value. */
  readonly offerCost: number;
  /** Share of those contacted that take the offer; most would have stayed. */
  readonly takeUp: number;
  /** Chance to leave in a month under contract as a share of that without, 0.01 to 1. */
  readonly boundFactor: number;
  /** Months before the end of a contract by which a customer that churns after it has decided. */
  readonly noticeMonths: number;
}

export interface TimingInput {
  /** Probability of leaving in month 1, 2, …, given that the subscription has not left before. */
  readonly hazards: readonly number[];
  /** Money per month. */
  readonly monthlyValue: number;
  readonly contactCost: number;
  /** Months, from the first on, in which a contract binds; null if not known. */
  readonly boundMonths: number | null;
}

/** A contact after some months; amounts as expected now, discounted, in the currency of the value. */
export interface Moment {
  readonly afterMonths: number;
  /** gain − cost. */
  readonly net: number;
  /** Margin kept. */
  readonly gain: number;
  /** Of contact and offer, of those who have not left by then. */
  readonly cost: number;
  /** Margin of those that have churned, or decided to, before: a contact in time would have kept it. */
  readonly lost: number;
}

/** What acting at the best moment, earlier or later is worth. */
export interface Timing {
  /** One for each month of the horizon. */
  readonly moments: readonly Moment[];
  /** Months until the best moment; undefined if no contact pays. */
  readonly best: number | undefined;
  /** Net that a contact now loses against the best moment; undefined if no contact pays. */
  readonly tooEarly: number | undefined;
  /** Net that a contact a month after the best moment loses; undefined where the horizon ends. */
  readonly tooLate: number | undefined;
  /** The most that the offer may cost, so that a contact at the best moment, else now, pays. */
  readonly offerCostMax: number;
}

/** Keeps logarithms finite. */
const HAZARD_MAX = 1 - 1e-12;

/**
 * The hazards with the months under contract less likely than those after it. The first month, which the model has seen the
 * contract for, and the probability of leaving within all months stay: intensities −ln(1 − h) of the later months are
 * multiplied by `boundFactor` while bound, and then all by one number. O(months).
 */
export function hazardsByContract(
  hazards: readonly number[],
  boundMonths: number | null,
  boundFactor: number,
): number[] {
  // The second month is the first whose intensity would change.
  if (boundMonths === null || boundMonths < 2) return [...hazards];
  const later = hazards.slice(1).map((hazard) => -Math.log1p(-Math.min(hazard, HAZARD_MAX)));
  const weighted = later.map((intensity, at) => intensity * (at + 2 <= boundMonths ? boundFactor : 1));
  const [total, sum] = [sumOf(later), sumOf(weighted)];
  if (sum === 0) return [...hazards];
  return [...hazards.slice(0, 1), ...weighted.map((intensity) => -Math.expm1((-intensity * total) / sum))];
}

/**
 * Net of a contact after t = 0, 1, … months, as expected now:
 *
 *   net(t) = saveRate × G × Σ_{k = t+1}^{min(t + effectMonths, H)} f(k) × d^k − S(t) × d^t × (contact cost + takeUp × offer cost)
 *
 * with S(t) = Π_{k ≤ t} (1 − h(k)) still there, f(k) = S(k − 1) × h(k) leaving in month k, G = value × marginShare ×
 * retainedMonths what a departure costs, d the monthly discount factor, H the months whose hazards are known. A departure
 * in the first month after the contract is prevented only by a contact `noticeMonths` before. The best moment is the one
 * with the highest net, the earliest of equal ones; none if no net is above 0.
 *
 * It follows that (1) nothing is planned beyond H, where departures cannot be seen; (2) constant hazards without a contract
 * give now or never: net(t) = (S d)^t × B(t), where B never rises with t; (3) a higher value never gives a later moment: the
 * cost falls with t, so that of two moments the later one can only be better for a low value, or for all.
 * O(months × effectMonths).
 */
export function timingOf(input: TimingInput, rule: TimingRule): Timing {
  const { boundMonths, contactCost } = input;
  const hazards = hazardsByContract(input.hazards, boundMonths, rule.boundFactor);
  const discount = Math.pow(1 + rule.annualDiscount, -1 / 12);
  const worthOfOne = input.monthlyValue * rule.marginShare * rule.retainedMonths * rule.saveRate;
  const [there, discounts] = [[1], [1]];
  /** Of the departures in each month, from 1. */
  const kept = [0];
  for (const hazard of hazards) {
    const before = there.at(-1)!;
    discounts.push(discounts.at(-1)! * discount);
    kept.push(worthOfOne * before * hazard * discounts.at(-1)!);
    there.push(before * (1 - hazard));
  }
  const afterContract = boundMonths !== null && boundMonths > 0 ? boundMonths + 1 : 0;
  const costOfOne = contactCost + rule.takeUp * rule.offerCost;
  const moments = hazards.map((_, after): Moment => {
    let [gain, lost] = [0, 0];
    for (let month = 1; month <= Math.min(after + rule.effectMonths, hazards.length); month += 1) {
      const isInTime = after + (month === afterContract ? rule.noticeMonths : 0) < month;
      if (isInTime) gain += kept[month]!;
      else lost += kept[month]!;
    }
    const cost = there[after]! * discounts[after]! * costOfOne;
    return { afterMonths: after, net: gain - cost, gain, cost, lost };
  });
  const found = moments.reduce<Moment | undefined>(
    (before, moment) => (moment.net > (before?.net ?? 0) ? moment : before),
    undefined,
  );
  const best = found?.afterMonths;
  const next = best === undefined ? undefined : moments[best + 1];
  const at = best ?? 0;
  const perContact = moments.length === 0 ? 0 : moments[at]!.gain / (there[at]! * discounts[at]!);
  return {
    ...{ moments, best },
    tooEarly: found === undefined ? undefined : found.net - moments[0]!.net,
    tooLate: found === undefined || next === undefined ? undefined : found.net - next.net,
    offerCostMax: rule.takeUp === 0 ? 0 : Math.max(0, (perContact - contactCost) / rule.takeUp),
  };
}

const KEPT = new Float64Array(64);

/**
 * Net of a contact now and the best moment, as `timingOf` gives them, without the figures of each month: for the rows of
 * whole tables. @returns best −1 if no contact pays
 */
export function briefTiming(input: TimingInput, rule: TimingRule): { netNow: number; best: number } {
  const { boundMonths, contactCost } = input;
  const hazards = hazardsByContract(input.hazards, boundMonths, rule.boundFactor);
  const months = hazards.length;
  const discount = Math.pow(1 + rule.annualDiscount, -1 / 12);
  const worthOfOne = input.monthlyValue * rule.marginShare * rule.retainedMonths * rule.saveRate;
  const costOfOne = contactCost + rule.takeUp * rule.offerCost;
  const afterContract = boundMonths !== null && boundMonths > 0 ? boundMonths + 1 : 0;
  let [there, factor] = [1, 1];
  for (let month = 1; month <= months; month += 1) {
    factor *= discount;
    KEPT[month] = worthOfOne * there * hazards[month - 1]! * factor;
    there *= 1 - hazards[month - 1]!;
  }
  [there, factor] = [1, 1];
  let [netNow, best, highest] = [0, -1, 0];
  for (let after = 0; after < months; after += 1) {
    let gain = 0;
    for (let month = 1; month <= Math.min(after + rule.effectMonths, months); month += 1)
      if (after + (month === afterContract ? rule.noticeMonths : 0) < month) gain += KEPT[month]!;
    const net = gain - there * factor * costOfOne;
    if (after === 0) netNow = net;
    if (net > highest) [best, highest] = [after, net];
    there *= 1 - hazards[after]!;
    factor *= discount;
  }
  return { netNow, best };
}

function sumOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}
