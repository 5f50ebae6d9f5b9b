import * as fc from 'fast-check';
import { TokenBucket } from './token-bucket.js';

test('admits the burst at once, then the rate', () => {
  const bucket = new TokenBucket(2, 3, 0);
  expect([0, 0, 0, 0].map((now) => bucket.take(now).admitted)).toEqual([true, true, true, false]);
  expect(bucket.take(499).admitted).toBe(false);
  expect(bucket.take(500).admitted).toBe(true);
});

test('gives the waiting time', () => {
  const bucket = new TokenBucket(2, 1, 0);
  bucket.take(0);
  expect(bucket.take(100)).toEqual({ admitted: false, remaining: 0, waitMs: 400 });
});

test('never admits more than burst + rate × time', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 500 }), { maxLength: 200 }), (gapsMs) => {
      const bucket = new TokenBucket(10, 5, 0);
      let now = 0;
      let admitted = 0;
      for (const gap of gapsMs) {
        now += gap;
        if (bucket.take(now).admitted) admitted += 1;
      }
      expect(admitted).toBeLessThanOrEqual(5 + (now / 1_000) * 10 + 1e-6);
    }),
  );
});
