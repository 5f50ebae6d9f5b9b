const TEXT_CHARS_MAX = 500;
/** From the first quotation mark to the last: what a driver quotes is often a value, and may contain quotes itself. */
const QUOTED = /["'`“‘「『«].*["'`”’」』»]/su;
/** Telephone numbers, identity numbers and amounts. */
const LONG_NUMBER = /\d[\d -]{3,}\d/gu;
const ADDRESS = /\S+@\S+/gu;
/** Names and addresses in another script than that of programmers. */
const FOREIGN_LETTERS = /[^\p{ASCII}]+/gu;

/**
 * The text of a foreign error without what may be data: quoted parts, long numbers, addresses, and letters beyond ASCII
 * are replaced by `…`.
 */
export function errorText(message: string): string {
  return message
    .slice(0, TEXT_CHARS_MAX)
    .replace(QUOTED, '…')
    .replaceAll(ADDRESS, '…')
    .replaceAll(LONG_NUMBER, '…')
    .replaceAll(FOREIGN_LETTERS, '…')
    .replaceAll(/\s+/g, ' ')
    .trim();
}
