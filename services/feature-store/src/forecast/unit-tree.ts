import { monthNumber } from '@holdfast/platform/calendar';

/** Churners of a month and an org unit. */
export interface ChurnerCount {
  readonly month: string;
  readonly orgUnitPath: string;
  readonly stock: number;
  readonly voluntary: number;
  readonly involuntary: number;
}

export const FORECAST_KINDS = ['all', 'voluntary', 'involuntary'] as const;
export type ForecastKind = (typeof FORECAST_KINDS)[number];

/** An org unit with its counts by month; the first is all that the caller may see. */
export interface UnitNode {
  /** Empty for the first. */
  readonly orgUnitPath: string;
  readonly level: number;
  readonly parent: number;
  /** By month of the history and of the month after it; NaN where the month before is not known. */
  readonly stock: Float64Array;
  readonly counts: Readonly<Record<ForecastKind, Float64Array>>;
  /** The smallest units of which it consists. */
  readonly leaves: Set<string>;
}

/**
 * The units down to a level, each after the one that it is a part of, with the sums of their counts.
 * @param months of the history, first and last @param known months whose churners are known; the stock of a month is known with
 * them, and that of the month after the last one
 */
export function unitTree(
  rows: readonly ChurnerCount[],
  levels: number,
  months: { first: number; last: number },
  known: ReadonlySet<number>,
): UnitNode[] {
  const length = months.last - months.first + 1;
  const isKnown = (month: number): boolean => known.has(month) || month === months.last + 1;
  const nodes: UnitNode[] = [];
  const at = new Map<string, number>();
  const nodeOf = (orgUnitPath: string, level: number, parent: number): number => {
    const key = `${level} ${orgUnitPath}`;
    const existing = at.get(key);
    if (existing !== undefined) return existing;
    const filled = (size: number): Float64Array =>
      Float64Array.from({ length: size }, (_, month) => (isKnown(months.first + month) ? 0 : NaN));
    const counts = { all: filled(length), voluntary: filled(length), involuntary: filled(length) };
    nodes.push({ orgUnitPath, level, parent, stock: filled(length + 1), counts, leaves: new Set() });
    at.set(key, nodes.length - 1);
    return nodes.length - 1;
  };
  nodeOf('', 0, -1);
  for (const { month, orgUnitPath, stock, voluntary, involuntary } of rows) {
    const index = monthNumber(month) - months.first;
    let node = 0;
    for (let level = 0; level <= levels; level += 1) {
      if (level > 0) node = nodeOf(pathAt(orgUnitPath, level), level, node);
      const { stock: stocks, counts, leaves } = nodes[node]!;
      leaves.add(orgUnitPath);
      stocks[index]! += stock;
      if (index >= length) continue;
      counts.voluntary[index]! += voluntary;
      counts.involuntary[index]! += involuntary;
      counts.all[index]! += voluntary + involuntary;
    }
  }
  return nodes;
}

/** The org unit so many levels below the operator, or the path itself if it is shorter. */
function pathAt(orgUnitPath: string, level: number): string {
  return (
    orgUnitPath
      .split('/')
      .slice(0, -1)
      .slice(0, level + 1)
      .join('/') + '/'
  );
}
