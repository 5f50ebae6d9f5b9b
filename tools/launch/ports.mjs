import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';

/** Below the ports that Linux gives to outgoing connections: one of those may be taken before a server listens on it. */
const SERVER_PORTS = { min: 10_000, max: 32_767 };

/** A server listens on its port at most so much later than it was chosen. */
const RESERVED_MS = 300_000;
/** A file per port that was chosen and may not be listened on yet. */
const reservations = path.join(os.tmpdir(), `holdfast-ports-${process.getuid?.() ?? 'all'}`);

/**
 * Different TCP ports of the loopback interface that are free now, and that no other call returns for five minutes, in
 * whatever process of this user: a server that starts takes seconds until it listens.
 * @param {number} count
 */
export async function freePorts(count) {
  endReservations();
  /** @type {number[]} */
  const ports = [];
  while (ports.length < count) {
    const port = randomInt(SERVER_PORTS.min, SERVER_PORTS.max + 1);
    if ((await canListen(port, '127.0.0.1')) && reserve(port)) ports.push(port);
  }
  return ports;
}

/** Where files cannot be written, ports are not reserved. @param {number} port @returns false if it was reserved before */
function reserve(port) {
  try {
    fs.writeFileSync(path.join(reservations, String(port)), '', { flag: 'wx' });
    return true;
  } catch (error) {
    return /** @type {NodeJS.ErrnoException} */ (error).code !== 'EEXIST';
  }
}

function endReservations() {
  try {
    fs.mkdirSync(reservations, { recursive: true, mode: 0o700 });
  } catch {
    return; // see reserve
  }
  for (const name of readFolder(reservations)) {
    const file = path.join(reservations, name);
    const reservedAtMs = fs.statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? Infinity;
    if (Date.now() - reservedAtMs > RESERVED_MS) fs.rmSync(file, { force: true });
  }
}

export async function freePort() {
  const [port] = await freePorts(1);
  return /** @type {number} */ (port);
}

/**
 * Whether this process could listen on the port. Tries as a server would (all interfaces and loopback),
 * since a listener on 0.0.0.0 does not always refuse one on 127.0.0.1.
 * @param {number} port
 */
export async function isPortFree(port) {
  return (await canListen(port, '127.0.0.1')) && (await canListen(port, '0.0.0.0'));
}

/** @param {number} port  @param {string} host */
async function canListen(port, host) {
  const server = net.createServer();
  try {
    server.listen(port, host);
    await once(server, 'listening');
    return true;
  } catch {
    return false;
  } finally {
    if (server.listening) await new Promise((resolve) => server.close(resolve));
  }
}

/**
 * The program that listens on a TCP port, as `name (pid N)`, or undefined when it cannot be read
 * (another user's process, or no /proc).
 * @param {number} port
 */
export function listenerOf(port) {
  const holder = holderOf(
    readFolder('/proc').filter((name) => /^\d+$/.test(name)),
    inodesOf(port, listening),
  );
  return holder && `${programOf(holder)} (pid ${holder})`;
}

/**
 * The process, one of these, that has a TCP connection from a local port; undefined when it cannot be read (no /proc).
 * @param {readonly number[]} pids
 * @param {number} port
 */
export function connectedFrom(pids, port) {
  const holder = holderOf(pids.map(String), inodesOf(port, established));
  return holder === undefined ? undefined : Number(holder);
}

/** @param {readonly string[]} pids  @param {ReadonlySet<string>} inodes */
function holderOf(pids, inodes) {
  if (inodes.size === 0) return undefined;
  return pids.find((pid) =>
    readFolder(`/proc/${pid}/fd`).some((descriptor) => {
      const inode = /^socket:\[(\d+)\]$/.exec(readLink(`/proc/${pid}/fd/${descriptor}`))?.[1];
      return inode !== undefined && inodes.has(inode);
    }),
  );
}

/** By its command line: Node calls its main thread, and so itself, MainThread. @param {string} pid */
function programOf(pid) {
  const [program = ''] = readText(`/proc/${pid}/cmdline`).split('\0');
  return path.basename(program) || readText(`/proc/${pid}/comm`).trim();
}

/** States of sockets in /proc/net/tcp. */
const listening = '0A';
const established = '01';

/** @param {number} port  local  @param {string} state  @returns {Set<string>} */
function inodesOf(port, state) {
  const wanted = port.toString(16).toUpperCase().padStart(4, '0');
  const rows = ['/proc/net/tcp', '/proc/net/tcp6'].flatMap((file) => readText(file).split('\n').slice(1));
  return new Set(
    rows
      .map((row) => row.trim().split(/\s+/))
      .filter((fields) => fields[1]?.endsWith(`:${wanted}`) && fields[3] === state)
      .map((fields) => String(fields[9])),
  );
}

/** @param {string} file */
function readText(file) {
  try {
    return fs.readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

/** @param {string} folder */
function readFolder(folder) {
  try {
    return fs.readdirSync(folder);
  } catch {
    return [];
  }
}

/** @param {string} file */
function readLink(file) {
  try {
    return fs.readlinkSync(file);
  } catch {
    return '';
  }
}
