import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { GRPC_SERVICES, SERVICES } from '@holdfast/platform/services';
import { platformConfig, type Environment } from '@holdfast/platform/config';
import { TemporaryFolder } from '@holdfast/testing/temporary-folder.fixture';
import { documentedArrows, grantedArrows } from './arrows.fixture.js';
import { kubernetesSecrets } from './kubernetes-secrets.mjs';
import { renderKustomization } from './kustomize.mjs';
import { kubernetesNatsConfiguration } from './nats-configuration.mjs';
import { allowedConnections } from './network-policies.fixture.js';
import { operationsSettings, startSettings, writeCertificates } from './settings.fixture.js';
import type { Loose, Manifest } from './kustomize.mjs';

const root = path.resolve(__dirname, '../..');
const overlay = (name: string) => path.join(root, 'k8s/overlays', name);
const rendered = { dev: renderKustomization(overlay('dev')), production: renderKustomization(overlay('production')) };
const ofKind = (kind: string, manifests = rendered.production) => manifests.filter((each) => each['kind'] === kind);
const named = (kind: string, name: string) => ofKind(kind).find(({ metadata }) => metadata.name === name)!;
const podOf = ({ spec }: Manifest) => (spec.jobTemplate?.spec ?? spec).template.spec;
const workloads = (manifests = rendered.production) =>
  ['Deployment', 'StatefulSet', 'Job', 'CronJob'].flatMap((kind) => ofKind(kind, manifests));
const isOurs = ({ metadata }: Manifest) => SERVICES.includes(metadata.labels['app.kubernetes.io/name']);

function check(...folders: string[]): { status: number | null; text: string } {
  const program = path.join(root, 'tools/deploy/check-manifests.mjs');
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...folders], { encoding: 'utf8' });
  return { status, text: stdout + stderr };
}

describe('the manifests of every overlay', () => {
  const folder = new TemporaryFolder();

  it('fit the schemas of their kinds', () => {
    expect(check(overlay('dev'), overlay('production'))).toEqual({ status: 0, text: '' });
  });

  it('with a mistake of any kind do not', () => {
    const mistakes: [name: string, of: Manifest, change: (copy: Loose) => void, fault: string][] = [
      [
        'misspelt-field',
        named('Deployment', 'campaign'),
        (copy) => (copy.spec.replica = 2),
        '/spec/replica: there is no such field',
      ],
      [
        'deep-field',
        named('Deployment', 'campaign'),
        (copy) => (copy.spec.template.spec.containers[0].resourses = {}),
        '/resourses: there is no such field',
      ],
      [
        'wrong-type',
        named('Deployment', 'campaign'),
        (copy) => (copy.spec.replicas = 'two'),
        'spec/replicas must be integer',
      ],
      [
        'missing-field',
        named('Deployment', 'campaign'),
        (copy) => delete copy.spec.selector,
        'required property selector',
      ],
      [
        'wrong-version',
        named('Deployment', 'campaign'),
        (copy) => (copy.apiVersion = 'apps/v1beta3'),
        'no schema of apps/v1beta3',
      ],
      [
        'quantity',
        named('StatefulSet', 'nats'),
        (copy) => (copy.spec.template.spec.containers[0].resources.limits.memory = '1 gigabyte'),
        'memory',
      ],
      ['policy', named('NetworkPolicy', 'campaign'), (copy) => (copy.spec.ingress[0].from = {}), 'from must be array'],
      [
        'scaler',
        named('ScaledObject', 'churn-scoring'),
        (copy) => delete copy.spec.triggers,
        'required property triggers',
      ],
      [
        'certificate',
        named('Certificate', 'campaign'),
        (copy) => delete copy.spec.secretName,
        'required property secretName',
      ],
      ['cluster', named('Cluster', 'holdfast-postgres'), (copy) => (copy.spec.instance = 3), 'instance'],
    ];
    for (const [name, manifest, change] of mistakes) {
      const copy = structuredClone(manifest);
      change(copy);
      folder.write(`${name}/manifest.yaml`, JSON.stringify(copy));
      folder.write(`${name}/kustomization.yaml`, 'resources: [manifest.yaml]\n');
    }
    const { status, text } = check(...mistakes.map(([name]) => folder.at(name)));
    expect(status).toBe(1);
    for (const [name, , , fault] of mistakes)
      expect(
        text
          .split('\n')
          .filter((line) => line.startsWith(folder.at(name)))
          .join('\n'),
      ).toContain(fault);
  });
});

