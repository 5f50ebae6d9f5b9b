import { createReadStream } from 'node:fs';
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import type { BackedUpFile } from './manifest.js';
import { SnapshotGone, type Snapshot } from './snapshot.js';
import { forEachOf, store } from './stored-file.js';

const FILES_AT_ONCE = 4;

/** Folders of the lake whose files belong to imports and versions; parts of views and scratch are computed again. */
const FOLDERS = ['raw', 'facts', 'tables'];

/**
 * Files that the rows of the feature store name: they never change, and belong to imports that are neither being received
 * nor failed, nor were discarded.
 */
const NAMED_FILES = `
  with kept as (select id, kind from feature_store.import where state in ('received', 'held', 'loaded', 'withdrawn'))
  select 'raw/' || f.import_id || '-' || f.ordinal || '.sealed' as path
    from feature_store.raw_file f join kept k on k.id = f.import_id
  union all select 'raw/' || id || '.sealed' from kept where kind = 'table'
  union all
  select 'facts/' || p.import_id || '/' || p.table_name || '/' || coalesce(nullif(p.month, ''), 'all') || '.parquet'
    from feature_store.fact_part p join kept k on k.id = p.import_id
  union all select 'tables/' || table_name || '/' || version || '/rows.parquet' from feature_store.table_version`;

const KEPT_IMPORTS = `select id from feature_store.import where state in ('received', 'held', 'loaded', 'withdrawn')`;

interface LakeContents {
  /** Paths in the lake's folder, with `/`. */
  files: string[];
}

/**
 * Files of the lake that belong to a snapshot.
 * @param folder of the lake @throws SnapshotGone if one of them was deleted meanwhile
 */
export async function lakeContents(snapshot: Snapshot, folder: string): Promise<LakeContents> {
  const named = (await snapshot.rows<{ path: string }>(NAMED_FILES)).map((row) => row.path);
  const imports = (await snapshot.rows<{ id: string }>(KEPT_IMPORTS)).map(({ id }) => id);
  const found = new Set(await filesIn(folder));
  const missing = named.find((file) => !found.has(file));
  if (missing !== undefined)
    throw new SnapshotGone(`the file ${missing} of the lake was deleted, or is in another folder`);
  // Personal columns are next to the facts of a table; not every table has some.
  const kept = new Set(imports);
  const alongside = [...found].filter((file) => {
    const [top, importId] = file.split('/');
    return top === 'facts' && kept.has(importId!) && file.endsWith('/personal.parquet');
  });
  return { files: [...new Set([...named, ...alongside])].sort() };
}

/** Paths of all files of imports and versions in the lake's folder, with `/`. */
export async function filesIn(folder: string): Promise<string[]> {
  const found: string[] = [];
  for (const top of FOLDERS) {
    const entries = await readdir(path.join(folder, top), { recursive: true, withFileTypes: true }).catch(ifMissing);
    for (const entry of entries)
      if (entry.isFile())
        found.push(path.relative(folder, path.join(entry.parentPath, entry.name)).split(path.sep).join('/'));
  }
  return found;
}

function ifMissing(error: NodeJS.ErrnoException): [] {
  if (error.code === 'ENOENT') return [];
  throw error;
}

/** Copies files of the lake into the folder of a backup. @throws SnapshotGone if one was deleted meanwhile */
export async function copyLake(
  { files }: LakeContents,
  lake: string,
  { folder, signal, onFile }: { folder: string; signal: AbortSignal; onFile: (file: BackedUpFile) => void },
): Promise<void> {
  await forEachOf(files, FILES_AT_ONCE, async (name) => {
    const target = `lake/${name}`;
    const stored = await store(path.join(folder, target), createReadStream(path.join(lake, name)), { signal }).catch(
      (error: NodeJS.ErrnoException) => {
        throw error.code === 'ENOENT' ? new SnapshotGone(`the file ${name} of the lake was deleted`) : error;
      },
    );
    onFile({ path: target, ...stored });
  });
}
