/** NULL in text files of databases. */
const NULL_MARKS = ['\\N', 'NULL', 'null', 'Null', '(null)', '(NULL)', '[NULL]', '<null>', '<NULL>'];

/** Marks of an unknown value, in lower case. A category may have such a value (a tariff `None`). */
const UNKNOWN_MARKS = ['nan', 'n/a', 'na', 'none', 'nat', '#n/a', '#null!', '#value!', '<na>'];

const nulls = new Set(NULL_MARKS);
const unknowns = new Set(UNKNOWN_MARKS);

/** Whether a cell of any column is NULL. */
export function isNullMark(cell: string): boolean {
  return cell.length <= 6 && nulls.has(cell);
}

/** Whether a cell is NULL or unknown, in a column that is not a category. */
export function isUnknownMark(cell: string): boolean {
  return cell.length <= 7 && (nulls.has(cell) || unknowns.has(cell.toLowerCase()));
}

export const NULL_MARKS_SQL = NULL_MARKS.map((mark) => `'${mark}'`).join(', ');
/** SQL of a list of the marks of the unknown, to be compared with a cell in lower case. */
export const UNKNOWN_MARKS_SQL = UNKNOWN_MARKS.map((mark) => `'${mark}'`).join(', ');
