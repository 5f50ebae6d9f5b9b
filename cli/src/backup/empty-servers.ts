import { jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { accessOptions } from '@holdfast/platform/bus';
import { OPERATIONS_USER } from '@holdfast/platform/bus-permissions';
import { RESTORE_MARK } from '@holdfast/platform/database';
import { SERVICES, schemaOf } from '@holdfast/platform/services';
import type { Client } from 'pg';
import { RefusedError } from '../connection.js';
import { filesIn } from './lake.js';
import type { BackupManifest } from './manifest.js';
import type { RestoreSettings } from './settings.js';

/** Tables to which a migration, or the start of a service, adds a row. */
const SEEDED: ReadonlySet<string> = new Set(['migration', 'audit_head', 'sealing_key']);

/** A schema of the target. */
export interface TargetSchema {
  name: string;
  /** The role of the service. */
  owner: string;
}

/**
 * Schemas that a backup may be restored into.
 * @throws RefusedError that names all that runs, or is not empty: schemas, streams, the lake
 */
export async function requireEmpty(
  client: Client,
  settings: RestoreSettings,
  manifest: BackupManifest,
): Promise<TargetSchema[]> {
  const schemas = await targetSchemas(client);
  const problems = [
    ...(await runningServices(client)),
    ...(await filledSchemas(client, schemas)),
    ...(await filledStreams(settings)),
    ...(await filledLake(settings.lake, manifest)),
  ];
  if (problems.length > 0) throw new RefusedError(`Nothing was restored:\n${problems.join('\n')}`);
  return schemas;
}

async function targetSchemas(client: Client): Promise<(TargetSchema & { isRestoring: boolean })[]> {
  const sql = `select nspname as name, nspowner::regrole::text as owner,
      coalesce(obj_description(oid, 'pg_namespace') like $2, false) as "isRestoring"
    from pg_namespace where nspname = any($1) order by nspname`;
  const names = SERVICES.map(schemaOf);
  const { rows } = await client.query<TargetSchema & { isRestoring: boolean }>(sql, [names, `${RESTORE_MARK}%`]);
  const missing = names.filter((name) => !rows.some((row) => row.name === name));
  if (missing.length > 0)
    throw new RefusedError(`The database has no schema ${missing.join(', ')}: make roles and schemas first.`);
  return rows;
}

async function runningServices(client: Client): Promise<string[]> {
  const sql = `select distinct application_name as name from pg_stat_activity
    where datname = current_database() and application_name = any($1) order by 1`;
  const { rows } = await client.query<{ name: string }>(sql, [SERVICES.map((service) => `holdfast ${service}`)]);
  return rows.map(({ name }) => `${name.slice('holdfast '.length)} is running; stop all services`);
}

/** What an interrupted restore left does not count. */
async function filledSchemas(
  client: Client,
  schemas: readonly (TargetSchema & { isRestoring: boolean })[],
): Promise<string[]> {
  const problems: string[] = [];
  for (const { name } of schemas.filter(({ isRestoring }) => !isRestoring)) {
    const sql = `select relname as table from pg_class where relnamespace = $1::regnamespace and relkind = 'r' order by 1`;
    const { rows } = await client.query<{ table: string }>(sql, [name]);
    const filled: string[] = [];
    for (const { table } of rows.filter((row) => !SEEDED.has(row.table))) {
      const found = await client.query(`select from "${name}"."${table}" limit 1`);
      if (found.rowCount !== 0) filled.push(table);
    }
    if (filled.length > 0) problems.push(`the schema ${name} has rows in ${shortList(filled)}`);
  }
  return problems;
}

async function filledStreams(settings: RestoreSettings): Promise<string[]> {
  const { natsUrl: url, natsToken: token, natsUser: user, natsPassword: password, natsCaFile: caFile } = settings;
  const connection = await connect({
    ...accessOptions({ url, token, user, password, caFile, name: OPERATIONS_USER }),
    name: 'holdfast restore',
    reconnect: false,
  });
  try {
    const manager = await jetstreamManager(connection);
    const filled: string[] = [];
    for await (const { config, state } of manager.streams.list())
      if (config.name.startsWith('HOLDFAST_') && state.messages > 0) filled.push(config.name);
    return filled.length === 0 ? [] : [`NATS has messages in ${shortList(filled.sort())}; delete these streams`];
  } finally {
    await connection.close();
  }
}

/** Files of the backup are there after an interrupted restore; they are compared before they are used. */
async function filledLake(lake: string, { files }: BackupManifest): Promise<string[]> {
  const own = new Set(files.map(({ path }) => path));
  const other = (await filesIn(lake)).filter((file) => !own.has(`lake/${file}`));
  return other.length === 0 ? [] : [`the lake has ${other.length} files, such as ${other[0]}`];
}

const SHOWN_MAX = 4;

function shortList(names: readonly string[]): string {
  const more = names.length - SHOWN_MAX;
  return more > 0 ? `${names.slice(0, SHOWN_MAX).join(', ')} and ${more} more` : names.join(', ');
}
