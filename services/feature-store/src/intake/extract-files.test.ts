import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { FolderFiles } from './extract-files.js';

const inbox = mkdtempSync(path.join(tmpdir(), 'holdfast-inbox-'));
const elsewhere = mkdtempSync(path.join(tmpdir(), 'holdfast-elsewhere-'));
const scratch = path.join(elsewhere, 'scratch');

beforeAll(() => {
  writeFileSync(path.join(elsewhere, 'a.csv'), 'secret');
  mkdirSync(path.join(inbox, 'full', 'usage'), { recursive: true });
});
afterAll(() => {
  rmSync(inbox, { recursive: true, force: true });
  rmSync(elsewhere, { recursive: true, force: true });
});

async function textOf(bytes: AsyncIterable<Uint8Array>): Promise<string> {
  const held: Uint8Array[] = [];
  for await (const chunk of bytes) held.push(chunk);
  return Buffer.concat(held).toString('utf8');
}

test.each(['a.csv', 'usage'])(
  'a link that takes the place of %s after the files were listed is not followed',
  async (name) => {
    const [folder, place] = [path.join(inbox, 'full'), path.join(inbox, 'full', name)];
    writeFileSync(path.join(folder, 'a.csv'), 'own');
    writeFileSync(path.join(folder, 'usage', 'a.csv'), 'own');
    const files = await FolderFiles.open(inbox, 'full');
    const file = name === 'usage' ? 'usage/a.csv' : name;
    expect((await files.list()).map(({ path: listed }) => listed)).toEqual(['a.csv', 'usage/a.csv']);
    expect(await textOf(files.read(file))).toBe('own');

    renameSync(place, path.join(elsewhere, `moved-${name}`));
    symlinkSync(name === 'usage' ? elsewhere : path.join(elsewhere, 'a.csv'), place);
    await expect(textOf(files.read(file))).rejects.toMatchObject({ key: 'inbox.leaves' });
    await expect(files.onDisk(file, scratch)).rejects.toMatchObject({ key: 'inbox.leaves' });
    rmSync(place);
    renameSync(path.join(elsewhere, `moved-${name}`), place);
  },
);

test('a file whose name the engine would take for a pattern is that file alone', async () => {
  const folder = path.join(inbox, 'patterns');
  mkdirSync(folder);
  writeFileSync(path.join(folder, '*.parquet'), 'one');
  writeFileSync(path.join(folder, 'b.parquet'), 'another');
  const files = await FolderFiles.open(inbox, 'patterns');
  const [pattern, plain] = [await files.onDisk('*.parquet', scratch), await files.onDisk('b.parquet', scratch)];
  expect(pattern.path).not.toContain('*');
  expect(await readFile(pattern.path, 'utf8')).toBe('one');
  expect(plain.path).toBe(path.join(folder, 'b.parquet'));
  await pattern.close();
  await plain.close();
});
