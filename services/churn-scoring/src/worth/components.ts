/**
 * Components of the customer value (CS-16), in the order of their ranks and weights: the mean bill, the costs of service
 * and of calls to other networks, the expected loss by arrears, how often the customer contacts the operator, use, and
 * the future value. Of costs, losses and contacts, less is better.
 */
export const COMPONENTS = [
  'revenue',
  'costToServe',
  'interconnect',
  'creditRisk',
  'contacts',
  'usage',
  'future',
] as const;
export type Component = (typeof COMPONENTS)[number];
export type Weights = Readonly<Record<Component, number>>;

/** Columns of feature-store with the ranks, in the order of the components; `future` is ranked here. */
export const RANK_COLUMNS = [
  'rank_revenue',
  'rank_serve_cost',
  'rank_interconnect_cost',
  'rank_credit_loss',
  'rank_contacts',
  'rank_usage',
] as const;

/**
 * SQL of the value index: Σ weight × rank ÷ Σ weight over the components that are known; NULL where none is.
 * @param ranks SQL of an array of ranks in the order of the components
 */
export function indexSql(weights: Weights, ranks: string): string {
  const each = COMPONENTS.map((name, at) => [weights[name], `(${ranks})[${at + 1}]`] as const);
  const sum = each.map(([weight, rank]) => `coalesce(${weight} * ${rank}, 0)`).join(' + ');
  const known = each.map(([weight, rank]) => `case when ${rank} is null then 0 else ${weight} end`).join(' + ');
  return `round(((${sum}) / nullif(${known}, 0))::numeric, 9)::float8`;
}

/** A weight changed by a step and the others in proportion, so that all still sum to 1. Not below 0 or above 1. */
export function shifted(weights: Weights, component: Component, step: number): Weights {
  const changed = Math.min(1, Math.max(0, weights[component] + step));
  const rest = 1 - weights[component];
  const entries = COMPONENTS.map((name) => {
    if (name === component) return [name, changed] as const;
    return [
      name,
      rest === 0 ? (1 - changed) / (COMPONENTS.length - 1) : (weights[name] * (1 - changed)) / rest,
    ] as const;
  });
  // Every component is an entry, which the type of fromEntries does not show.
  return Object.fromEntries(entries) as unknown as Weights;
}

const GRADES = ['A', 'B', 'C'] as const;
export type GradeShares = Readonly<Record<(typeof GRADES)[number], number>>;

/** SQL of the grade by the share of the region's subscriptions that are better; D for the rest, NULL unknown. */
export function gradeSql(percentile: string, shares: GradeShares): string {
  const cases = GRADES.map((grade) => `when ${percentile} <= ${shares[grade]} then '${grade}'`);
  return `case when ${percentile} is null then null ${cases.join(' ')} else 'D' end`;
}

/** The same in TypeScript. */
export function gradeOf(percentile: number, shares: GradeShares): string {
  return GRADES.find((grade) => percentile <= shares[grade]) ?? 'D';
}
