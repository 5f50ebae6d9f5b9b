/**
 * p-values adjusted for looking at all of them (Holm, "A simple sequentially rejective multiple test procedure",
 * Scand. J. Statist. 6, 1979): rejecting where the adjusted value is at most α keeps the probability of any false
 * rejection at α, whatever the dependence. O(n log n).
 */
export function holmAdjusted(pValues: readonly number[]): number[] {
  const order = pValues.map((_, at) => at).sort((left, right) => pValues[left]! - pValues[right]!);
  const adjusted = new Array<number>(pValues.length);
  let most = 0;
  for (const [rank, at] of order.entries()) {
    most = Math.max(most, Math.min(1, pValues[at]! * (pValues.length - rank)));
    adjusted[at] = most;
  }
  return adjusted;
}
