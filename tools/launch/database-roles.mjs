/**
 * The database `holdfast` and, in it, one role and one schema per service. A role sees its own schema only, so that a
 * service that reads another's tables fails on a laptop already.
 */
import { schemaOf } from '@holdfast/platform/services';
import pg from 'pg';

import { StartFailure } from './failure.mjs';

const databaseName = 'holdfast';

/** @param {string} service */
function roleOf(service) {
  return `holdfast_${schemaOf(service)}`;
}

/**
 * Makes the database when it is missing.
 * @param {string} administratorUrl  of a role that may create databases and roles
 * @param {string} [database]
 * @returns {Promise<string>}  the administrator's URL of that database
 */
export async function ensureDatabase(administratorUrl, database = databaseName) {
  await withClient(administratorUrl, async (client) => {
    const { rowCount } = await client.query('select from pg_database where datname = $1', [database]);
    if (rowCount === 0) await client.query(`create database ${pg.escapeIdentifier(database)}`);
    await client.query(`revoke all on database ${pg.escapeIdentifier(database)} from public`);
  });
  const url = new URL(administratorUrl);
  url.pathname = `/${database}`;
  return url.toString();
}

/**
 * Makes a service's role and schema when they are missing and gives the role its password.
 * @param {string} databaseUrl  the administrator's, of the database that holds the schemas
 * @param {string} service
 * @param {string} password
 */
export async function ensureServiceRole(databaseUrl, service, password) {
  const role = pg.escapeIdentifier(roleOf(service));
  const schema = pg.escapeIdentifier(schemaOf(service));
  await withClient(databaseUrl, async (client) => {
    const { rows } = await client.query(
      'select current_database() as database, exists (select from pg_roles where rolname = $1) as "exists"',
      [roleOf(service)],
    );
    const database = pg.escapeIdentifier(rows[0].database);
    // Statements that define roles take no parameters; the literal is quoted instead.
    const secret = pg.escapeLiteral(password);
    await client.query(`${rows[0].exists ? 'alter' : 'create'} role ${role} login nosuperuser password ${secret}`);
    await client.query(`grant connect, temporary on database ${database} to ${role}`);
    // An administrator that is no superuser must belong to the role to give it a schema.
    await client.query(`grant ${role} to current_user`);
    await client.query(`create schema if not exists ${schema} authorization ${role}`);
    await client.query(`revoke all on schema ${schema} from public`);
    await client.query(`alter role ${role} in database ${database} set search_path = ${schema}`);
  });
}

/**
 * Makes the roles of a backup, which reads all schemas, and of a restore, which may act as the role of every service.
 * @param {string} databaseUrl  the administrator's, of the database that holds the schemas
 * @param {readonly string[]} services  whose roles exist
 * @param {{ backup: string, restore: string }} passwords
 */
export async function ensureOperationsRoles(databaseUrl, services, { backup, restore }) {
  await withClient(databaseUrl, async (client) => {
    const { rows } = await client.query('select current_database() as database');
    const database = pg.escapeIdentifier(rows[0].database);
    for (const [role, password] of [
      ['holdfast_backup', backup],
      ['holdfast_restore', restore],
    ]) {
      const found = await client.query('select from pg_roles where rolname = $1', [role]);
      const change = found.rowCount === 0 ? 'create' : 'alter';
      await client.query(`${change} role ${role} login nosuperuser password ${pg.escapeLiteral(String(password))}`);
      await client.query(`grant connect on database ${database} to ${role}`);
    }
    await client.query('grant pg_read_all_data to holdfast_backup');
    for (const service of services)
      await client.query(`grant ${pg.escapeIdentifier(roleOf(service))} to holdfast_restore`);
  });
}

/**
 * A service's own URL, without the password, which travels as a file.
 * @param {string} databaseUrl
 * @param {string} service
 */
export function serviceUrl(databaseUrl, service) {
  const url = new URL(databaseUrl);
  url.username = roleOf(service);
  url.password = '';
  return url.toString();
}

/** @param {string} url  @param {(client: pg.Client) => Promise<void>} work */
async function withClient(url, work) {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 10_000 });
  try {
    await client.connect();
  } catch (cause) {
    const { host } = new URL(url);
    throw new StartFailure(`PostgreSQL at ${host} does not let us in: ${String(cause)}`, { cause });
  }
  try {
    await work(client);
  } finally {
    await client.end();
  }
}
