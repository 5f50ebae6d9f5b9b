/**
 * Prepares a deployment without a platform that does it (Compose, or servers of one's own).
 *
 *   node tools/deploy/prepare.mjs files FOLDER [--once]     writes what each part gets into FOLDER/<part>, and replaces
 *                                                          certificates for as long as it runs
 *   node tools/deploy/prepare.mjs kubernetes FOLDER        prints the Secrets of k8s/ as JSON; FOLDER keeps them
 *   node tools/deploy/prepare.mjs nats FILE                writes k8s/components/nats/nats.conf (npm run generate)
 *   node tools/deploy/prepare.mjs database                  makes the database, the roles and schemas of services, and the
 *                                                          roles of backup and restore
 *
 * `files` takes HOLDFAST_OPERATOR; as root, it gives each folder to the user of its part, and FOLDER/stored/ready exists
 * once all is written. `database` takes HOLDFAST_ADMINISTRATOR_URL (a role that may create databases and roles;
 * `sslrootcert` in it names the CA), its password from HOLDFAST_ADMINISTRATOR_PASSWORD_FILE, and the folder with
 * `<service>.password`, `backup.password` and `restore.password` from HOLDFAST_PASSWORDS.
 */
import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { SERVICES } from '@holdfast/platform/services';

import { ensureDatabase, ensureOperationsRoles, ensureServiceRole } from '../launch/database-roles.mjs';
import { read } from '../launch/secrets.mjs';
import { DeploymentFiles } from './deployment-files.mjs';
import { kubernetesSecrets } from './kubernetes-secrets.mjs';
import { kubernetesNatsConfiguration } from './nats-configuration.mjs';

const checkMs = 10 * 60_000;
const [command, folder] = process.argv.slice(2);

if (command === 'files' && folder !== undefined) await keepFiles(folder);
else if (command === 'kubernetes' && folder !== undefined) printSecrets(folder);
else if (command === 'nats' && folder !== undefined) fs.writeFileSync(folder, kubernetesNatsConfiguration());
else if (command === 'database') await makeRoles();
else throw new Error('prepare.mjs files FOLDER [--once] | kubernetes FOLDER | nats FILE | database');

/** @param {string} target */
async function keepFiles(target) {
  for (const signal of ['SIGTERM', 'SIGINT']) process.once(signal, () => process.exit(0)); // each file is whole
  const operator = process.env['HOLDFAST_OPERATOR'] || 'demo';
  const files = new DeploymentFiles({ folder: target, operator, isOwned: process.getuid?.() === 0 });
  const ready = path.join(target, 'stored', 'ready');
  fs.rmSync(ready, { force: true });
  for (;;) {
    const renewed = await files.write(new Date());
    if (renewed.length > 0) console.log(JSON.stringify({ certificates: renewed }));
    fs.writeFileSync(ready, '');
    if (process.argv.includes('--once')) return;
    await sleep(checkMs);
  }
}

/** @param {string} target */
function printSecrets(target) {
  fs.mkdirSync(target, { recursive: true, mode: 0o700 });
  const items = kubernetesSecrets(target);
  process.stdout.write(`${JSON.stringify({ apiVersion: 'v1', kind: 'List', items }, null, 2)}\n`);
}

async function makeRoles() {
  const passwords = setting('HOLDFAST_PASSWORDS');
  const url = new URL(setting('HOLDFAST_ADMINISTRATOR_URL'));
  url.password = read(setting('HOLDFAST_ADMINISTRATOR_PASSWORD_FILE'));
  const databaseUrl = await ensureDatabase(url.href);
  for (const service of SERVICES)
    await ensureServiceRole(databaseUrl, service, read(path.join(passwords, `${service}.password`)));
  await ensureOperationsRoles(databaseUrl, SERVICES, {
    backup: read(path.join(passwords, 'backup.password')),
    restore: read(path.join(passwords, 'restore.password')),
  });
  console.log(JSON.stringify({ roles: [...SERVICES, 'backup', 'restore'] }));
}

/** @param {string} name */
function setting(name) {
  const value = process.env[name];
  if (value === undefined || value === '') throw new Error(`${name} is not set`);
  return value;
}
