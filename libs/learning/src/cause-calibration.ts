import { minimise } from './quasi-newton.js';

// taken once: inside a test runner's sandbox every look-up of the global Math costs more than the call
const { exp, log, max } = Math;

/** p' ∝ share × (p / share)^temperature × exp(bias of the class). JSON. */
export interface CauseCalibrationJson {
  /** Below 1 where probabilities of held-out rows are too far from the shares; 0 gives the shares. */
  readonly temperature: number;
  /** By class, log-odds. */
  readonly biases: readonly number[];
}

/** Pull of the temperature towards 1 and of the biases towards 0, in rows. */
const TEMPERATURE_PENALTY = 2;
const BIAS_PENALTY = 200;
const P_MIN = 1e-9;

/**
 * Calibrates probabilities of held-out rows: one temperature and one bias for each class (Guo et al. 2017, On calibration
 * of modern neural networks; towards the shares instead of equal probabilities, and with biases). L2 penalties keep few rows
 * from moving it. Deterministic.
 * O(iterations × rows × classes).
 * @param probabilities by row and class
 * @param shares by row and class: what is known without evidence
 * @param candidates by row, bits of the classes that it may be; 0: the row is ignored
 */
export function fitCauseCalibration(
  probabilities: Float64Array,
  shares: Float64Array,
  candidates: Uint32Array,
  classes: number,
): CauseCalibrationJson {
  const p = new Float64Array(classes);
  const start = new Float64Array(1 + classes);
  start[0] = 1;
  const [temperature, ...biases] = minimise((weights, gradient) => {
    gradient[0] = TEMPERATURE_PENALTY * (weights[0]! - 1);
    let loss = 0.5 * gradient[0] * (weights[0]! - 1);
    for (let each = 0; each < classes; each += 1) {
      gradient[1 + each] = BIAS_PENALTY * weights[1 + each]!;
      loss += 0.5 * gradient[1 + each]! * weights[1 + each]!;
    }
    for (let row = 0; row < candidates.length; row += 1) {
      const bits = candidates[row]!;
      if (bits === 0) continue;
      const raw = probabilities.subarray(row * classes, (row + 1) * classes);
      const usual = shares.subarray(row * classes, (row + 1) * classes);
      fillCalibrated({ temperature: weights[0]!, biases: weights.subarray(1) }, usual, raw, p);
      let known = 0;
      for (let each = 0; each < classes; each += 1) if ((bits >>> each) & 1) known += p[each]!;
      loss -= log(max(P_MIN, known));
      for (let each = 0; each < classes; each += 1) {
        const share = (bits >>> each) & 1 ? p[each]! / max(P_MIN, known) : 0;
        const residual = p[each]! - share;
        gradient[0] = gradient[0]! + residual * log(max(P_MIN, raw[each]!) / usual[each]!);
        gradient[1 + each] = gradient[1 + each]! + residual;
      }
    }
    return loss;
  }, start);
  return { temperature: temperature!, biases };
}

/** Calibrated probabilities of one row, written to `into`, which may be `raw`. */
export function fillCalibrated(
  { temperature, biases }: { readonly temperature: number; readonly biases: ArrayLike<number> },
  shares: ArrayLike<number>,
  raw: Float64Array,
  into: Float64Array,
): void {
  let sum = 0;
  for (let each = 0; each < raw.length; each += 1) {
    const share = shares[each]!;
    into[each] = share * exp(temperature * log(max(P_MIN, raw[each]!) / share) + biases[each]!);
    sum += into[each]!;
  }
  for (let each = 0; each < raw.length; each += 1) into[each] = into[each]! / sum;
}
