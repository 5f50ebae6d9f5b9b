import type { Known } from './known.js';
import type { FigureTable } from './monthly-figures.js';
import { needsSourceSystem, numberContested, type Reason } from './reasons.js';

/** A value before it is put into a message; money in minor units. */
export type FieldValue = { number: number } | { text: string } | { flag: boolean } | { minor: number };

/** A field of the view: what people call it, where it comes from, and how it is found. */
export interface FieldSpec {
  key: string;
  en: string;
  zh: string;
  /** Table of the contract, or the value groups. */
  source: string;
  value: (known: Known) => FieldValue | undefined;
  /** How it looks to those who may not see it. */
  mask?: (text: string) => string;
  /** Why there is no value although its table exists. */
  absent?: Reason;
  /** What is doubtful about the value. */
  doubt?: (known: Known) => Reason | undefined;
  /** Masked value, where a masked text does not fit. */
  coarse?: (known: Known) => FieldValue | undefined;
}

/** Fields that belong together. */
export interface GroupSpec {
  key: string;
  en: string;
  zh: string;
  /** Its data from feature-store. */
  figures: readonly FigureTable[];
  /** Shown once for the customer. */
  ofCustomer: readonly FieldSpec[];
  /** Shown for every subscription. */
  ofSubscription: readonly FieldSpec[];
  /** Fields that depend on the data, such as one for each product. */
  more?: (known: Known) => FieldSpec[];
}

type Name = readonly [key: string, en: string, zh: string];

/** A field of any source. */
export function field(
  [key, en, zh]: Name,
  source: string,
  value: FieldSpec['value'],
  mask?: FieldSpec['mask'],
): FieldSpec {
  return { key, en, zh, source, value, ...(mask === undefined ? {} : { mask }) };
}

/** A figure of the last month; of `lag` months before it. */
export function figure(name: Name, table: 'billing' | 'usage', column: string, lag = 0): FieldSpec {
  return field(name, table, (known) => numberOf(known.figure(table, column, lag)));
}

/** Money of a month. */
export function fee(name: Name, column: string, lag = 0): FieldSpec {
  return field(name, 'billing', (known) => moneyOf(known.figure('billing', column, lag)));
}

export function numberOf(number: number | undefined): FieldValue | undefined {
  return number === undefined ? undefined : { number };
}

export function moneyOf(minor: number | undefined): FieldValue | undefined {
  return minor === undefined ? undefined : { minor: Math.round(minor) };
}

export function textOf(value: string | number | boolean | undefined): FieldValue | undefined {
  return value === undefined || value === '' ? undefined : { text: String(value) };
}

export function flagOf(flag: boolean | undefined): FieldValue | undefined {
  return flag === undefined ? undefined : { flag };
}

/** The first character stays, so that an agent can ask whether it is the right person. */
export function maskedName(name: string): string {
  const [first = '', ...rest] = Array.from(name);
  return first + '*'.repeat(Math.max(1, rest.length));
}

/** The first three and the last two digits stay. */
export function maskedNumber(number: string): string {
  if (number.length <= 5) return '*'.repeat(number.length);
  return `${number.slice(0, 3)}${'*'.repeat(number.length - 5)}${number.slice(-2)}`;
}

export function hidden(_text: string): string {
  return '***';
}

/** Whose number, in which month: what every group of a subscription begins with. */
export const NUMBER: FieldSpec = {
  ...field(
    ['number', 'Number', '用户号码'],
    'number_history',
    (known) => textOf(known.secret('number', 'number')),
    maskedNumber,
  ),
  doubt: (known) => (known.isNumberContested ? numberContested : undefined),
};
export const MONTH = field(['month', 'Month', '计费月'], 'manifest', (known) => textOf(known.month));
/** The operator's system that the row came from; the extract is shown once for the whole view. */
export const SOURCE: FieldSpec = {
  ...field(['source_system', 'Source system', '源系统标识'], 'customers', (known) => textOf(known.sourceSystem)),
  absent: needsSourceSystem,
};
/** Fields that only support others. */
export const IDENTITY_KEYS: ReadonlySet<string> = new Set([NUMBER.key, MONTH.key, SOURCE.key]);
