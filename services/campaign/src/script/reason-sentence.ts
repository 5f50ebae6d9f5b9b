import {
  ComparisonKind,
  type CauseEvidence,
  type Comparison,
  type Reason,
} from '@holdfast/contracts/churn_scoring/v1/scoring';
import { dateOfDay, dayText } from '@holdfast/platform/calendar';
import type { Language } from '@holdfast/platform/errors';
import { toMinor } from '@holdfast/platform/money';
import type { Formats } from './formats.js';
import type { Unit } from './unit.js';
import { codeText, flagStatement } from './words-of-values.js';
import type { TextBand, Words } from './words.js';

/** Smallest relative difference between shares that counts as clear. */
const CLEAR_DIFFERENCE = 0.1;

const YES = /^(true|yes|y|是)$/i;
const NO = /^(false|no|n|否)$/i;

/** How the values of a column are written. */
export interface ColumnStyle {
  /** Display name. */
  name: string;
  unit: Unit;
  /** ISO 4217, of amounts. */
  currency: string;
  language: Language;
  words: Words;
  formats: Formats;
}

/** What a value states does not depend on why it is stated. */
type Stated = Pick<Reason, 'column' | 'value' | 'type'>;

/** A reason as a sentence: what holds of the customer, and the comparison with others. */
export function reasonSentence(reason: Reason, style: ColumnStyle): string {
  const statement = statementOf(reason, style) ?? style.words.isUnknown(style.name);
  return `${statement}${comparisonText(reason, reason.comparison, style)}${style.words.endOfSentence}`;
}

/** A fact for a cause as a sentence: what holds of the customer, what is usual, and since when it is so. */
export function evidenceSentence(fact: CauseEvidence, style: ColumnStyle): string {
  const { words } = style;
  const statement = statementOf(fact, style) ?? words.isUnknown(style.name);
  const since = fact.sinceMonths === undefined || fact.sinceMonths < 2 ? '' : words.sinceMonths(fact.sinceMonths);
  return `${statement}${usualText(fact, style)}${since}${words.endOfSentence}`;
}

function usualText({ usual, type, column }: CauseEvidence, style: ColumnStyle): string {
  const { words, language } = style;
  if (usual === undefined || type === 'flag') return '';
  if (usual.$case === 'usualText') return words.usual(codeText(column, usual.usualText, language) ?? usual.usualText);
  return words.usual(numberText(usual.usualNumber, type, style));
}

/** What the value states, without the end of the sentence; undefined if it is missing. */
export function statementOf(reason: Stated, style: ColumnStyle): string | undefined {
  const { value, type, column } = reason;
  if (value === undefined) return undefined;
  const { name, words, language } = style;
  const flag = flagOf(reason);
  if (flag !== undefined) return flagStatement(column, flag, language) ?? words.applies(name, flag);
  if (value.$case === 'text') return words.is(name, codeText(column, value.text, language) ?? value.text);
  return words.is(name, numberText(value.number, type, style));
}

/** Undefined for what is not a flag. */
function flagOf({ value, type }: Stated): boolean | undefined {
  if (value?.$case === 'number') return type === 'flag' ? value.number >= 0.5 : undefined;
  if (value?.$case !== 'text') return undefined;
  return YES.test(value.text) ? true : NO.test(value.text) ? false : undefined;
}

/** The value as JSON: a number, a text, or null; dates are ISO texts. */
export function valueJson({ value, type }: Stated): string {
  if (value === undefined) return 'null';
  if (value.$case === 'text') return JSON.stringify(value.text);
  return JSON.stringify(type === 'date' ? dayText(value.number) : value.number);
}

function numberText(value: number, type: string, { unit, currency, words, formats }: ColumnStyle): string {
  if (type === 'date') return formats.date(dateOfDay(value));
  switch (unit) {
    case 'money':
      return formats.money(toMinor(value, currency), currency);
    case 'share':
      return formats.percent(value);
    case 'change':
      return formats.change(Math.exp(value) - 1);
    case 'megabytes':
      return words.megabytes(formats.number(value));
    case 'minutes':
      return words.minutes(formats.number(value));
    case 'number':
      return formats.number(value);
  }
}

/** Shares of churners from the comparison; with a remark if they alone do not support the reason. */
function comparisonText(reason: Reason, comparison: Comparison | undefined, style: ColumnStyle): string {
  if (comparison === undefined) return '';
  const shares = sharesText(reason, comparison, style);
  if (shares === '' || agrees(reason, comparison)) return shares;
  const { words } = style;
  return `${shares}${reason.contribution > 0 ? words.raisesInCombination : words.lowersInCombination}`;
}

function sharesText(reason: Reason, comparison: Comparison, style: ColumnStyle): string {
  const { words, formats } = style;
  const { kind, from, to } = comparison;
  const [figure, against] = [formats.percent(comparison.figure), formats.percent(comparison.against)];
  switch (kind) {
    case ComparisonKind.COMPARISON_KIND_CHURN_SHARE:
      return words.shares(figure, against);
    case ComparisonKind.COMPARISON_KIND_CHURN_SHARE_OF_BAND: {
      const limit = (value: number): string => numberText(value, reason.type, style);
      const band: TextBand = {
        ...(from === undefined ? {} : { from: limit(from) }),
        ...(to === undefined ? {} : { to: limit(to) }),
      };
      const bandText = reason.type === 'date' ? words.dateBand(band) : words.numberBand(band);
      return words.bandShares(bandText, figure, against);
    }
    case ComparisonKind.COMPARISON_KIND_UNSPECIFIED:
    // Includes medians of older models.
    case ComparisonKind.UNRECOGNIZED:
      return '';
  }
}

/** Whether clearly more churned if the reason raises the risk, or clearly fewer if it lowers it. */
function agrees({ contribution }: Reason, { figure, against }: Comparison): boolean {
  return contribution > 0 ? figure >= against * (1 + CLEAR_DIFFERENCE) : figure <= against * (1 - CLEAR_DIFFERENCE);
}
