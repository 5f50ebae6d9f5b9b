/**
 * A part is away while `npm start` runs an operator's month: PostgreSQL, NATS, each service, the disk. The month
 * completes by itself, and its results equal those of the prepared month. `npm run chaos` runs it; `npm test` does not: it
 * takes minutes in which nothing happens.
 */
import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { GRPC_SERVICES, SERVICES, type GrpcService } from '@holdfast/platform/services';

import { freePort } from '../tools/launch/ports.mjs';
import { eventually } from './support/eventually.js';
import { suspendDuring } from './support/kill.js';
import { Launcher } from './support/launcher.js';
import { monthResults } from './support/month-results.js';
import { makeFolder } from './support/once-per-run.js';
import { SmallDisk, outsideNats, outsidePostgres } from './support/outages.js';
import { preparedMonth } from './support/prepared-month.js';
import { differences } from './support/results.js';

/** Seconds for which PostgreSQL and NATS are away; a service for a third of it, space on the disk for half. */
const AWAY_SECONDS = Number(process.env['E2E_OUTAGE_SECONDS'] ?? '150');
/** Two steps of the month, by the line that the launcher writes when the step before is done. */
const AFTER_LINES = [/^import +\d/m, /^features +\d/m];
/** A month without outages takes two minutes. */
const MONTH_MS_MAX = 900_000;
const UNTIL_MS_MAX = MONTH_MS_MAX + 8 * AWAY_SECONDS * 1_000;
/** PostgreSQL alone recycles 500 MB of its log. */
const DISK_MEGABYTES = 3_000;

/** A job of each service, in the middle of which it is suspended; the gateway has none. */
const SUSPENDED: readonly (readonly [GrpcService, string])[] = [
  ['feature-store', 'import-extract'],
  ['customer-profile', 'import-extract-profiles'],
  ['churn-scoring', 'train-model'],
  ['preference-recommendation', 'fit-plans'],
  ['household-identification', 'identify-households'],
  ['campaign', 'enrol-campaign'],
  ['evaluation', 'evaluate-campaigns'],
];

let undisturbed: Awaited<ReturnType<typeof preparedMonth>>;

jest.setTimeout(UNTIL_MS_MAX + MONTH_MS_MAX);

beforeAll(async () => {
  undisturbed = await preparedMonth();
});

it('a month completes by itself although PostgreSQL is away twice, with equal results and no dead letter', async () => {
  const home = homeIn('outage-postgres');
  const postgres = await outsidePostgres(home, await freePort());
  try {
    const environment = { HOLDFAST_DATABASE_URL: postgres.url };
    await expectSameMonth(home, environment, (launcher) => twice(launcher, () => postgres.away(AWAY_SECONDS)));
  } finally {
    await postgres.stop();
  }
});

it('… although NATS is away twice', async () => {
  const home = homeIn('outage-nats');
  const nats = await outsideNats(home, await freePort());
  try {
    const token = path.join(home, 'secrets', 'nats.token');
    const environment = { HOLDFAST_NATS_URL: nats.url, HOLDFAST_NATS_TOKEN_FILE: token };
    await expectSameMonth(home, environment, (launcher) => twice(launcher, () => nats.away(AWAY_SECONDS)));
  } finally {
    await nats.stop();
  }
});

it('… although each service hangs in the middle of its work, and every other one is then killed', async () => {
  const seconds = AWAY_SECONDS / 3;
  await expectSameMonth(homeIn('outage-services'), {}, async ({ home }) => {
    const suspend = async ([service, kind]: (typeof SUSPENDED)[number], index: number): Promise<void> => {
      const plan = { service, kind, isDue: () => true };
      const { pid } = await suspendDuring(home, plan, MONTH_MS_MAX + 8 * seconds * 1_000);
      if (service === 'preference-recommendation') await suspendGateway(seconds);
      await sleep(seconds * 1_000);
      process.kill(pid, index % 2 === 0 ? 'SIGCONT' : 'SIGKILL');
    };
    const suspendGateway = async (forSeconds: number): Promise<void> => {
      const pid = home.pidOf('gateway')!;
      process.kill(pid, 'SIGSTOP');
      await sleep(forSeconds * 1_000);
      process.kill(pid, 'SIGCONT');
    };
    await Promise.all(SUSPENDED.map(suspend));
  });
});

it('… although the disk is full twice', async () => {
  const folder = makeFolder('outage-disk');
  const disk = SmallDisk.mount(path.join(folder, 'disk'), DISK_MEGABYTES);
  const home = path.join(disk.folder, 'home');
  try {
    await expectSameMonth(home, {}, (launcher) => twice(launcher, () => disk.full(AWAY_SECONDS / 2)), folder);
  } finally {
    disk.unmount();
  }
});

/** A folder for a system. */
function homeIn(name: string): string {
  const home = path.join(makeFolder(name), 'home');
  fs.mkdirSync(home, { mode: 0o711 });
  return home;
}

/** Lets a part be away in the middle of two steps. */
async function twice(launcher: Launcher, away: () => Promise<void>): Promise<void> {
  for (const line of AFTER_LINES) {
    await eventually(`npm start writes ${line}`, () => line.test(launcher.output), { withinMs: UNTIL_MS_MAX });
    await sleep(500); // the next step is at work
    await away();
  }
}

/**
 * Runs the month in a home while `disturb` is at work, and compares it with the prepared one.
 * @param outside folder for what the launcher writes outside of the home
 */
async function expectSameMonth(
  home: string,
  environment: Record<string, string>,
  disturb: (launcher: Launcher) => Promise<void>,
  outside = path.dirname(home),
): Promise<void> {
  const reportFile = path.join(outside, 'report', 'month.json');
  fs.mkdirSync(path.dirname(reportFile));
  const launcher = await Launcher.start(home, {
    options: ['--extract', undisturbed.world.extract, '--report', reportFile],
    outputFile: path.join(outside, 'output'),
    environment,
  });
  try {
    await Promise.all([disturb(launcher), launcher.untilServing(UNTIL_MS_MAX)]);
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
    fs.cpSync(path.join(home, 'logs'), path.join(outside, 'logs'), { recursive: true }); // the disk is unmounted
  }
}
