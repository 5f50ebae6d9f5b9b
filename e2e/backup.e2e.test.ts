/**
 * A month is backed up while its system serves, and restored into empty servers: the system that starts on them exports the
 * same. A damaged backup, wrong keys and servers that are not empty are refused.
 */
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { SERVICES } from '@holdfast/platform/services';

import { freePort } from '../tools/launch/ports.mjs';
import { differingFiles } from '../tools/smoke/month-export.mjs';
import type { CommandResult } from './support/command-line.js';
import { exportHome } from './support/export-home.js';
import { Launcher, repository } from './support/launcher.js';
import { outsideNats, outsidePostgres, type OutsideServer } from './support/outages.js';
import { cloneMonth, preparedMonth } from './support/prepared-month.js';

/** Of a system on one machine: PostgreSQL without TLS, a short-lived CA, and a disk of whatever size. */
const EXPECTED: ReadonlySet<string> = new Set(['database.plain', 'certificate.expiresSoon', 'lake.full']);

let folder: string;
let source: Launcher;
let restored: Launcher | undefined;
let database: OutsideServer;
let nats: OutsideServer;
let exported: Map<string, string>;
let reportFile: string;
let extract: string;
let backup: string;

jest.setTimeout(300_000);

beforeAll(async () => {
  const prepared = await preparedMonth();
  ({ reportFile } = prepared);
  ({ extract } = prepared.world);
  folder = cloneMonth(prepared, 'backup');
  source = await Launcher.start(path.join(folder, 'home'), { options: ['--extract', extract] });
  await prepareTarget();
  await source.untilServing();
  const client = await source.home.openDatabase();
  await client.end();
  await makeRoles(`postgresql://postgres@127.0.0.1:${client.port}/postgres`, source.home.folder);
});

afterAll(async () => {
  await Promise.all([source?.stop(), restored?.stop()]);
  await Promise.all([database?.stop(), nats?.stop()]);
});

it('backs up a running system', async () => {
  const { code, stdout, stderr } = await run(['backup', at('backups'), '--keep', '2'], {
    ...(await sourceDatabase('backup')),
    HOLDFAST_LAKE: source.home.file('lake'),
  });
  expect({ code, stderr }).toEqual({ code: 0, stderr: expect.stringMatching(/tables: (\d+) of \1, /) });
  const [name, ...others] = fs.readdirSync(at('backups'));
  expect([name, others]).toEqual([expect.stringMatching(/^\d{8}T\d{6}Z$/), []]);
  backup = at('backups', name!);
  expect(stdout).toContain(`backed up: ${backup}`);
  exported = await exportHome(source.home, reportFile);
});

it('has no key and no password', () => {
  const texts = fs.readdirSync(source.home.file('secrets')).map((name) => source.home.file('secrets', name));
  const secrets = texts.filter((file) => /\.(?:key|password|token)$/.test(file)).map((file) => fs.readFileSync(file));
  expect(secrets.length).toBeGreaterThan(10);
  for (const file of fs.readdirSync(backup, { recursive: true, withFileTypes: true })) {
    if (!file.isFile()) continue;
    const bytes = fs.readFileSync(path.join(file.parentPath, file.name));
    expect(secrets.filter((secret) => bytes.includes(secret))).toEqual([]);
  }
});

it('refuses a system that runs, and is not empty', async () => {
  const { code, stderr } = await run(['restore', backup], { ...target(), ...(await sourceDatabase('restore')) });
  expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining('feature-store is running') });
  expect(stderr).toMatch(/the schema campaign has rows in assigned_arm, [^]* and \d+ more/);
  await source.stop();
});

it.each(['lake', 'profile'])('refuses another %s.key', async (name) => {
  const other = at(`${name}.key`);
  fs.writeFileSync(other, randomBytes(32).toString('hex'));
  const { code, stderr } = await run(['restore', backup], {
    ...target(),
    [`HOLDFAST_${name.toUpperCase()}_KEY_FILE`]: other,
  });
  expect({ code, stderr }).toEqual({
    code: 1,
    stderr: expect.stringContaining(`HOLDFAST_${name.toUpperCase()}_KEY is`),
  });
});

it('refuses a backup with a damaged file, and names it', async () => {
  const file = path.join(backup, 'database', 'churn_scoring', 'model.copy.zst');
  const whole = fs.readFileSync(file);
  const damaged = Buffer.from(whole);
  damaged[damaged.length >> 1]! ^= 1;
  fs.writeFileSync(file, damaged);
  const { code, stderr } = await run(['restore', backup], target());
  expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining(`${file} is damaged`) });
  fs.writeFileSync(file, whole);
});

