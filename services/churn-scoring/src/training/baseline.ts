import type { Baseline } from '@holdfast/contracts/churn_scoring/v1/model';
import {
  areaUnderCurve,
  averagePrecision,
  liftInTopDecile,
  precisionAtShare,
  rankOutcomes,
} from '@holdfast/learning/metrics';
import type { Column } from '@holdfast/learning/table';
import type { Validation } from '@holdfast/learning/validation';
import type { ContactCapacity } from './capacity.js';

/** Columns of a view: the bill of the row's month, and the mean of its three months. */
const BILL = 'arpu_cny_m0';
const MEAN_BILL = 'arpu_mean_3m_cny';

/**
 * What ranking by the drop of the bill alone reaches on the rows that a model was judged on: the bill of the last month
 * against the mean of three, the largest relative drop first. Bills that dropped recover in part, because a cohort
 * selected by its bill regresses to the mean (RD-26). Rows without a bill are last.
 * @returns undefined where the table has no such columns
 */
export function billDropBaseline(
  { predictedRows }: Pick<Validation, 'predictedRows'>,
  { data, labels, capacity }: { data: readonly Column[]; labels: Uint8Array; capacity: ContactCapacity },
): Baseline | undefined {
  const [bills, means] = [valuesOf(data, BILL), valuesOf(data, MEAN_BILL)];
  if (bills === undefined || means === undefined) return undefined;
  const drops = Float64Array.from(predictedRows, (row) => {
    const drop = 1 - bills[row]! / means[row]!;
    return Number.isFinite(drop) ? drop : -Infinity;
  });
  const ranked = rankOutcomes(
    drops,
    Uint8Array.from(predictedRows, (row) => labels[row]!),
  );
  return {
    name: 'bill_drop',
    auc: areaUnderCurve(ranked),
    averagePrecision: averagePrecision(ranked),
    lift10: liftInTopDecile(ranked),
    precisionAtCapacity: precisionAtShare(ranked, capacity.share),
  };
}

function valuesOf(data: readonly Column[], name: string): Float64Array | undefined {
  const column = data.find((each) => each.name === name);
  return column?.kind === 'number' ? column.values : undefined;
}
