import fc from 'fast-check';
import { shardsOfPiece } from '@holdfast/platform/identity';
import { pieceCount } from './pieces.js';

test.each([
  [0, 0],
  [50, 1],
  [1_500, 15],
  [7_043, 16],
  [800_000, 16],
  [1_000_000, 20],
  [100_000_000, 256],
])('%d rows make %d pieces', (rows, pieces) => {
  expect(pieceCount(rows, 50_000)).toBe(pieces);
});

test('pieces cover every shard once, whatever their number', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 256 }), (pieces) => {
      let next = 0;
      for (let piece = 0; piece < pieces; piece += 1) {
        const { from, to } = shardsOfPiece(piece, pieces);
        expect(from).toBe(next);
        expect(to).toBeGreaterThan(from);
        next = to;
      }
      expect(next).toBe(256);
    }),
  );
});
