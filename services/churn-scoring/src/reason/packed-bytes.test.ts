import fc from 'fast-check';
import { PackedReader, PackedWriter } from './packed-bytes.js';

const known = ['monthly', '畅享套餐39元'];
const value = fc.oneof(
  fc.double(),
  fc.integer(),
  fc.integer().map((cents) => cents / 100),
  fc.float({ noNaN: true }),
  fc.constantFrom(0, -0, 239, 240, 0.1, -0.4, 2 ** 53, -(2 ** 53), Infinity, 1e-300, ...known),
  fc.string({ unit: 'grapheme', maxLength: 300 }),
  fc.constant(undefined),
);

test('values, whole numbers, signed ones and doubles are read as they were written, whatever comes before', () => {
  const entry = fc.record({
    value,
    whole: fc.maxSafeNat(),
    signed: fc.integer({ min: -(2 ** 51), max: 2 ** 51 }),
    double: fc.double(),
  });
  const writer = new PackedWriter();
  fc.assert(
    fc.property(fc.array(entry, { maxLength: 20 }), (entries) => {
      for (const each of entries) {
        writer.value(each.value, (text) => known.indexOf(text));
        writer.whole(each.whole);
        writer.signed(each.signed);
        writer.double(each.double);
      }
      const reader = new PackedReader(writer.finish());
      for (const each of entries) {
        expect(reader.value((place) => known[place]!)).toBe(each.value);
        expect(reader.whole()).toBe(each.whole);
        expect(reader.signed()).toBe(each.signed);
        expect(reader.double()).toBe(each.double);
      }
      expect(reader.isEnd).toBe(true);
    }),
  );
});

test.each([
  [undefined, 1],
  [3, 1],
  [239, 1],
  [1_000, 3],
  [88.05, 4],
  ['monthly', 2],
  [1 / 3, 9],
])('%p takes %i bytes', (each, bytes) => {
  const writer = new PackedWriter();
  writer.value(each, (text) => known.indexOf(text));
  expect(writer.finish()).toHaveLength(bytes);
});
