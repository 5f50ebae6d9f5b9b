import { createHash, randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { lstat, mkdir, open, readdir, realpath, rm } from 'node:fs/promises';
import path from 'node:path';
import { failure } from '@holdfast/platform/errors';
import { unpacked } from '../csv/file-text.js';
import { writeAll } from '../lake/durable-file.js';
import { keyFor } from '../lake/lake-keys.js';
import type { LakeFiles } from '../lake/lake-files.js';

export const FILES_MAX = 100_000;

export interface ExtractFile {
  /** Below the extract's folder, with `/`. */
  path: string;
  sizeBytes: number;
  /** Of the received bytes, if already known. */
  sha256?: string;
}

/** The files of one extract, wherever they are. */
export interface ExtractFiles {
  list(): Promise<ExtractFile[]>;
  read(path: string): AsyncIterable<Uint8Array>;
  /** A path that the engine can open until it is closed. */
  onDisk(path: string, scratch: string): Promise<OpenFile>;
}

interface OpenFile {
  path: string;
  close(): Promise<void>;
}

/** Uses files of an extract by paths that the engine can open. */
export async function onDisk<T>(
  source: ExtractFiles,
  files: readonly { path: string }[],
  scratch: string,
  use: (files: { path: string; onDisk: string }[]) => Promise<T>,
): Promise<T> {
  const opened: OpenFile[] = [];
  try {
    for (const { path: name } of files) opened.push(await source.onDisk(name, scratch));
    return await use(files.map(({ path: name }, at) => ({ path: name, onDisk: opened[at]!.path })));
  } finally {
    for (const file of opened) await file.close();
  }
}

const folderUnknown = failure('notFound', 'inbox.folderUnknown', {
  en: 'The inbox has no folder {folder}.',
  'zh-CN': '收件目录中没有文件夹 {folder}。',
});
const folderLeaves = failure('invalid', 'inbox.leaves', {
  en: '{path} leads out of the inbox, or is neither a file nor a folder.',
  'zh-CN': '{path} 指向收件目录之外，或不是普通文件、文件夹。',
});
export const tooManyFiles = failure('invalid', 'extract.tooManyFiles', {
  en: 'The extract has more than {max} files.',
  'zh-CN': '提取包超过 {max} 个文件。',
});

/** An uploaded extract: sealed in the lake. */
export class UploadedFiles implements ExtractFiles {
  constructor(
    private readonly importId: string,
    private readonly stored: readonly (ExtractFile & { ordinal: number })[],
    private readonly files: LakeFiles,
    private readonly dataKey: Buffer,
  ) {}

  list(): Promise<ExtractFile[]> {
    return Promise.resolve([...this.stored]);
  }

  read(name: string): AsyncIterable<Uint8Array> {
    const { ordinal } = this.stored.find(({ path: known }) => known === name)!;
    return this.files.readRaw(rawName(this.importId, ordinal), keyFor('raw', this.dataKey, String(ordinal)));
  }

  onDisk(name: string, scratch: string): Promise<OpenFile> {
    return namelessFile(scratch, unpacked(this.read(name)));
  }
}

export function rawName(importId: string, ordinal: number): string {
  return `${importId}-${ordinal}`;
}

/** An extract in a folder of the inbox, read in place. */
export class FolderFiles implements ExtractFiles {
  private constructor(private readonly root: string) {}

  /**
   * @param inbox the folder of the inbox
   * @throws notFound for an unknown folder; invalid for one outside the inbox, by `..` or by a link
   */
  static async open(inbox: string, folder: string): Promise<FolderFiles> {
    const whole = inbox === '' ? undefined : await realpath(inbox).catch(() => undefined);
    const wanted = whole === undefined ? undefined : await realpath(path.join(whole, folder)).catch(() => undefined);
    if (whole === undefined || wanted === undefined) throw folderUnknown({ folder });
    if (wanted !== whole && !wanted.startsWith(`${whole}${path.sep}`)) throw folderLeaves({ path: folder });
    return new FolderFiles(wanted);
  }

  async list(): Promise<ExtractFile[]> {
    const found: ExtractFile[] = [];
    for (const name of await readdir(this.root, { recursive: true })) {
      const status = await lstat(path.join(this.root, name));
      if (status.isDirectory()) continue;
      const below = name.split(path.sep).join('/');
      // A link may lead out of the inbox, now or when the job runs.
      if (!status.isFile()) throw folderLeaves({ path: below });
      if (found.length === FILES_MAX) throw tooManyFiles({ max: FILES_MAX });
      found.push({ path: below, sizeBytes: status.size });
    }
    return found.sort((left, right) => (left.path < right.path ? -1 : 1));
  }

  async *read(name: string): AsyncGenerator<Uint8Array> {
    const handle = await open(await this.pathOf(name), constants.O_RDONLY | constants.O_NOFOLLOW);
    yield* handle.createReadStream({ highWaterMark: 256 * 1024 });
  }

  async onDisk(name: string, scratch: string): Promise<OpenFile> {
    const file = await this.pathOf(name);
    // The engine would read a name with these characters as a pattern that matches other files.
    const isPlain = !name.endsWith('.gz') && !/[*?[\]{}]/.test(file);
    if (!isPlain) return namelessFile(scratch, unpacked(this.read(name)));
    return { path: file, close: () => Promise.resolve() };
  }

  /** A file, or a folder above it, may have been replaced by a link since the files were listed. */
  private async pathOf(name: string): Promise<string> {
    const file = path.join(this.root, name);
    if ((await realpath(file)) !== file) throw folderLeaves({ path: name });
    return file;
  }
}

/** Hash of a file's bytes, lower case hex. */
export async function sha256Of(bytes: AsyncIterable<Uint8Array>): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of bytes) hash.update(chunk);
  return hash.digest('hex');
}

/**
 * Writes bytes to an unlinked open file, for an engine that needs a path instead of a stream: no other process can open it,
 * and it ends with this process.
 */
async function namelessFile(folder: string, bytes: AsyncIterable<Uint8Array>): Promise<OpenFile> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const name = path.join(folder, randomUUID());
  const handle = await open(name, 'wx+', 0o600);
  await rm(name);
  try {
    for await (const chunk of bytes) await writeAll(handle, chunk);
  } catch (thrown) {
    await handle.close();
    throw thrown;
  }
  return { path: `/dev/fd/${handle.fd}`, close: () => handle.close() };
}
