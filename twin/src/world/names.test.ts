import fc from 'fast-check';
import { Stream } from '../randomness/stream.js';
import { homeAddress, typedAddress } from './names.js';

/** Numbers in a text, in any spelling of digits. */
function numbersOf(text: string): string[] {
  const words = '零一二三四五六七八九';
  const plain = text
    .normalize('NFKC')
    .replaceAll(/[零一二三四五六七八九](?=单元)/g, (word) => String(words.indexOf(word)));
  return plain.match(/\d+/g) ?? [];
}

test('all spellings of an address identify the same place', () => {
  const stream = new Stream(3);
  const seen = new Set<string>();
  fc.assert(
    fc.property(fc.nat(10_000), fc.nat(10_000), fc.nat(7), (person, household, district) => {
      const address = homeAddress(stream, household, district, '孪佳和花园3期');
      const typed = typedAddress(stream, person, address);
      const [full, told] = [numbersOf(address), numbersOf(typed)];
      // a spelling without unit and door names the building; the numbers stay the same
      expect([full, full.slice(0, -2)]).toContainEqual(told);
      expect(typed).toContain('孪佳和花园');
      seen.add(
        typed
          .replaceAll(/[\d０-９]+/g, '')
          .replace(/[零一二三四五六七八九]单元/, '字单元')
          .slice(-14),
      );
    }),
    { numRuns: 400 },
  );
  expect(seen.size).toBeGreaterThan(7);
});
