import type { Language } from '@holdfast/platform/errors';
import { minorDigits, NO_CURRENCY, toMajor } from '@holdfast/platform/money';

/** Number formats of a language. */
export interface Formats {
  /** 0.4271 is `42.7 %` in English, `42.7%` in Chinese. */
  percent(share: number): string;
  number(value: number): string;
  /** A relative change: 0.25 is `+25 %`. */
  change(relative: number): string;
  /** An amount in the currency's minor unit: `97.50 CNY` in English, `97.50 元` in Chinese. */
  money(minor: number, currency: string): string;
  /** `2026-08-31`, in UTC; unambiguous in both languages. */
  date(at: Date): string;
  /** A day such as `2026-08-31`, in words: `31 August 2026`. */
  day(day: string): string;
  /** Months such as `2026-07`, ascending: `July to September 2026`. */
  months(months: readonly string[]): string;
}

/** Cached: creating a formatter costs more than composing a script. */
const amountFormats = new Map<string, Intl.NumberFormat>();

function amountFormat(language: Language, digits: number): Intl.NumberFormat {
  const key = `${language} ${digits}`;
  const cached = amountFormats.get(key);
  if (cached !== undefined) return cached;
  const format = new Intl.NumberFormat(language, { minimumFractionDigits: digits, maximumFractionDigits: digits });
  amountFormats.set(key, format);
  return format;
}

/** Names of currencies that are read in Chinese; the others have their code. */
const CHINESE_CURRENCIES: Readonly<Record<string, string>> = { CNY: '元' };

function formatsOf(language: Language, percentSign: string): Formats {
  const percent = new Intl.NumberFormat(language, { maximumFractionDigits: 1 });
  const whole = new Intl.NumberFormat(language, { maximumFractionDigits: 0, signDisplay: 'exceptZero' });
  const large = new Intl.NumberFormat(language, { maximumFractionDigits: 2 });
  const small = new Intl.NumberFormat(language, { maximumSignificantDigits: 3 });
  const isEnglish = language === 'en';
  return {
    percent: (share) => `${percent.format(share * 100)}${percentSign}`,
    change: (relative) => `${whole.format(relative * 100)}${percentSign}`,
    number: (value) => (Math.abs(value) >= 1 ? large : small).format(value),
    money: (minor, currency) => {
      const amount = amountFormat(language, minorDigits(currency)).format(toMajor(minor, currency));
      if (currency === NO_CURRENCY) return amount;
      return `${amount} ${isEnglish ? currency : (CHINESE_CURRENCIES[currency] ?? currency)}`;
    },
    date: (at) => at.toISOString().slice(0, 10),
    day: isEnglish
      ? (day) => `${Number(day.slice(8))} ${monthsInEnglish([day.slice(0, 7)])}`
      : (day) => `${monthsInChinese([day.slice(0, 7)])}${Number(day.slice(8))}日`,
    months: isEnglish ? monthsInEnglish : monthsInChinese,
  };
}

const ENGLISH_MONTH = new Intl.DateTimeFormat('en', { month: 'long', timeZone: 'UTC' });

function monthsInEnglish(months: readonly string[]): string {
  const [first = '', last = ''] = [months[0], months.at(-1)];
  const nameOf = (month: string): string => ENGLISH_MONTH.format(new Date(`${month}-01T00:00:00Z`));
  const yearOf = (month: string): string => month.slice(0, 4);
  if (first === last) return first === '' ? '' : `${nameOf(first)} ${yearOf(first)}`;
  const from = yearOf(first) === yearOf(last) ? nameOf(first) : `${nameOf(first)} ${yearOf(first)}`;
  return `${from} to ${nameOf(last)} ${yearOf(last)}`;
}

function monthsInChinese(months: readonly string[]): string {
  const [first = '', last = ''] = [months[0], months.at(-1)];
  const textOf = (month: string): string => `${month.slice(0, 4)}年${Number(month.slice(5))}月`;
  if (first === last) return first === '' ? '' : textOf(first);
  const until = first.slice(0, 4) === last.slice(0, 4) ? textOf(last).slice(5) : textOf(last);
  return `${textOf(first)}至${until}`;
}

export const FORMATS: Readonly<Record<Language, Formats>> = {
  en: formatsOf('en', ' %'),
  'zh-CN': formatsOf('zh-CN', '%'),
};
