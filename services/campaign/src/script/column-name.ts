import { nameOfOrgUnit } from '@holdfast/platform/org-unit';
import type { Language } from '@holdfast/platform/errors';
import type { ColumnLabels } from '../list/origins.js';

/**
 * Decoded names of the org units on a path below the operator, from the largest to the smallest: `demo/沈阳/` is
 * `['沈阳']`.
 */
export function orgUnitNames(orgUnitPath: string): string[] {
  return orgUnitPath
    .split('/')
    .filter((code) => code !== '')
    .slice(1)
    .map(nameOfOrgUnit);
}

/** The display name of a column: its label in the language, else its name in words. */
export function columnName(column: string, labels: ColumnLabels, language: Language): string {
  const label = Object.hasOwn(labels, column) ? labels[column]?.[language] : undefined;
  return label === undefined ? humanised(column) : capitalised(label);
}

/**
 * A column's name in words: `MonthlyCharges` and `monthly_charges` are `Monthly charges`. Abbreviations and names in
 * other scripts are unchanged; nothing is translated.
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

function capitalised(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
