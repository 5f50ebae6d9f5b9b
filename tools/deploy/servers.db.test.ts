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
    const databaseUrl = await ensureDatabase(url.href);
    const password = read(folder.at('database', 'campaign.password'));
    await ensureServiceRole(databaseUrl, 'campaign', password);
    const own = `postgresql://holdfast_campaign@localhost:${url.port}/holdfast`;
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
