import { normalQuantile } from './normal.js';

/** An effect that was measured, such as a difference of shares. */
export interface MeasuredEffect {
  readonly estimate: number;
  /** Above 0. */
  readonly standardError: number;
}

/** The mean effect of a population of experiments. */
export interface PooledEffect extends MeasuredEffect {
  /** Of the true effects of experiments. */
  readonly variance: number;
}

/**
 * Mean of the effects of experiments whose true effects differ: random-effects model with the method of moments
 * (DerSimonian & Laird, Controlled Clinical Trials 7, 1986). With equal true effects it is the inverse-variance mean.
 * @param effects at least one
 */
export function pooledEffect(effects: readonly MeasuredEffect[]): PooledEffect {
  const common = inverseVarianceMean(effects, 0);
  const weights = effects.map(({ standardError }) => standardError ** -2);
  const [total, squares] = [sumOf(weights), sumOf(weights.map((weight) => weight ** 2))];
  const heterogeneity = sumOf(effects.map(({ estimate }, at) => weights[at]! * (estimate - common.estimate) ** 2));
  const scale = total - squares / total;
  const variance = effects.length === 1 ? 0 : Math.max(0, (heterogeneity - (effects.length - 1)) / scale);
  return { ...inverseVarianceMean(effects, variance), variance };
}

/**
 * Effect of a group of experiments, shrunk towards the pooled one: with the share B = variance ÷ (variance + own standard
 * error²) of the own one (empirical Bayes; Morris, JASA 78, 1983). Where true effects do not differ it is the pooled one.
 * @param group experiments of the group, at least one
 */
export function shrunkEffect(group: readonly MeasuredEffect[], pooled: PooledEffect): MeasuredEffect {
  const own = inverseVarianceMean(group, 0);
  const share = pooled.variance / (pooled.variance + own.standardError ** 2);
  return {
    estimate: share * own.estimate + (1 - share) * pooled.estimate,
    standardError: Math.sqrt(share * own.standardError ** 2 + (1 - share) ** 2 * pooled.standardError ** 2),
  };
}

/** The inverse-variance mean, with a variance that each effect has beyond its standard error. */
export function inverseVarianceMean(effects: readonly MeasuredEffect[], variance: number): MeasuredEffect {
  const weights = effects.map(({ standardError }) => 1 / (standardError ** 2 + variance));
  const total = sumOf(weights);
  const weighted = sumOf(effects.map(({ estimate }, at) => weights[at]! * estimate));
  return { estimate: weighted / total, standardError: Math.sqrt(1 / total) };
}

/** Standard error of an effect by the width of its two-sided interval. */
export function errorOfInterval(low: number, high: number, confidence: number): number {
  return (high - low) / (2 * normalQuantile((1 + confidence) / 2));
}

function sumOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}
