// taken once: inside a test runner's sandbox every look-up of the global Math costs more than the call
const { exp, log1p, max, min } = Math;

/** 1 / (1 + e^−x), kept inside (0, 1) so that its logarithms are finite. */
export function probabilityOf(logit: number): number {
  const bounded = min(36, max(-36, logit));
  return 1 / (1 + exp(-bounded));
}

/** ln(p / (1 − p)); p must lie inside (0, 1). */
export function logitOf(probability: number): number {
  return Math.log(probability / (1 - probability));
}

/** −ln of the probability that a logit gives to a label, without overflow. */
export function logLossOfLogit(logit: number, label: number): number {
  const signed = label === 1 ? -logit : logit;
  return signed > 0 ? signed + log1p(exp(-signed)) : log1p(exp(signed));
}

/** The mean over rows. */
export function meanLogLossOfLogits(logits: Float64Array, labels: Uint8Array): number {
  let sum = 0;
  for (let at = 0; at < logits.length; at += 1) sum += logLossOfLogit(logits[at]!, labels[at]!);
  return sum / logits.length;
}
