import type { Cause as CauseMessage } from '@holdfast/contracts/churn_scoring/v1/scoring';
import type { Explanation } from '@holdfast/learning/churn-model';
import { CAUSES, type Cause } from '@holdfast/platform/terms';
import type { TypedColumn } from '../table/typed-column.js';

/** Columns named of a cause. */
const COLUMNS_MAX = 5;

/** Why a plan, a call or an offer cannot change it. */
const NOT_CONTROLLABLE: ReadonlySet<Cause> = new Set(['network', 'move']);

/** By cause, the sum of its columns' contributions for the usual subscription, log-odds. JSON; kept with the model. */
export type UsualCauses = Readonly<Partial<Record<Cause, number>>>;

/**
 * The median of each cause's sum over some explained rows. Contributions are relative to the mean of the training rows,
 * and most causes are rare: the few subscriptions with one raise the mean, so that all others seem to be below it.
 * Measured against the median, a cause counts from where it begins to be unusual. O(rows × columns).
 */
export function usualCauses({ contributions }: Explanation, columns: readonly TypedColumn[]): UsualCauses {
  const rowCount = contributions.length / columns.length;
  const usual: Partial<Record<Cause, number>> = {};
  for (const { cause, indices } of columnsByCause(columns)) {
    const sums = new Float64Array(rowCount);
    for (let row = 0; row < rowCount; row += 1) {
      for (const index of indices) sums[row] = sums[row]! + contributions[row * columns.length + index]!;
    }
    usual[cause] = sums.sort()[rowCount >> 1]!;
  }
  return usual;
}

/**
 * The seven reasons that apply to one subscription, strongest first: those whose columns together raise its log-odds
 * beyond the usual, with the columns that do it. Columns that map to no cause are excluded.
 * @param contributions one per column
 */
export function causesOf(
  contributions: Float64Array,
  columns: readonly TypedColumn[],
  usual: UsualCauses,
): CauseMessage[] {
  return columnsByCause(columns)
    .map(({ cause, indices }): CauseMessage => {
      const sum = indices.reduce((total, index) => total + contributions[index]!, 0);
      const raising = indices
        .filter((index) => contributions[index]! > 0)
        .sort((left, right) => contributions[right]! - contributions[left]!);
      return {
        cause,
        contribution: sum - (usual[cause] ?? 0),
        columns: raising.slice(0, COLUMNS_MAX).map((index) => columns[index]!.name),
        controllable: !NOT_CONTROLLABLE.has(cause),
      };
    })
    .filter(({ contribution, columns: raising }) => contribution > 0 && raising.length > 0)
    .sort((left, right) => right.contribution - left.contribution);
}

interface CauseColumns {
  readonly cause: Cause;
  /** Positions of its columns. */
  readonly indices: readonly number[];
}

const known = new WeakMap<readonly TypedColumn[], readonly CauseColumns[]>();

/** Called for every row, so each list of columns is read once. */
function columnsByCause(columns: readonly TypedColumn[]): readonly CauseColumns[] {
  const before = known.get(columns);
  if (before !== undefined) return before;
  const found = CAUSES.map((cause) => ({
    cause,
    indices: columns.flatMap((column, index) => (column.cause === cause ? [index] : [])),
  })).filter(({ indices }) => indices.length > 0);
  known.set(columns, found);
  return found;
}
