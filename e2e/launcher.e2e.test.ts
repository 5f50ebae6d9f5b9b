/** `npm start` when things go wrong, and when they go right a second time. */
import { spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import fs from 'node:fs';
import net, { type AddressInfo } from 'node:net';
import path from 'node:path';
import type { RequestOf } from '@holdfast/client/rest-client';
import { SERVICES } from '@holdfast/platform/services';

import { writeSmallExample } from '../examples/variants.mjs';
import { isRunning } from '../tools/launch/process-identity.mjs';
import { eventually } from './support/eventually.js';
import { killAtCommit } from './support/kill.js';
import { Launcher } from './support/launcher.js';
import { makeFolder } from './support/once-per-run.js';
import { jobsOf } from './support/prepared-month.js';
import type { RunningProcess } from './support/system-home.js';

const SECOND_START_SECONDS_MAX = 30;
const PARTS: string[] = ['postgres', 'nats', ...SERVICES];

let folder: string;
let homeFolder: string;
/** A small table, so that its main job is soon done. */
let table: string[];
/** Every process that any start of this file was seen to run. */
const seen: RunningProcess[] = [];

jest.setTimeout(300_000);

beforeAll(() => {
  folder = makeFolder('launcher');
  homeFolder = path.join(folder, 'home');
  const { tableFile, mappingFile } = writeSmallExample(folder, 600);
  table = ['--table', tableFile, '--mapping', mappingFile];
});

describe('one home, started again and again', () => {
  let modelId: string;
  let jobs: object;
  let next: Launcher;

  it('stops everything on Ctrl-C in the middle of its work', async () => {
    const launcher = await Launcher.start(homeFolder, { options: table });
    await launcher.untilPrinted('training: ');
    const running = note(launcher);
    const { code, output } = await launcher.stop('SIGINT');
    expect({ code, output }).toEqual({ code: 130, output: expect.not.stringMatching(/\n\s+at /) });
    expect(running.filter(isRunning)).toEqual([]);
  });

  it('goes on where it was, serves, and stops everything on Ctrl-C', async () => {
    const launcher = await Launcher.start(homeFolder, {
      options: table,
      outputFile: path.join(folder, 'first.output'),
    });
    await launcher.untilServing();
    const running = note(launcher);
    expect(running.map(({ name }) => name).sort()).toEqual([...PARTS].sort());
    ({ modelId, jobs } = await whatWasDone(launcher));
    const { code } = await launcher.stop('SIGINT');
    expect(code).toBe(0);
    expect(running.filter(isRunning)).toEqual([]);
    expect(fs.existsSync(path.join(homeFolder, 'run.json'))).toBe(false);
  });

  it('with --once does nothing again, prints what it found, and ends in half a minute', async () => {
    const reportFile = path.join(folder, 'second.json');
    const started = performance.now();
    const { code, output } = await Launcher.run(homeFolder, {
      options: [...table, '--once', '--report', reportFile],
      outputFile: path.join(folder, 'second.output'),
    });
    expect({ code, output }).toEqual({ code: 0, output: expect.stringContaining('Nothing has changed') });
    expect((performance.now() - started) / 1000).toBeLessThan(SECOND_START_SECONDS_MAX);
    expect(JSON.parse(fs.readFileSync(reportFile, 'utf8'))).toMatchObject({ imports: [{ table: 'example' }] });
  });

  it('finds what a killed launcher has left running, ends it, and goes on with the same model', async () => {
    const killed = await Launcher.start(homeFolder, { options: table, outputFile: path.join(folder, 'killed.output') });
    await killed.untilServing();
    const orphans = note(killed);
    await killed.stop('SIGKILL');
    expect(
      orphans
        .filter(isRunning)
        .map(({ name }) => name)
        .sort(),
    ).toEqual([...PARTS].sort());

    next = await Launcher.start(homeFolder, { options: table, outputFile: path.join(folder, 'next.output') });
    await next.untilServing();
    note(next);
    expect(next.output).toContain('left running');
    expect(orphans.filter(isRunning)).toEqual([]);
    expect(await whatWasDone(next)).toEqual({ modelId, jobs });
  });

  it('creates one campaign for a key, also if the service is killed between its commit and the answer', async () => {
    const { home } = next;
    const client = home.client('console');
    const request = { body: careCampaign('for one key'), headers: { 'idempotency-key': randomUUID() } };
    const create = () => client.ask('POST', '/api/v1/campaigns', request);

    const { answer } = await killAtCommit(home, { service: 'campaign', table: 'campaign' }, create);
    expect(answer).toMatchObject({ status: 503, json: { code: 'service.unavailable' } });
    const stored = await home.query<{ id: string }>("select id from campaign.campaign where plan->>'name' = $1", [
      request.body.name,
    ]);
    expect(stored).toHaveLength(1); // committed, without an answer

    const repeated = await eventually('the service answers again', async () => {
      const next = await create();
      return next.status !== 503 && next;
    });
    expect(repeated).toMatchObject({ status: 201, json: { campaignId: stored[0]!.id } });
    expect(repeated.headers.get('idempotency-replayed')).toBeNull();
    const replayed = await create();
    expect([replayed.status, replayed.headers.get('idempotency-replayed')]).toEqual([201, 'true']);
    expect(replayed.text).toBe(repeated.text);
    const { campaigns } = await client.call('GET /api/v1/campaigns');
    expect(campaigns.map(({ campaignId }) => campaignId)).toEqual([stored[0]!.id]);
    expect((await next.stop()).code).toBe(0);
  });

  afterAll(() => next?.stop());

  it('has left no process', () => {
    expect(seen.filter(isRunning)).toEqual([]);
  });
});

describe('fails with a clear message', () => {
  it('when the port is taken', async () => {
    const other = net.createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    const { code, output } = await Launcher.run(path.join(folder, 'no-port'), { port, options: ['--once'] });
    other.close();
    expect(code).toBe(1);
    expect(output).toMatch(new RegExp(`[Pp]ort ${port} is in use by .*pid ${process.pid}`));
    expect(output).not.toMatch(/\n\s+at /);
  });

  it('when the table or its mapping is not there', async () => {
    const options = ['--once', '--table', 'no-such.csv', '--mapping', 'no-such.yaml'];
    const { code, output } = await Launcher.run(path.join(folder, 'no-table'), { options });
    expect(code).toBe(1);
    expect(output).toContain('no-such.csv');
    expect(output).not.toMatch(/\n\s+at /);
  });
});

const { isPossible, command } = smallDisk();
(isPossible ? describe : describe.skip)('on a disk that is full', () => {
  it('fails with the free and the required space', async () => {
    const place = path.join(folder, 'full');
    fs.mkdirSync(place, { mode: 0o711 });
    const { code, output } = await Launcher.run(path.join(place, 'home'), {
      options: ['--once'],
      outputFile: path.join(folder, 'full.output'),
      through: command(place),
    });
    expect(code).toBe(1);
    expect(output).toMatch(/disk of .* has 0\.0\d GB free; Holdfast needs \d/);
    expect(output).not.toMatch(/\n\s+at /);
  });
});

function note(launcher: Launcher): RunningProcess[] {
  const running = launcher.home.processes();
  seen.push(...running);
  return running;
}

function careCampaign(name: string): RequestOf<'POST /api/v1/campaigns'>['body'] {
  const text = { en: 'Is everything all right?', 'zh-CN': '您对服务满意吗？' };
  const arms = [{ arm: 'care', offerKind: 'care' as const, text, share: 0.8 }];
  return { name, table: 'example', arms, controlShare: 0.2, randomisationUnit: 'subscription' };
}

/** What a recomputation would change: the champion, and the number of jobs that were ever begun. */
async function whatWasDone({ home }: Launcher): Promise<{ modelId: string; jobs: object }> {
  const { models } = await home.client('console').call('GET /api/v1/models', { table: 'example' });
  return { modelId: models.map((model) => model.modelId).join(), jobs: await jobsOf(home) };
}

/**
 * Runs a program with a disk of 40 MB at a place, in a separate mount namespace, so that it exists for this program only
 * and ends with it. Only root may do that, and not on every machine.
 */
function smallDisk(): { isPossible: boolean; command: (place: string) => string[] } {
  const command = (place: string): string[] => [
    ...['unshare', '--mount', 'sh', '-c'],
    ...['mount -t tmpfs -o size=40m,mode=0711 tmpfs "$0" && exec "$@"', place],
  ];
  const [program, ...options] = command('/mnt') as [string, ...string[]];
  return { isPossible: spawnSync(program, [...options, 'true']).status === 0, command };
}
