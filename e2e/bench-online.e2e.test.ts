/** The measure of the online answers at a tiny size, so that it cannot rot; its figures are looked at elsewhere. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { text } from 'node:stream/consumers';

import { repository } from './support/launcher.js';
import { sharedSystem } from './support/shared-system.js';

jest.setTimeout(300_000);

it('measures a running system against its peer, after it has found both equal', async () => {
  const { home } = await sharedSystem();
  const options = ['online', '--tiny', '--home', home.folder, '--url', home.baseUrl];
  const bench = spawn(process.execPath, [path.join(repository, 'bench', 'run.mjs'), ...options], { cwd: repository });
  const [output, complaints] = await Promise.all([text(bench.stdout), text(bench.stderr), once(bench, 'exit')]);
  expect(complaints).toBe('');
  const load = { requestsPerSecond: expect.any(Number), p50Ms: expect.any(Number), p99Ms: expect.any(Number) };
  expect(JSON.parse(output.trim().split('\n').at(-1)!)).toMatchObject({
    bench: 'online',
    ratio: { churn: expect.any(Number), script: expect.any(Number) },
    goal: { churn: 0.25, script: 0.15 },
    ours: { churn: load, script: load },
    peer: { churn: load, script: load },
    n: 1,
  });
});
