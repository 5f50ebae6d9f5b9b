/**
 * Writes services/X/schema.sql, the schema that the migrations of service X make, as SQL that people review:
 *
 *   node tools/schema-dump.mjs [--check] [service …]
 *
 * With `--check` it writes nothing and fails where a file differs. The migrations run on an empty database through the
 * very code that runs them at a service's start. (The embedded PostgreSQL has no pg_dump; see schema/catalog.mjs.)
 */
import fs from 'node:fs';
import path from 'node:path';

import { schemaOf } from '@holdfast/platform/services';
import pg from 'pg';

import { newPassword, startEmbeddedPostgres } from './embedded-postgres.mjs';
import { ensureDatabase, ensureServiceRole, serviceUrl } from './launch/database-roles.mjs';
import { makeScratchFolder, removeDeadScratchFolders } from './launch/scratch.mjs';
import { dumpSchema } from './schema/catalog.mjs';

const repository = path.resolve(import.meta.dirname, '..');
const check = process.argv.includes('--check');
const named = process.argv.slice(2).filter((argument) => !argument.startsWith('-'));

await removeDeadScratchFolders();
const scratch = makeScratchFolder();
const server = await startEmbeddedPostgres({
  dataDir: path.join(scratch.folder, 'postgres'),
  password: newPassword(),
  ephemeral: true,
  onSpawn: (pid) => scratch.note('postgres', pid),
});
try {
  const differing = [];
  for (const service of servicesWithMigrations()) {
    const file = path.join(repository, 'services', service, 'schema.sql');
    const expected = await schemaAfterMigrations(service);
    const found = fs.existsSync(file) ? fs.readFileSync(file, 'utf8') : '';
    if (found === expected) continue;
    differing.push(service);
    if (!check) fs.writeFileSync(file, expected);
    const outcome = check ? `is out of date, ${firstDifference(found, expected)}` : 'written';
    console.log(`services/${service}/schema.sql ${outcome}`);
  }
  if (differing.length === 0) console.log('All schema.sql are up to date.');
  if (check && differing.length > 0) {
    console.error('Run `npm run schema` and review the difference.');
    process.exitCode = 1;
  }
} finally {
  await server.stop();
  scratch.remove();
}

function servicesWithMigrations() {
  const services = named.length > 0 ? named : fs.readdirSync(path.join(repository, 'services'));
  return services.filter((service) => fs.existsSync(path.join(repository, 'services', service, 'migrations')));
}

/**
 * As the service itself would make it: with its own role and through the platform's code.
 * @param {string} service
 */
async function schemaAfterMigrations(service) {
  const password = newPassword();
  const databaseUrl = await ensureDatabase(server.url);
  await ensureServiceRole(databaseUrl, service, password);
  const platform = path.join(repository, 'libs/platform/dist');
  const { migrate } = await import(path.join(platform, 'database/database.js'));
  const { migrationFolders } = await import(path.join(platform, 'service/service.js'));
  await migrate({
    url: serviceUrl(databaseUrl, service),
    password,
    schema: schemaOf(service),
    applicationName: 'schema dump',
    directories: migrationFolders(service, repository),
  });
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    return await dumpSchema(client, schemaOf(service));
  } finally {
    await client.end();
  }
}

/** @param {string} found  @param {string} expected */
function firstDifference(found, expected) {
  const [old, fresh] = [found.split('\n'), expected.split('\n')];
  const at = fresh.findIndex((line, index) => line !== old[index]);
  const line = at < 0 ? fresh.length : at;
  return `first at line ${line + 1}:\n  file:       ${old[line] ?? '(end)'}\n  migrations: ${fresh[line] ?? '(end)'}`;
}
