import { ComparisonKind, type Comparison, type Reason } from '@holdfast/contracts/churn_scoring/v1/scoring';
import { humanised } from './column-name.js';
import { dateOfDays, type Formats } from './formats.js';
import type { Words } from './words.js';

/** A reason as a sentence: the value, and what it is compared with. */
export function reasonSentence(reason: Reason, words: Words, formats: Formats): string {
  const column = humanised(reason.column);
  const value = valueText(reason, words, formats);
  const statement = value === undefined ? words.isUnknown(column) : words.is(column, value);
  return `${statement}${comparisonText(reason, reason.comparison, words, formats)}${words.endOfSentence}`;
}

/** The value as people read it; undefined if missing. */
export function valueText({ value, type }: Reason, words: Words, formats: Formats): string | undefined {
  if (value === undefined) return undefined;
  return value.$case === 'text' ? value.text : numberText(value.number, type, words, formats);
}

/** The value as JSON: a number, a text, or null; dates are ISO texts. */
export function valueJson({ value, type }: Reason): string {
  if (value === undefined) return 'null';
  if (value.$case === 'text') return JSON.stringify(value.text);
  return JSON.stringify(type === 'date' ? dateOfDays(value.number).toISOString().slice(0, 10) : value.number);
}

function numberText(value: number, type: string, words: Words, formats: Formats): string {
  if (type === 'flag') return value >= 0.5 ? words.yes : words.no;
  return type === 'date' ? formats.date(dateOfDays(value)) : formats.number(value);
}

function comparisonText(reason: Reason, comparison: Comparison | undefined, words: Words, formats: Formats): string {
  if (comparison === undefined) return '';
  const { kind, figure, against } = comparison;
  switch (kind) {
    case ComparisonKind.COMPARISON_KIND_MEDIAN_STAYED: {
      const text = (median: number): string => numberText(median, reason.type, words, formats);
      return words.medians(text(figure), text(against));
    }
    case ComparisonKind.COMPARISON_KIND_CHURN_SHARE:
      return words.shares(formats.percent(figure), formats.percent(against));
    case ComparisonKind.COMPARISON_KIND_UNSPECIFIED:
    case ComparisonKind.UNRECOGNIZED:
      return '';
  }
}
