import type { Money } from '@holdfast/client/gen/operations';
import { InvalidArgumentError, Option } from 'commander';

export type ListFormat = 'table' | 'csv' | 'ndjson';

export const formatOption = (): Option =>
  new Option('--format <format>', 'of the list').choices(['table', 'csv', 'ndjson']).default('table');

/** The example that the help of a command ends with. @param words of the command line after the program */
export function example(words: string): string {
  return `\nExample:\n  holdfast ${words}`;
}

export function wholeNumber(text: string): number {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError('a whole number is needed');
  return Number(text);
}

/** Rows of a page. */
export function pageRows(text: string): number {
  const rows = wholeNumber(text);
  if (rows < 1 || rows > 1_000) throw new InvalidArgumentError('a number from 1 to 1000 is needed');
  return rows;
}

export function decimal(text: string): number {
  if (!/^\d+(\.\d+)?$/.test(text)) throw new InvalidArgumentError('a number is needed');
  return Number(text);
}

/** Collects `feature=column`; a name of a column may contain `=`. */
export function featureColumn(text: string, before: Readonly<Record<string, string>> = {}): Record<string, string> {
  const at = text.indexOf('=');
  if (at < 1 || at === text.length - 1) throw new InvalidArgumentError('FEATURE=COLUMN, such as f0=tenure_months');
  return { ...before, [text.slice(0, at)]: text.slice(at + 1) };
}

export function money(text: string): Money {
  const [, amount, currency] = /^(\d+\.\d{2}):([A-Z]{3})$/.exec(text) ?? [];
  if (amount === undefined || currency === undefined)
    throw new InvalidArgumentError('AMOUNT:CURRENCY, such as 3.00:CNY');
  return { amount, currency };
}
