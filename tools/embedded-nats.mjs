/**
 * A NATS server with JetStream as a child of this process. The program comes from, in this order: NATS_SERVER_BIN,
 * the PATH, an earlier download, or the distribution's own package, unpacked without root and without installing it.
 */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { fetchProgram, hasApt } from './launch/debian-package.mjs';
import { serverFailure, StartFailure } from './launch/failure.mjs';
import { freePort } from './launch/ports.mjs';

const startSecondsMax = 30;
const stopSecondsMax = 10;

/**
 * Starts a server on the loopback interface that accepts clients with the token, or these users, only.
 * @param {object} options
 * @param {string} options.cacheDir  where a downloaded server is kept between runs
 * @param {string} options.storeDir  for JetStream's files and the generated configuration
 * @param {string} [options.token]
 * @param {readonly User[]} [options.users]  instead of a token
 * @param {{ certificate: string, key: string }} [options.tls]  paths; without, it is plain text
 * @param {number} [options.port]  default: a free one
 * @param {(pid: number) => void} [options.onSpawn]  called before the server is ready, to note the process down
 * @param {(message: string) => void} [options.progress]
 * @returns {Promise<{ port: number, pid: number, url: string, exited: Promise<unknown>, stop: () => Promise<void> }>}
 * @throws {StartFailure} with what to do about it
 */
export async function startEmbeddedNats({ cacheDir, storeDir, token, users, tls, port, onSpawn, progress }) {
  const program = await findNatsServer(cacheDir, progress);
  const listenPort = port ?? (await freePort());
  const configuration = writeConfiguration(storeDir, listenPort, { token, users, tls });
  const server = spawn(program, ['--config', configuration], {
    detached: true, // a Ctrl-C goes to the launcher alone, which stops the services first
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const output = { text: '' };
  server.stderr.setEncoding('utf8').on('data', (chunk) => (output.text = (output.text + chunk).slice(-4000)));
  server.on('error', (error) => (output.text += error.message));
  if (server.pid !== undefined) onSpawn?.(server.pid);
  await untilGreeting(server, listenPort, output);
  return {
    port: listenPort,
    pid: /** @type {number} */ (server.pid),
    url: `${tls === undefined ? 'nats' : 'tls'}://127.0.0.1:${listenPort}`,
    exited: once(server, 'exit'),
    stop: () => stopServer(server),
  };
}

/**
 * The path of a nats-server that runs here, downloaded when there is none.
 * @param {string} cacheDir
 * @param {(message: string) => void} [progress]
 */
export async function findNatsServer(cacheDir, progress) {
  const given = process.env['NATS_SERVER_BIN'];
  if (given !== undefined && given !== '') {
    if (isRunnable(given)) return given;
    throw new StartFailure(`NATS_SERVER_BIN names ${given}, which does not run as nats-server.`);
  }
  const cached = path.join(cacheDir, 'nats-server');
  const folders = [...(process.env['PATH'] ?? '').split(path.delimiter), '/usr/sbin', '/usr/local/sbin'];
  const found = [...folders.map((folder) => path.join(folder, 'nats-server')), cached].find(
    (file) => fs.existsSync(file) && isRunnable(file),
  );
  if (found !== undefined) return found;
  progress?.('fetching nats-server from the distribution (once)');
  await download(cacheDir, cached);
  return cached;
}

/** @param {string} program */
function isRunnable(program) {
  return spawnSync(program, ['--version'], { stdio: 'ignore' }).status === 0;
}

/**
 * @param {string} cacheDir
 * @param {string} target  the program's place
 */
async function download(cacheDir, target) {
  if (!hasApt()) {
    throw new StartFailure(
      'There is no nats-server on this machine and no apt to fetch it with.\n' +
        'Set NATS_SERVER_BIN to a nats-server (2.9 or newer), or HOLDFAST_NATS_URL to a running one with JetStream.',
    );
  }
  try {
    await fetchProgram({ name: 'nats-server', program: 'usr/sbin/nats-server', cacheDir, target, isRunnable });
  } catch (cause) {
    const detail = cause instanceof Error ? cause.message.trim().split('\n').slice(0, 6).join('\n') : String(cause);
    throw new StartFailure(
      `nats-server could not be fetched with apt: ${detail}\nCheck the network and the apt sources, or set ` +
        'NATS_SERVER_BIN to a nats-server, or HOLDFAST_NATS_URL to a running one with JetStream.',
      { cause },
    );
  }
}

/**
 * @typedef {object} User
 * @property {string} user
 * @property {string} password
 * @property {import('@holdfast/platform/bus-permissions').BusPermissions} permissions
 */

/**
 * Secrets are in a file, since every user of the machine can read arguments.
 * @param {string} storeDir
 * @param {number} port
 * @param {{ token?: string | undefined, users?: readonly User[] | undefined,
 *   tls?: { certificate: string, key: string } | undefined }} access
 */
function writeConfiguration(storeDir, port, { token, users, tls }) {
  fs.mkdirSync(storeDir, { recursive: true, mode: 0o700 });
  const file = path.join(storeDir, 'nats-server.conf');
  const lines = [
    'host: "127.0.0.1"',
    `port: ${port}`,
    // JSON is a subset of the format of this file.
    `authorization ${JSON.stringify(users === undefined ? { token } : { users })}`,
    ...(tls === undefined
      ? []
      : [`tls { cert_file: ${JSON.stringify(tls.certificate)}, key_file: ${JSON.stringify(tls.key)} }`]),
    `jetstream { store_dir: "${storeDir}", max_memory_store: 64MB, max_file_store: 16GB }`,
  ];
  fs.writeFileSync(file, lines.join('\n') + '\n', { mode: 0o600 });
  return file;
}

/**
 * @param {import('node:child_process').ChildProcess} server
 * @param {number} port
 * @param {{ text: string }} output
 */
async function untilGreeting(server, port, output) {
  const deadline = Date.now() + startSecondsMax * 1000;
  while (!(await greets(port))) {
    if (server.pid === undefined || server.exitCode !== null || server.signalCode !== null) {
      throw serverFailure('nats-server', output.text);
    }
    if (Date.now() > deadline) {
      await stopServer(server);
      throw serverFailure(`nats-server (within ${startSecondsMax} s)`, output.text);
    }
    await sleep(15);
  }
}

/** The server sends first (an INFO line), so a byte from it proves that it serves. @param {number} port */
function greets(port) {
  return new Promise((resolve) => {
    const socket = net.connect(port, '127.0.0.1');
    const finish = (/** @type {boolean} */ answer) => {
      socket.destroy();
      resolve(answer);
    };
    socket.once('data', () => finish(true));
    socket.once('error', () => finish(false));
    socket.setTimeout(1000, () => finish(false));
  });
}

/** @param {import('node:child_process').ChildProcess} server */
async function stopServer(server) {
  if (server.exitCode !== null || server.signalCode !== null) return;
  const exited = once(server, 'exit');
  server.kill('SIGTERM');
  const killTimer = setTimeout(() => server.kill('SIGKILL'), stopSecondsMax * 1000);
  await exited;
  clearTimeout(killTimer);
}
