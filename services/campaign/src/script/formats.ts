import type { Language } from '@holdfast/platform/errors';
import { minorDigits, NO_CURRENCY, toMajor } from '@holdfast/platform/money';

/** Number formats of a language. */
export interface Formats {
  /** 0.4271 is `42.7 %` in English, `42.7%` in Chinese. */
  percent(share: number): string;
  number(value: number): string;
  /** An amount in the currency's minor unit. */
  money(minor: number, currency: string): string;
  /** `2026-08-31`, in UTC; unambiguous in both languages. */
  date(at: Date): string;
}

/** Cached: creating a formatter costs more than composing a script. */
const moneyFormats = new Map<string, Intl.NumberFormat>();

function moneyFormat(language: Language, currency: string): Intl.NumberFormat {
  const key = `${language} ${currency}`;
  const format = moneyFormats.get(key) ?? newMoneyFormat(language, currency);
  moneyFormats.set(key, format);
  return format;
}

function newMoneyFormat(language: Language, currency: string): Intl.NumberFormat {
  const digits = minorDigits(currency);
  return currency === NO_CURRENCY
    ? new Intl.NumberFormat(language, { minimumFractionDigits: digits, maximumFractionDigits: digits })
    : new Intl.NumberFormat(language, { style: 'currency', currency });
}

function formatsOf(language: Language, percentSign: string): Formats {
  const percent = new Intl.NumberFormat(language, { maximumFractionDigits: 1 });
  const large = new Intl.NumberFormat(language, { maximumFractionDigits: 2 });
  const small = new Intl.NumberFormat(language, { maximumSignificantDigits: 3 });
  return {
    percent: (share) => `${percent.format(share * 100)}${percentSign}`,
    number: (value) => (Math.abs(value) >= 1 ? large : small).format(value),
    money: (minor, currency) => moneyFormat(language, currency).format(toMajor(minor, currency)),
    date: (at) => at.toISOString().slice(0, 10),
  };
}

export const FORMATS: Readonly<Record<Language, Formats>> = {
  en: formatsOf('en', ' %'),
  'zh-CN': formatsOf('zh-CN', '%'),
};
