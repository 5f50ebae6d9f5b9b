interface Priority {
  /** Uplift × value ÷ cost; null where the value is not known. */
  readonly efficiency: number | null;
  /** probability × efficiency; the probability where the value is not known, so that such rows have a rank too. */
  readonly priority: number;
}

/**
 * @param value money a month; NaN where not known @param contactCost in the same currency, above 0
 * @param uplift share of contacted subscriptions that a contact keeps; 1 where it has not been measured
 */
export function priorityOf(probability: number, value: number, contactCost: number, uplift = 1): Priority {
  if (Number.isNaN(value)) return { efficiency: null, priority: probability };
  const efficiency = (uplift * value) / contactCost;
  return { efficiency, priority: probability * efficiency };
}

/**
 * Probability from which a subscription is at risk: one half, or several times the average,
 * whichever is lower. At a churn share of 2 % almost no subscription reaches one half; at 50 % twice the
 * average would be certainty.
 */
export function atRiskFrom(prevalence: number, probabilityMin: number, liftMin: number): number {
  return Math.min(probabilityMin, liftMin * prevalence);
}
