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
  return words === '' ? column : words.charAt(0).toUpperCase() + words.slice(1);
}
