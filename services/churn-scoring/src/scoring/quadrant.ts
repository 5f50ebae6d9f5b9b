import type { Quadrant } from '@holdfast/platform/terms';

/** Where high begins; kept with each run. */
export interface QuadrantLimits {
  readonly probabilityMin: number;
  /** Null where no row of the run has a value: then no efficiency is high. */
  readonly efficiencyMin: number | null;
}

/**
 * An unknown efficiency is not high. The quadrant is not stored, since the median
 * efficiency is known only when all pieces are in: it follows from two stored figures and the run's limits.
 */
export function quadrantOf(
  probability: number,
  efficiency: number | null,
  { probabilityMin, efficiencyMin }: QuadrantLimits,
): Quadrant {
  const isEfficient = efficiency !== null && efficiencyMin !== null && efficiency >= efficiencyMin;
  if (probability >= probabilityMin) return isEfficient ? 'C' : 'D';
  return isEfficient ? 'B' : 'A';
}

/** `quadrantOf` in SQL, of `score s` and `scoring_run r`. */
export const QUADRANT_SQL = `case when s.probability >= r.quadrant_probability_min
    then case when s.efficiency >= r.quadrant_efficiency_min then 'C' else 'D' end
    else case when s.efficiency >= r.quadrant_efficiency_min then 'B' else 'A' end end`;
