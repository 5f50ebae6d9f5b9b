/** Separates the cells of a row that travels as one text. */
export const CELL_END = '\u001f';

/** Not allowed in a cell: replaced bytes of another encoding, NUL (PostgreSQL stores none), and the separator of cells. */
// oxlint-disable-next-line no-control-regex -- control characters are what it looks for
export const UNSTORABLE = /[\uFFFD\u0000\u001F]/;
