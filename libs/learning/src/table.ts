/** The code of a category that is not known. */
export const MISSING_CATEGORY = 0xffffffff;

/** Numbers and flags (0 or 1); NaN where the value is not known, infinite never. */
export interface NumberColumn {
  readonly kind: 'number';
  readonly name: string;
  readonly values: Float64Array;
}

/** One code per row into `categories`; MISSING_CATEGORY where the value is not known. */
export interface CategoryColumn {
  readonly kind: 'category';
  readonly name: string;
  readonly codes: Uint32Array;
  readonly categories: readonly string[];
}

export type Column = NumberColumn | CategoryColumn;

const CHECKED = Symbol('checked');

/**
 * The in-memory matrix that every algorithm here takes: one typed buffer per column, no object per row. A subset of
 * rows is an array of row numbers, so that folds copy nothing.
 */
export class Table {
  readonly columns: readonly Column[];
  readonly rowCount: number;
  private readonly byName = new Map<string, Column>();
  private nameOrdered: Table | undefined;

  /**
   * @param checked only within this module: the content of the columns was checked by another table
   * @throws RangeError where lengths differ, a name occurs twice, a number is infinite or a code has no category
   */
  constructor(columns: readonly Column[], checked?: typeof CHECKED) {
    this.columns = columns;
    this.rowCount = columns.length === 0 ? 0 : lengthOf(columns[0]!);
    for (const column of columns) {
      if (lengthOf(column) !== this.rowCount) {
        throw new RangeError(`column ${column.name} has ${lengthOf(column)} rows, not ${this.rowCount}`);
      }
      if (this.byName.has(column.name)) throw new RangeError(`column ${column.name} occurs twice`);
      if (checked === undefined) checkContent(column);
      this.byName.set(column.name, column);
    }
  }

  /** The same columns in the order of their names: what is learned must not depend on the order of a file. */
  inNameOrder(): Table {
    this.nameOrdered ??= new Table(
      [...this.columns].sort((left, right) => (left.name < right.name ? -1 : 1)),
      CHECKED,
    );
    return this.nameOrdered;
  }

  /** The table without some of its columns. @param names of those that stay; others than the table has are ignored */
  only(names: ReadonlySet<string>): Table {
    return new Table(
      this.columns.filter(({ name }) => names.has(name)),
      CHECKED,
    );
  }

  /** @throws RangeError where the table has no such column, or one of another kind */
  numberColumn(name: string): NumberColumn {
    const column = this.byName.get(name);
    if (column?.kind !== 'number') throw new RangeError(`the table needs a number column ${name}`);
    return column;
  }

  /** @throws RangeError where the table has no such column, or one of another kind */
  categoryColumn(name: string): CategoryColumn {
    const column = this.byName.get(name);
    if (column?.kind !== 'category') throw new RangeError(`the table needs a category column ${name}`);
    return column;
  }
}

/** The row numbers 0 … rowCount − 1. */
export function allRows(rowCount: number): Uint32Array {
  const rows = new Uint32Array(rowCount);
  for (let row = 0; row < rowCount; row += 1) rows[row] = row;
  return rows;
}

/** A category column from texts; null and undefined are missing. Codes are given in the order of appearance. */
export function categoryColumn(name: string, texts: readonly (string | null | undefined)[]): CategoryColumn {
  const codeByText = new Map<string, number>();
  const codes = new Uint32Array(texts.length);
  texts.forEach((text, row) => {
    if (text === null || text === undefined) {
      codes[row] = MISSING_CATEGORY;
      return;
    }
    let code = codeByText.get(text);
    if (code === undefined) {
      code = codeByText.size;
      codeByText.set(text, code);
    }
    codes[row] = code;
  });
  return { kind: 'category', name, codes, categories: [...codeByText.keys()] };
}

/** A number column from numbers; null, undefined and NaN are missing. */
export function numberColumn(name: string, numbers: readonly (number | null | undefined)[]): NumberColumn {
  return { kind: 'number', name, values: Float64Array.from(numbers, (value) => value ?? Number.NaN) };
}

/** The labels of the given rows, in their order. */
export function labelsOf(labels: Uint8Array, rows: Uint32Array): Uint8Array {
  const taken = new Uint8Array(rows.length);
  for (let at = 0; at < rows.length; at += 1) taken[at] = labels[rows[at]!]!;
  return taken;
}

/** The values of the given rows, in their order. */
export function valuesOf(values: Float64Array, rows: Uint32Array): Float64Array {
  const taken = new Float64Array(rows.length);
  for (let at = 0; at < rows.length; at += 1) taken[at] = values[rows[at]!]!;
  return taken;
}

function lengthOf(column: Column): number {
  return column.kind === 'number' ? column.values.length : column.codes.length;
}

function checkContent(column: Column): void {
  if (column.kind === 'number') {
    if (column.values.includes(Infinity) || column.values.includes(-Infinity)) {
      throw new RangeError(`column ${column.name} has an infinite number`);
    }
    return;
  }
  const known = column.categories.length;
  for (const code of column.codes) {
    if (code >= known && code !== MISSING_CATEGORY) {
      throw new RangeError(`column ${column.name} has a code outside its ${known} categories`);
    }
  }
}
