const DECIMAL = /^(\d+)(?:\.(\d{1,6}))?0*$/;

/**
 * Millionths of a decimal text, exactly: `0.1500` is 150,000. Undefined for what is no decimal of at most 6 places, or
 * too large to be exact.
 */
export function microOf(text: string): number | undefined {
  const match = DECIMAL.exec(text.trim());
  if (match === null) return undefined;
  const micro = Number(match[1]) * 1_000_000 + Number((match[2] ?? '').padEnd(6, '0'));
  return Number.isSafeInteger(micro) ? micro : undefined;
}
