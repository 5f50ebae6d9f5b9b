const CAST = /\bas unknown as [\w({]/;
const COMMENT = /^\s*(?:\/\/|\/\*|\*)/;

/**
 * The lines with `as unknown as`, which turns the checker off, that do not follow a line of comment.
 * @param {string} source
 */
export function castsWithoutReason(source) {
  if (!CAST.test(source)) return [];
  const lines = source.split('\n');
  return lines.flatMap((line, index) => {
    const isCast = CAST.test(line) && !COMMENT.test(line);
    return isCast && !COMMENT.test(lines[index - 1] ?? '') ? [index + 1] : [];
  });
}
