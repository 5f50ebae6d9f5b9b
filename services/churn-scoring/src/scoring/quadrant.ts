import type { Quadrant } from '@holdfast/platform/terms';

/** Where high begins; kept with each run. */
export interface QuadrantLimits {
  readonly probabilityMin: number;
  /** Null where no row of the run has a value: then no efficiency is high. */
  readonly efficiencyMin: number | null;
  /** Value of a month from which on an efficiency is high; null for the limit of efficiency. */
  readonly valueMin: number | null;
}

/** The second axis. */
interface Worthwhile {
  readonly efficiency: number | null;
  /** Money per month; also the text of a numeric. */
  readonly value: number | string | null;
}

/**
 * An unknown efficiency is not high. The quadrant is not stored, since the median
 * efficiency is known only when all pieces are in: it follows from two stored figures and the run's limits.
 */
export function quadrantOf(
  probability: number,
  { efficiency, value }: Worthwhile,
  { probabilityMin, efficiencyMin, valueMin }: QuadrantLimits,
): Quadrant {
  const isEfficient =
    valueMin === null
      ? efficiency !== null && efficiencyMin !== null && efficiency >= efficiencyMin
      : value !== null && Number(value) >= valueMin;
  if (probability >= probabilityMin) return isEfficient ? 'C' : 'D';
  return isEfficient ? 'B' : 'A';
}

const EFFICIENT_SQL = `case when r.quadrant_value_min is null then s.efficiency >= r.quadrant_efficiency_min
      else s.value >= r.quadrant_value_min end`;

/** `quadrantOf` in SQL, of `score s` and `scoring_run r`. */
export const QUADRANT_SQL = `case when s.probability >= r.quadrant_probability_min
    then case when ${EFFICIENT_SQL} then 'C' else 'D' end
    else case when ${EFFICIENT_SQL} then 'B' else 'A' end end`;
