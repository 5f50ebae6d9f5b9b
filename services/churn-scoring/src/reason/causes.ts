import type {
  Cause as CauseMessage,
  CauseEvidence,
  OtherCause,
  Reasons,
} from '@holdfast/contracts/churn_scoring/v1/scoring';
import type { Table } from '@holdfast/learning/table';
import { CAUSES, OTHER_CAUSES } from '@holdfast/platform/terms';
import { valueAt } from '../table/batch-table.js';
import { columnOf, type TypedColumn } from '../table/typed-column.js';
import { STRENGTH_MIN, type AssessedCauses, type CauseModel } from './cause-model.js';
import { CAUSE_CLASSES, TAXONOMY } from './taxonomy.js';

/** Columns and facts named of a cause. */
const COLUMNS_MAX = 5;
const EVIDENCE_MAX = 3;

/** In addition to the first reason, a less probable one is not named. */
const FURTHER_PROBABILITY_MIN = 0.2;

/** What the causes of a row are taken from. */
export interface CauseRow {
  readonly assessed: AssessedCauses;
  /** Position of the row among the assessed ones. */
  readonly at: number;
  /** One per column. */
  readonly contributions: Float64Array;
  readonly table: Table;
  /** Its number in the table. */
  readonly row: number;
}

/** A cause column with what shows its facts. */
interface CauseColumn {
  readonly column: TypedColumn;
  readonly index: number;
  /** Its place among those of `CauseModel.causal`. */
  readonly causal: number;
  /** Columns of the cause that show the same fact have the same number, counted from 0. */
  readonly fact: number;
  /** The same figure of this month and the two before, the newest first; empty where the table has none. */
  readonly months: readonly TypedColumn[];
}

/** Names the causes of rows that one model explained. */
export class CauseTeller {
  /** By position in CAUSES. */
  private readonly byCause: readonly (readonly CauseColumn[])[];

  /** @param columns those of explanations, in their order */
  constructor(
    private readonly model: CauseModel,
    columns: readonly TypedColumn[],
  ) {
    const byName = new Map(columns.map((column) => [column.name, column]));
    this.byCause = CAUSES.map((cause) => {
      const facts: number[] = [];
      return columns.flatMap((column, index): CauseColumn[] => {
        if (column.cause !== cause) return [];
        const causal = model.causal.findIndex((each) => each.index === index);
        const number = model.json.facts[model.causal[causal]!.usual]!;
        if (!facts.includes(number)) facts.push(number);
        return [{ column, index, causal, fact: facts.indexOf(number), months: monthsOf(column, byName) }];
      });
    });
  }

  /**
   * The seven, most probable first; empty where no column maps to any. None is named unless one reaches the threshold; then
   * further ones may be less probable.
   */
  seven(of: CauseRow): CauseMessage[] {
    if (this.byCause.every((columns) => columns.length === 0)) return [];
    const { assessed, at } = of;
    const { shares, threshold } = this.model.json;
    const strengths = this.model.strengthsOf(assessed, at);
    // Filled in place: spreading seven objects a row costs more than all that is computed for them.
    const possible: CauseMessage[] = [];
    const seven = CAUSES.map((cause, place): CauseMessage => {
      const cell = at * CAUSE_CLASSES.length + place;
      const columns = this.byCause[place]!;
      const raising = largest(columns.length, COLUMNS_MAX, (column) => of.contributions[columns[column]!.index]!, 0);
      const { branch, group, controllable } = TAXONOMY[cause];
      const told: CauseMessage = {
        cause,
        contribution: assessed.own[cell]!,
        columns: raising.map((column) => columns[column]!.column.name),
        controllable,
        probability: assessed.probabilities[cell]!,
        branch,
        group,
        evidence: strengths[place]! < STRENGTH_MIN ? [] : this.evidence(columns, of),
        named: false,
      };
      if (told.evidence.length > 0 && told.probability >= shares[place]!) possible.push(told);
      return told;
    });
    if (possible.some(({ probability }) => probability >= threshold)) {
      const leastNamed = Math.min(threshold, FURTHER_PROBABILITY_MIN);
      for (const told of possible) told.named = told.probability >= leastNamed;
    }
    return seven.sort((left, right) => right.probability - left.probability);
  }

