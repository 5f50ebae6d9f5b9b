/** What a column holds; decides how it is written and how it can be spoilt. */
export type ColumnType = 'id' | 'text' | 'enum' | 'date' | 'month' | 'moment' | 'money' | 'number' | 'flag';

export interface Column {
  name: string;
  type: ColumnType;
  isRequired: boolean;
  isKey: boolean;
  /** Whose key it is. */
  refersTo?: string;
}

/** A table of the extract: its name and columns in the order of the file. */
export interface Table {
  name: string;
  columns: readonly Column[];
  /** Whether errors are put in. */
  acceptsErrors: boolean;
}

/**
 * Writes a table down in one line per column: `name type`, then `*` where it is required, `key` where it is part of the
 * key, `> table` where it refers to one.
 * @throws Error where a line cannot be read
 */
export function table(name: string, lines: readonly string[], { acceptsErrors = true } = {}): Table {
  return { name, columns: lines.map(columnOf), acceptsErrors };
}

function columnOf(line: string): Column {
  const match = /^(\w+) (id|text|enum|date|month|moment|money|number|flag)( \*)?( key)?(?: > (\w+))?$/.exec(line);
  if (match === null) throw new Error(`Not a column: ${line}`);
  const [, name, type, required, key, refersTo] = match;
  return {
    name: name!,
    type: type as ColumnType,
    isRequired: required !== undefined,
    isKey: key !== undefined,
    ...(refersTo !== undefined && { refersTo }),
  };
}

/** A value of a row; undefined is unknown. */
export type Cell = string | number | undefined;
/** Or bytes that go into the file as they are. */
export type RawCell = Cell | Uint8Array;

export function centsText(cents: number): string {
  return (cents / 100).toFixed(2);
}

export function flagText(isTrue: boolean): string {
  return isTrue ? 'true' : 'false';
}

/** Sorts in place, by a text that is worked out once for each. */
export function sortedBy(items: number[], keyOf: (item: number) => string): number[] {
  const keys = new Map(items.map((item) => [item, keyOf(item)]));
  return items.sort((left, right) => (keys.get(left)! < keys.get(right)! ? -1 : 1));
}
