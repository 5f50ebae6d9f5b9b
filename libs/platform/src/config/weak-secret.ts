/** Less than half of what as many random characters of a small alphabet (hexadecimal digits) have. */
const BITS_PER_CHAR_MIN = 2.5;

/** Parts of values in documents and templates; of six letters or more, so that random text has none. */
const EXAMPLES =
  /example|secret|passw(or)?d|change.?me|replace.?me|holdfast|default|placeholder|your.?key|development/i;

/**
 * Why a secret can be guessed; undefined if no reason is found.
 * @param charsMin characters that it must have
 */
export function weaknessOf(secret: string, charsMin: number): string | undefined {
  if (secret.length < charsMin) return `has fewer than ${charsMin} characters`;
  if (EXAMPLES.test(secret)) return 'contains a word of examples';
  if (isRepeated(secret)) return 'repeats a short text';
  if (bitsPerChar(secret) < BITS_PER_CHAR_MIN) return 'is not random: use the output of a random generator';
  return undefined;
}

/** Whether it is a shorter text written several times. */
function isRepeated(text: string): boolean {
  return `${text}${text}`.indexOf(text, 1) < text.length;
}

/** The lower of the entropies of its characters and of the steps between them, which is low for a sequence. */
function bitsPerChar(text: string): number {
  const codes = Array.from(text, (char) => char.codePointAt(0)!);
  const steps = codes.slice(1).map((code, index) => code - codes[index]!);
  return Math.min(entropyBits(codes), entropyBits(steps));
}

/** Shannon entropy of the observed frequencies, bits per value. */
function entropyBits(values: readonly number[]): number {
  const counts = new Map<number, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  const shares = [...counts.values()].map((count) => count / values.length);
  return shares.reduce((sum, share) => sum - share * Math.log2(share), 0);
}
