import { logGamma } from './incomplete-gamma.js';

/** Counts of months with what is known of their means. */
export interface ObservedCounts {
  /** Indices of the observed months, ascending, within the months of the covariance. */
  readonly at: readonly number[];
  /** By observed month. */
  readonly counts: Float64Array;
  /** By observed month: log of the mean before the process is added. */
  readonly offsets: Float64Array;
}

/** Symmetric, row by row. */
export interface Covariance {
  readonly size: number;
  readonly values: Float64Array;
}

/** A process that was fitted to counts. */
export interface FittedProcess {
  /** Laplace's approximation of the log density of the counts. */
  readonly logEvidence: number;
  /** By observed month: derivative of the log likelihood; K × gradients is the posterior mean. */
  readonly gradients: Float64Array;
  /**
   * What the counts explain of a quantity with these prior covariances with the observed months, as a vector: the posterior
   * covariance of two quantities is their prior one less the product of their vectors.
   */
  explained(covariances: Float64Array): Float64Array;
}

const ITERATIONS_MAX = 60;
const IMPROVEMENT_MIN = 1e-7;
const HALVINGS_MAX = 20;
const PIVOT_MIN = 1e-14;

/**
 * Posterior of a Gaussian process f over months, given counts that are negative binomial with mean exp(offset + f) and
 * variance mean + dispersion × mean²: mode by Newton's method and a normal approximation there (Rasmussen & Williams,
 * Gaussian Processes for Machine Learning, 2006, algorithms 3.1 and 3.2). The log likelihood is concave, so that the mode
 * is unique; steps that do not raise the density are halved. O(months³) per step.
 * @param start the gradients of a similar process, near which the mode is sought
 */
export function fitProcess(
  observed: ObservedCounts,
  covariance: Covariance,
  dispersion: number,
  start?: Float64Array,
): FittedProcess {
  const { at, counts, offsets } = observed;
  const n = at.length;
  const prior = new Float64Array(n * n);
  for (const [i, row] of at.entries())
    for (const [j, column] of at.entries()) prior[i * n + j] = covariance.values[row * covariance.size + column]!;
  let weighted = start === undefined ? new Float64Array(n) : Float64Array.from(start);
  let latent = times(prior, weighted);
  let state = likelihoodOf(counts, offsets, latent, dispersion);
  let objective = state.logLikelihood - 0.5 * dot(weighted, latent);
  if (!Number.isFinite(objective)) {
    [weighted, latent] = [new Float64Array(n), new Float64Array(n)];
    state = likelihoodOf(counts, offsets, latent, dispersion);
    objective = state.logLikelihood;
  }
  let factor = factorOf(prior, state.curvatures);
  for (let iteration = 0; iteration < ITERATIONS_MAX; iteration += 1) {
    const target = newtonStep(prior, factor, state, latent);
    let next: { latent: Float64Array<ArrayBuffer>; weighted: Float64Array<ArrayBuffer>; objective: number } | undefined;
    for (let halving = 0, step = 1; halving < HALVINGS_MAX && next === undefined; halving += 1, step /= 2) {
      const tried = weighted.map((value, index) => value + step * (target[index]! - value));
      const triedLatent = times(prior, tried);
      const likelihood = likelihoodOf(counts, offsets, triedLatent, dispersion);
      const reached = likelihood.logLikelihood - 0.5 * dot(tried, triedLatent);
      if (!(reached >= objective)) continue;
      next = { latent: triedLatent, weighted: tried, objective: reached };
      state = likelihood;
    }
    if (next === undefined) break;
    const gain = next.objective - objective;
    ({ latent, weighted, objective } = next);
    factor = factorOf(prior, state.curvatures);
    if (gain < IMPROVEMENT_MIN) break;
  }
  const roots = state.curvatures.map(Math.sqrt);
  const logDeterminant = roots.reduce((sum, _, index) => sum + Math.log(factor[index * n + index]!), 0);
  return {
    logEvidence: objective - logDeterminant,
    gradients: state.gradients,
    explained: (covariances) =>
      solveLower(
        factor,
        roots.map((root, index) => root * covariances[index]!),
      ),
  };
}

interface Likelihood {
  readonly logLikelihood: number;
  readonly gradients: Float64Array<ArrayBuffer>;
  /** Negative second derivatives. */
  readonly curvatures: Float64Array<ArrayBuffer>;
}

