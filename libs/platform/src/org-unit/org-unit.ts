/** Longest name of a unit. */
export const ORG_UNIT_CHARS_MAX = 64;

/**
 * Path of the unit with a name, below the operator's: letters and digits of any script, `-` and `_` stay, the rest is
 * percent-encoded, so that different names give different paths and none breaks out of its place.
 * `orgUnitPath('demo', '沈阳')` is `demo/沈阳/`; without a name the row belongs to the province: `demo/`.
 */
export function orgUnitPath(operator: string, name: string | null): string {
  if (name === null || name === '') return `${operator}/`;
  const segment = name
    .normalize('NFC')
    .replace(/[^\p{L}\p{N}_-]/gu, (character) =>
      [...Buffer.from(character, 'utf8')]
        .map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`)
        .join(''),
    );
  return `${operator}/${segment}/`;
}

/** The name that a code of a path stands for; a code that was not made by `orgUnitPath` stays as it is. */
export function nameOfOrgUnit(code: string): string {
  try {
    return decodeURIComponent(code);
  } catch {
    return code;
  }
}
