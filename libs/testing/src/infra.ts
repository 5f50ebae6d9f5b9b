import { createHash, randomBytes } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { Client } from 'pg';
import { migrate } from '@holdfast/platform/database';
import { migrationFolders } from '@holdfast/platform/service';
import { schemaOf } from '@holdfast/platform/services';

/** The servers that the test run started; NATS is this worker's own. */
export function servers(): { databaseUrl: string; natsUrl: string; natsToken: string } {
  const databaseUrl = process.env['TEST_DATABASE_URL'];
  const natsUrl = process.env['TEST_NATS_URL'];
  if (databaseUrl === undefined || natsUrl === undefined)
    throw new Error('This test needs PostgreSQL and NATS: name it *.db.test.ts, then the test run starts them');
  const urls = natsUrl.split(',');
  const worker = Number(process.env['JEST_WORKER_ID'] ?? '1') - 1;
  return { databaseUrl, natsUrl: urls[worker % urls.length]!, natsToken: process.env['TEST_NATS_TOKEN'] ?? '' };
}

let natsIsClean: Promise<void> | undefined;

/** Forgets what earlier test files left in this worker's NATS; once per test file. */
export function cleanNats(): Promise<void> {
  natsIsClean ??= deleteStreams();
  return natsIsClean;
}

async function deleteStreams(): Promise<void> {
  const { natsUrl, natsToken } = servers();
  const connection = await connect({ servers: natsUrl, ...(natsToken === '' ? {} : { token: natsToken }) });
  const manager = await jetstreamManager(connection);
  for await (const name of manager.streams.names()) await manager.streams.delete(name);
  await connection.close();
}

async function withServer<T>(work: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({ connectionString: servers().databaseUrl });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

function databaseUrl(name: string): string {
  const url = new URL(servers().databaseUrl);
  url.pathname = `/${name}`;
  return url.href;
}

/**
 * A database of one test, cloned from a template that the service's migrations made once per test run.
 * Cloning takes some 50 ms, migrating ten times as long.
 */
export async function cloneDatabase(service: string): Promise<{ url: string; drop: () => Promise<void> }> {
  const template = await ensureTemplate(service);
  const name = `test_${schemaOf(service)}_${randomBytes(6).toString('hex')}`;
  await withServer((client) => client.query(`create database ${name} template ${template}`));
  return {
    url: databaseUrl(name),
    drop: () => withServer(async (client) => void (await client.query(`drop database if exists ${name} with (force)`))),
  };
}

async function ensureTemplate(service: string): Promise<string> {
  const folders = migrationFolders(service);
  const name = `template_${schemaOf(service)}_${fingerprint(folders)}`;
  const ready = `${name}_ready`;
  await withServer(async (client) => {
    await client.query('select pg_advisory_lock(hashtextextended($1, 0))', [name]);
    const { rows } = await client.query('select datname from pg_database where datname = any($1)', [[name, ready]]);
    if (rows.some((row: { datname: string }) => row.datname === ready)) return;
    await client.query(`drop database if exists ${name} with (force)`);
    await client.query(`create database ${name}`);
    await migrate({
      url: databaseUrl(name),
      schema: schemaOf(service),
      applicationName: 'template',
      directories: folders,
    });
    // Renamed only when whole, so that a run that was killed leaves no half template.
    await client.query(`alter database ${name} rename to ${ready}`);
  });
  return ready;
}

function fingerprint(folders: readonly string[]): string {
  const hash = createHash('sha256');
  for (const folder of folders) {
    for (const file of readdirSync(folder).sort()) hash.update(file).update(readFileSync(path.join(folder, file)));
  }
  return hash.digest('hex').slice(0, 12);
}
