import fc from 'fast-check';
import { SHARDS, customerId, isUuid, newId, shardOf, shardsOfPiece, subscriptionId } from './identity.js';

describe('identity', () => {
  it('derives the same id from the same key, and another for another kind, operator or key', () => {
    const ids = [
      subscriptionId('demo', 'A1'),
      customerId('demo', 'A1'),
      subscriptionId('other', 'A1'),
      subscriptionId('demo', 'A2'),
      subscriptionId('demo', 'A1 '),
    ];
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids.every(isUuid)).toBe(true);
    // Frozen: stored rows depend on it.
    expect(ids[0]).toBe('b0057d91-a323-5a74-9337-2b95dfbb0743');
  });

  it('makes ids that sort by the order in which they were made, and by time', async () => {
    const ids = Array.from({ length: 20_000 }, newId);
    expect(ids.every((id) => isUuid(id) && id[14] === '7')).toBe(true);
    expect(ids.toSorted()).toEqual(ids);
    expect(new Set(ids).size).toBe(ids.length);
    const timeOf = (id: string) => parseInt(id.replace('-', '').slice(0, 12), 16);
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(Math.abs(timeOf(newId()) - Date.now())).toBeLessThan(50);
  });

  it('spreads subscriptions evenly over the shards', () => {
    const counts = new Uint32Array(SHARDS);
    for (let key = 0; key < 51_200; key++) counts[shardOf(subscriptionId('demo', String(key)))]! += 1;
    // 200 expected a shard; six standard deviations either way.
    expect(Math.min(...counts)).toBeGreaterThan(115);
    expect(Math.max(...counts)).toBeLessThan(285);
  });

  it('covers every shard once by pieces, whatever their number', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: SHARDS }), (pieces) => {
        let next = 0;
        for (let piece = 0; piece < pieces; piece += 1) {
          const { from, to } = shardsOfPiece(piece, pieces);
          expect(from).toBe(next);
          expect(to).toBeGreaterThan(from);
          next = to;
        }
        expect(next).toBe(SHARDS);
      }),
    );
  });
});
