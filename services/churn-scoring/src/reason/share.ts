/** Rows of one kind, and how many of them left. */
export interface Tally {
  seen: number;
  left: number;
}

/** A share counts as if so many average rows had been seen too: a value of three rows proves nothing. */
export const PRIOR_ROWS = 20;

/** The share that left, pulled towards the overall one where few were seen. */
export function shareOf({ left, seen }: Tally, overallShare: number): number {
  return (left + PRIOR_ROWS * overallShare) / (seen + PRIOR_ROWS);
}
