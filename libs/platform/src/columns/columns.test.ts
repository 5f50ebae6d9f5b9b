import { ColumnBatch } from '@holdfast/contracts/platform/v1/columns';
import fc from 'fast-check';
import {
  ABSENT_CODE,
  bytesColumn,
  categories,
  categoryColumnOf,
  columnBatch,
  numberColumn,
  numbers,
  readBytes,
  readCategory,
  readCategoryTexts,
  readNumbers,
  readTexts,
  readUuids,
  texts,
  uuidColumn,
  uuids,
} from './columns.js';

/** Over the wire, and with a header of odd length before it, so that nothing relies on alignment. */
function throughWire(batch: ColumnBatch, shift: number): ColumnBatch {
  const bytes = ColumnBatch.encode(batch).finish();
  const shifted = new Uint8Array(bytes.length + shift);
  shifted.set(bytes, shift);
  return ColumnBatch.decode(shifted.subarray(shift));
}

describe('columns', () => {
  it('arrive as they were sent, whatever their alignment', () => {
    const row = fc.record({
      number: fc.oneof(fc.double(), fc.constant(NaN)),
      text: fc.string({ unit: 'grapheme' }),
      category: fc.option(fc.constantFrom('a', '乙', 'c'), { nil: undefined }),
      uuid: fc.uuid(),
      bytes: fc.uint8Array({ maxLength: 9 }),
    });
    fc.assert(
      fc.property(fc.array(row, { maxLength: 30 }), fc.nat(8), (rows, shift) => {
        const byRow = columnBatch(rows, {
          number: numbers((each) => each.number),
          text: texts((each) => each.text),
          category: categories((each) => each.category),
          uuid: uuids((each) => each.uuid),
        });
        const bytes = rows.map((each) => each.bytes);
        const columns = [...byRow.columns, bytesColumn('bytes', bytes)];
        const batch = throughWire({ rows: rows.length, columns }, shift);
        expect([...readNumbers(batch, 'number')]).toEqual(rows.map(({ number }) => number));
        expect(readTexts(batch, 'text')).toEqual(rows.map(({ text }) => Buffer.from(text).toString()));
        expect(readCategoryTexts(batch, 'category')).toEqual(rows.map(({ category }) => category));
        expect(readUuids(batch, 'uuid')).toEqual(rows.map(({ uuid }) => uuid));
        expect(readBytes(batch, 'bytes').map((bytes) => [...bytes])).toEqual(rows.map(({ bytes }) => [...bytes]));
      }),
    );
  });

  it('mark what is absent', () => {
    const batch = {
      rows: 2,
      columns: [categoryColumnOf('c', [undefined, 'x']), uuidColumn('u', ['', '6f1d0a52-b3c8-4f0e-9a4b-7c6d5e8f9012'])],
    };
    expect(readCategory(batch, 'c').codes[0]).toBe(ABSENT_CODE);
    expect(readUuids(batch, 'u')).toEqual(['', '6f1d0a52-b3c8-4f0e-9a4b-7c6d5e8f9012']);
  });

  it('refuse another kind, another length and an unknown name', () => {
    const batch = { rows: 3, columns: [numberColumn('n', new Float64Array(2))] };
    expect(() => readNumbers(batch, 'n')).toThrow('3 rows');
    expect(() => readTexts(batch, 'n')).toThrow('COLUMN_KIND_NUMBER');
    expect(() => readNumbers(batch, 'm')).toThrow('m');
  });
});
