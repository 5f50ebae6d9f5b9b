import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { Readable } from 'node:stream';
import { schemaOf } from '@holdfast/platform/services';
import { RefusedError } from '../connection.js';
import { copyLake, lakeContents } from './lake.js';
import {
  backupName,
  backupsIn,
  manifestPath,
  newManifest,
  type BackedUpFile,
  type BackedUpSchema,
  type BackupManifest,
} from './manifest.js';
import type { Progress } from './progress.js';
import type { BackupSettings } from './settings.js';
import { Snapshot, SnapshotGone, type FoundSchema } from './snapshot.js';
import { forEachOf, store, syncFolder } from './stored-file.js';

const SESSIONS = 2;
/** A purge or a discarded import ends an attempt; both are rare. */
const ATTEMPTS_MAX = 3;
const UNFINISHED_MS_MAX = 24 * 3_600_000;

export interface MadeBackup {
  folder: string;
  manifest: BackupManifest;
}

interface BackupOptions {
  settings: BackupSettings;
  /** Gets a folder for the backup, named by its time. */
  into: string;
  /** Of this program. */
  release: string;
  /** Number of whole backups that are kept, this one included; all by default. */
  keep?: number;
  signal: AbortSignal;
  progress: Progress;
}

/**
 * Copies the state of a running system into a new folder: every schema as of one moment, then the files of the lake that it
 * names. The folder has its final name, and a manifest, only when it is whole.
 * @throws RefusedError if the system deleted something of the snapshot at every attempt
 */
export async function makeBackup(options: BackupOptions): Promise<MadeBackup> {
  const { into, keep, progress } = options;
  await mkdir(into, { recursive: true, mode: 0o700 });
  await removeUnfinished(into);
  for (let attempt = 1; ; attempt += 1) {
    try {
      const made = await attemptBackup(options);
      if (keep !== undefined) await removeOldest(into, keep);
      return made;
    } catch (error) {
      if (!(error instanceof SnapshotGone)) throw error;
      if (attempt === ATTEMPTS_MAX)
        throw new RefusedError(
          `No backup: ${error.message}, at the last of ${attempt} attempts. Is HOLDFAST_LAKE right?`,
        );
      progress.say(`once more: ${error.message}`);
    }
  }
}

async function attemptBackup(options: BackupOptions): Promise<MadeBackup> {
  const { settings, into, release, progress } = options;
  const snapshot = await Snapshot.take(settings);
  const { takenAt } = snapshot;
  const folder = path.join(into, backupName(takenAt));
  const partial = `${folder}.partial`;
  try {
    await mkdir(partial, { mode: 0o700 });
    const found = await snapshot.schemas();
    const empty = found.find(({ migrations }) => migrations.length === 0);
    if (empty !== undefined)
      throw new RefusedError(
        `The schema of ${empty.service} has no tables in this database. Has the service ever run?`,
      );
    const lake = await lakeContents(snapshot, settings.lake);
    const keys = await snapshot.keys();
    const files: BackedUpFile[] = [];
    const schemas = await copySchemas(snapshot, found, files, { ...options, folder: partial });
    const done = progress.of('lake', lake.files.length);
    const onFile = (file: BackedUpFile): void => {
      files.push(file);
      done(file.bytes);
    };
    await copyLake(lake, settings.lake, { folder: partial, signal: options.signal, onFile });
    files.sort((left, right) => (left.path < right.path ? -1 : 1));
    const { operator } = settings;
    const manifest = newManifest({ release, operator, takenAt: takenAt.toISOString(), schemas, keys, files });
    await complete(partial, folder, manifest);
    return { folder, manifest };
  } catch (error) {
    await rm(partial, { recursive: true, force: true });
    throw error;
  } finally {
    await snapshot.end();
  }
}

/** The largest tables first, so that no session copies one alone at the end. */
async function copySchemas(
  snapshot: Snapshot,
  found: readonly FoundSchema[],
  files: BackedUpFile[],
  { folder, signal, progress }: BackupOptions & { folder: string },
): Promise<BackedUpSchema[]> {
  const tables = found
    .flatMap(({ service, tables: of }) => of.map((table) => ({ schema: schemaOf(service), table })))
    .sort((left, right) => right.table.size - left.table.size);
  const rows = new Map<string, number>();
  const done = progress.of('tables', tables.length);
  const sessions = await Promise.all(Array.from({ length: SESSIONS }, () => snapshot.openCopier()));
  try {
    await forEachOf(tables, SESSIONS, async ({ schema, table }, session) => {
      const copied = await snapshot.copyTable(sessions[session]!, schema, table, { folder, signal });
      rows.set(`${schema}.${table.name}`, copied.rows);
      files.push(copied.file);
      done(copied.file.bytes);
    });
  } finally {
    await Promise.all(sessions.map((session) => session.end()));
  }
  return found.map(({ tables: of, ...schema }) => ({
    ...schema,
    tables: of.map(({ name, parent, bound, columns }) => ({
      ...{ name, parent, bound, columns },
      rows: rows.get(`${schemaOf(schema.service)}.${name}`)!,
    })),
  }));
}

/** The manifest comes last, and then the name. */
async function complete(partial: string, folder: string, manifest: BackupManifest): Promise<void> {
  await store(manifestPath(partial), Readable.from([Buffer.from(`${JSON.stringify(manifest, null, 1)}\n`)]));
  await syncFolder(partial);
  await rename(partial, folder);
  await syncFolder(path.dirname(folder));
}

/** Those of processes that were killed; a younger one may be in work. */
async function removeUnfinished(into: string): Promise<void> {
  for (const name of (await readdir(into)).filter((each) => each.endsWith('.partial'))) {
    const { mtimeMs } = await stat(path.join(into, name));
    if (Date.now() - mtimeMs > UNFINISHED_MS_MAX) await rm(path.join(into, name), { recursive: true });
  }
}

async function removeOldest(into: string, keep: number): Promise<void> {
  const surplus = (await backupsIn(into)).slice(0, -keep);
  for (const folder of surplus) {
    // Without its manifest first, so that one whose removal is interrupted is not taken for a whole one.
    await rm(manifestPath(folder));
    await rm(folder, { recursive: true });
  }
}
