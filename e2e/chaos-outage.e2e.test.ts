/**
 * PostgreSQL is away while `npm start` runs an operator's month. The month completes by itself, and its results equal those
 * of the prepared month. `npm run chaos` runs it; `npm test` does not: it takes minutes in which nothing happens.
 */
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { GRPC_SERVICES, SERVICES } from '@holdfast/platform/services';

import { freePort } from '../tools/launch/ports.mjs';
import { eventually } from './support/eventually.js';
import { Launcher, repository } from './support/launcher.js';
import { monthResults } from './support/month-results.js';
import { makeFolder } from './support/once-per-run.js';
import { preparedMonth } from './support/prepared-month.js';
import { differences } from './support/results.js';

const AWAY_SECONDS = Number(process.env['E2E_OUTAGE_SECONDS'] ?? '150');
/** Steps of the month in which PostgreSQL goes away, by the line that the launcher writes when the step before is done. */
const AFTER_LINES = [/^import +\d/m, /^features +\d/m];

let undisturbed: Awaited<ReturnType<typeof preparedMonth>>;
let home: string;
let passwordFile: string;

jest.setTimeout(3_600_000);

beforeAll(async () => {
  undisturbed = await preparedMonth();
  home = path.join(makeFolder('chaos-outage'), 'home');
  fs.mkdirSync(path.join(home, 'secrets'), { recursive: true, mode: 0o711 });
  // Where the tests look for it in the home of a system with its own PostgreSQL.
  passwordFile = path.join(home, 'secrets', 'database-superuser.password');
  fs.writeFileSync(passwordFile, randomBytes(24).toString('base64url'), { mode: 0o600 });
});

async function startPostgres(port: number): Promise<{ pid: number; url: string; exited: Promise<unknown> }> {
  const program = path.join(repository, 'e2e/support/postgres-server.mjs');
  const server = spawn(process.execPath, [program, path.join(home, 'postgres'), passwordFile, String(port)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(server, 'exit');
  const [ready] = (await once(server.stdout, 'data')) as [Buffer];
  return { ...(JSON.parse(ready.toString()) as { pid: number; url: string }), exited };
}

it('a month completes by itself although PostgreSQL is away twice, with equal results and no dead letter', async () => {
  const port = await freePort();
  let postgres = await startPostgres(port);
  const reportFile = path.join(home, '..', 'month.json');
  const launcher = await Launcher.start(home, {
    options: ['--extract', undisturbed.world.extract, '--report', reportFile],
    environment: { HOLDFAST_DATABASE_URL: postgres.url },
  });
  try {
    for (const line of AFTER_LINES) {
      await eventually(`npm start writes ${line}`, () => line.test(launcher.output), { withinMs: 300_000 });
      await sleep(500); // the next step is at work
      process.kill(postgres.pid, 'SIGQUIT');
      await postgres.exited;
      await sleep(AWAY_SECONDS * 1_000);
      postgres = await startPostgres(port);
    }
    await launcher.untilServing(600_000);
    expect(launcher.home.processes().map(({ name }) => name)).toEqual(expect.arrayContaining([...SERVICES]));
    const results = await monthResults(launcher.home, reportFile);
    for (const [what, rows] of Object.entries(undisturbed.results)) {
      expect([what, differences(results[what]!, rows)]).toEqual([what, []]);
    }
    const client = launcher.home.client('console');
    for (const service of GRPC_SERVICES) {
      const { deadLetters } = await client.call('GET /api/v1/dead-letters/{service}', { service });
      expect([service, deadLetters]).toEqual([service, []]);
    }
  } finally {
    await launcher.stop();
    process.kill(postgres.pid, 'SIGINT');
    await postgres.exited;
  }
});
