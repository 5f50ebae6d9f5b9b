import { hashIntegers, RandomStream } from './random.js';

test('the stream is frozen: models in use were trained with it', () => {
  const stream = new RandomStream(1);
  expect([stream.nextUint32(), stream.nextUint32(), stream.nextUint32()]).toMatchInlineSnapshot(`
[
  3421527613,
  4222085574,
  498198555,
]
`);
});

test('numbers are spread evenly and streams are independent', () => {
  const first = new RandomStream(7);
  const second = new RandomStream(7, 1);
  const count = 40_000;
  const cells = new Uint32Array(10);
  let product = 0;
  for (let each = 0; each < count; each += 1) {
    const value = first.next();
    cells[Math.floor(10 * value)]! += 1;
    product += (value - 0.5) * (second.next() - 0.5);
  }
  // χ² with 9 degrees of freedom stays below 27.9 in 99.9 % of cases
  expect(cells.reduce((sum, cell) => sum + (cell - count / 10) ** 2 / (count / 10), 0)).toBeLessThan(27.9);
  expect(Math.abs(product / count) * 12 * Math.sqrt(count)).toBeLessThan(3.3);
});

test('adjacent seeds do not collide', () => {
  const hashes = new Set<number>();
  for (let seed = 0; seed < 100; seed += 1) {
    for (let salt = 0; salt < 100; salt += 1) hashes.add(hashIntegers(seed, salt));
  }
  expect(hashes.size).toBe(10_000);
});
