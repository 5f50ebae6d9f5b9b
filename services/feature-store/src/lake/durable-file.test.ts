import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { TemporaryFolder } from '@holdfast/testing/temporary-folder.fixture';
import { LakeFiles } from './lake-files.js';

const folder = new TemporaryFolder();
const run = promisify(execFile);
const LIMIT_BYTES = 2_000 * 512;

/**
 * Writes a raw file in a process whose files may have a million bytes: as on a full disk, the operating system takes a
 * part of the bytes at first, and then refuses them. Anybody may set this limit, unlike mount a small disk.
 */
const PROGRAM = `
  import { LakeFiles } from ${JSON.stringify(path.resolve('services/feature-store/dist/lake/lake-files.js'))};
  process.on('SIGXFSZ', () => undefined);
  const [root, size] = process.argv.slice(1);
  async function* bytes() { yield Buffer.alloc(Number(size), 'row\\n'); }
  const files = new LakeFiles(root);
  await files.prepare();
  const written = await files.writeRaw('i', Buffer.alloc(32, 7), bytes()).catch(({ code }) => ({ code }));
  console.log(JSON.stringify(written));
`;

async function writeLimited(root: string, bytes: number): Promise<unknown> {
  const limited = `ulimit -f ${LIMIT_BYTES / 512}; exec "$0" --input-type=module -e "$1" "$2" "$3"`;
  const { stdout } = await run('/bin/sh', ['-c', limited, process.execPath, PROGRAM, root, String(bytes)]);
  return JSON.parse(stdout);
}

test('a file that the disk takes in part is not stored, and nothing is left of it', async () => {
  const root = path.join(folder.path, 'limited');
  expect(await writeLimited(root, LIMIT_BYTES + 1)).toEqual({ code: 'EFBIG' });
  expect(fs.readdirSync(path.join(root, 'raw'))).toEqual([]);
  expect(await writeLimited(root, LIMIT_BYTES / 2)).toMatchObject({ sizeBytes: LIMIT_BYTES / 2 });
  expect(fs.readdirSync(path.join(root, 'raw'))).toEqual(['i.sealed']);
});

test('a file is read back before it counts as stored', async () => {
  const root = path.join(folder.path, 'read-back');
  const files = new LakeFiles(root);
  await files.prepare();
  const part = path.join(root, 'raw', 'i.sealed.part');
  const spoiled = async function* () {
    yield randomBytes(600_000);
    const handle = await fs.promises.open(part, 'r+'); // as a disk that loses a block
    await handle.write(Buffer.alloc(4096), 0, 4096, 8192);
    await handle.close();
    yield randomBytes(10);
  };
  await expect(files.writeRaw('i', Buffer.alloc(32, 7), spoiled())).rejects.toMatchObject({
    kind: 'unavailable',
    key: 'lake.notStored',
    retryAfterSeconds: 60,
  });
  expect(fs.readdirSync(path.join(root, 'raw'))).toEqual([]);
});
