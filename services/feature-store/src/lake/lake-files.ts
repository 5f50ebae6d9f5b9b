import { createHash } from 'node:crypto';
import { createReadStream, type ReadStream } from 'node:fs';
import { mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { openStream, sealStream } from './sealed-stream.js';

export interface RawFile {
  /** `sha256:<hex>` of the bytes as they came. */
  contentHash: string;
  sizeBytes: number;
}

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

  /** Writes a raw file as it comes, on disk before this returns. Nothing is left of one that breaks off. */
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
    const handle = await open(part, 'wx', 0o600);
    try {
      for await (const frame of sealStream(key, counted(), importId)) await handle.write(frame);
      await handle.sync();
      await handle.close();
      await rename(part, file);
    } catch (thrown) {
      await handle.close();
      await rm(part, { force: true });
      throw thrown;
    }
    return { contentHash: `sha256:${hash.digest('hex')}`, sizeBytes };
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

/** Renames a file whose bytes are on disk when this returns. */
export async function moveSynced(from: string, to: string): Promise<void> {
  const handle = await open(from, 'r');
  await handle.sync();
  await handle.close();
  await rename(from, to);
}

async function newestChange(folder: string): Promise<number> {
  const names = await readdir(folder);
  const files = [folder, ...names.map((name) => path.join(folder, name))];
  const found = await Promise.all(files.map((file) => stat(file)));
  return Math.max(...found.map(({ mtimeMs }) => mtimeMs));
}
