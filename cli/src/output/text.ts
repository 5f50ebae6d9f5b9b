import type { Money } from '@holdfast/client/gen/operations';

type Cell = string | number | null | undefined;

type CellName<Row> = { [Name in keyof Row]: Row[Name] extends Cell | boolean ? Name : never }[keyof Row];

/** Columns by heading: the name of a property, or a function of the row. */
export type Columns<Row> = Readonly<Record<string, CellName<Row> | ((row: Row) => Cell)>>;

/** A line of headings and one per row, with aligned cells; `–` for what is absent. */
export function tableLines<Row>(rows: readonly Row[], columns: Columns<Row>): string[] {
  const cells = Object.entries(columns).map(([heading, column]) => [
    heading,
    ...rows.map((row) => cellText(typeof column === 'function' ? column(row) : (row[column] as Cell | boolean))),
  ]);
  const widths = cells.map((column) => Math.max(...column.map(widthOf)));
  const padded = (cell: string, width: number): string => cell + ' '.repeat(width - widthOf(cell));
  return ['', ...rows].map((_, line) =>
    cells
      .map((column, index) => padded(column[line]!, widths[index]!))
      .join('  ')
      .trimEnd(),
  );
}

/** Characters that take two columns of a terminal: Chinese and its punctuation. */
const WIDE = /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60]/gu;

/** Columns that a text takes on a terminal. */
export function widthOf(text: string): number {
  return text.length + (text.match(WIDE)?.length ?? 0);
}

function cellText(value: Cell | boolean): string {
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  return String(value ?? '–');
}

export function moneyText(money: Money | null): string | null {
  return money === null ? null : `${money.amount} ${money.currency}`.trimEnd();
}

/** With two decimals, since churn rates are small. */
export function percentText(share: number): string {
  return `${(share * 100).toFixed(2)} %`;
}

/** Such as `discount 12, control 4`. */
export function countsText(counts: Readonly<Record<string, number>>): string {
  return Object.entries(counts)
    .map(([name, count]) => `${name} ${count}`)
    .join(', ');
}
