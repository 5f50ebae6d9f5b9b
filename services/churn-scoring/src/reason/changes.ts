import type { Change, ChangedColumn } from '@holdfast/contracts/churn_scoring/v1/scoring';
import type { ServedModel } from '@holdfast/learning/served-model';
import { Table, categoryColumn, numberColumn, type Column } from '@holdfast/learning/table';
import { CHANGE_LEVERS, type ChangeLever } from '@holdfast/platform/terms';
import { valueAt } from '../table/batch-table.js';
import { columnOf, type TypedColumn } from '../table/typed-column.js';
import type { CauseModel } from './cause-model.js';
import { elementOf } from './taxonomy.js';
import { wireTo, wireValue } from './wire-values.js';

/** The lever with which the operator changes the columns of a cause. What customers, rivals or places do has none. */
const LEVER_OF_CAUSE: Readonly<Partial<Record<string, ChangeLever>>> = {
  misfit: 'plan',
  contractEnd: 'contract',
  service: 'service',
};

/** The lever of a column: a price beyond what the plan includes can be lowered without another plan. */
function leverOf({ name, cause }: TypedColumn): ChangeLever | undefined {
  const lever = cause === undefined ? undefined : LEVER_OF_CAUSE[cause];
  return lever === 'plan' && elementOf(name) === 'perUnitPrice' ? 'price' : lever;
}

/** Columns that change together: one fact, prices, all columns of a lever, or those of all levers. */
interface Unit {
  /** Units of a lower size are smaller changes. */
  readonly size: number;
  readonly levers: readonly ChangeLever[];
  readonly columns: ReadonlySet<string>;
}

interface UsualUnit extends Unit {
  readonly usual: Table;
}

/** Rows of a table with the comparison group of each. */
interface ChangeableRows {
  readonly table: Table;
  /** Numbers of rows of the table. */
  readonly rows: Uint32Array;
  /** One for each of `rows`. */
  readonly groups: Uint32Array;
}

/**
 * Finds what would have to change: the smallest change of things that the operator can change with which the model gives
 * a row a probability below a line. A change sets columns to what is usual in the row's comparison group: the columns of
 * one fact, else the prices, else all of a lever, else those of all levers; of equal sizes the one with the lowest probability. The model is
 * evaluated on the changed rows, so that its interactions count; it is not a measured effect (Wachter et al. 2018,
 * Counterfactual explanations without opening the black box). O(units × rows × cost of a prediction).
 */
export class ChangeFinder {
  private readonly units: readonly UsualUnit[];

  constructor(
    private readonly model: Pick<ServedModel, 'predictChanged'>,
    private readonly causes: CauseModel,
    private readonly columns: readonly TypedColumn[],
  ) {
    this.units = unitsOf(causes, columns).map((unit) => ({ ...unit, usual: usualValues(causes, columns, unit) }));
  }

  /** By position of the row; undefined where no change suffices. @param line probability that a change must go below */
  find(of: ChangeableRows, line: number): (Change | undefined)[] {
    const { table, rows, groups } = of;
    if (rows.length === 0 || this.units.length === 0) return Array.from(rows, () => undefined);
    const changes = this.units.map(({ usual }) => ({ values: usual, rows: groups }));
    const probabilities = this.model.predictChanged(table, rows, changes);
    return Array.from(rows, (_, at) => {
      let best: { readonly unit: Unit; readonly probability: number } | undefined;
      for (const [place, unit] of this.units.entries()) {
        const probability = probabilities[place * rows.length + at]!;
        if (probability >= line) continue;
        const isSmaller = best === undefined || unit.size < best.unit.size;
        if (isSmaller || (unit.size === best!.unit.size && probability < best!.probability))
          best = { unit, probability };
      }
      return best && this.changeOf(best.unit, best.probability, of, at);
    });
  }

  private changeOf(unit: Unit, probability: number, { table, rows, groups }: ChangeableRows, at: number): Change {
    const changed = this.columns.flatMap((column): ChangedColumn[] => {
      if (!unit.columns.has(column.name)) return [];
      const value = valueAt(columnOf(table, column), rows[at]!);
      const usual = this.causes.groups.usualValue(groups[at]!, column.name);
      if (value === usual) return [];
      return [{ column: column.name, type: column.type, value: wireValue(value), to: wireTo(usual) }];
    });
    return { levers: [...unit.levers], columns: changed, probability };
  }
}

/** What is usual of the unit's columns: a row for each comparison group. */
function usualValues({ groups, json }: CauseModel, columns: readonly TypedColumn[], unit: Unit): Table {
  const own = columns.filter(({ name }) => unit.columns.has(name));
  return new Table(
    own.map(({ name, type }): Column => {
      const usual = json.groups.groups.map((_, group) => groups.usualValue(group, name));
      return type === 'category'
        ? categoryColumn(
            name,
            usual.map((value) => (value === undefined ? value : String(value))),
          )
        : numberColumn(
            name,
            usual.map((value) => (typeof value === 'number' ? value : undefined)),
          );
    }),
  );
}

function unitsOf({ json: { groups, facts } }: CauseModel, columns: readonly TypedColumn[]): Unit[] {
  const levered = columns.flatMap((column) => {
    const [{ name }, lever] = [column, leverOf(column)];
    return lever === undefined ? [] : [{ name, lever, fact: facts[groups.columns.indexOf(name)]! }];
  });
  // Another plan has other prices as well.
  const whole = levered.map((column) => (column.lever === 'price' ? { ...column, lever: 'plan' as const } : column));
  const levers = CHANGE_LEVERS.filter((lever) => whole.some((column) => column.lever === lever));
  const unitOf = (size: number, of: readonly { name: string; lever: ChangeLever }[]): Unit => ({
    size,
    levers: CHANGE_LEVERS.filter((lever) => of.some((column) => column.lever === lever)),
    columns: new Set(of.map(({ name }) => name)),
  });
  const prices = levered.filter(({ lever }) => lever === 'price');
  /** Facts of prices alone are changed by prices, others by the plan. */
  const ofFact = (fact: number) => {
    const own = levered.filter((column) => column.fact === fact);
    return own.every(({ lever }) => lever === 'price') ? own : whole.filter((column) => column.fact === fact);
  };
  const single = [...new Set(levered.map(({ fact }) => fact))];
  return [
    ...single.map((fact) => unitOf(1, ofFact(fact))),
    ...(prices.length > 0 ? [unitOf(2, prices)] : []),
    ...levers.map((lever) =>
      unitOf(
        3,
        whole.filter((column) => column.lever === lever),
      ),
    ),
    ...(levers.length > 1 ? [unitOf(4, whole)] : []),
  ];
}
