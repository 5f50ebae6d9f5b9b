/** Determines the applicable errors. */
type ColumnType = 'id' | 'text' | 'enum' | 'date' | 'month' | 'moment' | 'money' | 'number' | 'flag';

export interface Column {
  name: string;
  type: ColumnType;
  isRequired: boolean;
  isKey: boolean;
  /** Table whose key it is. */
  refersTo?: string;
}

export interface Table {
  name: string;
  columns: readonly Column[];
  /** Whether errors are injected. */
  acceptsErrors: boolean;
}

/**
 * Parses one line per column: `name type`, then `*` if required, `key` if part of the key, `> table` if it refers to
 * another table.
 * @throws Error for a malformed line
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

/** Undefined is unknown. */
export type Cell = string | number | undefined;
/** Bytes are written unchanged. */
export type RawCell = Cell | Uint8Array;

export function centsText(cents: number): string {
  return (cents / 100).toFixed(2);
}

export function flagText(isTrue: boolean): string {
  return isTrue ? 'true' : 'false';
}

/** Sorts in place by a text that is derived once per item. */
export function sortedBy(items: number[], keyOf: (item: number) => string): number[] {
  const keys = new Map(items.map((item) => [item, keyOf(item)]));
  return items.sort((left, right) => (keys.get(left)! < keys.get(right)! ? -1 : 1));
}
