import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import path from 'node:path';
import { servers, cleanNats, cloneDatabase } from '@holdfast/testing/infra';
import { TestAuthority } from '@holdfast/testing/certificates';
import { TemporaryFolder } from '@holdfast/testing/temporary-folder.fixture';
import { Client } from 'pg';
import { Bus } from '../bus/bus.js';
import type { PlatformConfig } from '../config/config.js';
import { checkBus } from './check-bus.js';
import { checkDatabase } from './check-database.js';
import { written, type Finding } from './finding.js';

const root = path.resolve(__dirname, '../../../..');
const keysOf = (findings: readonly Finding[]) => findings.map(({ state, key }) => `${state} ${key}`);

describe('PostgreSQL', () => {
  const folder = new TemporaryFolder();
  let database: Awaited<ReturnType<typeof cloneDatabase>>;
  let client: Client;

  beforeAll(async () => {
    database = await cloneDatabase('customer-profile');
    client = new Client({ connectionString: database.url });
    await client.connect();
  });
  afterAll(async () => {
    await client.end();
    await database.drop();
  });

  const check = (over: Partial<PlatformConfig> = {}, service = 'customer-profile', keys = {}) => {
    const settings = {
      databaseUrl: database.url,
      databasePassword: '',
      databaseCaFile: '',
      databasePoolMax: 5,
      ...over,
    };
    return checkDatabase({ service, settings: settings as PlatformConfig, keys, root });
  };
  const withUrl = (change: (url: URL) => void): Partial<PlatformConfig> => {
    const url = new URL(database.url);
    change(url);
    return { databaseUrl: url.href };
  };

  it('lets the service in, with all its tables and the same clock', async () => {
    const found = await check();
    expect(keysOf(found)).toEqual([
      'ok database.reached',
      'warning database.plain',
      'warning database.tooManyRights', // the tests' role is the superuser
      'ok database.schema',
      'ok database.connections',
      'ok clock.equal',
    ]);
    expect(written(found[2]!, 'en').text).toContain('superuser');
  });

  it('that does not answer, refuses the role or has no TLS is distinguished', async () => {
    expect(keysOf(await check(withUrl((url) => (url.port = '1'))))).toEqual(['failed database.unreachable']);
    const [refused] = await check(withUrl((url) => (url.password = 'wrong-one')));
    expect(refused).toMatchObject({ state: 'failed', key: 'database.refused' });
    expect(JSON.stringify(refused)).not.toContain('wrong-one');
    expect(keysOf(await check(withUrl((url) => (url.pathname = '/none'))))).toEqual(['failed database.unreachable']);
    const authority = await TestAuthority.create(folder.path);
    await authority.issue('campaign');
    expect(keysOf(await check({ databaseCaFile: authority.pathsOf('campaign').ca }))).toEqual(['failed database.tls']);
  });

  it('without a schema of the service, with other migrations, or half restored is noticed', async () => {
    expect(keysOf(await check({}, 'campaign'))).toEqual(
      expect.arrayContaining(['failed database.noSchema', 'warning database.pending']),
    );
    await client.query("insert into customer_profile.migration (timestamp, name) values (1, 'of_tomorrow1')");
    expect(keysOf(await check())).toContain('failed database.newer');
    await client.query("delete from customer_profile.migration where name = 'of_tomorrow1'");
    const last =
      'delete from customer_profile.migration where id = (select max(id) from customer_profile.migration) returning *';
    const { rows } = await client.query<{ id: number; timestamp: string; name: string }>(last);
    expect(keysOf(await check())).toContain('warning database.pending');
    const { id, timestamp, name } = rows[0]!;
    await client.query('insert into customer_profile.migration values ($1, $2, $3)', [id, timestamp, name]);
    await client.query("comment on schema customer_profile is 'Restore in progress: x'");
    expect(keysOf(await check())).toContain('failed database.restoring');
    await client.query('comment on schema customer_profile is null');
  });

  it('with too few connections for the pools, or another clock, is noticed', async () => {
    expect(keysOf(await check({ databasePoolMax: 200 }))).toContain('warning database.tooFewConnections');
    const now = Date.now;
    const clock = jest.spyOn(Date, 'now').mockImplementation(() => now() + 5_000);
    const found = await check();
    clock.mockRestore();
    expect(keysOf(found)).toContain('failed clock.differs');
  });

  it('was sealed with the present key, or another one', async () => {
    const { profileKeyFingerprint } = await import('../sealing/sealing.js');
    const profileKey = randomBytes(32).toString('hex');
    await client.query('insert into customer_profile.sealing_key (fingerprint) values ($1)', [
      profileKeyFingerprint(profileKey),
    ]);
    expect(keysOf(await check({}, 'customer-profile', { profileKey }))).toContain('ok key.fits');
    const other = { profileKey: randomBytes(32).toString('hex') };
    expect(keysOf(await check({}, 'customer-profile', other))).toContain('failed key.other');
  });
});

