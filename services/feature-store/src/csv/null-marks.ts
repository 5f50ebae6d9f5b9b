/** How databases write NULL into a text file. */
const NULL_MARKS = ['\\N', 'NULL', 'null', 'Null', '(null)', '(NULL)', '[NULL]', '<null>', '<NULL>'];

/**
 * What programs write where nothing is known, in lower case. A category may have such a value (a tariff `None`), so
 * that only numbers, dates, flags, keys and labels are read like this.
 */
const UNKNOWN_MARKS = ['nan', 'n/a', 'na', 'none', 'nat', '#n/a', '#null!', '#value!', '<na>'];

const nulls = new Set(NULL_MARKS);
const unknowns = new Set(UNKNOWN_MARKS);

/** Whether a cell says NULL, whatever its column. */
export function isNullMark(cell: string): boolean {
  return cell.length <= 6 && nulls.has(cell);
}

/** Whether a cell says that nothing is known, in a column whose values are no words. */
export function isUnknownMark(cell: string): boolean {
  return cell.length <= 7 && (nulls.has(cell) || unknowns.has(cell.toLowerCase()));
}

/** SQL of a list of the marks of NULL. */
export const NULL_MARKS_SQL = NULL_MARKS.map((mark) => `'${mark}'`).join(', ');
/** SQL of a list of the marks of the unknown, to be compared with a cell in lower case. */
export const UNKNOWN_MARKS_SQL = UNKNOWN_MARKS.map((mark) => `'${mark}'`).join(', ');
