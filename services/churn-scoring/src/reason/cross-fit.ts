import { fillCalibrated, fitCauseCalibration, type CauseCalibrationJson } from '@holdfast/learning/cause-calibration';
import type { Explanation } from '@holdfast/learning/margin-model';
import { RandomStream } from '@holdfast/learning/random';
import type { Table } from '@holdfast/learning/table';
import { CAUSES } from '@holdfast/platform/terms';
import type { TypedColumn } from '../table/typed-column.js';
import { CauseModel, STRENGTH_MIN, type CauseModelJson } from './cause-model.js';
import { CAUSE_CLASSES, namesCause } from './taxonomy.js';

const FOLDS = 4;
/** Penalties of the regression, the weakest first. */
const LAMBDAS = [32, 128];
const BLENDS = [0, 0.1, 0.25, 0.5, 0.75, 0.9, 1];
const THRESHOLDS = [0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8];
const P_MIN = 1e-9;

/** Churners with a code, which the causes are learned from. */
export interface CodedLeavers {
  readonly columns: readonly TypedColumn[];
  readonly table: Table;
  /** Numbers of rows of the table. */
  readonly rows: Uint32Array;
  /** Bits of the causes that the code of each stands for. */
  readonly candidates: Uint32Array;
  /** By row and class, `hazards` of AssessedCauses. */
  readonly own: Float64Array;
  /** Of the rows. */
  readonly explanation: Explanation;
  /** What is known without codes. */
  readonly start: CauseModelJson;
  /** Rows of all subscriptions. */
  readonly usual: Uint32Array;
}

/** Result of one regression. */
export type FittedCauses = Pick<CauseModelJson, 'shares' | 'terms' | 'weights' | 'usualTerms'>;

/** The regression of some of the churners, for any penalty. */
type Fit = (of: CodedLeavers, places: readonly number[]) => (lambda: number) => FittedCauses;

/** What churners held out require. */
interface Choices {
  readonly lambda: number;
  readonly calibration: CauseCalibrationJson;
  readonly blend: number;
  readonly threshold: number;
}

/** Predictions of held-out churners by the causes learned from all others. */
interface HeldOut {
  /** By row and class. */
  readonly probabilities: Float64Array;
  /** By row and class, see CauseModel.strengthsOf. */
  readonly strengths: Float64Array;
  /** By row and class: shares that were learned. */
  readonly shares: Float64Array;
}

/**
 * Chooses by churners that were held out: the penalty with the least log loss; a calibration (of each fold from the other
 * folds); the weight against the shares with the least log loss, which is 0 where nothing is learned; the threshold of
 * naming (see `chooseThreshold`).
 */
export function crossFit(of: CodedLeavers, seed: number, fit: Fit): Choices {
  const random = new RandomStream(seed, 0xca05e);
  const foldOf = Uint32Array.from(of.rows, () => random.below(FOLDS));
  const known = of.candidates.map((bits) => (namesCause(bits) ? bits : 0));
  const places = [...of.rows.keys()];
  const fits = Array.from({ length: FOLDS }, (_, fold) =>
    fit(
      of,
      places.filter((at) => foldOf[at] !== fold),
    ),
  );
  let best: { lambda: number; heldOut: HeldOut; loss: number } | undefined;
  for (const lambda of LAMBDAS) {
    const heldOut = predictHeldOut(
      of,
      foldOf,
      fits.map((ofFold) => ofFold(lambda)),
    );
    const loss = lossOf(heldOut.probabilities, known);
    if (best === undefined || loss < best.loss) best = { lambda, heldOut, loss };
  }
  const { lambda, heldOut } = best!;
  const calibrated = calibrateByFold(heldOut, known, foldOf);
  const blended = BLENDS.map((blend) =>
    calibrated.map((each, cell) => blend * each + (1 - blend) * heldOut.shares[cell]!),
  );
  const losses = blended.map((probabilities) => lossOf(probabilities, known));
  const at = losses.indexOf(Math.min(...losses));
  const threshold = chooseThreshold(blended[at]!, heldOut.strengths, known);
  return {
    lambda,
    calibration: fitCauseCalibration(heldOut.probabilities, heldOut.shares, known, CAUSE_CLASSES.length),
    blend: BLENDS[at]!,
    threshold,
  };
}

