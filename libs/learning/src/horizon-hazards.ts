import { logitOf, probabilityOf } from './logistic.js';

/** Rows with a risk score that was predicted out of sample, and when the event came. */
export interface DatedRows {
  /** Calibrated log-odds that the event comes in the first month. */
  readonly logits: Float64Array;
  /** By row: number of the month of the event, from 1; NaN where it has not come in the observed months. */
  readonly eventAfter: Float64Array;
  /** By row: how many months are observed. */
  readonly observedMonths: Float64Array;
}

/** logit(hazard of a month) = intercept + slope × logit of the first month. */
export interface HazardLine {
  readonly intercept: number;
  readonly slope: number;
  /** Rows with the event in the month. */
  readonly events: number;
}

/** Fewer events leave the line to chance. */
export const EVENTS_MIN = 20;
/** Prior of the slope: a score is worth in a later month what it is worth in the first, give or take. */
const SLOPE_MEAN = 1;
const SLOPE_DEVIATION = 0.5;
const ITERATIONS_MAX = 50;
const STEP_MIN = 1e-10;

/**
 * Hazard of the event in one month given the score of the first: logistic regression on the rows at risk in that month,
 * the slope shrunk towards 1 by a normal prior, so that few events give a line near it. At risk is who had no event
 * before in a month that is observed. Rows are only unobserved because the data end, which does not depend on them, so
 * that they need no weights (Singer & Willett, 1993). A row that left by a competing event stays at risk without an
 * event: this is the subdistribution hazard (Fine & Gray, 1999), and 1 − Π(1 − hazard) is the probability of the event
 * itself. Newton's method; O(rows) per iteration.
 * @param month from 1 @returns undefined with fewer than EVENTS_MIN events
 */
export function fitHazardLine(
  { logits, eventAfter, observedMonths }: DatedRows,
  month: number,
): HazardLine | undefined {
  const isAtRisk = (row: number): boolean => observedMonths[row]! >= month && !(eventAfter[row]! < month);
  const rows = Uint32Array.from(logits.keys()).filter(isAtRisk);
  const events = rows.reduce((sum, row) => sum + (eventAfter[row] === month ? 1 : 0), 0);
  if (events < EVENTS_MIN || events === rows.length) return undefined;
  const centre = rows.reduce((sum, row) => sum + logits[row]!, 0) / rows.length;
  let level = logitOf(events / rows.length);
  let slope = SLOPE_MEAN;
  for (let iteration = 0; iteration < ITERATIONS_MAX; iteration += 1) {
    const precision = 1 / SLOPE_DEVIATION ** 2;
    let [gradient, gradientOfSlope] = [0, -precision * (slope - SLOPE_MEAN)];
    let [curve, cross, curveOfSlope] = [0, 0, precision];
    for (const row of rows) {
      const score = logits[row]! - centre;
      const hazard = probabilityOf(level + slope * score);
      const error = (eventAfter[row] === month ? 1 : 0) - hazard;
      const weight = hazard * (1 - hazard);
      gradient += error;
      gradientOfSlope += error * score;
      curve += weight;
      cross += weight * score;
      curveOfSlope += weight * score * score;
    }
    const determinant = curve * curveOfSlope - cross * cross;
    const step = (curveOfSlope * gradient - cross * gradientOfSlope) / determinant;
    const stepOfSlope = (curve * gradientOfSlope - cross * gradient) / determinant;
    level += step;
    slope += stepOfSlope;
    if (Math.abs(step) + Math.abs(stepOfSlope) < STEP_MIN) break;
  }
  return { intercept: level - slope * centre, slope, events };
}

/** The lines of the months 2, 3, … up to the last, or up to the first one with too few events. */
export function fitHazardLines(rows: DatedRows, lastMonth: number): HazardLine[] {
  const lines: HazardLine[] = [];
  for (let month = 2; month <= lastMonth; month += 1) {
    const line = fitHazardLine(rows, month);
    if (line === undefined) break;
    lines.push(line);
  }
  return lines;
}

/** Hazards of the months from the first on, as far as there are lines. @param probability of the first month, below 1 */
export function monthlyHazards(
  probability: number,
  lines: readonly Pick<HazardLine, 'intercept' | 'slope'>[],
): number[] {
  const logit = logitOf(probability);
  return [probability, ...lines.map(({ intercept, slope }) => probabilityOf(intercept + slope * logit))];
}

/**
 * Probability that the event comes within so many months: 1 − Π(1 − hazard), which never falls with the months.
 * @param probability of the first month @param lines of the months from the second on
 * @returns undefined where a line is missing
 */
export function probabilityWithin(
  months: number,
  probability: number,
  lines: readonly Pick<HazardLine, 'intercept' | 'slope'>[],
): number | undefined {
  if (lines.length < months - 1) return undefined;
  const hazards = monthlyHazards(probability, lines.slice(0, months - 1));
  return 1 - hazards.reduce((without, hazard) => without * (1 - hazard), 1);
}
