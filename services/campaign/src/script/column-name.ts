import type { Language } from '@holdfast/platform/errors';
import type { ColumnLabels } from '../work/origins.js';

/** A column as people read it: by its label in their language; where it has none, by its own name in words. */
export function columnName(column: string, labels: ColumnLabels, language: Language): string {
  const label = Object.hasOwn(labels, column) ? labels[column]?.[language] : undefined;
  return label === undefined ? humanised(column) : capitalised(label);
}

/**
 * A column's name as people read it: `MonthlyCharges` and `monthly_charges` are `Monthly charges`. Abbreviations and
 * names in other scripts stay as they are; nothing is translated.
 */
export function humanised(column: string): string {
  const words = column
    .replace(/[_.\s-]+/g, ' ')
    .replace(/([a-z])([A-Z])/g, '$1 $2')
    .replace(/([A-Z0-9])([A-Z][a-z])/g, '$1 $2')
    .trim()
    .split(' ')
    .map((word) => (/^[A-Z][a-z]+$/.test(word) ? word.toLowerCase() : word))
    .join(' ');
  return words === '' ? column : capitalised(words);
}

/** Names begin a sentence here. */
function capitalised(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
