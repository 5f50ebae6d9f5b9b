import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { eventually } from '@holdfast/testing/service';

import { isRunning, type ProcessIdentity } from './launch/process-identity.mjs';

const repository = path.resolve(__dirname, '..');
/** PostgreSQL and one NATS. */
const SERVERS = 2;

jest.setTimeout(180_000);

interface Note {
  owner: { pid: number };
  servers: ProcessIdentity[];
}

describe.each<NodeJS.Signals>(['SIGINT', 'SIGTERM', 'SIGKILL'])('a test run that is ended by %s', (signal) => {
  it('leaves neither servers nor a folder', async () => {
    const jest = path.join(repository, 'node_modules/jest/bin/jest.js');
    const options = [jest, 'libs/platform/src/jobs', '--selectProjects', 'db', '--maxWorkers', '1'];
    const { TEST_DATABASE_URL: _, TEST_NATS_URL: __, TEST_NATS_TOKEN: ___, ...environment } = process.env;
    const run = spawn(process.execPath, options, { cwd: repository, env: environment, stdio: 'ignore' });
    const ended = once(run, 'exit');
    const { folder, servers } = await eventually(
      'the servers of the run are noted',
      async () => scratchOf(run.pid!),
      90_000,
    );
    expect(servers.filter(isRunning)).toHaveLength(SERVERS);
    run.kill(signal);
    await ended;
    await eventually('the servers have ended', async () => !servers.some(isRunning), 30_000);
    await eventually('the folder is gone', async () => !fs.existsSync(folder), 30_000);
  });
});

/** The scratch folder of a process, once all its servers run. */
function scratchOf(pid: number): { folder: string; servers: ProcessIdentity[] } | undefined {
  for (const name of fs.readdirSync(os.tmpdir()).filter((entry) => entry.startsWith('holdfast-test-'))) {
    const folder = path.join(os.tmpdir(), name);
    const note = noteIn(folder);
    if (note?.owner.pid === pid && note.servers.length === SERVERS) return { folder, servers: note.servers };
  }
  return undefined;
}

function noteIn(folder: string): Note | undefined {
  try {
    return JSON.parse(fs.readFileSync(path.join(folder, 'processes.json'), 'utf8')) as Note;
  } catch {
    return undefined; // another folder, or one that is being made or removed
  }
}
