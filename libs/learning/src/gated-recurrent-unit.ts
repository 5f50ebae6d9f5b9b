// taken once: inside a test runner's sandbox every look-up of the global Math costs more than the call
const { exp, tanh } = Math;

/**
 * A layer of gated recurrent units (Cho et al., EMNLP 2014) with one linear output. Matrices are row by row; of each row
 * of 3 × units, the first third is the update gate z, the second the reset gate r, the last the candidate.
 */
export interface GruWeights {
  readonly units: number;
  /** Inputs × 3 units. */
  readonly kernel: ArrayLike<number>;
  /** Units × 3 units. */
  readonly recurrent: ArrayLike<number>;
  /** 3 units. */
  readonly bias: ArrayLike<number>;
  /** Units. */
  readonly output: ArrayLike<number>;
  readonly intercept: number;
}

/** The inner values of one sequence, which its gradient needs. */
interface Trace {
  /** By step: state before it, z, r and candidate, each of `units`. */
  readonly states: Float64Array;
  readonly updates: Float64Array;
  readonly resets: Float64Array;
  readonly candidates: Float64Array;
}

/** Computes the output of sequences and its gradient with plain numbers: scoring needs no other program. */
export class GatedRecurrentUnit {
  private readonly trace: Trace;
  private readonly sums: Float64Array;

  constructor(
    private readonly weights: GruWeights,
    private readonly steps: number,
    private readonly width: number,
  ) {
    const { units } = weights;
    const zeros = (): Float64Array => new Float64Array(steps * units);
    this.trace = {
      states: new Float64Array((steps + 1) * units),
      updates: zeros(),
      resets: zeros(),
      candidates: zeros(),
    };
    this.sums = new Float64Array(3 * units);
  }

  /**
   * z = σ(W x + U h + b), r alike, c = tanh(W x + U (r ∘ h) + b), h ← z ∘ h + (1 − z) ∘ c from step to step, then
   * output · h + intercept. O(steps × units × (width + units)).
   * @param inputs steps × width numbers from `from` on
   */
  output(inputs: ArrayLike<number>, from: number): number {
    const { units, kernel, recurrent, bias, output, intercept } = this.weights;
    const { states, updates, resets, candidates } = this.trace;
    const { sums, width } = this;
    const gates = 3 * units;
    states.fill(0, 0, units);
    for (let step = 0; step < this.steps; step += 1) {
      const [first, next] = [step * units, (step + 1) * units];
      for (let gate = 0; gate < gates; gate += 1) sums[gate] = bias[gate]!;
      for (let at = 0; at < width; at += 1) {
        const value = inputs[from + step * width + at]!;
        if (value !== 0) addRow(sums, kernel, at * gates, value, 0, gates);
      }
      for (let unit = 0; unit < units; unit += 1)
        addRow(sums, recurrent, unit * gates, states[first + unit]!, 0, 2 * units);
      for (let unit = 0; unit < units; unit += 1) {
        updates[first + unit] = sigmoid(sums[unit]!);
        resets[first + unit] = sigmoid(sums[units + unit]!);
      }
      for (let unit = 0; unit < units; unit += 1) {
        const kept = resets[first + unit]! * states[first + unit]!;
        addRow(sums, recurrent, unit * gates, kept, 2 * units, gates);
      }
      for (let unit = 0; unit < units; unit += 1) {
        const [update, candidate] = [updates[first + unit]!, tanh(sums[2 * units + unit]!)];
        candidates[first + unit] = candidate;
        states[next + unit] = update * states[first + unit]! + (1 - update) * candidate;
      }
    }
    let sum = intercept;
    for (let unit = 0; unit < units; unit += 1) sum += output[unit]! * states[this.steps * units + unit]!;
    return sum;
  }

  /** The derivative of `output` by each input, by back-propagation through time. As `output`. */
  gradient(inputs: ArrayLike<number>, from: number): Float64Array {
    this.output(inputs, from);
    const { units, kernel, recurrent, output } = this.weights;
    const { states, updates, resets, candidates } = this.trace;
    const { steps, width } = this;
    const gates = 3 * units;
    const gradient = new Float64Array(steps * width);
    let byState = Float64Array.from({ length: units }, (_, unit) => output[unit]!);
    const byGate = new Float64Array(gates);
    for (let step = steps - 1; step >= 0; step -= 1) {
      const first = step * units;
      const before = new Float64Array(units);
      for (let unit = 0; unit < units; unit += 1) {
        const [update, candidate, state] = [updates[first + unit]!, candidates[first + unit]!, states[first + unit]!];
        before[unit] = byState[unit]! * update;
        byGate[unit] = byState[unit]! * (state - candidate) * update * (1 - update);
        byGate[2 * units + unit] = byState[unit]! * (1 - update) * (1 - candidate * candidate);
      }
      for (let unit = 0; unit < units; unit += 1) {
        const [reset, state] = [resets[first + unit]!, states[first + unit]!];
        const byKept = dot(recurrent, unit * gates, byGate, 2 * units, gates);
        byGate[units + unit] = byKept * state * reset * (1 - reset);
        before[unit] = before[unit]! + byKept * reset;
      }
      for (let unit = 0; unit < units; unit += 1) {
        before[unit] = before[unit]! + dot(recurrent, unit * gates, byGate, 0, 2 * units);
      }
      for (let at = 0; at < width; at += 1) gradient[step * width + at] = dot(kernel, at * gates, byGate, 0, gates);
      byState = before;
    }
    return gradient;
  }
}

function sigmoid(value: number): number {
  return 1 / (1 + exp(-value));
}

/** sums[k] += factor × matrix[start + k] for k from `from` to before `to`. */
function addRow(
  sums: Float64Array,
  matrix: ArrayLike<number>,
  start: number,
  factor: number,
  from: number,
  to: number,
): void {
  for (let at = from; at < to; at += 1) sums[at] = sums[at]! + factor * matrix[start + at]!;
}

function dot(matrix: ArrayLike<number>, start: number, vector: Float64Array, from: number, to: number): number {
  let sum = 0;
  for (let at = from; at < to; at += 1) sum += matrix[start + at]! * vector[at]!;
  return sum;
}
