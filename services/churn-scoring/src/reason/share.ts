/** Rows of one kind, and how many of them left. */
export interface Tally {
  seen: number;
  left: number;
}

/** Minimum number of rows for a share that an agent quotes. */
export const SHARE_ROWS_MIN = 30;

/** The share that left, as it was counted; null where too few were seen. */
export function shareOf({ left, seen }: Tally): number | null {
  return seen < SHARE_ROWS_MIN ? null : left / seen;
}
