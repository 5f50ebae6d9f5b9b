/** A remark of a check: where, what and what to do. */
export interface Problem {
  /** Whether the import refuses a table or a row for it. */
  isError: boolean;
  /** Below the extract. */
  file: string;
  line?: number;
  column?: string;
  text: string;
  remedy: string;
}

export function problemLine({ isError, file, line, column, text, remedy }: Problem): string {
  const place = `${file}${line === undefined ? '' : `:${line}`}${column === undefined ? '' : ` ${column}`}`;
  return `${isError ? 'error' : 'note'}  ${place}: ${text}${remedy === '' ? '' : ` ${remedy}`}`;
}
