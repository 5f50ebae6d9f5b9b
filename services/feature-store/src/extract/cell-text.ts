/** Stands between the cells of a row on its way into the engine. */
export const CELL_END = '\u001f';

/** What no cell may hold: bytes that were not UTF-8, NUL (PostgreSQL stores none), and the mark between cells. */
// oxlint-disable-next-line no-control-regex -- control characters are what it looks for
export const UNSTORABLE = /[\uFFFD\u0000\u001F]/;
