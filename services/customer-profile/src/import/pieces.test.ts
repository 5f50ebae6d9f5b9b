import fc from 'fast-check';
import { piecesFor } from './import-subjects.js';

describe('pieces of an import', () => {
  it.each([
    [0, 1],
    [8_192, 1],
    [8_193, 2],
    [16_384, 2],
    [100_000, 16],
    [10_000_000, 256],
  ])('of %i rows are %i', (rows, pieces) => {
    expect(piecesFor(rows)).toBe(pieces);
  });

  it('are whole shards each, whatever the number of rows', () => {
    fc.assert(fc.property(fc.nat(1_000_000_000), (rows) => expect(256 % piecesFor(rows)).toBe(0)));
  });
});
