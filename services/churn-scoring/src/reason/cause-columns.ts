import { CAUSES } from '@holdfast/platform/terms';
import type { TypedColumn } from '../table/typed-column.js';
import type { CauseModel } from './cause-model.js';

/** A cause column with what shows its facts. */
export interface CauseColumn {
  readonly column: TypedColumn;
  /** Its place among the columns of explanations. */
  readonly index: number;
  /** Its place among those of `CauseModel.causal`. */
  readonly causal: number;
  /** Columns of the cause that show the same fact have the same number, counted from 0. */
  readonly fact: number;
  /** The same figure of this month and the two before, the newest first, by place; empty where the table has none. */
  readonly months: readonly number[];
}

/** By position in CAUSES. @param columns those of explanations, in their order */
export function columnsByCause(
  model: CauseModel,
  columns: readonly TypedColumn[],
): readonly (readonly CauseColumn[])[] {
  const places = new Map(columns.map(({ name }, index) => [name, index]));
  return CAUSES.map((cause) => {
    const facts: number[] = [];
    return columns.flatMap((column, index): CauseColumn[] => {
      if (column.cause !== cause) return [];
      const causal = model.causal.findIndex((each) => each.index === index);
      const number = model.json.facts[model.causal[causal]!.usual]!;
      if (!facts.includes(number)) facts.push(number);
      return [{ column, index, causal, fact: facts.indexOf(number), months: monthsOf(column, columns, places) }];
    });
  });
}

const LAGS = [0, 1, 2];
/** Ends of names of columns about a figure's last months. */
const SUFFIX = /_(m[0-2]|3m|mean_3m|recent)$/;

function monthsOf(
  { name }: TypedColumn,
  columns: readonly TypedColumn[],
  places: ReadonlyMap<string, number>,
): number[] {
  if (!SUFFIX.test(name)) return [];
  const figure = name.replace(SUFFIX, '');
  const found = LAGS.map((lag) => places.get(`${figure}_m${lag}`));
  return found.every((place) => place !== undefined && columns[place]!.cause !== undefined)
    ? found.map((place) => place!)
    : [];
}
