/**
 * Runs the embedded PostgreSQL in a separate process, because Jest cannot import it:
 * `node postgres-server.mjs FOLDER PASSWORD_FILE PORT` prints `{ pid, url }` when it is ready, and ends with the server.
 */
import fs from 'node:fs';

import { startEmbeddedPostgres } from '../../tools/embedded-postgres.mjs';

const [dataDir = '', passwordFile = '', port = ''] = process.argv.slice(2);
const password = fs.readFileSync(passwordFile, 'utf8').trim();
const server = await startEmbeddedPostgres({ dataDir, password, port: Number(port) });
console.log(JSON.stringify({ pid: server.pid, url: server.url }));
process.once('SIGTERM', () => void server.stop());
// The test that started it has ended, or was killed.
process.stdin.resume().once('close', () => void server.stop());
await server.exited;
process.exit(); // standard input would keep this process running
