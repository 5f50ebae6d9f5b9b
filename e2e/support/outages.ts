import { spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { repository } from './launcher.js';

/** A server outside the system, which a test takes away and brings back at the same address. */
export interface OutsideServer {
  url: string;
  /** Kills it (-9 for NATS, an immediate shutdown for PostgreSQL), and starts it again after this time. */
  away(seconds: number): Promise<void>;
  stop(): Promise<void>;
}

interface Running {
  pid: number;
  url: string;
  exited: Promise<unknown>;
}

/** PostgreSQL with its data in the home, as the system would start it. @param home an existing folder */
export function outsidePostgres(home: string, port: number): Promise<OutsideServer> {
  const secret = makeSecret(home, 'database-superuser.password');
  return outside('postgres-server.mjs', [path.join(home, 'postgres'), secret, String(port)], 'SIGQUIT');
}

/** NATS with its data in the home. @param home an existing folder */
export function outsideNats(home: string, port: number): Promise<OutsideServer> {
  const secret = makeSecret(home, 'nats.token');
  return outside('nats-server.mjs', [path.join(home, 'nats'), secret, String(port)], 'SIGKILL');
}

async function outside(program: string, options: string[], signal: NodeJS.Signals): Promise<OutsideServer> {
  const start = async (): Promise<Running> => {
    const words = [path.join(repository, 'e2e/support', program), ...options];
    const server = spawn(process.execPath, words, { stdio: ['pipe', 'pipe', 'inherit'] });
    const exited = once(server, 'exit');
    const [ready] = (await once(server.stdout, 'data')) as [Buffer];
    return { ...(JSON.parse(ready.toString()) as { pid: number; url: string }), exited };
  };
  let running = await start();
  const end = async (how: NodeJS.Signals): Promise<void> => {
    process.kill(running.pid, how);
    await running.exited;
  };
  return {
    url: running.url,
    away: async (seconds) => {
      await end(signal);
      await sleep(seconds * 1_000);
      running = await start();
    },
    stop: () => end('SIGINT'),
  };
}

/** A new secret where the system would have it. @returns the file */
function makeSecret(home: string, name: string): string {
  const file = path.join(home, 'secrets', name);
  fs.mkdirSync(path.dirname(file), { recursive: true, mode: 0o711 });
  fs.writeFileSync(file, randomBytes(24).toString('base64url'), { mode: 0o600 });
  return file;
}

/** A separate file system, small enough to be filled. */
export class SmallDisk {
  private constructor(readonly folder: string) {}

  /** @throws an Error where this user may not mount: the test then shows nothing, so it fails */
  static mount(folder: string, megabytes: number): SmallDisk {
    fs.mkdirSync(folder, { mode: 0o711 });
    const options = ['-t', 'tmpfs', '-o', `size=${megabytes}m,mode=711`, 'none', folder];
    const { status, stderr } = spawnSync('mount', options, { encoding: 'utf8' });
    if (status !== 0) throw new Error(`A file system cannot be mounted; run this test as root. ${stderr}`);
    return new SmallDisk(folder);
  }

  /** Fills it to the last byte for this time, also what is freed meanwhile. */
  async full(seconds: number): Promise<void> {
    const filler = path.join(this.folder, 'filler');
    const until = Date.now() + seconds * 1_000;
    const file = fs.openSync(filler, 'a', 0o600);
    try {
      while (Date.now() < until) {
        fill(file);
        await sleep(200);
      }
    } finally {
      fs.closeSync(file);
      fs.rmSync(filler);
    }
  }

  unmount(): void {
    spawnSync('umount', [this.folder]);
  }
}

/** Appends until the disk takes no more byte. */
function fill(file: number): void {
  for (let size = 1 << 20; size >= 1;) {
    try {
      if (fs.writeSync(file, Buffer.alloc(size)) < size) size >>= 1;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
      size >>= 1;
    }
  }
}
