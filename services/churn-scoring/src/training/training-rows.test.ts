import fc from 'fast-check';
import { ReadTableRequest } from '@holdfast/contracts/feature_store/v1/lake';
import type { ColumnBatch } from '@holdfast/contracts/platform/v1/columns';
import { ABSENT_CODE, categoryColumn, categoryColumnOf, numberColumn, uuidColumn } from '@holdfast/platform/columns';
import { subscriptionId } from '@holdfast/platform/identity';
import { partsOf } from '../table/batch-table.js';
import { TrainingRowCollector, type TrainingRows } from './training-rows.js';

const columns = [
  { name: 'tenure', type: 'number' },
  { name: 'contract', type: 'category' },
] as const;

interface Row {
  tenure: number;
  contract: string | undefined;
  label: number;
}

const request = { columns: ['tenure', 'contract'], withLabel: true, withSplit: false, withValue: false };
const parts = (batch: ColumnBatch) => partsOf(batch, ReadTableRequest.fromPartial(request));

function batchOf(rows: Row[], from: number) {
  return parts({
    rows: rows.length,
    columns: [
      uuidColumn(
        'subscription_id',
        rows.map((_, row) => subscriptionId('demo', String(from + row))),
      ),
      numberColumn(
        'tenure',
        Float64Array.from(rows, ({ tenure }) => tenure),
      ),
      categoryColumnOf(
        'contract',
        rows.map(({ contract }) => contract),
      ),
      numberColumn(
        'label',
        Float64Array.from(rows, ({ label }) => label),
      ),
    ],
  });
}

function collect(rows: Row[], cuts: number[]): TrainingRows {
  const collector = new TrainingRowCollector(columns, ['status'], { hasSplit: false }, 1_000);
  const edges = [...new Set([0, ...cuts.map((cut) => cut % (rows.length + 1)), rows.length])].sort(
    (left, right) => left - right,
  );
  edges.slice(1).forEach((to, at) => collector.add(batchOf(rows.slice(edges[at]!, to), edges[at]!)));
  return collector.finish();
}

test('gathers the labelled rows with one dictionary, for any division into batches', () => {
  const row = fc.record({
    tenure: fc.oneof(fc.constant(Number.NaN), fc.integer({ min: 0, max: 80 })),
    contract: fc.constantFrom('m', 'y', 'z', undefined),
    label: fc.constantFrom(0, 1, Number.NaN),
  });
  fc.assert(
    fc.property(fc.array(row, { maxLength: 40 }), fc.array(fc.nat(), { maxLength: 5 }), (rows, cuts) => {
      const known = rows.filter(({ label }) => !Number.isNaN(label));
      const gathered = collect(rows, cuts);
      const [tenure, contract] = gathered.columns;
      expect([...gathered.labels.get('status')!]).toEqual(known.map(({ label }) => label));
      expect(tenure).toMatchObject({ values: Float64Array.from(known, (each) => each.tenure) });
      if (contract?.kind !== 'category') throw new Error('not a category');
      expect([...contract.codes].map((code) => contract.categories[code])).toEqual(known.map((each) => each.contract));
      expect(gathered.hash).toBe(collect(rows, []).hash);
    }),
  );
});

test('the hash sees a value, a label and a subscription', () => {
  const rows: Row[] = [
    { tenure: 1, contract: 'm', label: 1 },
    { tenure: 2, contract: 'y', label: 0 },
  ];
  const variants = [
    rows,
    [{ ...rows[0]!, tenure: 3 }, rows[1]!],
    [{ ...rows[0]!, label: 0 }, rows[1]!],
    [rows[0]!, { ...rows[1]!, contract: undefined }],
  ];
  const collector = new TrainingRowCollector(columns, ['status'], { hasSplit: false }, 10);
  collector.add(batchOf(rows, 5));
  expect(new Set([...variants.map((variant) => collect(variant, []).hash), collector.finish().hash]).size).toBe(5);
});

test('grows beyond its first buffers, and stops at the most rows it may hold', () => {
  const collector = new TrainingRowCollector(columns, ['status'], { hasSplit: false }, 20_000);
  const add = (): void => {
    const rows = 8_000;
    const columns = [
      uuidColumn('subscription_id', new Array<string>(rows).fill('')),
      numberColumn('tenure', new Float64Array(rows).fill(4)),
      categoryColumn('contract', new Uint32Array(rows).fill(ABSENT_CODE), []),
      numberColumn('label', new Float64Array(rows)),
    ];
    collector.add(parts({ rows, columns }));
  };
  add();
  add();
  expect(add).toThrow(expect.objectContaining({ kind: 'tooLarge' }));
  const { columns: gathered, labels } = collector.finish();
  expect(labels.get('status')).toHaveLength(16_000);
  expect(gathered[0]).toMatchObject({ values: new Float64Array(16_000).fill(4) });
});
