/**
 * Runs the embedded NATS in a separate process, because Jest cannot import it:
 * `node nats-server.mjs FOLDER TOKEN_FILE PORT` prints `{ pid, url }` when it is ready, and ends with the server.
 */
import fs from 'node:fs';
import path from 'node:path';

import { startEmbeddedNats } from '../../tools/embedded-nats.mjs';

const [storeDir = '', tokenFile = '', port = ''] = process.argv.slice(2);
const token = fs.readFileSync(tokenFile, 'utf8').trim();
const cacheDir = path.resolve(import.meta.dirname, '..', '..', '.holdfast-cache');
const server = await startEmbeddedNats({ cacheDir, storeDir, token, port: Number(port) });
console.log(JSON.stringify({ pid: server.pid, url: server.url }));
process.once('SIGTERM', () => void server.stop());
// The test that started it has ended, or was killed.
process.stdin.resume().once('close', () => void server.stop());
await server.exited;
process.exit(); // standard input would keep this process running
