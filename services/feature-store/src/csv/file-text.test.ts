import { gzipSync } from 'node:zlib';
import { openText } from './file-text.js';

async function charactersIn(file: Uint8Array): Promise<number> {
  let characters = 0;
  async function* bytes(): AsyncGenerator<Uint8Array> {
    yield file;
  }
  for await (const piece of (await openText(bytes)).text) characters += piece.length;
  return characters;
}

const packed = gzipSync(Buffer.alloc(16 * 1024 * 1024, 'a,b\n'));

test('a gzip file may grow, while it is small', async () => {
  expect(await charactersIn(packed)).toBe(16 * 1024 * 1024);
});

test('a gzip file that grows beyond measure is refused while it is read', async () => {
  const bomb = Buffer.concat(Array.from({ length: 8 }, () => packed));
  await expect(charactersIn(bomb)).rejects.toMatchObject({ kind: 'unprocessable', key: 'file.growsTooMuch' });
});
