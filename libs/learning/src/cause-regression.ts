import { minimise, type Objective } from './quasi-newton.js';

// taken once: inside a test runner's sandbox every look-up of the global Math costs more than the call
const { exp, log, max } = Math;

/** Rows of the regression; row r has `values[r × columns … (r + 1) × columns]` and `own[r × classes …]`. */
export interface EvidenceRows {
  readonly rowCount: number;
  /** Columns that raise or lower any class. */
  readonly columns: number;
  readonly values: Float64Array;
  /** Separate evidence of each class, 0 where it has none. */
  readonly own: Float64Array;
}

/** What is known of the class of each row. */
export interface KnownClasses {
  /** Bits of the classes that it may be: several where one code stands for several. None: the row is ignored. */
  readonly candidates: Uint32Array;
  /** Probability of the row's code if it was chosen without regard to the truth. */
  readonly byChance: Float64Array;
}

export interface CauseRegressionOptions {
  /** By class, the first class that codes do not distinguish from it: they share the weights of `values`. */
  readonly sameCodeAs: Uint32Array;
  /** By column, the only one of the classes of one code that it raises or lowers; -1 where it is for all of them. */
  readonly onlyOf: Int32Array;
  /** Log-odds of the classes at the start. */
  readonly intercepts: Float64Array;
  /** The weight of own evidence that the fit is shrunk to: 1 uses it as log-hazard unchanged. */
  readonly ownWeight: number;
  /** L2 penalty of the weights of `values`: ½ lambda Σ weight² is added to the summed log loss. */
  readonly lambda: number;
  /** Share of rows whose code is chosen without regard to the truth. */
  readonly wrongShare: number;
}

/** P(class) ∝ exp(intercept + ownWeight × own + Σ weight × value). */
export interface CauseWeights {
  readonly classes: number;
  readonly columns: number;
  /** By class: intercept, weight of own evidence, weights of the columns. */
  readonly weights: Float64Array;
}

/** Pull of own weights towards their start: some ten rows outweigh it. */
const OWN_PENALTY = 2;
/** Intercepts move freely, but not to infinity where a class has no row. */
const INTERCEPT_PENALTY = 0.1;

/**
 * Regression of competing causes: the hazard of each is exp(intercept + weights × evidence), so that the probability of a
 * cause, given that one of them came true, is a softmax. Rows are those whose cause is known by a code, which may stand
 * for several causes (then the sum of their probabilities counts) and may be wrong (then it is not used). Causes of
 * one code are distinguished by their own evidence and their own columns only. L-BFGS; deterministic.
 * O(iterations × rows × classes × columns).
 */
export function fitCauses(rows: EvidenceRows, known: KnownClasses, options: CauseRegressionOptions): CauseWeights {
  const { intercepts, ownWeight } = options;
  const classes = intercepts.length;
  const stride = rows.columns + 2;
  const centre = new Float64Array(classes * stride);
  for (let each = 0; each < classes; each += 1) {
    centre[each * stride] = intercepts[each]!;
    centre[each * stride + 1] = ownWeight;
  }
  const weights = minimise(objectiveOf(rows, known, options, centre), centre);
  return { classes, columns: rows.columns, weights: shareWeights(weights, options, rows.columns) };
}

/** The classes' probabilities of one row, written to `into`. O(classes × columns). */
export function fillCauseProbabilities(
  { classes, columns, weights }: CauseWeights,
  { values, own }: Pick<EvidenceRows, 'values' | 'own'>,
  row: number,
  into: Float64Array,
): void {
  const stride = columns + 2;
  const from = row * columns;
  let largest = -Infinity;
  for (let each = 0; each < classes; each += 1) {
    const first = each * stride;
    let score = weights[first]! + weights[first + 1]! * own[row * classes + each]!;
    for (let column = 0; column < columns; column += 1) {
      score += weights[first + 2 + column]! * values[from + column]!;
    }
    into[each] = score;
    largest = max(largest, score);
  }
  let sum = 0;
  for (let each = 0; each < classes; each += 1) {
    into[each] = exp(into[each]! - largest);
    sum += into[each]!;
  }
  for (let each = 0; each < classes; each += 1) into[each] = into[each]! / sum;
}

