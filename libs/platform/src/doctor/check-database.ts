import { Client, type DatabaseError } from 'pg';
import type { PlatformConfig } from '../config/config.js';
import { RESTORE_MARK, clientOptions, migrationNames } from '../database/database.js';
import { openSealed, profileKeyFingerprint } from '../sealing/sealing.js';
import { migrationFolders } from '../service/service.js';
import { SERVICES, schemaOf } from '../services/services.js';
import { failed, ok, warning, type Finding } from './finding.js';
import { isTlsProblem, problemOf } from './problem.js';

const CONNECT_MS_MAX = 5_000;
const VERSION_TESTED = 18;
const CLOCK_SECONDS_MAX = 2;
const MS_PER_SECOND = 1_000;
/** SQLSTATE: invalid authorisation, such as a wrong password or no entry in pg_hba.conf. */
const REFUSED = /^28/;

interface DatabaseCheck {
  service: string;
  settings: PlatformConfig;
  /** Keys of services that have one. */
  keys: Readonly<Record<string, unknown>>;
  /** The project's root folder, which has the migrations. */
  root: string;
}

/** PostgreSQL: whether the service gets in, with the rights and tables that it needs, and the same clock. */
export async function checkDatabase(check: DatabaseCheck): Promise<Finding[]> {
  const { settings } = check;
  const url = new URL(settings.databaseUrl);
  const role = decodeURIComponent(url.username);
  const address = url.host;
  const { databaseUrl, databasePassword: password, databaseCaFile: caFile } = settings;
  let client: Client;
  try {
    client = new Client({
      ...clientOptions({ url: databaseUrl, password, caFile }),
      application_name: 'holdfast doctor',
      connectionTimeoutMillis: CONNECT_MS_MAX,
      statement_timeout: CONNECT_MS_MAX,
    });
    client.on('error', () => undefined);
    await client.connect();
  } catch (thrown) {
    return [notReached(thrown, { address, role })];
  }
  try {
    return [
      ...(await checkServer(client, { address, role })),
      ...(await checkRights(client, check.service, role)),
      ...(await checkMigrations(client, check)),
      await checkConnections(client, settings.databasePoolMax),
      await checkClock(client),
      ...(await checkKeys(client, check.keys)),
    ];
  } catch (thrown) {
    return [failed('database.unreachable', { address, problem: problemOf(thrown) })];
  } finally {
    await client.end();
  }
}

function notReached(thrown: unknown, values: { address: string; role: string }): Finding {
  const problem = problemOf(thrown);
  if (REFUSED.test((thrown as DatabaseError).code ?? '')) return failed('database.refused', { ...values, problem });
  return failed(isTlsProblem(thrown) ? 'database.tls' : 'database.unreachable', { ...values, problem });
}

async function checkServer(client: Client, values: { address: string; role: string }): Promise<Finding[]> {
  const sql = `select current_setting('server_version') as version, ssl, s.version as transport
    from pg_stat_ssl s where pid = pg_backend_pid()`;
  const { rows } = await client.query<{ version: string; ssl: boolean; transport: string | null }>(sql);
  const { version, ssl, transport } = rows[0]!;
  return [
    ok('database.reached', { ...values, version, transport: ssl ? (transport ?? 'TLS') : 'plain text' }),
    ...(ssl ? [] : [warning('database.plain')]),
    ...(Number.parseInt(version, 10) < VERSION_TESTED ? [warning('database.old', { version })] : []),
  ];
}

async function checkRights(client: Client, service: string, role: string): Promise<Finding[]> {
  const schema = schemaOf(service);
  const sql = `select rolsuper as "isSuperuser",
      coalesce((select has_schema_privilege(oid, 'create') and has_schema_privilege(oid, 'usage') from pg_namespace
        where nspname = $1), false) as "hasOwn",
      array(select nspname::text from pg_namespace where nspname = any($2) and has_schema_privilege(oid, 'usage')
        order by 1) as others
    from pg_roles where rolname = current_user`;
  const others = SERVICES.map(schemaOf).filter((name) => name !== schema);
  const { rows } = await client.query<{ isSuperuser: boolean; hasOwn: boolean; others: string[] }>(sql, [
    schema,
    others,
  ]);
  const found = rows[0]!;
  const rights = found.isSuperuser ? 'superuser' : found.others.join(', ');
  return [
    ...(found.hasOwn ? [] : [failed('database.noSchema', { role, schema })]),
    ...(rights === '' ? [] : [warning('database.tooManyRights', { role, rights })]),
  ];
}

