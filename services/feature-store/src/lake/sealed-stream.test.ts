import { randomBytes } from 'node:crypto';
import { buffer as all } from 'node:stream/consumers';
import { LakeKeys, keyFor, open, seal } from './lake-keys.js';
import { openStream, sealStream } from './sealed-stream.js';

const key = randomBytes(32);

async function* pieces(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

const FRAME = 256 * 1024;

test.each([0, 1, FRAME - 1, FRAME, FRAME + 1, 3 * FRAME, 3 * FRAME + 17])('%d bytes come back', async (size) => {
  const plain = randomBytes(size);
  const sealed = await all(sealStream(key, pieces(plain, 100_003), 'a'));
  expect(size > 64 && sealed.includes(plain.subarray(0, 64))).toBe(false);
  expect((await all(openStream(key, pieces(sealed, 77_777), 'a'))).equals(plain)).toBe(true);
});

test('what was cut off, changed, swapped, or sealed for another is refused', async () => {
  const sealed = await all(sealStream(key, pieces(randomBytes(3 * FRAME), 65_536), 'a'));
  const frame = sealed.length / 3;
  const changed = Buffer.from(sealed);
  changed[frame + 100] = changed[frame + 100]! ^ 1;
  const [first, second, third] = [0, 1, 2].map((at) => sealed.subarray(at * frame, (at + 1) * frame));
  const swapped = Buffer.concat([second!, first!, third!]);
  const cut = sealed.subarray(0, 2 * frame);
  for (const bad of [cut, sealed.subarray(0, 2 * frame + 50), changed, swapped, Buffer.alloc(0)])
    await expect(all(openStream(key, pieces(bad, 50_000), 'a'))).rejects.toThrow(/unable to authenticate|cut off/);
  await expect(all(openStream(key, pieces(sealed, 50_000), 'b'))).rejects.toThrow(/unable to authenticate/);
  await expect(all(openStream(randomBytes(32), pieces(sealed, 50_000), 'a'))).rejects.toThrow(/unable to authenticate/);
});

test('a data key opens for its import and master key alone', () => {
  const keys = new LakeKeys('ab'.repeat(32));
  const dataKey = keys.newDataKey();
  const wrapped = keys.wrap(dataKey, 'import-1');
  expect(keys.unwrap(wrapped, 'import-1').equals(dataKey)).toBe(true);
  expect(() => keys.unwrap(wrapped, 'import-2')).toThrow(/unable to authenticate/);
  expect(() => new LakeKeys('cd'.repeat(32)).unwrap(wrapped, 'import-1')).toThrow(/unable to authenticate/);
  expect(() => new LakeKeys('ab')).toThrow(/64 hex digits/);
});

test('each use has its own key', () => {
  const sealed = seal(keyFor('subjects', key), Buffer.from('x'), 'c');
  expect(() => open(keyFor('rejects', key), sealed, 'c')).toThrow(/unable to authenticate/);
  expect(open(keyFor('subjects', key), sealed, 'c').toString()).toBe('x');
});
