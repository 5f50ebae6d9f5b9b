import type { PredictRow } from '@holdfast/contracts/churn_scoring/v1/scoring';
import { Table, categoryColumn, numberColumn, type Column } from '@holdfast/learning/table';
import { failure } from '@holdfast/platform/errors';
import type { TypedColumn } from '../table/typed-column.js';

const rowsInvalid = failure('unprocessable', 'predict.rowsInvalid', {
  en: 'Some values do not fit the columns of the model.',
  'zh-CN': '部分取值与模型的列不符。',
});

/** Rows that were handed over, as the model takes them: a column that a row lacks is missing there. */
interface RowTable {
  readonly table: Table;
  /** By row: the columns that the model does not use, unchanged. */
  readonly unknownColumns: string[][];
}

/** @throws unprocessable naming every value that is of another kind than its column, or infinite */
export function tableOfRows(rows: readonly PredictRow[], columns: readonly TypedColumn[]): RowTable {
  const kindOf = new Map(columns.map(({ name, type }) => [name, type === 'category' ? 'category' : 'number']));
  const unfit = rows.flatMap(({ numbers, categories }, row) => [
    ...Object.entries(numbers)
      .filter(([name, value]) => kindOf.get(name) === 'category' || Math.abs(value) === Infinity)
      .map(([name]) => ({ row, name })),
    ...Object.keys(categories)
      .filter((name) => kindOf.get(name) === 'number')
      .map((name) => ({ row, name })),
  ]);
  if (unfit.length > 0) throw rowsInvalid({}, { fields: unfit.slice(0, FIELDS_MAX).map(unfitField) });
  return {
    table: new Table(
      columns.map(({ name, type }): Column =>
        type === 'category'
          ? categoryColumn(
              name,
              rows.map(({ categories }) => own(categories, name)),
            )
          : numberColumn(
              name,
              rows.map(({ numbers }) => own(numbers, name)),
            ),
      ),
    ),
    unknownColumns: rows.map(({ numbers, categories }) =>
      [...Object.keys(numbers), ...Object.keys(categories)].filter((name) => !kindOf.has(name)),
    ),
  };
}

const FIELDS_MAX = 50;

function unfitField({ row, name }: { row: number; name: string }) {
  return {
    pointer: `/rows/${row}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`,
    key: 'predict.valueUnfit',
    text: {
      en: 'The column is of another type, or the number is not finite.',
      'zh-CN': '该列类型不同，或数值不是有限数。',
    },
  };
}

function own<T>(values: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(values, name) ? values[name] : undefined;
}
