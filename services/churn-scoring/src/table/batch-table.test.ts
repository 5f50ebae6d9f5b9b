import { ReadTableRequest } from '@holdfast/contracts/feature_store/v1/lake';
import { categoryColumnOf, numberColumn, readCategoryTexts, readNumbers, uuidColumn } from '@holdfast/platform/columns';
import { partsOf, tableOf, valueAt } from './batch-table.js';

test("an operator's own columns may be called like ours", () => {
  const own = { columns: ['value', 'month'], withLabel: true, withValue: true };
  const batch = {
    rows: 1,
    columns: [
      uuidColumn('subscription_id', ['']),
      categoryColumnOf('month', ['2026-10']),
      categoryColumnOf('org_unit_path', ['demo/']),
      numberColumn('value', Float64Array.of(1)),
      categoryColumnOf('month', ['May']),
      numberColumn('label', Float64Array.of(0)),
      numberColumn('value', Float64Array.of(80)),
    ],
  };
  const { subject, features, facts } = partsOf(batch, ReadTableRequest.fromPartial(own));
  expect([readCategoryTexts(subject, 'month'), readCategoryTexts(features, 'month')]).toEqual([['2026-10'], ['May']]);
  expect([readNumbers(features, 'value')[0], readNumbers(facts, 'value')[0], readNumbers(facts, 'label')[0]]).toEqual([
    1, 80, 0,
  ]);
});

test('lays a table over a batch; what is missing there has no value', () => {
  const batch = {
    rows: 2,
    columns: [numberColumn('age', Float64Array.of(40, Number.NaN)), categoryColumnOf('plan', [undefined, 'gold'])],
  };
  const table = tableOf(batch, [
    { name: 'age', type: 'number' },
    { name: 'plan', type: 'category' },
  ]);
  expect([0, 1].map((row) => table.columns.map((column) => valueAt(column, row)))).toEqual([
    [40, undefined],
    [undefined, 'gold'],
  ]);
});