type Sharing = Pick<CauseRegressionOptions, 'sameCodeAs' | 'onlyOf'>;

/** Whether a class takes no notice of a column, which is for another class of its code. */
function isForAnother({ sameCodeAs, onlyOf }: Sharing, each: number, column: number): boolean {
  const only = onlyOf[column]!;
  return only !== -1 && only !== each && sameCodeAs[only] === sameCodeAs[each];
}

/** Weights of all classes from those of the first class of each code. */
function shareWeights(weights: Float64Array, sharing: Sharing, columns: number): Float64Array {
  const stride = columns + 2;
  const all = weights.slice();
  sharing.sameCodeAs.forEach((first, each) => {
    for (let column = 0; column < columns; column += 1) {
      const weight = isForAnother(sharing, each, column) ? 0 : weights[first * stride + 2 + column]!;
      all[each * stride + 2 + column] = weight;
    }
  });
  return all;
}

/** The gradient by the shared weights from that by the weights of all classes; in place. */
function shareGradient(gradient: Float64Array, sharing: Sharing, columns: number): void {
  const stride = columns + 2;
  sharing.sameCodeAs.forEach((first, each) => {
    for (let column = 0; column < columns; column += 1) {
      const from = each * stride + 2 + column;
      const part = isForAnother(sharing, each, column) ? 0 : gradient[from]!;
      const into = first * stride + 2 + column;
      if (first === each) gradient[from] = part;
      else {
        gradient[into] = gradient[into]! + part;
        gradient[from] = 0;
      }
    }
  });
}

/** The penalised log loss with its gradient. */
function objectiveOf(
  rows: EvidenceRows,
  { candidates, byChance }: KnownClasses,
  options: CauseRegressionOptions,
  centre: Float64Array,
): Objective {
  const { lambda, wrongShare } = options;
  const { columns, values, own, rowCount } = rows;
  const stride = columns + 2;
  const classes = centre.length / stride;
  const p = new Float64Array(classes);
  const penalty = (place: number): number => (place === 0 ? INTERCEPT_PENALTY : place === 1 ? OWN_PENALTY : lambda);
  return (weights, gradient) => {
    gradient.fill(0);
    const all = { classes, columns, weights: shareWeights(weights, options, columns) };
    let loss = 0;
    for (let row = 0; row < rowCount; row += 1) {
      const bits = candidates[row]!;
      if (bits === 0) continue;
      fillCauseProbabilities(all, rows, row, p);
      let known = 0;
      for (let each = 0; each < classes; each += 1) if ((bits >>> each) & 1) known += p[each]!;
      const isRight = (1 - wrongShare) * known;
      const likelihood = max(1e-300, isRight + wrongShare * byChance[row]!);
      loss -= log(likelihood);
      // A code that the causes hardly explain is probably wrong, and moves no weight.
      const trust = isRight / likelihood;
      for (let each = 0; each < classes; each += 1) {
        const share = (bits >>> each) & 1 ? p[each]! / known : 0;
        const residual = trust * (p[each]! - share);
        if (residual === 0) continue;
        const at = each * stride;
        gradient[at] = gradient[at]! + residual;
        gradient[at + 1] = gradient[at + 1]! + residual * own[row * classes + each]!;
        for (let column = 0; column < columns; column += 1) {
          gradient[at + 2 + column] = gradient[at + 2 + column]! + residual * values[row * columns + column]!;
        }
      }
    }
    shareGradient(gradient, options, columns);
    for (let at = 0; at < weights.length; at += 1) {
      const away = weights[at]! - centre[at]!;
      const pull = penalty(at % stride) * away;
      gradient[at] = gradient[at]! + pull;
      loss += 0.5 * pull * away;
    }
    return loss;
  };
}
