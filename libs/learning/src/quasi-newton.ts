// taken once: inside a test runner's sandbox every look-up of the global Math costs more than the call
const { abs, max, sqrt } = Math;

/** A smooth function of weights: returns its value and writes its gradient. */
export type Objective = (weights: Float64Array, gradient: Float64Array) => number;

/** Steps that the curvature is estimated from. */
const MEMORY = 8;
const ITERATIONS_MAX = 60;
const HALVINGS_MAX = 30;
const GRADIENT_MIN = 1e-3;
/** Relative to the value: a smaller decrease ends the search. */
const GAIN_MIN = 1e-5;
/** Share of the predicted decrease that a step must bring (Armijo). */
const DECREASE_SHARE = 1e-4;

interface Step {
  readonly moved: Float64Array;
  readonly turned: Float64Array;
  readonly rho: number;
}

/**
 * A minimum near the start by L-BFGS with step halving (Nocedal and Wright, Numerical Optimization, algorithm 7.5).
 * Deterministic. O(iterations × (one evaluation + memory × weights)).
 */
export function minimise(objective: Objective, start: Float64Array, iterationsMax = ITERATIONS_MAX): Float64Array {
  let weights = start.slice();
  let gradient = new Float64Array(start.length);
  let loss = objective(weights, gradient);
  const steps: Step[] = [];
  for (let iteration = 0; iteration < iterationsMax; iteration += 1) {
    const norm = sqrt(dot(gradient, gradient));
    if (norm < GRADIENT_MIN) break;
    const direction = descent(gradient, steps);
    const slope = dot(direction, gradient);
    // The first step is short: without curvature the gradient's length means nothing.
    let length = steps.length === 0 ? 1 / max(1, norm) : 1;
    const next = { weights, gradient: new Float64Array(start.length), loss: Infinity };
    for (let halving = 0; halving < HALVINGS_MAX; halving += 1, length /= 2) {
      next.weights = weights.map((weight, at) => weight + length * direction[at]!);
      next.loss = objective(next.weights, next.gradient);
      if (next.loss <= loss + DECREASE_SHARE * length * slope) break;
    }
    if (!(next.loss < loss)) break;
    remember(steps, difference(next.weights, weights), difference(next.gradient, gradient));
    const gain = loss - next.loss;
    ({ weights, gradient, loss } = next);
    if (gain < GAIN_MIN * abs(loss)) break;
  }
  return weights;
}

function remember(steps: Step[], moved: Float64Array, turned: Float64Array): void {
  const curvature = dot(moved, turned);
  if (curvature <= 0) return;
  steps.push({ moved, turned, rho: 1 / curvature });
  if (steps.length > MEMORY) steps.shift();
}

/** The two-loop recursion: the gradient times an estimate of the inverse Hessian, downwards. */
function descent(gradient: Float64Array, steps: readonly Step[]): Float64Array {
  const direction = gradient.map((value) => -value);
  const factors = new Float64Array(steps.length);
  for (let at = steps.length - 1; at >= 0; at -= 1) {
    const { moved, turned, rho } = steps[at]!;
    factors[at] = rho * dot(moved, direction);
    addTimes(direction, turned, -factors[at]!);
  }
  const last = steps.at(-1);
  if (last !== undefined) {
    const scale = 1 / (last.rho * dot(last.turned, last.turned));
    for (let at = 0; at < direction.length; at += 1) direction[at] = direction[at]! * scale;
  }
  for (const [at, { moved, turned, rho }] of steps.entries()) {
    addTimes(direction, moved, factors[at]! - rho * dot(turned, direction));
  }
  return direction;
}

function difference(left: Float64Array, right: Float64Array): Float64Array {
  return left.map((value, at) => value - right[at]!);
}

function addTimes(into: Float64Array, values: Float64Array, factor: number): void {
  for (let at = 0; at < into.length; at += 1) into[at] = into[at]! + factor * values[at]!;
}

function dot(left: Float64Array, right: Float64Array): number {
  let sum = 0;
  for (let at = 0; at < left.length; at += 1) sum += left[at]! * right[at]!;
  return sum;
}