describe('containers', () => {
  it.each(['dev', 'production'] as const)(
    'in %s run without rights, with limits, and from images with a version',
    (name) => {
      for (const workload of workloads(rendered[name])) {
        const pod = podOf(workload);
        expect(pod.securityContext).toMatchObject({ runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } });
        for (const container of pod.containers) {
          expect(container.securityContext).toEqual({
            allowPrivilegeEscalation: false,
            readOnlyRootFilesystem: true,
            capabilities: { drop: ['ALL'] },
          });
          expect(container.resources).toMatchObject({
            requests: { memory: expect.any(String) },
            limits: { memory: expect.any(String) },
          });
          expect(container.image).toMatch(/:(?!latest$)[^:/]+$/);
        }
      }
    },
  );

  it('of services are probed, spread and kept while a machine is emptied', () => {
    const deployments = ofKind('Deployment').filter(isOurs);
    expect(deployments.map(({ metadata }): string => metadata.name).sort()).toEqual(SERVICES);
    for (const deployment of deployments) {
      const { name } = deployment['metadata'];
      const pod = podOf(deployment);
      expect(Object.keys(pod.containers[0])).toEqual(
        expect.arrayContaining(['startupProbe', 'readinessProbe', 'livenessProbe']),
      );
      expect(pod.topologySpreadConstraints).toHaveLength(2);
      expect(pod.terminationGracePeriodSeconds).toBeGreaterThanOrEqual(60);
      expect(named('PodDisruptionBudget', name)['spec']).toMatchObject({
        maxUnavailable: 1,
        selector: deployment['spec'].selector,
      });
      expect(named('Service', name)['spec'].selector).toEqual(deployment['spec'].selector.matchLabels);
      expect(named('Job', `migrate-${name}`)['spec'].template.spec.containers[0].image).toBe(pod.containers[0].image);
    }
  });
});

describe('settings', () => {
  const folder = new TemporaryFolder();
  const secrets = kubernetesSecrets(folder.at('.'));

  it('name secrets and keys that are provided, or made by operators', () => {
    const provided = new Set(
      secrets.flatMap(({ metadata, stringData }) => Object.keys(stringData).map((key) => `${metadata.name}/${key}`)),
    );
    const used = new Set(
      workloads().flatMap((workload) =>
        podOf(workload).volumes.flatMap((volume: Loose) =>
          (volume.projected?.sources ?? []).flatMap(({ secret }: Loose) =>
            (secret?.items ?? []).map(({ key }: Loose) => `${secret.name}/${key}`),
          ),
        ),
      ),
    );
    const made = [...used].filter((each) => !provided.has(each as string));
    const certificates = ofKind('Certificate').map(({ spec }) => spec.secretName);
    expect(made.filter((each) => !certificates.some((name) => (each as string).startsWith(`${name}/`)))).toEqual([
      'holdfast-postgres-ca/ca.crt',
    ]);
    const roles = named('Cluster', 'holdfast-postgres')['spec'].managed.roles;
    const used2 = [...used, ...roles.map(({ passwordSecret }: Loose) => `${passwordSecret.name}/username`)];
    expect([...provided].filter((each) => !used2.includes(each))).toEqual([]);
    const ofServices = SERVICES.map((name) => `holdfast_${name.replaceAll('-', '_')}`);
    expect(roles.map(({ name }: Loose) => name)).toEqual([...ofServices, 'holdfast_backup', 'holdfast_restore']);
    const memberships = Object.fromEntries(roles.map(({ name, inRoles }: Loose) => [name, inRoles]));
    expect(memberships).toMatchObject({ holdfast_backup: ['pg_read_all_data'], holdfast_restore: ofServices });
  });

  it.each(SERVICES)('of %s are accepted in production mode', async (service) => {
    const container = podOf(named('Deployment', service)).containers[0];
    const own = container.env.map(({ name, value }: Loose) => [name, value]);
    const environment: Environment = { ...named('ConfigMap', 'holdfast-settings')['data'], ...Object.fromEntries(own) };
    for (const { metadata, stringData } of secrets) {
      if (metadata.name === `holdfast-${service}`)
        for (const [key, value] of Object.entries(stringData)) folder.write(`${service}/${key}`, value);
      if (metadata.name === `holdfast-${service}-database`)
        folder.write(`${service}/database.password`, stringData['password']!);
    }
    await writeCertificates(folder.at(service), service);
    const ports = container.ports.map(({ containerPort }: Loose) => containerPort);
    expect(environment['HOLDFAST_SERVICE']).toBe(service);
    expect(startSettings(service, environment, folder.at(service))).toEqual({ mode: 'production', port: ports[0] });
  });

  it.each(['backup', 'restore'] as const)('of %s are accepted in production mode', (name) => {
    const [container] = podOf(named(name === 'backup' ? 'CronJob' : 'Job', name)).containers;
    const own = container.env.map(({ name: variable, value }: Loose) => [variable, value]);
    const environment: Environment = { ...named('ConfigMap', 'holdfast-settings')['data'], ...Object.fromEntries(own) };
    for (const { metadata, stringData } of secrets) {
      if (metadata.name === `holdfast-${name}`)
        for (const [key, value] of Object.entries(stringData)) folder.write(`${name}/${key}`, value);
      if (metadata.name === `holdfast-${name}-database`)
        folder.write(`${name}/database.password`, stringData['password']!);
    }
    folder.write(`${name}/database-ca.pem`, 'certificate');
    expect(operationsSettings(name, environment, folder.at(name)).mode).toBe('production');
  });

  it('of PostgreSQL admit the pools of all replicas', () => {
    const replicas = SERVICES.map((service) => {
      const scaled = named('ScaledObject', service)?.['spec'].maxReplicaCount as number | undefined;
      return scaled ?? Number(named('Deployment', service)['spec'].replicas);
    });
    const pools =
      replicas.reduce((sum, count) => sum + count, 0) * platformConfig.shape.databasePoolMax.parse(undefined);
    const cluster = named('Cluster', 'holdfast-postgres')['spec'];
    // During a release each service has one replica more.
    expect(Number(cluster.postgresql.parameters.max_connections)).toBeGreaterThan(pools + 10 * SERVICES.length);
  });

  it('of NATS are those of the permissions of today, and roles exist for every service', () => {
    const files = path.join(root, 'k8s/components');
    expect(fs.readFileSync(path.join(files, 'nats/nats.conf'), 'utf8')).toBe(kubernetesNatsConfiguration());
    const sql = fs.readFileSync(path.join(files, 'postgres/roles.sql'), 'utf8');
    const schemas = Array.from(sql.matchAll(/^create schema (\w+) authorization holdfast_\1;$/gm), ([, name]) => name);
    expect(schemas).toEqual(SERVICES.map((name) => name.replaceAll('-', '_')));
  });
});

