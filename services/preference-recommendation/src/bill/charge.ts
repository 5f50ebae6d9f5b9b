/** Cents are 10,000 millionths of the currency. */
export const MICRO_PER_CENT = 10_000;

/**
 * Σ rates[i] × amounts[i] ÷ units[i] in cents, rounded half up once, exactly. Rates are millionths of the currency a
 * unit, amounts and units whole base units, none negative. Only sums beyond 2^53 and mixed units pay for big integers.
 */
export function centsOf(rates: ArrayLike<number>, amounts: ArrayLike<number>, units: ArrayLike<number>): number {
  let numerator = 0;
  let unit = 0;
  for (let at = 0; at < rates.length; at += 1) {
    if (amounts[at] === 0 || rates[at] === 0) continue;
    if (unit !== 0 && unit !== units[at]) return exactCentsOf(rates, amounts, units);
    unit = units[at]!;
    numerator += rates[at]! * amounts[at]!;
  }
  if (unit === 0) return 0;
  const denominator = unit * MICRO_PER_CENT;
  if (2 * numerator + denominator > Number.MAX_SAFE_INTEGER) return exactCentsOf(rates, amounts, units);
  return wholeQuotient(2 * numerator + denominator, 2 * denominator);
}

/** Floor of a quotient of whole numbers: a division may round up to the next whole number, the remainder is exact. */
function wholeQuotient(numerator: number, denominator: number): number {
  return (numerator - (numerator % denominator)) / denominator;
}

function exactCentsOf(rates: ArrayLike<number>, amounts: ArrayLike<number>, units: ArrayLike<number>): number {
  let numerator = 0n;
  let denominator = 1n;
  for (let at = 0; at < rates.length; at += 1) {
    const unit = BigInt(units[at]!);
    numerator = numerator * unit + BigInt(rates[at]!) * BigInt(amounts[at]!) * denominator;
    denominator *= unit;
  }
  denominator *= BigInt(MICRO_PER_CENT);
  return Number((2n * numerator + denominator) / (2n * denominator));
}
