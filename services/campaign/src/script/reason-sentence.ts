import { ComparisonKind, type Comparison, type Reason } from '@holdfast/contracts/churn_scoring/v1/scoring';
import { dateOfDay, dayText } from '@holdfast/platform/calendar';
import type { Formats } from './formats.js';
import type { TextBand, Words } from './words.js';

/** Smallest relative difference between shares that counts as clear. */
const CLEAR_DIFFERENCE = 0.1;

/**
 * A reason as a sentence: the value and its comparison.
 * @param column display name of the reason's column
 */
export function reasonSentence(reason: Reason, column: string, words: Words, formats: Formats): string {
  const value = valueText(reason, words, formats);
  const statement = value === undefined ? words.isUnknown(column) : words.is(column, value);
  return `${statement}${comparisonText(reason, reason.comparison, words, formats)}${words.endOfSentence}`;
}

/** The formatted value; undefined if missing. */
export function valueText({ value, type }: Reason, words: Words, formats: Formats): string | undefined {
  if (value === undefined) return undefined;
  return value.$case === 'text' ? value.text : numberText(value.number, type, words, formats);
}

/** The value as JSON: a number, a text, or null; dates are ISO texts. */
export function valueJson({ value, type }: Reason): string {
  if (value === undefined) return 'null';
  if (value.$case === 'text') return JSON.stringify(value.text);
  return JSON.stringify(type === 'date' ? dayText(value.number) : value.number);
}

function numberText(value: number, type: string, words: Words, formats: Formats): string {
  if (type === 'flag') return value >= 0.5 ? words.yes : words.no;
  return type === 'date' ? formats.date(dateOfDay(value)) : formats.number(value);
}

/** Shares of churners from the comparison; with a remark if they alone do not support the reason. */
function comparisonText(reason: Reason, comparison: Comparison | undefined, words: Words, formats: Formats): string {
  if (comparison === undefined) return '';
  const shares = sharesText(reason, comparison, words, formats);
  if (shares === '' || agrees(reason, comparison)) return shares;
  return `${shares}${reason.contribution > 0 ? words.raisesInCombination : words.lowersInCombination}`;
}

function sharesText(reason: Reason, comparison: Comparison, words: Words, formats: Formats): string {
  const { kind, from, to } = comparison;
  const [figure, against] = [formats.percent(comparison.figure), formats.percent(comparison.against)];
  switch (kind) {
    case ComparisonKind.COMPARISON_KIND_CHURN_SHARE:
      return words.shares(figure, against);
    case ComparisonKind.COMPARISON_KIND_CHURN_SHARE_OF_BAND: {
      const limit = (value: number): string => numberText(value, reason.type, words, formats);
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
