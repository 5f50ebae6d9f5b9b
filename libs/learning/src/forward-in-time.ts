import { allRows } from './table.js';

/** One month that is judged, with what was known when it ended. */
export interface ForwardFold {
  /** The judged month's number. */
  readonly month: number;
  /** Rows of months whose label was known by the end of the judged one. */
  readonly training: Uint32Array;
  /** The rows of the judged month. */
  readonly judged: Uint32Array;
  /** Subscriptions of the judged month that churned before the month of its label, too early for any contact. */
  readonly lostInGap: number;
}

/** Rows with their labels, and when they are about. */
export interface MonthlyRows {
  /** Rows whose label is known; all by default. */
  readonly rows?: Uint32Array | undefined;
  /** By row: months since some fixed one, so that numbers differ as months do. */
  readonly months: Uint32Array;
  /** By row: 1 or 0. */
  readonly labels: Uint8Array;
  /** By month: subscriptions that left inside the gap, which have no label and no row here. */
  readonly lostInGapByMonth: ReadonlyMap<number, number>;
}

/**
 * Validation as the model will be used: who scores month J can have learnt only from rows whose label was known by the
 * end of J, that is from months up to J − lead (a row of month M is about what happens in month M + lead). So the gap is
 * respected, and nothing of the future reaches a judged model. Judged are the last months that have both classes and
 * enough to learn from before them, the earliest first; none where the table is too short. O(rows × months).
 */
export function forwardFolds(
  { months, labels, rows = allRows(months.length), lostInGapByMonth }: MonthlyRows,
  leadMonths: number,
  judgedMonthsMax: number,
  classRowsMin: number,
): ForwardFold[] {
  const newestFirst = [...new Set(rows.map((row) => months[row]!))].sort((left, right) => right - left);
  const folds: ForwardFold[] = [];
  for (const month of newestFirst) {
    if (folds.length === judgedMonthsMax) break;
    const training = rows.filter((row) => months[row]! + leadMonths <= month);
    const judged = rows.filter((row) => months[row] === month);
    if (fewerOfAClass(labels, training) >= classRowsMin && fewerOfAClass(labels, judged) >= 1) {
      folds.unshift({ month, training, judged, lostInGap: lostInGapByMonth.get(month) ?? 0 });
    }
  }
  return folds;
}

/** Rows of the class that has fewer. */
function fewerOfAClass(labels: Uint8Array, rows: Uint32Array): number {
  const positives = rows.reduce((sum, row) => sum + labels[row]!, 0);
  return Math.min(positives, rows.length - positives);
}
