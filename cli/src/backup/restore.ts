import { createReadStream } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { RESTORE_MARK, migrationNames } from '@holdfast/platform/database';
import { openSealed, profileKeyFingerprint } from '@holdfast/platform/sealing';
import { migrationFolders } from '@holdfast/platform/service';
import { schemaOf } from '@holdfast/platform/services';
import type { Client } from 'pg';
import { RefusedError } from '../connection.js';
import { requireEmpty, type TargetSchema } from './empty-servers.js';
import { readManifest, type BackedUpFile, type BackupManifest } from './manifest.js';
import type { Progress } from './progress.js';
import { restoreSchema } from './restore-schema.js';
import { openSession, type RestoreSettings } from './settings.js';
import { forEachOf, isIntact, store } from './stored-file.js';

const FILES_AT_ONCE = 4;
const LAKE = 'lake/';

interface RestoreOptions {
  settings: RestoreSettings;
  /** Of the backup. */
  folder: string;
  /** The project's root folder, which has the migrations. */
  root: string;
  signal: AbortSignal;
  progress: Progress;
}

/**
 * Restores a backup into empty servers. Until it has ended, every schema is marked and no service starts; after an
 * interruption it can be started again.
 * @throws RefusedError before anything is changed: for a backup that is damaged, of another operator or of a newer release,
 *   for keys that are not those of the backup, for services that run, and for servers that are not empty
 */
export async function restore(options: RestoreOptions): Promise<BackupManifest> {
  const { settings, folder, root, progress } = options;
  const manifest = await readManifest(folder);
  checkOrigin(manifest, settings, root);
  checkKeys(manifest, settings);
  const client = await openSession(settings, 'restore');
  try {
    const targets = await requireEmpty(client, settings, manifest);
    await verifyFiles(folder, manifest, progress);
    await mark(client, targets, `${RESTORE_MARK}: ${path.basename(folder)}`);
    await restoreSchemas(manifest, targets, options);
    await restoreLake(manifest, options);
    await mark(client, targets, null);
    return manifest;
  } finally {
    await client.end();
  }
}

function checkOrigin({ operator, schemas, release }: BackupManifest, settings: RestoreSettings, root: string): void {
  if (operator !== settings.operator)
    throw new RefusedError(`The backup is of the operator ${operator}, and HOLDFAST_OPERATOR is ${settings.operator}.`);
  for (const { service, migrations } of schemas) {
    const present = new Set(migrationNames(migrationFolders(service, root)));
    const unknown = migrations.find((name) => !present.has(name));
    if (unknown !== undefined)
      throw new RefusedError(
        `The backup is of release ${release}, which is newer: ${service} has no migration ${unknown}.`,
      );
  }
}

function checkKeys({ keys }: BackupManifest, { profileKey, lakeKey }: RestoreSettings): void {
  if (keys.profile !== null && profileKeyFingerprint(profileKey).toString('hex') !== keys.profile)
    throw new RefusedError('HOLDFAST_PROFILE_KEY is not the key of this backup: its personal data could not be read.');
  if (keys.lake === null) return;
  try {
    openSealed(Buffer.from(lakeKey, 'hex'), Buffer.from(keys.lake.wrapped, 'hex'), keys.lake.importId);
  } catch {
    throw new RefusedError('HOLDFAST_LAKE_KEY is not the key of this backup: the files of its lake could not be read.');
  }
}

/** @throws RefusedError that names the first file that is missing or differs */
export async function verifyFiles(folder: string, { files }: BackupManifest, progress: Progress): Promise<void> {
  const done = progress.of('verified files', files.length);
  await forEachOf(files, FILES_AT_ONCE, async (file) => {
    if (!(await isIntact(folder, file)))
      throw new RefusedError(
        `${path.join(folder, file.path)} is damaged: it is missing, or is not what was backed up.`,
      );
    done(file.bytes);
  });
}

/** Comments on the schemas, as their owners. @param text null to remove the mark */
async function mark(client: Client, targets: readonly TargetSchema[], text: string | null): Promise<void> {
  await client.query('begin');
  for (const { name, owner } of targets) {
    await client.query(`set local role ${owner}`);
    await client.query(`comment on schema "${name}" is ${text === null ? 'null' : client.escapeLiteral(text)}`);
  }
  await client.query('commit');
}

async function restoreSchemas(
  { schemas }: BackupManifest,
  targets: readonly TargetSchema[],
  options: RestoreOptions,
): Promise<void> {
  const done = options.progress.of(
    'tables',
    schemas.reduce((sum, { tables }) => sum + tables.length, 0),
  );
  for (const schema of schemas) {
    const target = targets.find(({ name }) => name === schemaOf(schema.service))!;
    await restoreSchema(schema, { ...options, target, onTable: () => done(0) });
  }
}

async function restoreLake({ files }: BackupManifest, options: RestoreOptions): Promise<void> {
  const ofLake = files.filter(({ path: name }) => name.startsWith(LAKE));
  const done = options.progress.of('lake', ofLake.length);
  await forEachOf(ofLake, FILES_AT_ONCE, async (file) => {
    await restoreFile(file, options);
    done(file.bytes);
  });
}

/** A file that an interrupted restore has copied stays, if it is intact. */
async function restoreFile(file: BackedUpFile, { settings, folder, signal }: RestoreOptions): Promise<void> {
  const inLake = { ...file, path: file.path.slice(LAKE.length) };
  if (await isIntact(settings.lake, inLake)) return;
  const target = path.join(settings.lake, inLake.path);
  await mkdir(path.dirname(target), { recursive: true, mode: 0o700 });
  await rm(target, { force: true });
  const { sha256 } = await store(target, createReadStream(path.join(folder, file.path)), { signal });
  if (sha256 !== file.sha256) throw new RefusedError(`${path.join(folder, file.path)} changed while it was copied.`);
}
