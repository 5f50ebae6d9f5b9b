import type { Explanation } from '@holdfast/learning/margin-model';
import { MISSING_CATEGORY, type Column, type Table } from '@holdfast/learning/table';
import { valueAt } from '../table/batch-table.js';
import { columnOf, type TypedColumn } from '../table/typed-column.js';

/** Columns of tenure and plan, the first that a table has. Those of views have the first names. */
const TENURE_COLUMNS = ['tenure_months', 'tenure'];
const PLAN_COLUMNS = ['plan_id', 'plan', 'plan_kind'];
const TENURE_BANDS = 3;
const PLANS_MAX = 12;
/** Explained rows of a group that weigh as much as all rows together. */
const ROWS_TO_TRUST = 20;

/** The usual of some rows: per cause column. */
interface GroupJson {
  readonly rows: number;
  /** Median contribution by cause column, log-odds. */
  readonly contributions: readonly number[];
  /** Median (of a category the most frequent) value by cause column; null if it is missing. */
  readonly values: readonly (number | string | null)[];
}

/** JSON; stored with the model. */
export interface ComparisonGroupsJson {
  readonly tenureColumn: string | null;
  /** Upper ends of all bands but the last, exclusive. */
  readonly tenureCuts: readonly number[];
  readonly planColumn: string | null;
  readonly plans: readonly string[];
  /** Names of the cause columns. */
  readonly columns: readonly string[];
  /** The first is that of all rows; then (1 + tenure band × (plans + 1) + plan, the last for other plans). */
  readonly groups: readonly GroupJson[];
}

/** Who a subscription is compared with. */
export interface ComparisonGroup {
  readonly tenureFrom: number | undefined;
  readonly tenureTo: number | undefined;
  readonly plan: string | undefined;
  readonly rows: number;
}

/**
 * Learns what is usual among subscriptions of the same tenure and plan, from explained rows. The median, as most causes
 * are rare: the few that have one raise a mean. Groups with few rows are shrunk to all rows. O(rows log rows × columns).
 */
export function learnGroups(
  explanation: Explanation,
  table: Table,
  rows: Uint32Array,
  columns: readonly TypedColumn[],
): ComparisonGroupsJson {
  const causal = columns.flatMap((column, index) => (column.cause === undefined ? [] : [{ column, index }]));
  const known = columns.map((column) => columnOf(table, column));
  const tenure = named(known, TENURE_COLUMNS, 'number');
  const plan = named(known, PLAN_COLUMNS, 'category');
  const frame = {
    tenureColumn: tenure?.name ?? null,
    tenureCuts: tenure === undefined ? [] : cutsOf(tenure.values, rows),
    planColumn: plan?.name ?? null,
    plans: plan === undefined ? [] : frequentTexts(plan, rows),
  };
  const place = placer(frame, table);
  const members: number[][] = Array.from({ length: groupCount(frame) }, () => []);
  rows.forEach((row, at) => {
    members[0]!.push(at);
    members[place(row)]!.push(at);
  });
  const cells = causal.map(({ column, index }) => ({ index, values: columnOf(table, column) }));
  const overall = usualOf(members[0]!, rows, explanation, cells);
  const groups = members.map((at, group) => {
    if (group === 0 || at.length === 0) return { ...overall, rows: at.length };
    const own = usualOf(at, rows, explanation, cells);
    const trust = at.length / (at.length + ROWS_TO_TRUST);
    const contributions = own.contributions.map(
      (each, cell) => trust * each + (1 - trust) * overall.contributions[cell]!,
    );
    return { rows: at.length, contributions, values: trust > 0.5 ? own.values : overall.values };
  });
  return { ...frame, columns: causal.map(({ column }) => column.name), groups };
}

/** Finds the group of rows of any table that has the columns. */
export class ComparisonGroups {
  private readonly placeOf: ReadonlyMap<string, number>;
  private readonly usual: readonly Float64Array[];

  constructor(private readonly json: ComparisonGroupsJson) {
    this.placeOf = new Map(json.columns.map((name, at) => [name, at]));
    this.usual = json.groups.map(({ contributions }) => Float64Array.from(contributions));
  }

  /** The group of a row, for `usual` and `describe`. */
  placerOf(table: Table): (row: number) => number {
    return placer(this.json, table);
  }

  /** Median contributions in the group by place of the column, log-odds. */
  usualContributions(group: number): Float64Array {
    return this.usual[group]!;
  }

