import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import { jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { Bus } from '@holdfast/platform/bus';
import { Database } from '@holdfast/platform/database';
import { TemporaryFolder } from '@holdfast/testing/temporary-folder.fixture';
import { gatewayConfig } from '../../services/gateway/src/config.js';
import { Access } from '../../services/gateway/src/access/access.js';
import { ensureDatabase, ensureServiceRole } from '../launch/database-roles.mjs';
import { freePort } from '../launch/ports.mjs';
import { read } from '../launch/secrets.mjs';
import { DeploymentFiles } from './deployment-files.mjs';
import { kubernetesNatsConfiguration } from './nats-configuration.mjs';

const root = path.resolve(__dirname, '../..');
const START_MS_MAX = 20_000;

/** The real servers of a deployment, with the files that its parts get. */
describe('the files of a deployment', () => {
  const folder = new TemporaryFolder();
  const started: ChildProcess[] = [];
  /** Addresses of the servers that are started below. */
  let natsUrl = '';
  let databaseUrl = '';
  const certificate = (part: string) => ({
    ca: folder.at(part, 'ca.pem'),
    certificate: folder.at(part, 'certificate.pem'),
    key: folder.at(part, 'key.pem'),
  });

  beforeAll(async () => {
    await new DeploymentFiles({ folder: folder.path, operator: 'demo' }).write(new Date());
  });

  afterAll(async () => {
    for (const child of started) {
      if (child.exitCode !== null) continue;
      child.kill();
      await once(child, 'exit');
    }
  });

  async function natsServer(): Promise<string> {
    const { findNatsServer } = (await import('../embedded-nats.mjs')) as {
      findNatsServer: (cache: string) => Promise<string>;
    };
    return findNatsServer(path.join(root, '.holdfast-cache'));
  }

  it('configure a cluster of NATS that the server accepts', async () => {
    const text = kubernetesNatsConfiguration()
      .replaceAll('/run/holdfast', folder.at('nats'))
      .replace('"/data"', `"${folder.at('data')}"`);
    folder.write('nats/cluster.conf', text);
    const test = (name: string) => {
      const options = { encoding: 'utf8', env: { ...process.env, SERVER_NAME: 'nats-0' } } as const;
      return spawnSync(program, ['-t', '--config', folder.at('nats', name)], options);
    };
    const program = await natsServer();
    expect(test('cluster.conf')).toMatchObject({ status: 0, stderr: expect.stringContaining('is valid') });
    folder.write('nats/mistaken.conf', text.replace('no_advertise', 'no_advertising'));
    expect(test('mistaken.conf').status).toBe(1);
    folder.write('nats/without.conf', text.replace('./passwords.conf', './cluster.conf.none'));
    expect(test('without.conf').status).toBe(1);
  });

  it('let a service into NATS over TLS, to its own subjects', async () => {
    const port = await freePort();
    const text = fs
      .readFileSync(folder.at('nats', 'nats.conf'), 'utf8')
      .replaceAll('/run/holdfast', folder.at('nats'))
      .replace('port: 4222', `port: ${port}`)
      .replace('http: "0.0.0.0:8222"', 'host: "127.0.0.1"');
    folder.write('nats/local.conf', text);
    const environment = { ...process.env, SERVER_NAME: 'nats' };
    started.push(
      spawn(await natsServer(), ['--config', folder.at('nats', 'local.conf')], { env: environment, stdio: 'ignore' }),
    );
    const url = `tls://localhost:${port}`;
    natsUrl = url;
    const password = read(folder.at('campaign', 'nats.password'));
    const bus = await Bus.open({
      url,
      user: 'campaign',
      password,
      caFile: certificate('campaign').ca,
      name: 'campaign',
      replicas: 1,
    });
    await bus.ensureStreams('campaign');
    await bus.publish('holdfast.campaign.v1.list-built', Buffer.from('x'), 'first', {});
    await expect(bus.publish('holdfast.evaluation.v1.results-updated', Buffer.from('x'), 'other', {})).rejects.toThrow(
      /permission|timeout|no responders/i,
    );
    await bus.close();
    const operations = await connect({
      servers: url,
      user: 'operations',
      pass: read(folder.at('restore', 'nats.password')),
      tls: { caFile: folder.at('restore', 'ca.pem') },
      inboxPrefix: '_INBOX_operations',
      timeout: 1_000,
    });
    const manager = await jetstreamManager(operations);
    const found = await manager.streams.list().next();
    expect(found.map(({ config, state }) => [config.name, state.messages])).toContainEqual(['HOLDFAST_CAMPAIGN', 1]);
    await expect(manager.streams.delete('HOLDFAST_CAMPAIGN')).rejects.toThrow(/permission|timeout/i);
    await operations.close();
    const wrong = connect({
      servers: url,
      user: 'evaluation',
      pass: password,
      tls: { caFile: certificate('campaign').ca },
      reconnect: false,
    });
    await expect(wrong).rejects.toThrow(/authorization/i);
  });

  it('let a service into PostgreSQL over TLS, and no one without it', async () => {
    const program = path.join(__dirname, 'postgres-with-tls.fixture.mjs');
    const server = spawn(process.execPath, [program, folder.at('postgres')], { stdio: ['ignore', 'pipe', 'inherit'] });
    started.push(server);
    const [port] = (await once(server.stdout, 'data')) as [Buffer];
    const url = new URL(`postgresql://postgres@localhost:${port.toString().trim()}/postgres`);
    url.password = read(folder.at('postgres', 'superuser.password'));
    const plain = Database.open({ url: url.href, schema: 'public', applicationName: 'test' });
    await expect(plain).rejects.toThrow('no encryption');

    url.search = `?sslmode=verify-full&sslrootcert=${folder.at('database', 'ca.pem')}`;
    const administratorUrl = await ensureDatabase(url.href);
    const password = read(folder.at('database', 'campaign.password'));
    await ensureServiceRole(administratorUrl, 'campaign', password);
    const own = `postgresql://holdfast_campaign@localhost:${url.port}/holdfast`;
    databaseUrl = own;
    const { ca } = certificate('campaign');
    const database = await Database.open({
      url: own,
      password,
      schema: 'campaign',
      applicationName: 'test',
      caFile: ca,
    });
    const [session] = await database.query<{ ssl: boolean }>(
      'select ssl from pg_stat_ssl where pid = pg_backend_pid()',
    );
    expect(session).toEqual({ ssl: true });
    await database.close();
  });

  /** What the doctor in a container finds, but for the services that it calls. @returns `state check` of each finding */
  function doctor(over: NodeJS.ProcessEnv = {}): { status: number | null; found: string[] } {
    const files = certificate('campaign');
    const settings = {
      HOLDFAST_SERVICE: 'campaign',
      HOLDFAST_DATABASE_URL: databaseUrl,
      HOLDFAST_DATABASE_PASSWORD_FILE: folder.at('campaign', 'database.password'),
      HOLDFAST_DATABASE_CA_FILE: files.ca,
      HOLDFAST_NATS_URL: natsUrl,
      HOLDFAST_NATS_USER: 'campaign',
      HOLDFAST_NATS_PASSWORD_FILE: folder.at('campaign', 'nats.password'),
      HOLDFAST_NATS_CA_FILE: files.ca,
      HOLDFAST_INTERNAL_KEY_FILE: folder.at('campaign', 'internal.key'),
      HOLDFAST_TLS_CERTIFICATE_FILE: files.certificate,
      HOLDFAST_TLS_KEY_FILE: files.key,
      HOLDFAST_TLS_CA_FILE: files.ca,
    };
    const program = path.join(root, 'libs/platform/dist/doctor/main.js');
    const env = { PATH: process.env['PATH'], ...settings, ...over };
    const { status, stdout } = spawnSync(process.execPath, [program, '--json'], { env, encoding: 'utf8' });
    const { checks } = JSON.parse(stdout) as { checks: { check: string; state: string }[] };
    const found = checks.map(({ state, check }) => `${state} ${check}`);
    return { status, found: found.filter((each) => each !== 'failed service.away') };
  }

  it('have no fault that the doctor finds, in production mode', () => {
    expect(doctor().found).toEqual([
      ...['ok settings.complete', 'ok certificate.fits', 'ok database.reached', 'warning database.pending'],
      ...['ok database.connections', 'ok clock.equal', 'ok bus.reached', 'ok bus.streams'],
    ]);
  });

  it.each<[string, () => NodeJS.ProcessEnv, string]>([
    ['another password of PostgreSQL', () => fileOf('DATABASE_PASSWORD', 'nats.password'), 'failed database.refused'],
    ['another password of NATS', () => fileOf('NATS_PASSWORD', 'database.password'), 'failed bus.refused'],
    ['the CA of another system', () => ({ HOLDFAST_DATABASE_CA_FILE: foreignCa }), 'failed database.tls'],
    ['the CA of another system for NATS', () => ({ HOLDFAST_NATS_CA_FILE: foreignCa }), 'failed bus.tls'],
    [
      'a name that the certificate does not have',
      () => ({ HOLDFAST_DATABASE_URL: databaseUrl.replace('localhost', '127.0.0.1') }),
      'failed database.tls',
    ],
    ['a cluster that is none', () => ({ HOLDFAST_NATS_REPLICAS: '3' }), 'failed bus.tooManyReplicas'],
  ])('with %s have one', async (_, over, fault) => {
    await new DeploymentFiles({ folder: folder.at('foreign'), operator: 'demo' }).write(new Date());
    const { status, found } = doctor(over());
    expect([status, found]).toEqual([1, expect.arrayContaining([fault])]);
  });

  const foreignCa = folder.at('foreign', 'campaign', 'ca.pem');
  /** One secret in place of another: both are strong, and the same for two purposes is refused before. */
  const fileOf = (setting: string, name: string): NodeJS.ProcessEnv => ({
    [`HOLDFAST_${setting}_FILE`]: folder.at('foreign', 'campaign', name),
  });

  it('start an issuer whose tokens the gateway accepts', async () => {
    const port = await freePort();
    const issuer = `https://localhost:${port}`;
    const { ca, certificate: cert, key } = certificate('issuer');
    const environment = {
      ...process.env,
      HOLDFAST_OIDC_ISSUER: issuer,
      HOLDFAST_CLIENTS_FILE: folder.at('issuer', 'clients.json'),
      HOLDFAST_TLS_CERTIFICATE_FILE: cert,
      HOLDFAST_TLS_KEY_FILE: key,
    };
    const child = spawn(process.execPath, ['tools/deploy/oidc-issuer.mjs'], {
      cwd: root,
      env: environment,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    started.push(child);
    await once(child.stdout, 'data');
    // A process reads further CAs when it starts only, so the check runs in another one.
    const secret = read(folder.at('demo', 'client.secret'));
    const body = `grant_type=client_credentials&client_id=console&client_secret=${secret}`;
    const script = `const request = (body) => fetch('${issuer}/token', { method: 'POST', body: new URLSearchParams(body) });
      const answer = await request('${body}');
      const other = await (await request('${body}&resource=urn:billing')).json();
      const keys = await (await fetch('${issuer}/jwks')).json();
      console.log(JSON.stringify({ status: answer.status, granted: await answer.json(), other, keys }));`;
    const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '--eval', script], {
      encoding: 'utf8',
      env: { ...process.env, NODE_EXTRA_CA_CERTS: ca },
      timeout: START_MS_MAX,
    });
    expect(stderr).toBe('');
    const { status, granted, other, keys } = JSON.parse(stdout);
    expect({ status, type: granted.token_type }).toEqual({ status: 200, type: 'Bearer' });
    const config = gatewayConfig.parse({ databaseUrl: 'x', internalKey: 'x'.repeat(32), oidcIssuer: issuer });
    const development = { keySet: keys } as never;
    const access = Access.open(config, development);
    Object.assign(access, { issuer });
    const manner = { language: 'en', accessReason: undefined } as const;
    const caller = await access.authenticate(`Bearer ${granted.access_token}`, manner);
    expect(caller).toMatchObject({ client: 'console', orgScope: ['demo/'] });
    expect([...caller.scopes]).toContain('ingest:write');
    // A token for another resource is none for the gateway.
    expect(other.token_type).toBe('Bearer');
    const refused = access.authenticate(`Bearer ${other.access_token}`, manner);
    await expect(refused).rejects.toMatchObject({ kind: 'unauthenticated' });
  });
});
