import type { Money } from '@holdfast/contracts/platform/v1/money';

/** ISO 4217's code for amounts whose currency nobody named. */
export const NO_CURRENCY = 'XXX';

const digitsOf = new Map<string, number>();

/** Decimal places of a currency: 2 for CNY, 0 for JPY. */
export function minorDigits(currency: string): number {
  const known = digitsOf.get(currency);
  if (known !== undefined) return known;
  const format = new Intl.NumberFormat('en', { style: 'currency', currency });
  const digits = format.resolvedOptions().maximumFractionDigits ?? 2;
  digitsOf.set(currency, digits);
  return digits;
}

/** An amount in the currency's minor unit, rounded half away from zero. */
export function toMinor(amount: number, currency: string): number {
  return Math.sign(amount) * Math.round(Math.abs(amount) * 10 ** minorDigits(currency));
}

/** An amount in the currency's major unit. */
export function toMajor(minor: number, currency: string): number {
  return minor / 10 ** minorDigits(currency);
}

/** As it travels; undefined stays so. */
export function moneyOf(minor: string | null, currency: string): Money | undefined {
  return minor === null ? undefined : { minor: Number(minor), currency };
}

/** An amount as a decimal text in the major unit: 9510 of CNY is `95.10`. */
export function decimalText(minor: number, currency: string): string {
  return toMajor(minor, currency).toFixed(minorDigits(currency));
}