  others({ assessed, at }: CauseRow): OtherCause[] {
    return OTHER_CAUSES.map((cause): OtherCause => {
      const { branch, group, controllable } = TAXONOMY[cause];
      const probability = assessed.probabilities[at * CAUSE_CLASSES.length + CAUSE_CLASSES.indexOf(cause)]!;
      return { cause, probability, branch, group, controllable };
    }).sort((left, right) => right.probability - left.probability);
  }

  /** The facts that raise a cause beyond what is usual in the comparison group, strongest first. */
  private evidence(columns: readonly CauseColumn[], of: CauseRow): CauseEvidence[] {
    const from = of.at * this.model.causal.length;
    const totals: number[] = [];
    const best: CauseColumn[] = [];
    for (const each of columns) {
      const { fact } = each;
      const strength = of.assessed.strengths[from + each.causal]!;
      totals[fact] = (totals[fact] ?? 0) + strength;
      const other = best[fact];
      if (other === undefined || strength > of.assessed.strengths[from + other.causal]!) best[fact] = each;
    }
    return largest(totals.length, EVIDENCE_MAX, (fact) => totals[fact]!, STRENGTH_MIN).map((fact) =>
      this.evidenceOf(best[fact]!, totals[fact]!, of.assessed.groups[of.at]!, of),
    );
  }

  private evidenceOf(
    { column, months }: CauseColumn,
    contribution: number,
    group: number,
    of: CauseRow,
  ): CauseEvidence {
    const value = valueAt(columnOf(of.table, column), of.row);
    const usual = this.model.groups.usualValue(group, column.name);
    return {
      column: column.name,
      contribution,
      value: value === undefined ? undefined : wireValue(value),
      usual: usual === undefined ? undefined : wireUsual(usual),
      type: column.type,
      sinceMonths: this.sinceMonths(value, usual, months, group, of),
    };
  }

  private sinceMonths(
    value: number | string | undefined,
    usual: number | string | undefined,
    months: readonly TypedColumn[],
    group: number,
    { table, row }: CauseRow,
  ): number | undefined {
    if (typeof value !== 'number') return undefined;
    const direction = Math.sign(value - (typeof usual === 'number' ? usual : 0));
    let since: number | undefined;
    for (const [lag, column] of months.entries()) {
      const then = valueAt(columnOf(table, column), row);
      const usualThen = this.model.groups.usualValue(group, column.name);
      if (typeof then !== 'number' || typeof usualThen !== 'number') continue;
      if ((then - usualThen) * direction > 0) since = lag + 1;
    }
    return since;
  }
}

/** Positions of the largest sizes above a least one, the largest first, equal ones in their order. O(count × max). */
function largest(count: number, max: number, sizeOf: (position: number) => number, above: number): number[] {
  const found: number[] = [];
  for (let position = 0; position < count; position += 1) {
    const size = sizeOf(position);
    if (!(size > above) || (found.length === max && size <= sizeOf(found[max - 1]!))) continue;
    let at = Math.min(found.length, max - 1);
    for (; at > 0 && sizeOf(found[at - 1]!) < size; at -= 1) found[at] = found[at - 1]!;
    found[at] = position;
  }
  return found;
}

/** Stands for no clear reason among counts by cause. */
export const NO_CAUSE = 'none';

/** First named of the seven; NO_CAUSE without a clear reason; empty where no column maps to a reason. */
export function firstCauseOf({ causes }: Reasons): string {
  if (causes.length === 0) return '';
  return causes.find(({ named }) => named)?.cause ?? NO_CAUSE;
}

const LAGS = [0, 1, 2];
/** Ends of names of columns about a figure's last months. */
const SUFFIX = /_(m[0-2]|3m|mean_3m|recent)$/;

function monthsOf({ name }: TypedColumn, byName: ReadonlyMap<string, TypedColumn>): TypedColumn[] {
  if (!SUFFIX.test(name)) return [];
  const figure = name.replace(SUFFIX, '');
  const found = LAGS.map((lag) => byName.get(`${figure}_m${lag}`));
  return found.every((column) => column?.cause !== undefined) ? found.map((column) => column!) : [];
}

function wireValue(value: number | string): NonNullable<CauseEvidence['value']> {
  return typeof value === 'number' ? { $case: 'number', number: value } : { $case: 'text', text: value };
}

function wireUsual(usual: number | string): NonNullable<CauseEvidence['usual']> {
  return typeof usual === 'number'
    ? { $case: 'usualNumber', usualNumber: usual }
    : { $case: 'usualText', usualText: usual };
}
