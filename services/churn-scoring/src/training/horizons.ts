import type { HorizonFigures } from '@holdfast/contracts/churn_scoring/v1/model';
import type { ForwardFold } from '@holdfast/learning/forward-in-time';
import { EVENTS_MIN, fitHazardLines, probabilityWithin, type HazardLine } from '@holdfast/learning/horizon-hazards';
import {
  areaUnderCurve,
  calibrationError,
  calibrationLine,
  meanProbability,
  observedRate,
  precisionAtShare,
  rankOutcomes,
} from '@holdfast/learning/metrics';
import { defaultCapacityShare } from '@holdfast/learning/measured';
import type { ServedModel } from '@holdfast/learning/served-model';
import type { Table } from '@holdfast/learning/table';
import type { ValidationPlan } from '@holdfast/learning/validation';
import { monthText } from '@holdfast/platform/calendar';
import type { ContactCapacity } from './capacity.js';
import { known } from './figures.js';
import { HORIZONS, HORIZON_MAX, horizonReason, type HorizonReason, type StoredHorizons } from '../model/horizon.js';

export type { StoredHorizons } from '../model/horizon.js';

/** When rows left; crosses into the training threads. */
export interface Departures {
  /** By row: months after its month in which it left by the kind, NaN where it did not. */
  readonly leftAfter: Float64Array;
  /** Last month whose churn is known, see `monthNumber`. */
  readonly lastMonth: number;
}

/** Training rows of a fit, with log-odds of models that had not seen them. */
export interface OutOfFold {
  readonly rows: Uint32Array;
  readonly logits: Float64Array;
}

/** A model of some rows, with what it was made of. */
export interface Fitted {
  readonly model: ServedModel;
  /** Undefined for a model that was not fitted here. */
  readonly outOfFold: OutOfFold | undefined;
}

/** Fits by the rows that they learned from. */
interface Fits {
  of(rows: Uint32Array): Fitted;
}

interface HorizonInput {
  readonly labels: Uint8Array;
  readonly departures?: Departures | undefined;
  readonly forward?: { readonly months: Uint32Array; readonly leadMonths: number } | undefined;
  readonly isRetention?: boolean;
  readonly capacity?: ContactCapacity;
}

/** A judged month with the lines that were known at its end. */
interface JudgedMonth {
  readonly month: number;
  readonly rows: Uint32Array;
  readonly probabilities: Float64Array;
  readonly lines: readonly HazardLine[];
}

/**
 * Hazard lines of the fit that is kept, and what each horizon is worth: judged on months whose churn is
 * known for the whole horizon, each with the lines that were known at its end. The longest horizon needs a month before
 * the judged ones, which has a separate fit; the kinds other than retention go without.
 * @param rows of the fit that is kept
 */
export async function horizonsOf(
  input: HorizonInput,
  plan: ValidationPlan,
  fits: Fits,
  table: Table,
  rows: Uint32Array,
  fit: (rows: Uint32Array) => Promise<ServedModel>,
): Promise<{ stored: StoredHorizons; figures: HorizonFigures[] }> {
  const { departures, forward } = input;
  if (departures === undefined || forward === undefined) {
    const reason: HorizonReason = 'horizon.noDates';
    return { stored: { lines: [], reason }, figures: HORIZONS.map((months) => unknownFigures(months, reason)) };
  }
  const { leadMonths, months } = forward;
  const { share: capacityShare } = input.capacity ?? { share: defaultCapacityShare };
  const linesAt = (of: OutOfFold, month: number): HazardLine[] => linesOf(of, months, departures, leadMonths, month);
  const lines = linesAt(fits.of(rows).outOfFold!, departures.lastMonth);
  const folds = plan.kind === 'forward' ? plan.folds : [];
  const judged = folds.map((fold) => judgedMonth(fold, table, fits, linesAt));
  const early = input.isRetention === false ? undefined : earlyFold(input, folds, lines, rows);
  if (early !== undefined) {
    await fit(early.training);
    judged.push(judgedMonth(early, table, fits, linesAt));
  }
  const stored = lines.map(({ intercept, slope }) => ({ intercept, slope }));
  const reason = lines.length < HORIZON_MAX - 1 ? 'horizon.fewMonths' : null;
  const figures = HORIZONS.map((horizon) => {
    if (horizon - 1 > lines.length) return unknownFigures(horizon, 'horizon.fewMonths');
    return figuresOf(horizon, judged, departures, { leadMonths, capacityShare });
  });
  return { stored: { lines: stored, reason }, figures };
}

