import { composeHealth, durationMs, imageOf } from './image.mjs';

/**
 * A container of Compose as a process on loopback.
 * @typedef {object} Container
 * @property {string} service
 * @property {string} name  of the container: that of the service, with a number where it has several
 * @property {string[]} command  program and arguments
 * @property {Record<string, string>} environment  all of it
 * @property {Need[]} needs  what it is started after
 * @property {import('./image.mjs').HealthCheck | undefined} health
 * @property {number} graceMs  between SIGTERM and SIGKILL
 *
 * @typedef {{ service: string, condition: 'service_healthy' | 'service_completed_successfully' | 'service_started' }} Need
 */

const ownImage = /^holdfast\/([a-z-]+):/;
const defaultGrace = '10s';

/**
 * Services that `docker compose up` starts with a profile, in the order of the file.
 * @param {import('../deploy/kustomize.mjs').Loose} compose
 * @param {string} profile
 * @returns {string[]}
 */
export function startedServices(compose, profile) {
  return Object.keys(compose.services).filter((name) => compose.services[name].profiles?.includes(profile) ?? true);
}

/**
 * The containers of a service whose image is one of ours.
 * @param {import('./loopback.mjs').Loopback} loopback
 * @param {readonly import('../deploy/dockerfile-stages.mjs').Stage[]} stages  of the Dockerfile
 * @param {string} service
 * @param {{ settings?: Readonly<Record<string, string>>, command?: readonly string[] }} [changed]  instead of what Compose has
 * @returns {Container[]}
 * @throws an Error that names a setting which leads nowhere
 */
export function containersOf(loopback, stages, service, { settings = {}, command } = {}) {
  const declared = loopback.compose.services[service];
  const target = ownImage.exec(declared.image)?.[1];
  if (target === undefined) throw new Error(`${service} has no image of ours: ${declared.image}`);
  const image = imageOf(stages, target);
  const words = [...image.entrypoint, ...(command ?? declared.command ?? image.command)];
  const health = declared.healthcheck === undefined ? image.health : composeHealth(declared.healthcheck);
  const environment = { ...image.environment, ...declared.environment, ...settings };
  return loopback.containersOf(service).map((name) => {
    const translated = (/** @type {readonly string[]} */ list, /** @type {string} */ what) =>
      list.map((word) => loopback.text(service, name, word, what));
    return {
      service,
      name,
      command: translated(words, 'command'),
      environment: loopback.environment(service, name, environment),
      needs: needsOf(declared.depends_on ?? {}),
      health: health && { ...health, command: translated(health.command, 'healthcheck') },
      graceMs: durationMs(declared.stop_grace_period ?? defaultGrace),
    };
  });
}

/** @param {Record<string, { condition: Need['condition'] }>} dependsOn  @returns {Need[]} */
export function needsOf(dependsOn) {
  return Object.entries(dependsOn).map(([service, { condition }]) => ({ service, condition }));
}

/** The container's port behind a published one, such as 8080 of the gateway. @param {import('../deploy/kustomize.mjs').Loose} compose  @param {string} service */
export function publishedPort(compose, service) {
  const [published = ''] = compose.services[service].ports ?? [];
  const port = /:(\d+)$/.exec(published)?.[1];
  if (port === undefined) throw new Error(`${service} publishes no port`);
  return port;
}
