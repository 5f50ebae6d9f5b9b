import type { Vault } from './vault.js';

const DIGITS_MIN = 7;
const DIGITS_MAX = 15;
const MOBILE = /^1[3-9]\d{9}$/;
/** Names of personal fields of plain tables that hold telephone numbers. */
const NUMBER_FIELD = /phone|mobile|msisdn|^tel|cellular|contact|^number$/i;

/** Whether a personal field of a mapping holds a telephone number, by its name. */
export function holdsNumber(field: string): boolean {
  return NUMBER_FIELD.test(field);
}

export function isMobileNumber(key: string): boolean {
  const normal = normalNumber(key);
  return normal !== undefined && MOBILE.test(normal);
}

/**
 * The telephone numbers in a cell, in one spelling each: without blanks and separators, without the country's prefix, in
 * ASCII digits. Invalid and placeholder numbers (`00000000000`) are omitted: they would link strangers.
 */
export function numbersIn(text: string): string[] {
  const normal = piecesOf(text).map(normalNumber);
  return [...new Set(normal.filter((number) => number !== undefined))];
}

/** As `numbersIn`, to be dialled: numbers of other countries with `+`. */
export function dialledNumbersIn(text: string): string[] {
  return piecesOf(text).flatMap((piece) => {
    const number = normalNumber(piece);
    if (number === undefined) return [];
    return /^\s*(?:tel:)?\s*(?:\+|00)(?!\s*86)/i.test(piece) ? `+${number}` : number;
  });
}

function piecesOf(text: string): string[] {
  return text.normalize('NFKC').split(/[/;,|、]/);
}

/** Keyed hashes of the numbers in a cell. */
export function numberLookups(vault: Vault, text: string): Buffer[] {
  return numbersIn(text).map((number) => lookupOf(vault, number));
}

/**
 * Keyed hash of one number, whatever its spelling. A number that no telephone has is hashed without blanks and hyphens,
 * because lines of an extract may have such identifiers.
 */
export function numberLookup(vault: Vault, text: string): Buffer {
  return lookupOf(vault, normalNumber(text) ?? text.normalize('NFKC').replace(/[\s-]/g, ''));
}

function lookupOf(vault: Vault, number: string): Buffer {
  return vault.lookup('contact-number', number);
}

function normalNumber(text: string): string | undefined {
  // A spreadsheet's `13800138000.0` is the same number.
  const trimmed = text
    .normalize('NFKC')
    .trim()
    .replace(/^tel:/i, '')
    .replace(/^(\d+)\.0+$/, '$1');
  const compact = trimmed.replace(/[\s().\-‐-―−]/gu, '');
  if (!/^\+?\d+$/.test(compact)) return undefined;
  const number = withoutPrefix(compact);
  if (number.length < DIGITS_MIN || number.length > DIGITS_MAX || /^(\d)\1*$/.test(number)) return undefined;
  return number;
}

/** Without +86, 0086 or 86; a fixed line keeps the zero of its area. Other countries keep their prefix, without `+`. */
function withoutPrefix(compact: string): string {
  const international = /^(?:\+|00)86(\d+)$/.exec(compact)?.[1];
  if (international !== undefined)
    return MOBILE.test(international) || international.startsWith('0') ? international : `0${international}`;
  const bare = /^(?:86|0)(\d+)$/.exec(compact)?.[1];
  if (bare !== undefined && MOBILE.test(bare)) return bare;
  return compact.replace(/^(?:\+|00)/, '');
}