it('restores into empty servers, from which the same is exported', async () => {
  const { code, stdout, stderr } = await run(['restore', at('backups')], target());
  expect({ code, stderr }).toEqual({ code: 0, stderr: expect.stringMatching(/lake: (\d+) of \1, /) });
  expect(stdout).toContain(`restored: ${backup}`);
  restored = await Launcher.start(at('restored'), {
    options: ['--extract', extract],
    environment: {
      HOLDFAST_DATABASE_URL: database.url,
      HOLDFAST_NATS_URL: nats.url,
      HOLDFAST_NATS_TOKEN: fs.readFileSync(at('restored', 'secrets', 'nats.token'), 'utf8'),
    },
  });
  await restored.untilServing();
  expect(differingFiles(await exportHome(restored.home, reportFile), exported)).toEqual([]);
});

it('has no problem that the doctor finds, in any service', async () => {
  const { home } = restored!;
  const problems = await Promise.all(
    SERVICES.map(async (service) => {
      // The environment of the process itself, as the launcher made it.
      const settings = fs.readFileSync(`/proc/${home.pidOf(service)!}/environ`, 'utf8').split('\0');
      const env = Object.fromEntries(settings.filter((each) => each !== '').map((each) => each.split(/=(.*)/s)));
      const { code, stdout } = await runProgram('libs/platform/dist/doctor/main.js', ['--json'], env);
      const { checks } = JSON.parse(stdout) as { checks: { check: string; state: string; text: string }[] };
      const { length } = checks.filter(({ state }) => state === 'ok');
      expect(length).toBeGreaterThan(5);
      return { code, unexpected: checks.filter(({ state, check }) => state !== 'ok' && !EXPECTED.has(check)) };
    }),
  );
  expect(problems).toEqual(SERVICES.map(() => ({ code: 0, unexpected: [] })));
});

function at(...names: string[]): string {
  return path.join(folder, ...names);
}

/** Empty servers, an empty lake, and a home with the secrets and the business time of the source. */
async function prepareTarget(): Promise<void> {
  fs.mkdirSync(at('restored'), { mode: 0o711 });
  for (const name of ['secrets', 'clock.json', 'home.json'])
    fs.cpSync(at('home', name), at('restored', name), { recursive: true, preserveTimestamps: true });
  const [databasePort, natsPort] = [await freePort(), await freePort()];
  [database, nats] = await Promise.all([
    outsidePostgres(at('restored'), databasePort),
    outsideNats(at('restored'), natsPort),
  ]);
  fs.mkdirSync(at('passwords'));
  for (const service of SERVICES)
    fs.cpSync(at('home', 'secrets', `database-${service}.password`), at('passwords', `${service}.password`));
  for (const role of ['backup', 'restore'])
    fs.writeFileSync(at('passwords', `${role}.password`), randomBytes(24).toString('base64url'));
  await makeRoles(database.url, at('restored'));
}

/** As a deployment does it. @param home of the server, which has the password of its superuser */
async function makeRoles(url: string, home: string): Promise<void> {
  const { code, stderr } = await runProgram('tools/deploy/prepare.mjs', ['database'], {
    HOLDFAST_ADMINISTRATOR_URL: url,
    HOLDFAST_ADMINISTRATOR_PASSWORD_FILE: path.join(home, 'secrets', 'database-superuser.password'),
    HOLDFAST_PASSWORDS: at('passwords'),
  });
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
}

function target(): NodeJS.ProcessEnv {
  return {
    ...databaseOf(new URL(database.url).port, 'restore'),
    HOLDFAST_LAKE: at('restored', 'lake'),
    HOLDFAST_LAKE_KEY_FILE: at('home', 'secrets', 'lake.key'),
    HOLDFAST_PROFILE_KEY_FILE: at('home', 'secrets', 'profile.key'),
    HOLDFAST_NATS_URL: nats.url,
    HOLDFAST_NATS_TOKEN_FILE: at('restored', 'secrets', 'nats.token'),
  };
}

async function sourceDatabase(role: 'backup' | 'restore'): Promise<NodeJS.ProcessEnv> {
  const client = await source.home.openDatabase();
  await client.end();
  return databaseOf(String(client.port), role);
}

function databaseOf(port: string, role: 'backup' | 'restore'): NodeJS.ProcessEnv {
  return {
    HOLDFAST_ADMINISTRATOR_URL: `postgresql://holdfast_${role}@127.0.0.1:${port}/holdfast`,
    HOLDFAST_ADMINISTRATOR_PASSWORD_FILE: at('passwords', `${role}.password`),
  };
}

function run(command: string[], settings: NodeJS.ProcessEnv): Promise<CommandResult> {
  return runProgram('cli/dist/main.js', command, settings);
}

/** As an operator's job runs it: with settings, and without a home. */
function runProgram(program: string, command: string[], settings: NodeJS.ProcessEnv): Promise<CommandResult> {
  const env = { PATH: process.env['PATH'], HOLDFAST_MODE: 'development', HOLDFAST_OPERATOR: 'demo', ...settings };
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [path.join(repository, program), ...command],
      { env, cwd: folder },
      (error, stdout, stderr) => resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr }),
    );
  });
}