  /** Place of a cause column. @throws RangeError if it was none */
  place(column: string): number {
    const place = this.placeOf.get(column);
    if (place === undefined) throw new RangeError(`no usual contribution of column ${column} is known`);
    return place;
  }

  usualValue(group: number, column: string): number | string | undefined {
    return this.json.groups[group]!.values[this.placeOf.get(column)!] ?? undefined;
  }

  describe(group: number): ComparisonGroup {
    const { tenureCuts, plans, groups } = this.json;
    const { rows } = groups[group]!;
    if (group === 0) return { tenureFrom: undefined, tenureTo: undefined, plan: undefined, rows };
    const band = Math.floor((group - 1) / (plans.length + 1));
    return {
      tenureFrom: tenureCuts[band - 1],
      tenureTo: tenureCuts[band],
      plan: plans[(group - 1) % (plans.length + 1)],
      rows,
    };
  }
}

type Frame = Pick<ComparisonGroupsJson, 'tenureColumn' | 'tenureCuts' | 'planColumn' | 'plans'>;

function groupCount({ tenureCuts, plans }: Frame): number {
  return 1 + (tenureCuts.length + 1) * (plans.length + 1);
}

/** Rows without a tenure are compared with all. */
function placer({ tenureColumn, tenureCuts, planColumn, plans }: Frame, table: Table): (row: number) => number {
  const tenure = tenureColumn === null ? undefined : table.numberColumn(tenureColumn).values;
  const plan = planColumn === null ? undefined : table.categoryColumn(planColumn);
  const places = plan?.categories.map((text) => plans.indexOf(text));
  return (row) => {
    const months = tenure?.[row] ?? 0;
    if (Number.isNaN(months)) return 0;
    let band = 0;
    while (band < tenureCuts.length && months >= tenureCuts[band]!) band += 1;
    const code = plan?.codes[row];
    const known = code === undefined || code === MISSING_CATEGORY ? -1 : places![code]!;
    return 1 + band * (plans.length + 1) + (known < 0 ? plans.length : known);
  };
}

function cutsOf(values: Float64Array, rows: Uint32Array): number[] {
  const sorted = Float64Array.from(rows, (row) => values[row]!)
    .filter((value) => !Number.isNaN(value))
    .sort();
  if (sorted.length === 0) return [];
  const cuts = Array.from({ length: TENURE_BANDS - 1 }, (_, band) =>
    Math.round(sorted[Math.floor(((band + 1) * sorted.length) / TENURE_BANDS)]!),
  );
  return [...new Set(cuts)].filter((cut) => cut > sorted[0]!);
}

function frequentTexts({ codes, categories }: Column & { kind: 'category' }, rows: Uint32Array): string[] {
  const counts = new Map<string, number>();
  for (const row of rows) {
    const text = categories[codes[row]!];
    if (text !== undefined) counts.set(text, (counts.get(text) ?? 0) + 1);
  }
  return [...counts]
    .sort((left, right) => right[1] - left[1] || (left[0] < right[0] ? -1 : 1))
    .slice(0, PLANS_MAX)
    .map(([text]) => text);
}

function usualOf(
  members: readonly number[],
  rows: Uint32Array,
  { contributions, columns }: Explanation,
  cells: readonly { index: number; values: Column }[],
): GroupJson {
  return {
    rows: members.length,
    contributions: cells.map(({ index }) => medianOf(members.map((at) => contributions[at * columns.length + index]!))),
    values: cells.map(({ values }) => usualValueOf(members.map((at) => valueAt(values, rows[at]!)))),
  };
}

function medianOf(values: readonly number[]): number {
  return values.length === 0 ? 0 : Float64Array.from(values).sort()[values.length >> 1]!;
}

function usualValueOf(values: readonly (number | string | undefined)[]): number | string | null {
  const numbers = values.filter((value) => typeof value === 'number');
  if (numbers.length > 0) return medianOf(numbers);
  const counts = new Map<string, number>();
  for (const value of values) if (typeof value === 'string') counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts].sort((left, right) => right[1] - left[1] || (left[0] < right[0] ? -1 : 1))[0]?.[0] ?? null;
}

function named<K extends Column['kind']>(columns: readonly Column[], names: readonly string[], kind: K) {
  for (const name of names) {
    const found = columns.find((column) => column.name === name && column.kind === kind);
    if (found !== undefined) return found as Column & { kind: K };
  }
  return undefined;
}