/** The lines that can be fitted at the end of a month. */
function linesOf(
  { rows, logits }: OutOfFold,
  months: Uint32Array,
  { leftAfter }: Departures,
  leadMonths: number,
  known: number,
): HazardLine[] {
  // Months of a horizon begin after the gap.
  const gap = leadMonths - 1;
  const observedMonths = Float64Array.from(rows, (row) => known - months[row]! - gap);
  const eventAfter = Float64Array.from(rows, (row, at) => {
    const month = leftAfter[row]! - gap;
    return month >= 1 && month <= observedMonths[at]! ? month : NaN;
  });
  return fitHazardLines({ logits, eventAfter, observedMonths }, HORIZON_MAX);
}

function judgedMonth(
  { month, training, judged }: ForwardFold,
  table: Table,
  fits: Fits,
  linesAt: (of: OutOfFold, month: number) => HazardLine[],
): JudgedMonth {
  const { model, outOfFold } = fits.of(training);
  return { month, rows: judged, probabilities: model.predict(table, judged), lines: linesAt(outOfFold!, month) };
}

/** The last month whose churn is known for the longest horizon; undefined where it is judged already, or has too few rows. */
function earlyFold(
  { labels, departures, forward }: HorizonInput,
  folds: readonly ForwardFold[],
  lines: readonly HazardLine[],
  labelled: Uint32Array,
): ForwardFold | undefined {
  const { months, leadMonths } = forward!;
  const month = departures!.lastMonth - (leadMonths - 1) - HORIZON_MAX;
  if (folds.length === 0 || lines.length < HORIZON_MAX - 1 || folds.some((fold) => fold.month <= month))
    return undefined;
  const rowsWhere = (is: (row: number) => boolean): Uint32Array => labelled.filter(is);
  const training = rowsWhere((row) => months[row]! <= month - leadMonths);
  const judged = rowsWhere((row) => months[row] === month);
  const positives = training.reduce((sum, row) => sum + labels[row]!, 0);
  const { leftAfter } = departures!;
  const longest = leadMonths - 1 + HORIZON_MAX;
  const events = training.filter((row) => leftAfter[row] === longest && months[row]! + longest <= month).length;
  if (positives < CHURNED_MIN || events < EVENTS_MIN || judged.length === 0) return undefined;
  return { month, training, judged, lostInGap: 0 };
}

/** As for judged months of the first horizon. */
const CHURNED_MIN = 20;

function figuresOf(
  horizon: number,
  judged: readonly JudgedMonth[],
  { leftAfter, lastMonth }: Departures,
  { leadMonths, capacityShare }: { leadMonths: number; capacityShare: number },
): HorizonFigures {
  const gap = leadMonths - 1;
  const used = judged.filter(({ month, lines }) => month + gap + horizon <= lastMonth && lines.length >= horizon - 1);
  if (used.length === 0) return unknownFigures(horizon, 'horizon.notJudged');
  const predictions = used.flatMap(({ probabilities, lines }) =>
    Array.from(probabilities, (probability) => probabilityWithin(horizon, probability, lines)!),
  );
  const rows = used.flatMap(({ rows: ofMonth }) => [...ofMonth]);
  const outcomes = Uint8Array.from(rows, (row) => (leftAfter[row]! - gap <= horizon ? 1 : 0));
  const lists = Uint32Array.from(used.flatMap(({ rows: ofMonth }, at) => Array<number>(ofMonth.length).fill(at)));
  const ranked = rankOutcomes(Float64Array.from(predictions), outcomes, lists);
  return {
    months: horizon,
    judgedMonths: used
      .map(({ month }) => month)
      .sort((left, right) => left - right)
      .map(monthText),
    rows: rows.length,
    positives: ranked.positives,
    auc: known(areaUnderCurve(ranked)),
    precisionAtCapacity: known(precisionAtShare(ranked, capacityShare)),
    calibrationError: known(calibrationError(ranked)),
    calibrationSlope: known(calibrationLine(ranked).slope),
    meanPrediction: known(meanProbability(ranked)),
    rate: known(observedRate(ranked)),
    ...{ reason: '', reasonEn: '', reasonZhCn: '' },
  };
}

function unknownFigures(months: number, reason: HorizonReason): HorizonFigures {
  const none = {
    auc: undefined,
    precisionAtCapacity: undefined,
    calibrationError: undefined,
    calibrationSlope: undefined,
  };
  const counts = { judgedMonths: [], rows: 0, positives: 0, meanPrediction: undefined, rate: undefined };
  return { months, ...counts, ...none, ...horizonReason(reason, months) };
}
