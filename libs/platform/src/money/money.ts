import type { Money } from '@holdfast/contracts/platform/v1/money';

/** ISO 4217's code for amounts without a currency. */
export const NO_CURRENCY = 'XXX';

const digitsOf = new Map<string, number>();

/** Decimal places of a currency: 2 for CNY, 0 for JPY. */
export function minorDigits(currency: string): number {
  const cached = digitsOf.get(currency);
  if (cached !== undefined) return cached;
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

/** Whole minor units, rounded half up; undefined for null, undefined and NaN. @param minor also as PostgreSQL's text */
export function moneyOf(minor: number | string | null | undefined, currency: string): Money | undefined {
  const number = Number(minor ?? NaN);
  return Number.isNaN(number) ? undefined : { minor: Math.floor(number + 0.5), currency };
}

/** @param amount in whole units, also as computed: rounded to minor ones */
export function moneyOfMajor(amount: number, currency: string): Money {
  return { minor: toMinor(amount, currency), currency };
}

/** The exact decimal text of whole minor units: 9510 with 2 digits is `95.10`. */
export function decimalText(minor: number, digits: number): string {
  const text = String(Math.abs(minor)).padStart(digits + 1, '0');
  const whole = text.slice(0, text.length - digits);
  return `${minor < 0 ? '-' : ''}${whole}${digits === 0 ? '' : `.${text.slice(-digits)}`}`;
}

/** Minor units of a decimal text with all digits of its currency: `95.10` is 9510. */
export function parseDecimal(text: string): number {
  return Number(text.replace('.', ''));
}
