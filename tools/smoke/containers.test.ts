import fs from 'node:fs';
import path from 'node:path';
import { GRPC_SERVICES, SERVICES, addressVariable } from '@holdfast/platform/services';
import { TemporaryFolder } from '@holdfast/testing/temporary-folder.fixture';
import { readCompose } from '../deploy/compose-file.mjs';
import { stagesOf } from '../deploy/dockerfile-stages.mjs';
import type { Loose } from '../deploy/kustomize.mjs';
import { containersOf, publishedPort, startedServices } from './containers.mjs';
import { durationMs } from './image.mjs';
import { Loopback } from './loopback.mjs';

const repository = path.resolve(__dirname, '../..');
const read = (name: string) => fs.readFileSync(path.join(repository, name), 'utf8');
const stages = stagesOf(read('Dockerfile'));
const ports = Array.from({ length: 100 }, (_, number) => 20_000 + number);

/** Compose's services on loopback. @param mistake changes its file before */
function translated(folder: string, mistake: (services: Loose) => void = () => undefined) {
  const compose = readCompose(read('docker-compose.yml'));
  mistake(compose.services);
  const loopback = new Loopback({ compose, repository, folder, ports, replicas: { 'churn-scoring': 2, nats: 3 } });
  const of = (service: string) => containersOf(loopback, stages, service);
  /** Where the gateway looks for a service, and where that listens. */
  const addresses = (service: string) => ({
    called: of('gateway')[0]!.environment[addressVariable(service)]!.replace('ipv4:', '').split(','),
    served: of(service).map(({ environment }) => environment['HOLDFAST_GRPC_ADDRESS']),
  });
  return { loopback, of, addresses };
}

describe('a container of Compose as a process', () => {
  const folder = new TemporaryFolder();
  const inFolder = (...names: string[]) => path.join(folder.path, 'containers', ...names);

  it.each(GRPC_SERVICES)('has %s where its callers look for it, each replica of it', (service) => {
    const { called, served } = translated(folder.path).addresses(service);
    expect(called).toEqual(served);
    expect(called).toHaveLength(service === 'churn-scoring' ? 2 : 1);
  });

  it.each<[string, (services: Loose) => void]>([
    [
      'the address has another port',
      ({ gateway }) => (gateway.environment[addressVariable('campaign')] = 'campaign:50055'),
    ],
    ['it listens elsewhere', ({ campaign }) => (campaign.environment.HOLDFAST_GRPC_ADDRESS = '0.0.0.0:50055')],
    ['no network joins it with its caller', ({ campaign }) => (campaign.networks = ['data-campaign'])],
  ])('is not found if %s', (_, mistake) => {
    const { called, served } = translated(folder.path, mistake).addresses('campaign');
    expect(called).not.toEqual(served);
  });

  it.each<[string, (services: Loose) => void, string]>([
    [
      'a file that no volume has',
      ({ campaign }) => (campaign.environment.HOLDFAST_NATS_PASSWORD_FILE = '/run/secrets/nats.password'),
      'campaign, HOLDFAST_NATS_PASSWORD_FILE: /run/secrets/nats.password is in no volume',
    ],
    [
      'a server that does not exist',
      ({ campaign }) => (campaign.environment.HOLDFAST_NATS_URL = 'tls://nats-server:4222'),
      'campaign, HOLDFAST_NATS_URL: there is no service nats-server',
    ],
    ['an image that is not built', ({ campaign }) => (campaign.image = 'holdfast/campaigns:1'), 'no target campaigns'],
  ])('is refused with %s', (_, mistake, fault) => {
    expect(() => translated(folder.path, mistake).of('campaign')).toThrow(fault);
  });

  it('gets the command, the settings and the health check of its image, with paths of this machine', () => {
    const [first, second] = translated(folder.path).of('churn-scoring');
    const node = path.join(repository, 'node_modules/.bin/node');
    expect(first).toMatchObject({
      service: 'churn-scoring',
      name: 'churn-scoring-0',
      command: [node, '--max-semi-space-size=8', 'services/churn-scoring/dist/main.js'],
      health: { command: [node, 'libs/platform/dist/health/main.js'], withinMs: 150_000 },
      graceMs: 120_000,
      needs: [
        { service: 'certificates', condition: 'service_healthy' },
        { service: 'database', condition: 'service_completed_successfully' },
        { service: 'nats', condition: 'service_healthy' },
      ],
    });
    expect(first!.environment).toMatchObject({
      HOLDFAST_MODE: 'production',
      HOLDFAST_NATS_URL: expect.stringMatching(/^tls:\/\/localhost:\d+,tls:\/\/localhost:\d+,tls:\/\/localhost:\d+$/),
      HOLDFAST_DATABASE_URL: expect.stringMatching(
        /^postgresql:\/\/holdfast_churn_scoring@localhost:2\d{4}\/holdfast$/,
      ),
      HOLDFAST_TLS_KEY_FILE: inFolder('churn-scoring-0', 'run/holdfast/key.pem'),
      TMPDIR: inFolder('churn-scoring-0', 'tmp'),
    });
    expect(second!.environment['HOLDFAST_METRICS_PORT']).not.toBe(first!.environment['HOLDFAST_METRICS_PORT']);
  });

  it('changes nothing but addresses and paths', () => {
    const declared = readCompose(read('docker-compose.yml')).services.gateway.environment;
    const found = translated(folder.path).of('gateway')[0]!.environment;
    const same = Object.keys(declared).filter((name) => found[name] === declared[name]);
    expect(same.sort()).toEqual(['HOLDFAST_MODE', 'HOLDFAST_OPERATOR', 'HOLDFAST_SERVICE', 'HOLDFAST_TRACES']);
    const added = Object.keys(found).filter((name) => !(name in declared));
    expect(added.sort()).toEqual(['NODE_ENV', 'PATH', 'TMPDIR']);
  });

  it('gives two services one folder for one volume', () => {
    const { loopback, of } = translated(folder.path);
    for (const service of ['demo-extract', 'demo-month', 'certificates']) loopback.prepare(service, service);
    fs.writeFileSync(inFolder('demo-extract', 'var/lib/holdfast/demo/x'), 'x');
    expect(fs.readFileSync(inFolder('demo-month', 'var/lib/holdfast/demo/x'), 'utf8')).toBe('x');
    const [certificates] = of('certificates');
    expect(certificates!.command.at(-1)).toBe(inFolder('certificates', 'files'));
    expect(certificates!.health!.command.at(-1)).toContain(`('${inFolder('certificates', 'files/stored/ready')}')`);
  });

  it('is started for the demonstration, not for telemetry', () => {
    const compose = readCompose(read('docker-compose.yml'));
    const started = startedServices(compose, 'demo');
    expect(started).toEqual(expect.arrayContaining([...SERVICES, 'postgres', 'nats', 'issuer', 'demo-month']));
    expect(started).not.toContain('prometheus');
    expect(publishedPort(compose, 'gateway')).toBe('8080');
    expect(() => publishedPort(compose, 'campaign')).toThrow('publishes no port');
  });
});

it('reads durations', () => {
  expect(['90s', '1m30s', '500ms'].map(durationMs)).toEqual([90_000, 90_000, 500]);
  for (const wrong of ['90', '', '1m 30s']) expect(() => durationMs(wrong)).toThrow('not a duration');
});
