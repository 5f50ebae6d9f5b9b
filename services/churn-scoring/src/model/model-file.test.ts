import { syntheticTable } from '@holdfast/learning/synthetic-table.fixture';
import { Failure } from '@holdfast/platform/errors';
import { train } from '../training/train.js';
import { ContainerFault, readContainer, writeContainer } from './container.js';
import { decodeModelFile, type ModelOrigin } from './model-file.js';
import { unpackJson, type PackedMember } from './packed-json.js';

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
    trainingHash: 'hash of rows',
    naturalPrevalence: null,
  };
  ({ bytes } = await train(input, { onProgress: () => undefined }));
});

/** The model as a file of version 3, which was JSON. */
function formerFile(change: (stored: Stored) => void): Uint8Array {
  const { header, sections } = readContainer(bytes);
  // the header of a file that this release wrote
  const { packed, origin, ...rest } = header as unknown as Stored & {
    packed: PackedMember[];
    origin: ModelOrigin;
    model: unknown;
  };
  expect(origin).toMatchObject({ training: expect.any(Number), parameters: { seed: 5 } });
  const lists = sections.map((section) => section.bytes);
  const stored = { ...rest, version: 3, model: unpackJson(rest.model, packed, lists) };
  change(stored);
  return new TextEncoder().encode(JSON.stringify(stored));
}

const predictionsOf = (file: Uint8Array): Float64Array => {
  return decodeModelFile(file).model.predict(
    table,
    Uint32Array.from({ length: 300 }, (_, row) => row),
  );
};

test('compares numbers by band', () => {
  expect(decodeModelFile(bytes).comparisons.of(tenure, 1)).toMatchObject({ to: expect.any(Number) });
});

test('reads a file of before there were bands, which compares no number', () => {
  const former = formerFile((stored) => {
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

test('reads a file of before there were sections, which scores as it did', () => {
  expect(predictionsOf(formerFile(() => undefined))).toEqual(predictionsOf(bytes));
});

test.each([
  ['JSON', () => formerFile((stored) => (stored.version = 99))],
  ['with sections', () => writeContainer(99, {}, [])],
])('refuses a file of a later version, %s, with advice', (_what, later) => {
  const refused = (): unknown => decodeModelFile(later());
  expect(refused).toThrow(Failure);
  expect(refused).toThrow(/99.*Train or promote another/);
});

test('begins with what is in it', () => {
  const { header } = readContainer(bytes);
  expect(Object.keys(header)).toEqual(
    expect.arrayContaining(['format', 'origin', 'columns', 'model', 'comparisons', 'causes', 'sections']),
  );
});

test('finds every changed byte', () => {
  const isRefused = (): boolean => {
    try {
      decodeModelFile(bytes);
    } catch (thrown) {
      return thrown instanceof ContainerFault || thrown instanceof Failure;
    }
    return false;
  };
  const missed: number[] = [];
  for (let at = 0; at < bytes.length; at += 1) {
    for (const bit of [1, 128]) {
      bytes[at]! ^= bit;
      if (!isRefused()) missed.push(at);
      bytes[at]! ^= bit;
    }
  }
  expect(missed).toEqual([]);
  expect(isRefused()).toBe(false);
});

test('reads a file of version 4, whose version no checksum covers and which has no causes', () => {
  const { header, sections } = readContainer(bytes);
  const { causes: _, sections: entries, ...rest } = header as Record<string, unknown>;
  expect(entries).toHaveLength(sections.length);
  const former = writeContainer(4, { ...rest, usualCauses: {} }, sections);
  expect(decodeModelFile(former).causes.json.codedLeavers).toBe(0);
  expect(predictionsOf(former)).toEqual(predictionsOf(bytes));
});

test('names the place of damage', () => {
  const faultOf = (file: Uint8Array): unknown => {
    try {
      return decodeModelFile(file);
    } catch (thrown) {
      return thrown instanceof ContainerFault ? { fault: thrown.fault, part: thrown.part, to: thrown.to } : thrown;
    }
  };
  const { sections } = readContainer(bytes);
  const last = sections.at(-1)!.name;
  const whole = bytes.length;
  expect(faultOf(bytes.slice(0, whole - 1))).toEqual({ fault: 'truncated', part: last, to: whole });
  expect(faultOf(bytes.slice(0, 20))).toMatchObject({ fault: 'truncated', part: 'header' });
  expect(faultOf(bytes.slice(0, 200))).toMatchObject({ fault: 'truncated', part: 'header' });
  expect(faultOf(Uint8Array.from([...bytes, 0]))).toEqual({ fault: 'tooLong', part: 'end', to: whole + 1 });
  expect(faultOf(bytes.with(whole - 1, bytes.at(-1)! ^ 1))).toEqual({ fault: 'checksum', part: last, to: whole });
  expect(faultOf(bytes.with(60, 0))).toMatchObject({ fault: 'checksum', part: 'header' });
  expect(faultOf(bytes.with(0, 0))).toMatchObject({ fault: 'notThisFormat' });
  expect(faultOf(new TextEncoder().encode('{"format":'))).toMatchObject({ fault: 'content', part: 'json' });
});
