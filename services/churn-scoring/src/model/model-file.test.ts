import { syntheticTable } from '@holdfast/learning/synthetic-table.fixture';
import { Failure } from '@holdfast/platform/errors';
import { train } from '../training/train.js';
import { decodeModelFile } from './model-file.js';

interface Stored {
  version: number;
  comparisons: { columns: [string, Record<string, unknown>][] };
}

const { table, labels } = syntheticTable(300, 3, 1);
const tenure = { name: 'tenure', type: 'number' } as const;
let bytes: Uint8Array;

beforeAll(async () => {
  const input = {
    columns: [tenure],
    data: [table.numberColumn('tenure')],
    labels: Uint8Array.from(labels),
    split: undefined,
    seed: 5,
    folds: 2,
    repeats: 1,
    naturalPrevalence: null,
  };
  ({ bytes } = await train(input, { onProgress: () => undefined }));
});

function changed(change: (stored: Stored) => void): Uint8Array {
  const stored = JSON.parse(new TextDecoder().decode(bytes)) as Stored;
  change(stored);
  return new TextEncoder().encode(JSON.stringify(stored));
}

test('compares numbers by band', () => {
  expect(decodeModelFile(bytes).comparisons.of(tenure, 1)).toMatchObject({ to: expect.any(Number) });
});

test('reads a file of before there were bands, which compares no number', () => {
  const former = changed((stored) => {
    stored.version = 1;
    for (const [, column] of stored.comparisons.columns) {
      delete column['bands'];
      column['medians'] = { stayed: 1, left: 2 };
    }
  });
  const { comparisons, columns } = decodeModelFile(former);
  expect(columns).toEqual([tenure]);
  expect(comparisons.of(tenure, 1)).toBeUndefined();
});

test('refuses a file of a later version, with advice', () => {
  const later = changed((stored) => (stored.version = 99));
  const refused = (): unknown => decodeModelFile(later);
  expect(refused).toThrow(Failure);
  expect(refused).toThrow(/99.*Train or promote another/);
});