async function checkMigrations(client: Client, { service, root }: DatabaseCheck): Promise<Finding[]> {
  const schema = schemaOf(service);
  const ofSchema = `select to_regclass($1) is not null as exists, coalesce((select
    obj_description(oid, 'pg_namespace') like $3 from pg_namespace where nspname = $2), false) as "isRestoring"`;
  const { rows } = await client.query<{ exists: boolean; isRestoring: boolean }>(ofSchema, [
    `${schema}.migration`,
    schema,
    `${RESTORE_MARK}%`,
  ]);
  if (rows[0]!.isRestoring) return [failed('database.restoring', { schema })];
  const applied = rows[0]!.exists
    ? (await client.query<{ name: string }>(`select name from ${schema}.migration order by id`)).rows
    : [];
  const done = new Set(applied.map(({ name }) => name));
  const ofBuild = migrationNames(migrationFolders(service, root));
  const newer = [...done].find((name) => !ofBuild.includes(name));
  if (newer !== undefined) return [failed('database.newer', { schema, name: newer })];
  const pending = ofBuild.filter((name) => !done.has(name));
  if (pending.length === 0) return [ok('database.schema', { schema, count: ofBuild.length })];
  return [warning('database.pending', { schema, count: pending.length, name: pending[0]! })];
}

async function checkConnections(client: Client, poolMax: number): Promise<Finding> {
  const sql = `select current_setting('max_connections')::int
    - current_setting('superuser_reserved_connections')::int
    - coalesce(current_setting('reserved_connections', true), '0')::int as max`;
  const { rows } = await client.query<{ max: number }>(sql);
  const { max } = rows[0]!;
  const needed = SERVICES.length * poolMax;
  return max >= needed
    ? ok('database.connections', { max, needed })
    : warning('database.tooFewConnections', { max, needed });
}

async function checkClock(client: Client): Promise<Finding> {
  const before = Date.now();
  const { rows } = await client.query<{ now: Date }>('select clock_timestamp() as now');
  const after = Date.now();
  // Of the moment in the middle of the call, which is exact to half of its time.
  const difference = Math.abs(rows[0]!.now.getTime() - (before + after) / 2) / MS_PER_SECOND;
  const seconds = difference.toFixed(1);
  return difference > CLOCK_SECONDS_MAX ? failed('clock.differs', { seconds }) : ok('clock.equal', { seconds });
}

/** Whether the key of personal data, or of the lake, is that of what the schema has; new schemas have nothing. */
async function checkKeys(
  client: Client,
  { profileKey, lakeKey }: Readonly<Record<string, unknown>>,
): Promise<Finding[]> {
  if (typeof profileKey === 'string') {
    const found = await rowIfThere<{ fingerprint: Buffer }>(client, 'customer_profile.sealing_key');
    if (found === undefined) return [];
    const isOwn = profileKeyFingerprint(profileKey).equals(found.fingerprint);
    return [(isOwn ? ok : failed)(isOwn ? 'key.fits' : 'key.other', { variable: 'HOLDFAST_PROFILE_KEY' })];
  }
  if (typeof lakeKey !== 'string') return [];
  const found = await rowIfThere<{ import_id: string; wrapped: Buffer }>(client, 'feature_store.data_key');
  if (found === undefined) return [];
  try {
    openSealed(Buffer.from(lakeKey, 'hex'), found.wrapped, found.import_id);
    return [ok('key.fits', { variable: 'HOLDFAST_LAKE_KEY' })];
  } catch {
    return [failed('key.other', { variable: 'HOLDFAST_LAKE_KEY' })];
  }
}

async function rowIfThere<Row extends object>(client: Client, table: string): Promise<Row | undefined> {
  const { rows: found } = await client.query<{ exists: boolean }>('select to_regclass($1) is not null as exists', [
    table,
  ]);
  if (!found[0]!.exists) return undefined;
  return (await client.query<Row>(`select * from ${table} limit 1`)).rows[0];
}