describe('network policies', () => {
  const server = (name: string) =>
    ({ postgres: { 'cnpg.io/cluster': 'holdfast-postgres' } })[name] ?? { 'app.kubernetes.io/name': name };
  const connections = allowedConnections(
    rendered.production,
    [...SERVICES, 'nats', 'postgres', 'prometheus', 'collector', 'grafana', 'migration', 'backup', 'restore'],
    server,
  );
  const between = (from: readonly string[], to: readonly string[]) =>
    connections.filter(({ caller, callee }) => from.includes(caller) && to.includes(callee) && caller !== callee);
  const arrowsOf = (found: typeof connections) =>
    [...new Set(found.map(({ caller, callee }) => `${caller} > ${callee}`))].sort();

  it('allow exactly the calls that ARCHITECTURE.md shows and services grant', () => {
    expect(documentedArrows()).toEqual(grantedArrows().services);
    expect(arrowsOf(between(SERVICES, SERVICES))).toEqual(documentedArrows());
  });

  it('allow exactly the servers that services use', () => {
    expect(arrowsOf(between(SERVICES, ['postgres', 'nats']))).toEqual(grantedArrows().servers);
    expect(arrowsOf(between(['migration'], [...SERVICES, 'postgres', 'nats', 'prometheus']))).toEqual([
      'migration > postgres',
    ]);
    expect(arrowsOf(between(['backup', 'restore'], [...SERVICES, 'postgres', 'nats', 'prometheus']))).toEqual([
      ...['backup > postgres', 'restore > nats', 'restore > postgres'],
    ]);
    expect(arrowsOf(between(['postgres', 'nats'], [...SERVICES, 'postgres', 'nats', 'migration']))).toEqual([]);
  });

  it('allow telemetry its ports only', () => {
    expect(between(['prometheus'], SERVICES).map(({ ports }) => ports)).toEqual(SERVICES.map(() => [9464]));
    expect(arrowsOf(between(['prometheus', 'collector', 'grafana'], ['postgres', 'nats', 'migration']))).toEqual([]);
    expect(arrowsOf(between(['grafana', 'collector'], SERVICES))).toEqual([]);
  });

  it('allow a service its port of gRPC only', () => {
    for (const { caller, callee, ports } of between(SERVICES, GRPC_SERVICES)) {
      const declared = podOf(named('Deployment', callee)).containers[0].ports[0].containerPort;
      expect([caller, callee, ports]).toEqual([caller, callee, [declared]]);
    }
  });

  it('with a call too many, or one too few, differ', () => {
    const changed = structuredClone(rendered.production);
    const policy = (name: string) =>
      changed.find(({ kind, metadata }) => kind === 'NetworkPolicy' && metadata.name === name)!['spec'];
    policy('evaluation').egress.push({
      to: [{ podSelector: { matchLabels: { 'app.kubernetes.io/name': 'churn-scoring' } } }],
      ports: [{ protocol: 'TCP', port: 50053 }],
    });
    const arrows = () =>
      arrowsOf(allowedConnections(changed, SERVICES, server).filter(({ caller, callee }) => caller !== callee));
    expect(arrows()).toEqual(documentedArrows()); // the other side refuses it
    policy('churn-scoring').ingress[0].from.push({
      podSelector: { matchLabels: { 'app.kubernetes.io/name': 'evaluation' } },
    });
    expect(arrows()).toContain('evaluation > churn-scoring');
    policy('feature-store').ingress[0].from.shift();
    expect(arrows()).not.toContain('campaign > feature-store');
  });
});