describe('NATS', () => {
  const check = (over: Partial<PlatformConfig> = {}) => {
    const { natsUrl, natsToken } = servers();
    const settings = { natsUrl, natsToken, natsUser: '', natsPassword: '', natsCaFile: '', natsReplicas: 1, ...over };
    return checkBus('evaluation', settings as PlatformConfig);
  };
  beforeAll(cleanNats);

  it('has no streams before a service has run, and its own afterwards', async () => {
    expect(keysOf(await check())).toEqual(['ok bus.reached', 'warning bus.noStream', 'warning bus.noStream']);
    const { natsUrl: url, natsToken: token } = servers();
    const bus = await Bus.open({ url, token, name: 'evaluation', replicas: 1 });
    await bus.ensureStreams('evaluation');
    await bus.close();
    expect(keysOf(await check())).toEqual(['ok bus.reached', 'ok bus.streams']);
    expect(keysOf(await check({ natsReplicas: 3 }))).toEqual([
      ...['ok bus.reached', 'failed bus.tooManyReplicas', 'warning bus.otherReplicas', 'warning bus.otherReplicas'],
    ]);
  });

  it('that does not answer, refuses the user or has no TLS is distinguished', async () => {
    expect(keysOf(await check({ natsUrl: 'nats://127.0.0.1:1' }))).toEqual(['failed bus.unreachable']);
    const [refused] = await check({ natsToken: 'wrong-one' });
    expect(refused).toMatchObject({ state: 'failed', key: 'bus.refused' });
    expect(JSON.stringify(refused)).not.toContain('wrong-one');
    const tls = servers().natsUrl.replace('nats://', 'tls://');
    expect(keysOf(await check({ natsUrl: tls }))).toEqual(['failed bus.tls']);
  });
});

test('the program checks the service of its environment, in the language of its user', async () => {
  const database = await cloneDatabase('evaluation');
  const password = randomBytes(16).toString('hex');
  const run = (environment: Record<string, string>, ...words: string[]) => {
    const program = path.join(root, 'libs/platform/dist/doctor/main.js');
    const settings = {
      HOLDFAST_MODE: 'development',
      HOLDFAST_SERVICE: 'feature-store',
      HOLDFAST_DATABASE_URL: database.url,
      HOLDFAST_NATS_URL: servers().natsUrl,
      HOLDFAST_NATS_TOKEN: servers().natsToken,
      HOLDFAST_INTERNAL_KEY: randomBytes(32).toString('hex'),
    };
    const env = { PATH: process.env['PATH'], LANG: 'C', ...settings, ...environment };
    const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...words], {
      cwd: root,
      env,
      encoding: 'utf8',
    });
    return { status, stdout, stderr };
  };
  const missing = run({ HOLDFAST_NATS_PASSWORD: password });
  expect(missing).toMatchObject({
    status: 1,
    stdout: 'failed   HOLDFAST_LAKE_KEY is not set\n' + missing.stdout.split('\n')[1] + '\n',
  });
  expect(run({}, '--language', 'zh-CN').stdout).toContain('失败     设置 HOLDFAST_LAKE_KEY 有误');
  const { status, stdout } = run({ HOLDFAST_SERVICE: 'evaluation', HOLDFAST_NATS_REPLICAS: '3' }, '--json');
  const { checks } = JSON.parse(stdout) as { checks: { check: string; state: string; advice?: string }[] };
  expect(status).toBe(1);
  expect(checks.filter(({ state }) => state === 'failed').map(({ check }) => check)).toEqual(
    expect.arrayContaining(['bus.tooManyReplicas', 'service.away']),
  );
  expect(stdout).not.toContain(servers().natsToken);
  expect(stdout).not.toContain(new URL(database.url).password);
  expect(run({ HOLDFAST_SERVICE: 'console' })).toMatchObject({
    status: 1,
    stderr: expect.stringContaining('names no service'),
  });
  await database.drop();
});
