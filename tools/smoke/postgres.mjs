import fs from 'node:fs';
import path from 'node:path';

import pg from 'pg';

import { databaseUser, startEmbeddedPostgres } from '../embedded-postgres.mjs';
import { read } from '../launch/secrets.mjs';

const clientPort = 5432;
const database = 'holdfast';

/**
 * The database server of Compose, with the arguments, files and superuser that its image gets.
 * @param {import('./loopback.mjs').Loopback} loopback
 * @param {(name: string, pid: number) => void} onSpawn
 */
export async function startPostgres(loopback, onSpawn) {
  const { command, environment, volumes } = loopback.compose.services['postgres'];
  loopback.prepare('postgres', 'postgres');
  for (const mount of volumes) giveToServer(loopback.volume(mount.split(':')[0]));
  const [program, ...words] = command.map((/** @type {string} */ word) =>
    loopback.text('postgres', 'postgres', word, 'command'),
  );
  if (program !== 'postgres') throw new Error(`the image of PostgreSQL does not run ${program}`);
  const { POSTGRES_PASSWORD_FILE: passwordFile } = loopback.environment('postgres', 'postgres', environment);
  return startEmbeddedPostgres({
    dataDir: path.join(loopback.fileOf('postgres', '/var/lib/postgresql'), 'data'),
    password: read(/** @type {string} */ (passwordFile)),
    port: loopback.portOf('postgres', clientPort),
    words,
    onSpawn: (pid) => onSpawn('postgres', pid),
  });
}

/** Its image has another user than this machine. @param {string} folder */
function giveToServer(folder) {
  const user = databaseUser();
  if (user === undefined) return;
  fs.chownSync(folder, user.uid, user.gid);
  for (const name of fs.readdirSync(folder)) fs.chownSync(path.join(folder, name), user.uid, user.gid);
}

/**
 * A connection as superuser over TLS.
 * @param {import('./loopback.mjs').Loopback} loopback
 * @param {{ hasTls?: boolean }} [options]
 */
export async function openDatabase(loopback, { hasTls = true } = {}) {
  const client = new pg.Client({
    host: 'localhost',
    port: loopback.portOf('postgres', clientPort),
    user: 'postgres',
    password: read(loopback.volume('files-database', 'superuser.password')),
    database,
    ssl: hasTls ? { ca: fs.readFileSync(loopback.volume('files-database', 'ca.pem')) } : false,
  });
  await client.connect();
  return client;
}

/**
 * Rows of one statement, as superuser.
 * @param {import('./loopback.mjs').Loopback} loopback
 * @param {string} sql
 * @returns {Promise<any[]>}
 */
export async function queryDatabase(loopback, sql) {
  const client = await openDatabase(loopback);
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}
