/** What the number of shared cells is divided by. */
export const OVERLAP_MODES = ['shared/ten', 'jaccard'] as const;
export type OverlapMode = (typeof OVERLAP_MODES)[number];

/**
 * The cells with the most calls of a subscription, at most `count`; of equal ones those with the lesser number, so that the
 * answer does not depend on the order of rows.
 */
export function topCells(cells: Int32Array, calls: Int32Array, count: number): Int32Array {
  const places = Array.from(cells.keys()).sort((a, b) => calls[b]! - calls[a]! || cells[a]! - cells[b]!);
  return Int32Array.from(places.slice(0, count), (place) => cells[place]!);
}

/**
 * Share of the most frequent call cells that two have in common. By `shared/ten`, one of ten is 0.1, which is what the
 * source's limit of 0.1 requires; with fewer cells the divisor is the lesser number (RD-03).
 */
export function topCellOverlap(shared: number, left: number, right: number, mode: OverlapMode): number {
  if (shared === 0) return 0;
  return mode === 'jaccard' ? shared / (left + right - shared) : shared / Math.min(left, right);
}

/** Rule 4 (HH-08). */
export function meetsTopCells(overlap: number, overlapMin: number): boolean {
  return overlap >= overlapMin;
}
