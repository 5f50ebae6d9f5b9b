/** Σ weights × f(nodes) approximates ∫ f over [0, 1]. */
interface Quadrature {
  readonly nodes: Float64Array;
  readonly weights: Float64Array;
}

const known = new Map<number, Quadrature>();

/**
 * The Gauss–Legendre rule on [0, 1], exact for polynomials of a degree below 2 × `count`. Nodes are inside the interval,
 * weights are positive. Roots of the Legendre polynomial by Newton's method (Press et al., Numerical Recipes, 4.6).
 * O(count²), once per count.
 */
export function gaussLegendre(count: number): Quadrature {
  const before = known.get(count);
  if (before !== undefined) return before;
  const nodes = new Float64Array(count);
  const weights = new Float64Array(count);
  for (let at = 0; at < count; at += 1) {
    let root = Math.cos((Math.PI * (at + 0.75)) / (count + 0.5));
    let slope = 1;
    for (let step = 0; step < newtonSteps; step += 1) {
      const { value, derivative } = legendre(count, root);
      slope = derivative;
      root -= value / derivative;
    }
    nodes[at] = (1 - root) / 2;
    weights[at] = 1 / ((1 - root * root) * slope * slope);
  }
  const rule = { nodes, weights };
  known.set(count, rule);
  return rule;
}

/** From the usual first guess, three steps reach the last bit. */
const newtonSteps = 5;

/** The Legendre polynomial of a degree, and its derivative, at x inside (−1, 1), by its recurrence. */
function legendre(degree: number, x: number): { value: number; derivative: number } {
  let [before, value] = [0, 1];
  for (let k = 1; k <= degree; k += 1) [before, value] = [value, ((2 * k - 1) * x * value - (k - 1) * before) / k];
  return { value, derivative: (degree * (x * value - before)) / (x * x - 1) };
}
