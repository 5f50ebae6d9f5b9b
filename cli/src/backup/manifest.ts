import { readFile, readdir } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { RefusedError } from '../connection.js';

const FORMAT = 1;
const MANIFEST = 'manifest.json';
/** A backup is a folder with the time of its snapshot (UTC) as its name; an unfinished one ends with `.partial`. */
const BACKUP_NAME = /^\d{8}T\d{6}Z$/;

const name = z.string().regex(/^[a-z][a-z0-9_]*$/);

const table = z.strictObject({
  name,
  /** Of a partition: its table, and the bound as SQL. */
  parent: name.nullable(),
  bound: z.string().nullable(),
  columns: z.array(name).min(1),
  rows: z.number().int().min(0),
});
export type BackedUpTable = z.output<typeof table>;

const schema = z.strictObject({
  service: z.string(),
  /** Names of the migrations that made it. */
  migrations: z.array(z.string()),
  tables: z.array(table),
  /** Last value of each sequence that was used. */
  sequences: z.array(z.strictObject({ name, value: z.string().regex(/^\d+$/) })),
});
export type BackedUpSchema = z.output<typeof schema>;

/** A file of the backup; its path has `/` and stays inside. */
const file = z.strictObject({
  path: z.string().regex(/^(?:database|lake)\/(?!.*(?:^|\/)\.\.(?:\/|$))./),
  bytes: z.number().int().min(0),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
});
export type BackedUpFile = z.output<typeof file>;

const manifest = z.strictObject({
  format: z.literal(FORMAT),
  /** Of the program that made it. */
  release: z.string(),
  operator: z.string(),
  /** Of the snapshot, with its offset: everything in the backup is as of this moment. */
  takenAt: z.iso.datetime({ offset: true }),
  schemas: z.array(schema),
  /** What shows whether a key is the one of the data; neither is secret. Null where nothing was encrypted yet. */
  keys: z.strictObject({
    /** Fingerprint of the profile key, hex. */
    profile: z.string().nullable(),
    /** A data key, wrapped by the lake key (hex), and the import that it is bound to. */
    lake: z.strictObject({ importId: z.uuid(), wrapped: z.string() }).nullable(),
  }),
  files: z.array(file),
});
export type BackupManifest = z.output<typeof manifest>;

export const newManifest = (parts: Omit<BackupManifest, 'format'>): BackupManifest => ({ format: FORMAT, ...parts });

/** Where the rows of a table are, in the format of COPY, compressed by zstd. */
export function tablePath(schemaName: string, tableName: string): string {
  return `database/${schemaName}/${tableName}.copy.zst`;
}

export function manifestPath(folder: string): string {
  return path.join(folder, MANIFEST);
}

/** Name of the folder of a backup. */
export function backupName(takenAt: Date): string {
  return takenAt
    .toISOString()
    .replace(/\.\d+Z$/, 'Z')
    .replaceAll(/[-:]/g, '');
}

/** Folders of whole backups in a folder, the oldest first. */
export async function backupsIn(folder: string): Promise<string[]> {
  const found: string[] = [];
  for (const entry of (await readdir(folder)).filter((each) => BACKUP_NAME.test(each)).sort())
    if ((await readdir(path.join(folder, entry))).includes(MANIFEST)) found.push(path.join(folder, entry));
  return found;
}

/**
 * The folder of a backup: the given one, or the newest in it.
 * @throws RefusedError if there is none that is whole
 */
export async function findBackup(folder: string): Promise<string> {
  if ((await readdir(folder)).includes(MANIFEST)) return folder;
  const newest = (await backupsIn(folder)).at(-1);
  if (newest === undefined)
    throw new RefusedError(
      `${folder} is not a backup and contains none: manifest.json is missing, which is written last. An interrupted backup cannot be restored.`,
    );
  return newest;
}

/** @throws RefusedError for a manifest that is damaged, or of another format */
export async function readManifest(folder: string): Promise<BackupManifest> {
  const text = await readFile(manifestPath(folder), 'utf8');
  try {
    return manifest.parse(JSON.parse(text));
  } catch (error) {
    const why = error instanceof z.ZodError ? z.prettifyError(error).split('\n').slice(0, 3).join(' ') : String(error);
    throw new RefusedError(`${manifestPath(folder)} is damaged, or of a newer release: ${why}`);
  }
}
