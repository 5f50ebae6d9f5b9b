/**
 * Starts the embedded PostgreSQL as the image of a deployment is started, prints its port, and stops it at SIGTERM. A
 * program, because Jest cannot load the package of the server.
 *
 *   node tools/deploy/postgres-with-tls.fixture.mjs FOLDER-OF-THE-PART
 */
import fs from 'node:fs';
import path from 'node:path';

import pg from 'pg';

import { databaseUser, startEmbeddedPostgres } from '../embedded-postgres.mjs';
import { read } from '../launch/secrets.mjs';

const part = process.argv[2] ?? '';
// The server runs as another user, who cannot enter the folder of a test.
const folder = fs.mkdtempSync('/tmp/holdfast-postgres-');
const user = databaseUser();
const own = (/** @type {string} */ file) => user !== undefined && fs.chownSync(file, user.uid, user.gid);
own(folder);
for (const name of ['certificate.pem', 'key.pem', 'pg_hba.conf']) {
  fs.copyFileSync(path.join(part, name), path.join(folder, name));
  fs.chmodSync(path.join(folder, name), 0o600);
  own(path.join(folder, name));
}
const options = { dataDir: path.join(folder, 'data'), password: read(path.join(part, 'superuser.password')) };
const plain = await startEmbeddedPostgres(options);
const client = new pg.Client({ connectionString: plain.url });
await client.connect();
const files = { ssl_cert_file: 'certificate.pem', ssl_key_file: 'key.pem', hba_file: 'pg_hba.conf' };
for (const [name, file] of Object.entries(files))
  await client.query(`alter system set ${name} = '${path.join(folder, file)}'`);
await client.query('alter system set ssl = on');
await client.end();
await plain.stop();

const server = await startEmbeddedPostgres(options);
process.once('SIGTERM', () => {
  void server.stop().then(() => {
    fs.rmSync(folder, { recursive: true, force: true });
    process.exit(0);
  });
});
console.log(server.port);
setInterval(() => undefined, 60_000);