/** @param fits by fold, each on the rows of all others */
function predictHeldOut(of: CodedLeavers, foldOf: Uint32Array, fits: readonly FittedCauses[]): HeldOut {
  const { columns, table, rows, start, explanation } = of;
  const classes = CAUSE_CLASSES.length;
  const cells = rows.length * classes;
  const found = {
    probabilities: new Float64Array(cells),
    strengths: new Float64Array(cells),
    shares: new Float64Array(cells),
  };
  const all = [...rows.keys()];
  for (let fold = 0; fold < FOLDS; fold += 1) {
    const places = all.filter((at) => foldOf[at] === fold);
    const model = new CauseModel({ ...start, ...fits[fold]! }, columns);
    const heldOut = Uint32Array.from(places, (at) => rows[at]!);
    const assessed = model.assess(explanationOf(explanation, places), table, heldOut);
    places.forEach((at, from) => {
      found.probabilities.set(model.row(assessed, from), at * classes);
      found.strengths.set(model.strengthsOf(assessed, from), at * classes);
      found.shares.set(model.json.shares, at * classes);
    });
  }
  return found;
}

function explanationOf(explanation: Explanation, places: readonly number[]): Explanation {
  const count = explanation.columns.length;
  const contributions = new Float64Array(places.length * count);
  places.forEach((at, to) =>
    contributions.set(explanation.contributions.subarray(at * count, (at + 1) * count), to * count),
  );
  return { ...explanation, contributions, logits: Float64Array.from(places, (at) => explanation.logits[at]!) };
}

/** The held-out rows of each fold, calibrated by those of all others. */
function calibrateByFold({ probabilities, shares }: HeldOut, known: Uint32Array, foldOf: Uint32Array): Float64Array {
  const classes = CAUSE_CLASSES.length;
  const calibrated = new Float64Array(probabilities.length);
  for (let fold = 0; fold < FOLDS; fold += 1) {
    const others = known.map((bits, at) => (foldOf[at] === fold ? 0 : bits));
    const calibration = fitCauseCalibration(probabilities, shares, others, classes);
    for (const [at, each] of foldOf.entries()) {
      const [from, to] = [at * classes, (at + 1) * classes];
      if (each !== fold) continue;
      const raw = probabilities.subarray(from, to);
      fillCalibrated(calibration, shares.subarray(from, to), raw, calibrated.subarray(from, to));
    }
  }
  return calibrated;
}

/** Sum of log losses of the rows whose cause is known. */
function lossOf(probabilities: Float64Array, known: Uint32Array): number {
  const classes = CAUSE_CLASSES.length;
  let loss = 0;
  for (const [at, bits] of known.entries()) {
    if (bits === 0) continue;
    let sum = 0;
    for (let each = 0; each < classes; each += 1) if ((bits >>> each) & 1) sum += probabilities[at * classes + each]!;
    loss -= Math.log(Math.max(P_MIN, sum));
  }
  return loss;
}

/**
 * The least probability of a named reason: of held-out churners named with it or more, those named right, less those that
 * naming the commonest cause for all of them would name right, are most. So a reason is named as long as that is better
 * than the same reason for all, however well an operator's codes can be predicted.
 */
function chooseThreshold(probabilities: Float64Array, strengths: Float64Array, known: Uint32Array): number {
  const classes = CAUSE_CLASSES.length;
  const rows = [...known.keys()].filter((at) => known[at] !== 0);
  const first = rows.flatMap((at) => {
    const place = firstWithEvidence(probabilities, strengths, at * classes);
    return place === undefined
      ? []
      : [{ probability: probabilities[at * classes + place]!, isRight: (known[at]! >>> place) & 1 }];
  });
  const constant =
    Math.max(...CAUSES.map((_, place) => rows.filter((at) => (known[at]! >>> place) & 1).length)) / rows.length;
  const gains = THRESHOLDS.map((threshold) =>
    first.reduce((sum, { probability, isRight }) => sum + (probability >= threshold ? isRight - constant : 0), 0),
  );
  return THRESHOLDS[gains.indexOf(Math.max(...gains))]!;
}

function firstWithEvidence(probabilities: Float64Array, strengths: Float64Array, from: number): number | undefined {
  let first: number | undefined;
  for (let place = 0; place < CAUSES.length; place += 1) {
    if (strengths[from + place]! < STRENGTH_MIN) continue;
    if (first === undefined || probabilities[from + place]! > probabilities[from + first]!) first = place;
  }
  return first;
}
