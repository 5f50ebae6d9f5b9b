/**
 * The launcher as its user meets it, with services that do nothing: a copy of tools/ in a separate repository, with
 * the embedded PostgreSQL and NATS.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { freePort } from './launch/ports.mjs';
import { startOf } from './launch/process-identity.mjs';
import { makeScratchFolder } from './launch/scratch.mjs';
import { SERVICES } from '@holdfast/platform/services';

const services: readonly string[] = SERVICES;

const idleService = `
  console.log(JSON.stringify({ ready: process.env.HOLDFAST_SERVICE }));
  const idle = setInterval(() => {}, 1000);
  process.once('SIGTERM', () => clearInterval(idle));
`;

const gateway = `
  import http from 'node:http';
  const server = http.createServer((request, response) => {
    response.end(request.url === '/oauth/token' ? JSON.stringify({ access_token: 'a.new.token' }) : 'ready');
  });
  server.listen(Number(process.env.HOLDFAST_PORT), '127.0.0.1', () => console.log('{"ready":true}'));
  process.once('SIGTERM', () => { server.close(); server.closeAllConnections(); });
`;

const mainJob = `
  import fs from 'node:fs';
  const failureFile = new URL('../../../fail-the-main-job', import.meta.url);
  const refusalFile = new URL('../../../refuse-the-table', import.meta.url);
  class JobFailedError extends Error { name = 'JobFailedError'; }
  export async function runMainJob({ baseUrl, credentials, tableFile, report }) {
    if (fs.existsSync(failureFile)) throw new Error('the table is unreadable');
    if (fs.existsSync(refusalFile)) throw new JobFailedError('There is no column x. (header.columnsMissing)');
    report({ text: 'importing', fraction: 0.5 });
    fs.appendFileSync(new URL('../../../main-job-runs', import.meta.url), 'x');
    const curl = ['curl -H "Authorization: Bearer an.old.token" ' + baseUrl + '/api/v1/models'];
    return { client: credentials.clientId, bytes: fs.statSync(tableFile).size, curl, seconds: { training: 1 } };
  }
`;

const exampleGenerator = `
  import fs from 'node:fs';
  export const writeExample = (file) => fs.writeFileSync(file, 'key\\n1\\n');
`;

const summary = `export const formatSummary = (summary, language) => 'SUMMARY ' + language + ' ' + summary.curl[0];`;

describe('npm start', () => {
  let scratch: ReturnType<typeof makeScratchFolder>;
  let repository: string;
  let home: string;
  let port: number;

  beforeAll(async () => {
    scratch = makeScratchFolder();
    repository = path.join(scratch.folder, 'repository');
    home = path.join(scratch.folder, 'home');
    port = await freePort();
    fs.cpSync(__dirname, path.join(repository, 'tools'), { recursive: true });
    fs.symlinkSync(path.join(__dirname, '..', 'node_modules'), path.join(repository, 'node_modules'));
    write('package.json', '{ "type": "module", "version": "1.0.0" }');
    write('examples/generate.mjs', exampleGenerator);
    write('examples/example.mapping.yaml', 'table: example\nasOf: 2026-02\n');
    for (const service of services) write(`services/${service}/dist/main.js`, idleService);
    write('services/gateway/dist/main.js', gateway);
    write('cli/dist/month/main-job.js', mainJob);
    write('cli/dist/output/format-summary.js', summary);
  });

  afterAll(async () => {
    for (const { pid } of running()) process.kill(pid, 'SIGKILL');
    scratch.remove();
  });

  afterEach(() => expect(running()).toEqual([]));

  it('--once runs the main job, writes the report and leaves nothing running', async () => {
    const { code, output, errors } = await start('--once', '--report', 'out.json', '--language', 'zh-CN');
    expect(errors).toContain('Business time is 2026-03-03 10:00 Asia/Shanghai');
    expect(output).toContain('SUMMARY zh-CN curl');
    expect(JSON.parse(fs.readFileSync(path.join(repository, 'out.json'), 'utf8'))).toMatchObject({
      client: 'console',
      bytes: 6,
      seconds: { training: 1, PostgreSQL: expect.any(Number), gateway: expect.any(Number) },
    });
    expect(code).toBe(0);
  });

  it('keeps what is in the home to its owner', () => {
    const others = 0o077;
    const isOpen = (file: string) => (fs.statSync(path.join(home, file)).mode & others) !== 0;
    const closed = ['postgres', 'nats', 'lake', 'logs', 'secrets', 'summary.json', 'clock.json', 'example.csv'];
    expect(fs.readdirSync(home)).toEqual(expect.arrayContaining(closed));
    expect(fs.readdirSync(home).filter(isOpen)).toEqual([]);
    const secrets = fs.readdirSync(path.join(home, 'secrets')).map((file) => path.join('secrets', file));
    expect(secrets).toContain(path.join('secrets', 'clients.json'));
    expect(secrets.filter(isOpen)).toEqual([]);
  });

  it('prints the stored summary at the next start, with a token of that start', async () => {
    const { code, output } = await start('--once');
    expect(output).toContain('Bearer a.new.token');
    expect(fs.readFileSync(path.join(repository, 'main-job-runs'), 'utf8')).toBe('x');
    expect(code).toBe(0);
  });

  it('runs the main job again when the table has changed', async () => {
    fs.appendFileSync(path.join(home, 'example.csv'), '2\n');
    expect((await start('--once')).code).toBe(0);
    expect(fs.readFileSync(path.join(repository, 'main-job-runs'), 'utf8')).toBe('xx');
  });

  it('starts a killed service again, refuses a second system in the same home, and stops on SIGTERM', async () => {
    const first = launch();
    await first.untilServing;
    const killed = pidOf('campaign');
    process.kill(killed, 'SIGKILL');
    await until(() => pidOf('campaign') !== 0 && pidOf('campaign') !== killed);
    const second = await start('--once', '--port', String(await freePort()));
    expect(second).toMatchObject({ code: 1, errors: expect.stringContaining('already runs in') });
    first.child.kill('SIGTERM');
    expect((await first.ended).code).toBe(0);
  });

  it('stops in order on one Ctrl-C, though npm passes it on a second time', async () => {
    const first = launch();
    await first.untilServing;
    first.child.kill('SIGINT');
    await sleep(100); // apart, or the two would be one
    first.child.kill('SIGINT');
    expect((await first.ended).code).toBe(0);
  });

  it('ends what a killed launcher has left', async () => {
    const first = launch();
    await first.untilServing;
    const before = running();
    first.child.kill('SIGKILL');
    await first.ended;
    const names = running().map(({ name }) => name);
    expect(names.sort()).toEqual([...services, 'nats', 'postgres'].sort());
    const { code, errors } = await start('--once');
    expect(errors).toMatch(/left running: .*postgres/);
    expect(before.filter(isAlive)).toEqual([]);
    expect(code).toBe(0);
  });

  it('rejects a missing table before it creates a home', async () => {
    const { code, errors } = await start('--table', 'none.csv', '--mapping', 'none.yaml');
    expect(errors).toContain(`There is no file ${path.join(repository, 'none.csv')}`);
    expect(code).toBe(1);
  });

  it('names the program that uses the port', async () => {
    const server = http.createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const taken = (server.address() as AddressInfo).port;
    const { code, errors } = await start('--once', '--port', String(taken));
    server.close();
    expect(errors).toContain(`Port ${taken} is in use by node (pid ${process.pid})`);
    expect(code).toBe(1);
  });

  it('fails with the end of the log when a service does not start', async () => {
    write('services/campaign/dist/main.js', 'console.log("HOLDFAST_X is not set"); process.exit(1);');
    const { code, errors } = await start('--once');
    write('services/campaign/dist/main.js', idleService);
    expect(errors).toContain('The service campaign does not start.\nHOLDFAST_X is not set');
    expect(code).toBe(1);
  });

  it('shows the fault of a table without a stack', async () => {
    write('refuse-the-table', '');
    fs.appendFileSync(path.join(home, 'example.csv'), '3\n');
    const { code, errors } = await start('--once');
    fs.rmSync(path.join(repository, 'refuse-the-table'));
    expect(errors).toContain('The main job failed: There is no column x. (header.columnsMissing)\n');
    expect(errors).not.toMatch(/^ +at /m);
    expect(code).toBe(1);
  });

  it('fails when the main job fails, and names the log', async () => {
    write('fail-the-main-job', '');
    fs.appendFileSync(path.join(home, 'example.csv'), '3\n');
    const { code, errors } = await start('--once');
    expect(errors).toContain('The main job failed: Error: the table is unreadable');
    expect(errors).toContain(path.join(home, 'logs'));
    expect(code).toBe(1);
  });

  function write(file: string, text: string): void {
    const target = path.join(repository, file);
    fs.mkdirSync(path.dirname(target), { recursive: true });
    fs.writeFileSync(target, text);
  }

  async function start(...options: string[]): Promise<Ended> {
    return launch(...options).ended;
  }

  function launch(...options: string[]): Launched {
    const nats = path.join(__dirname, '..', '.holdfast-cache', 'nats-server');
    const input = options.includes('--table') ? [] : ['--example'];
    const child = spawn(process.execPath, ['tools/start.mjs', '--port', String(port), ...input, ...options], {
      cwd: repository,
      env: { PATH: process.env['PATH'], HOLDFAST_HOME: home, ...(fs.existsSync(nats) && { NATS_SERVER_BIN: nats }) },
    });
    let output = '';
    let errors = '';
    child.stdout.on('data', (chunk) => (output += String(chunk)));
    child.stderr.on('data', (chunk) => (errors += String(chunk)));
    const ended = once(child, 'close').then(([code]) => ({ code: code as number | null, output, errors }));
    const untilServing = until(() => {
      if (child.exitCode !== null) throw new Error(`ended: ${errors}`);
      return output.includes('Serving at');
    });
    untilServing.catch(() => {}); // of interest to those only who await it
    return { child, ended, untilServing };
  }

  function running(): { name: string; pid: number; startedAt: string }[] {
    const file = path.join(home, 'run.json');
    if (!fs.existsSync(file)) return [];
    return JSON.parse(fs.readFileSync(file, 'utf8')).processes.filter(isAlive);
  }

  function pidOf(name: string): number {
    return running().find((each) => each.name === name)?.pid ?? 0;
  }
});

interface Ended {
  code: number | null;
  output: string;
  errors: string;
}

interface Launched {
  child: ChildProcess;
  ended: Promise<Ended>;
  untilServing: Promise<void>;
}

function isAlive({ pid, startedAt }: { pid: number; startedAt: string }): boolean {
  return startOf(pid) === startedAt;
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 50));
}
