/** 0.975 quantiles of Student's t with 1 to 11 degrees of freedom (Abramowitz & Stegun, table 26.10). */
const T_975 = [12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201];

/** An estimate with its 95 % interval; no interval from a single value. */
export interface Interval {
  readonly mean: number;
  readonly low: number | undefined;
  readonly high: number | undefined;
}

/**
 * Mean of monthly savings with Student's interval: the possible distance of the mean of these few months from that of the
 * months to come, if they vary as these did. Months count as independent.
 */
export function meanInterval(values: readonly number[]): Interval {
  const count = values.length;
  const mean = values.reduce((sum, value) => sum + value, 0) / count;
  if (count < 2) return { mean, low: undefined, high: undefined };
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (count - 1);
  const half = T_975[Math.min(count - 2, T_975.length - 1)]! * Math.sqrt(variance / count);
  return { mean, low: mean - half, high: mean + half };
}
