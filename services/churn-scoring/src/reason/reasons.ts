import type { Reason, Reasons } from '@holdfast/contracts/churn_scoring/v1/scoring';
import type { Explanation } from '@holdfast/learning/margin-model';
import type { Table } from '@holdfast/learning/table';
import { valueAt } from '../table/batch-table.js';
import { columnOf, type TypedColumn } from '../table/typed-column.js';
import type { AssessedCauses, CauseModel } from './cause-model.js';
import type { CauseRow, CauseTeller } from './causes.js';
import type { Comparisons } from './comparisons.js';

export const RAISING_MAX = 5;
export const LOWERING_MAX = 3;

/**
 * The strongest contributions to a row's log-odds, each with the row's value and what to compare it with. Columns
 * without contribution are omitted; equal ones are in the order of the model's columns.
 * @param columns those of the explanation, in its order; the table has them too
 * @param at position of the row within the explanation
 * @param row number of the row in the table
 */
export function reasonsOf(
  explanation: Explanation,
  at: number,
  table: Table,
  row: number,
  columns: readonly TypedColumn[],
  comparisons: Comparisons,
  { model, teller, assessed }: BlockCauses,
): Reasons {
  const contributions = explanation.contributions.subarray(at * columns.length, (at + 1) * columns.length);
  const reasons = (sign: 1 | -1, max: number): Reason[] =>
    strongest(contributions, sign, max).map((index) => {
      const column = columns[index]!;
      const value = valueAt(columnOf(table, column), row);
      return {
        column: column.name,
        contribution: contributions[index]!,
        value: wireValue(value),
        comparison: comparisons.of(column, value),
        type: column.type,
      };
    });
  return {
    raising: reasons(1, RAISING_MAX),
    lowering: reasons(-1, LOWERING_MAX),
    baseLogOdds: explanation.base,
    ...causesOfRow(model, teller, { assessed, at, contributions, table, row }),
  };
}

/** Positions of the contributions of a sign with the greatest size, equal ones in their order. O(contributions). */
function strongest(contributions: Float64Array, sign: 1 | -1, max: number): number[] {
  const found: number[] = [];
  for (let index = 0; index < contributions.length; index += 1) {
    const strength = sign * contributions[index]!;
    const isFound = found.length < max ? strength > 0 : strength > sign * contributions[found[max - 1]!]!;
    if (!isFound) continue;
    let at = found.length < max ? found.length : max - 1;
    for (; at > 0 && sign * contributions[found[at - 1]!]! < strength; at -= 1) found[at] = found[at - 1]!;
    found[at] = index;
  }
  return found;
}

/** The causes of a block of explained rows. */
export interface BlockCauses {
  readonly model: CauseModel;
  readonly teller: CauseTeller;
  readonly assessed: AssessedCauses;
}

function causesOfRow(model: CauseModel, teller: CauseTeller, of: CauseRow) {
  const causes = teller.seven(of);
  if (causes.length === 0) return NO_CAUSES;
  const { tenureFrom, tenureTo, plan = '', rows } = model.groups.describe(of.assessed.groups[of.at]!);
  return {
    causes,
    otherCauses: teller.others(of),
    comparisonGroup: { tenureFrom, tenureTo, plan, rows },
    hasClearReason: causes.some(({ named }) => named),
    codedLeavers: model.json.codedLeavers,
    change: undefined,
  };
}

const NO_CAUSES = {
  causes: [],
  otherCauses: [],
  comparisonGroup: undefined,
  hasClearReason: false,
  codedLeavers: 0,
  change: undefined,
};

function wireValue(value: number | string | undefined): Reason['value'] {
  if (value === undefined) return undefined;
  return typeof value === 'number' ? { $case: 'number', number: value } : { $case: 'text', text: value };
}
