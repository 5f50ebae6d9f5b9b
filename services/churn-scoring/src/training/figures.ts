import type { Estimate as EstimateMessage } from '@holdfast/contracts/churn_scoring/v1/model';
import type { Estimate } from '@holdfast/learning/measured';

/** Absent rather than 0, which would be a figure: a month without churners has no AUC. */
export function estimateOf({ mean, low, high }: Estimate): EstimateMessage | undefined {
  return Number.isFinite(mean) ? { mean, low: known(low), high: known(high) } : undefined;
}

export function known(figure: number): number | undefined {
  return Number.isFinite(figure) ? figure : undefined;
}
