import { createHash } from 'node:crypto';
import { createReadStream, type ReadStream } from 'node:fs';
import { mkdir, open, readdir, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { failure } from '@holdfast/platform/errors';
import { moveSynced, writeAll } from './durable-file.js';
import { openStream, sealStream } from './sealed-stream.js';

export interface RawFile {
  /** `sha256:<hex>` of the bytes as they came. */
  contentHash: string;
  sizeBytes: number;
}

const notStored = failure('unavailable', 'lake.notStored', {
  en: 'The disk of the lake did not keep the bytes that were written to it. Nothing was stored; try again.',
  'zh-CN': '数据湖磁盘未能保存写入的数据，本次未存储任何内容，请重试。',
});
const RETRY_SECONDS = 60;

/**
 * The lake's folder: `raw/<import>.sealed` as it came, encrypted; `tables/<table>/<version>/rows.parquet` with internal
 * ids only; `facts/<import>/<table>/` the same for the tables of an extract; `scratch/` for work in progress. Replicas share it. What is half-written has another name than what is
 * done.
 */
export class LakeFiles {
  constructor(private readonly root: string) {}

  async prepare(): Promise<void> {
    for (const folder of ['raw', 'tables', 'facts', 'scratch'])
      await mkdir(path.join(this.root, folder), { recursive: true, mode: 0o700 });
  }

  /**
   * Writes a raw file as it comes. When this returns, it is on disk and has been read back: length and hash are those of
   * the bytes that came. Nothing is left of one that breaks off.
   */
  async writeRaw(importId: string, key: Buffer, bytes: AsyncIterable<Uint8Array>): Promise<RawFile> {
    const file = this.rawFile(importId);
    const part = `${file}.part`;
    const hash = createHash('sha256');
    let sizeBytes = 0;
    async function* counted(): AsyncGenerator<Uint8Array> {
      for await (const chunk of bytes) {
        hash.update(chunk);
        sizeBytes += chunk.length;
        yield chunk;
      }
    }
    try {
      const handle = await open(part, 'wx', 0o600);
      try {
        for await (const frame of sealStream(key, counted(), importId)) await writeAll(handle, frame);
      } finally {
        await handle.close();
      }
      await moveSynced(part, file);
      const received = { contentHash: `sha256:${hash.digest('hex')}`, sizeBytes };
      await this.checkStored(importId, key, received);
      return received;
    } catch (thrown) {
      for (const left of [part, file]) await rm(left, { force: true });
      throw thrown;
    }
  }

  /** @throws unavailable if the stored file is not what was received */
  private async checkStored(importId: string, key: Buffer, received: RawFile): Promise<void> {
    const hash = createHash('sha256');
    let sizeBytes = 0;
    try {
      for await (const chunk of this.readRaw(importId, key)) {
        hash.update(chunk);
        sizeBytes += chunk.length;
      }
    } catch (cause) {
      throw notStored({}, { cause, retryAfterSeconds: RETRY_SECONDS });
    }
    if (sizeBytes !== received.sizeBytes || `sha256:${hash.digest('hex')}` !== received.contentHash)
      throw notStored({}, { retryAfterSeconds: RETRY_SECONDS });
  }

  /** A raw file's bytes as they came. */
  readRaw(importId: string, key: Buffer): AsyncGenerator<Buffer> {
    const stream: ReadStream = createReadStream(this.rawFile(importId), { highWaterMark: 256 * 1024 });
    return openStream(key, stream, importId);
  }

  /** Removes what an import brought: its file, or the files of its extract. */
  async removeRaw(importId: string): Promise<void> {
    const folder = path.join(this.root, 'raw');
    for (const name of await readdir(folder)) {
      if (name.startsWith(importId)) await rm(path.join(folder, name), { force: true });
    }
  }

  /** Removes all files of an import that never became visible. */
  async removeImport(importId: string): Promise<void> {
    await this.removeRaw(importId);
    await rm(path.join(this.root, 'facts', importId), { recursive: true, force: true });
  }

  /** Folder for work in progress: an import's, by its id, since only one process at a time works on it. */
  scratch(name: string): string {
    return path.join(this.root, 'scratch', name);
  }

  /** Where a version's rows are. */
  table(table: string, version: string): string {
    return path.join(this.root, 'tables', table, version, 'rows.parquet');
  }

  /** Where the rows of a table of an extract are, of one month where it is kept by month. */
  facts(importId: string, table: string, month: string): string {
    return path.join(this.root, 'facts', importId, table, `${month || 'all'}.parquet`);
  }

  /** Where the personal columns of an extract's table are, encrypted. */
  personal(importId: string, table: string): string {
    return path.join(this.root, 'facts', importId, table, 'personal.parquet');
  }

  /** Where a part of a view is kept: a month's rows in a block of shards, for the next materialisation too. */
  viewPart(view: string, name: string): string {
    return path.join(this.root, 'views', view, `${name}.parquet`);
  }

  async isThere(file: string): Promise<boolean> {
    const found = await stat(file).catch(() => undefined);
    return found !== undefined;
  }

  /** Moves a finished file to its place. An attempt that died before its commit may have left one: same rows. */
  async placeTable(table: string, version: string, finished: string): Promise<void> {
    const place = this.table(table, version);
    await mkdir(path.dirname(place), { recursive: true, mode: 0o700 });
    await moveSynced(finished, place);
  }

  /** Removes unfinished files that were not touched for this time, after a crash. */
  async sweepScratch(idleMs: number): Promise<void> {
    const folder = path.join(this.root, 'scratch');
    for (const name of await readdir(folder)) {
      const left = path.join(folder, name);
      const newest = await newestChange(left).catch(() => Date.now());
      if (Date.now() - newest > idleMs) await rm(left, { recursive: true, force: true });
    }
  }

  private rawFile(importId: string): string {
    return path.join(this.root, 'raw', `${importId}.sealed`);
  }
}

async function newestChange(folder: string): Promise<number> {
  const names = await readdir(folder);
  const files = [folder, ...names.map((name) => path.join(folder, name))];
  const found = await Promise.all(files.map((file) => stat(file)));
  return Math.max(...found.map(({ mtimeMs }) => mtimeMs));
}