function likelihoodOf(
  counts: Float64Array,
  offsets: Float64Array,
  latent: Float64Array,
  dispersion: number,
): Likelihood {
  const gradients = new Float64Array(counts.length);
  const curvatures = new Float64Array(counts.length);
  let logLikelihood = 0;
  for (const [index, count] of counts.entries()) {
    const logMean = offsets[index]! + latent[index]!;
    const mean = Math.exp(logMean);
    const spread = 1 + dispersion * mean;
    gradients[index] = (count - mean) / spread;
    curvatures[index] = (mean * (1 + dispersion * count)) / (spread * spread);
    logLikelihood += count * logMean - logGamma(count + 1);
    if (dispersion === 0) logLikelihood -= mean;
    else {
      const shape = 1 / dispersion;
      logLikelihood +=
        logGamma(count + shape) -
        logGamma(shape) +
        count * Math.log(dispersion) -
        (count + shape) * Math.log1p(dispersion * mean);
    }
  }
  return { logLikelihood, gradients, curvatures };
}

/** The next K⁻¹f: b − √W B⁻¹ √W K b with b = W f + gradient and B = I + √W K √W. */
function newtonStep(
  prior: Float64Array,
  factor: Float64Array,
  { gradients, curvatures }: Likelihood,
  latent: Float64Array,
): Float64Array {
  const b = gradients.map((gradient, index) => gradient + curvatures[index]! * latent[index]!);
  const roots = curvatures.map(Math.sqrt);
  const product = times(prior, b);
  const solved = solveUpper(
    factor,
    solveLower(
      factor,
      roots.map((root, index) => root * product[index]!),
    ),
  );
  return b.map((value, index) => value - roots[index]! * solved[index]!);
}

/** Lower Cholesky factor of I + √W K √W, whose eigenvalues are at least 1. */
function factorOf(prior: Float64Array, curvatures: Float64Array): Float64Array {
  const n = curvatures.length;
  const roots = curvatures.map(Math.sqrt);
  const matrix = new Float64Array(n * n);
  for (let i = 0; i < n; i += 1)
    for (let j = 0; j <= i; j += 1) matrix[i * n + j] = (i === j ? 1 : 0) + roots[i]! * prior[i * n + j]! * roots[j]!;
  return cholesky(matrix, n);
}

/**
 * Lower triangular factor, in place, of a symmetric matrix of which the lower triangle is given. A pivot that rounding
 * left at or below zero has a zero column, as in a positive semidefinite matrix.
 */
export function cholesky(matrix: Float64Array, n: number): Float64Array {
  for (let i = 0; i < n; i += 1) {
    const row = i * n;
    for (let j = 0; j <= i; j += 1) {
      const other = j * n;
      let value = matrix[row + j]!;
      for (let k = 0; k < j; k += 1) value -= matrix[row + k]! * matrix[other + k]!;
      if (i === j) matrix[row + j] = value > PIVOT_MIN ? Math.sqrt(value) : 0;
      else matrix[row + j] = matrix[other + j] === 0 ? 0 : value / matrix[other + j]!;
    }
  }
  return matrix;
}

function solveLower(factor: Float64Array, right: Float64Array): Float64Array {
  const n = right.length;
  const solution = new Float64Array(n);
  for (let i = 0; i < n; i += 1) {
    const row = i * n;
    let value = right[i]!;
    for (let k = 0; k < i; k += 1) value -= factor[row + k]! * solution[k]!;
    solution[i] = value / factor[row + i]!;
  }
  return solution;
}

function solveUpper(factor: Float64Array, right: Float64Array): Float64Array {
  const n = right.length;
  const solution = Float64Array.from(right);
  for (let i = n - 1; i >= 0; i -= 1) {
    const row = i * n;
    const value = solution[i]! / factor[row + i]!;
    solution[i] = value;
    for (let k = 0; k < i; k += 1) solution[k]! -= factor[row + k]! * value;
  }
  return solution;
}

function times(matrix: Float64Array, vector: Float64Array): Float64Array<ArrayBuffer> {
  const n = vector.length;
  const product = new Float64Array(n);
  for (let i = 0; i < n; i += 1) {
    const row = i * n;
    let sum = 0;
    for (let j = 0; j < n; j += 1) sum += matrix[row + j]! * vector[j]!;
    product[i] = sum;
  }
  return product;
}

export function dot(left: Float64Array, right: Float64Array): number {
  let sum = 0;
  for (let index = 0; index < left.length; index += 1) sum += left[index]! * right[index]!;
  return sum;
}
