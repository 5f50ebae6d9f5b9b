import { populationStability } from '@holdfast/learning/population-stability';
import type { BinCounts } from './bin-counter.js';
import type { Distribution, Reference } from './distribution.js';

/** From which index on a change is moderate or strong. */
export interface DriftLimits {
  readonly moderate: number;
  readonly strong: number;
}

export type DriftLevel = 'none' | 'moderate' | 'strong';

/** How far the values of a column, or the scores, have moved since training. JSON; kept with the run. */
export interface ColumnDrift {
  /** Empty for the scores. */
  readonly column: string;
  readonly index: number;
  readonly pValue: number;
  readonly level: DriftLevel;
  readonly missingShare: number;
  readonly referenceMissingShare: number;
  /** Highest index of a month of the training rows against all of them; 0 where unknown. */
  readonly usualIndex: number;
}

export interface DriftReport {
  readonly rows: number;
  readonly limits: DriftLimits;
  readonly scores: ColumnDrift;
  /** Highest index first. */
  readonly columns: readonly ColumnDrift[];
}

/** A change counts only if it is as unlikely by chance as this, over all columns of the run together (Bonferroni). */
const CHANCE_MAX = 0.01;

/**
 * An index counts only above this multiple of the usual one. A column that rises steadily is further from the middle of
 * the training months in the months to come than in the last of these, and the index grows with the square of the
 * distance: with a year of training by less than three times.
 */
const USUAL_FACTOR = 3;

/** Compares a run with the reference of its model. */
export function driftReport({ columns, scores }: Reference, counts: BinCounts, limits: DriftLimits): DriftReport {
  const chanceMax = CHANCE_MAX / (columns.length + 1);
  const driftOf = (distribution: Distribution, observed: readonly number[]): ColumnDrift => {
    const { index, pValue } = populationStability(distribution.counts, observed);
    const { usualIndex = 0 } = distribution;
    const isUsual = pValue > chanceMax || index <= USUAL_FACTOR * usualIndex;
    const level = isUsual || index < limits.moderate ? 'none' : index < limits.strong ? 'moderate' : 'strong';
    return {
      ...{ column: distribution.name, index, pValue, level },
      missingShare: lastShare(observed),
      referenceMissingShare: lastShare(distribution.counts),
      usualIndex,
    };
  };
  return {
    rows: counts.scores.reduce((sum, count) => sum + count, 0),
    limits,
    scores: driftOf(scores, counts.scores),
    columns: columns
      .map((distribution, at) => driftOf(distribution, counts.columns[at]!))
      .sort((left, right) => right.index - left.index || (left.column < right.column ? -1 : 1)),
  };
}

function lastShare(counts: readonly number[]): number {
  const rows = counts.reduce((sum, count) => sum + count, 0);
  return rows === 0 ? 0 : counts.at(-1)! / rows;
}

/** Columns above the strong limit, highest first, the scores by their empty name. */
export function strongOf({ scores, columns }: DriftReport): ColumnDrift[] {
  return [scores, ...columns].filter(({ level }) => level === 'strong');
}
