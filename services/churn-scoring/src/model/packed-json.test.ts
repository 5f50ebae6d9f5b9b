import fc from 'fast-check';
import { packJson, unpackJson } from './packed-json.js';

const packed = (value: unknown) => packJson(value).members.map(({ path, type, count }) => `${path} ${type} ${count}`);

test('packs what is only lists of numbers, each member into the smallest type that has them exactly', () => {
  const value = {
    trees: [
      { feature: [1, 255], value: [0.5], left: [-1, 3] },
      { feature: [], value: [-0], left: [40_000] },
    ],
    mixed: [[1, 2], 'x'],
    one: 7,
  };
  expect(packed(value)).toEqual(['trees.feature u8 2', 'trees.value f64 2', 'trees.left i32 3']);
  expect(packJson(value).document).toEqual({
    trees: [
      { feature: 2, value: 1, left: 2 },
      { feature: [], value: 1, left: 1 },
    ],
    mixed: [[1, 2], 'x'],
    one: 7,
  });
});

test('any JSON document is read back as it was', () => {
  const numbers = fc.array(
    fc.oneof(fc.integer(), fc.integer({ min: 0, max: 300 }), fc.double({ noNaN: true, noDefaultInfinity: true })),
  );
  const names = fc.constantFrom('a', 'b', 'a.b', '__proto__');
  const { value } = fc.letrec((tie) => ({
    value: fc.oneof({ maxDepth: 4 }, numbers, fc.string(), fc.integer(), fc.constant(null), tie('list'), tie('object')),
    list: fc.array(tie('value'), { maxLength: 4 }),
    object: fc.dictionary(names, tie('value')),
  }));
  fc.assert(
    fc.property(value, (each) => {
      const { document, members, sections } = packJson(each);
      expect(unpackJson(JSON.parse(JSON.stringify(document)), members, sections)).toEqual(each);
    }),
    { numRuns: 500 },
  );
});
