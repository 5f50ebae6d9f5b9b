import { readFileSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { text as textOf } from 'node:stream/consumers';
import { TemporaryFolder } from '@holdfast/testing/temporary-folder.fixture';
import { FolderFiles } from './extract-files.js';

const [inbox, elsewhere] = [new TemporaryFolder(), new TemporaryFolder()];
const scratch = elsewhere.at('scratch');

beforeAll(() => void elsewhere.write('a.csv', 'secret'));

test.each(['a.csv', 'usage'])(
  'a link that takes the place of %s after the files were listed is not followed',
  async (name) => {
    const place = inbox.at('full', name);
    for (const own of ['full/a.csv', 'full/usage/a.csv']) inbox.write(own, 'own');
    const files = await FolderFiles.open(inbox.path, 'full');
    const file = name === 'usage' ? 'usage/a.csv' : name;
    expect((await files.list()).map(({ path: listed }) => listed)).toEqual(['a.csv', 'usage/a.csv']);
    expect(await textOf(files.read(file))).toBe('own');

    renameSync(place, elsewhere.at(`moved-${name}`));
    symlinkSync(name === 'usage' ? elsewhere.path : elsewhere.at('a.csv'), place);
    await expect(textOf(files.read(file))).rejects.toMatchObject({ key: 'inbox.leaves' });
    await expect(files.onDisk(file, scratch)).rejects.toMatchObject({ key: 'inbox.leaves' });
    rmSync(place);
    renameSync(elsewhere.at(`moved-${name}`), place);
  },
);

test('a file whose name the engine would take for a pattern is that file alone', async () => {
  inbox.write('patterns/*.parquet', 'one');
  const plainFile = inbox.write('patterns/b.parquet', 'another');
  const files = await FolderFiles.open(inbox.path, 'patterns');
  const [pattern, plain] = [await files.onDisk('*.parquet', scratch), await files.onDisk('b.parquet', scratch)];
  expect(pattern.path).not.toContain('*');
  expect(readFileSync(pattern.path, 'utf8')).toBe('one');
  expect(plain.path).toBe(plainFile);
  await pattern.close();
  await plain.close();
});
