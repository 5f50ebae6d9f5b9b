import { chainOf } from '../deploy/dockerfile-stages.mjs';

/**
 * What a container gets from its image, unless Compose has another value.
 * @typedef {object} Image
 * @property {Record<string, string>} environment
 * @property {string[]} entrypoint
 * @property {string[]} command
 * @property {HealthCheck | undefined} health
 *
 * @typedef {object} HealthCheck
 * @property {string[]} command  healthy while it exits with 0
 * @property {number} withinMs  time after the start within which it has to succeed
 */

const unitMs = /** @type {Readonly<Record<string, number>>} */ ({ ms: 1, s: 1_000, m: 60_000, h: 3_600_000 });

/** @param {string} text  such as `1m30s`  @returns {number} */
export function durationMs(text) {
  const parts = [...text.matchAll(/(\d+)(ms|s|m|h)/g)];
  if (parts.map(([part]) => part).join('') !== text || text === '') throw new Error(`${text} is not a duration`);
  return parts.reduce((sum, [, count, unit]) => sum + Number(count) * /** @type {number} */ (unitMs[unit ?? '']), 0);
}

/**
 * @param {readonly import('../deploy/dockerfile-stages.mjs').Stage[]} stages
 * @param {string} target
 * @returns {Image}
 * @throws an Error if there is no such target
 */
export function imageOf(stages, target) {
  const chain = chainOf(stages, target);
  if (chain.length === 0) throw new Error(`the Dockerfile has no target ${target}`);
  /** @type {Image} */
  const image = { environment: {}, entrypoint: [], command: [], health: undefined };
  for (const line of chain.flatMap(({ instructions }) => instructions)) {
    const [keyword = ''] = line.split(' ');
    const rest = line.slice(keyword.length + 1);
    if (keyword === 'ENV') Object.assign(image.environment, settingsIn(rest));
    if (keyword === 'ENTRYPOINT') image.entrypoint = JSON.parse(rest);
    if (keyword === 'CMD') image.command = JSON.parse(rest);
    if (keyword === 'HEALTHCHECK') image.health = rest === 'NONE' ? undefined : healthIn(rest);
  }
  return image;
}

/** @param {string} text  `NAME=value NAME=value` */
function settingsIn(text) {
  return Object.fromEntries(
    text.split(' ').map((pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)]),
  );
}

/** @param {string} text  `--interval=30s … CMD ["program"]`  @returns {HealthCheck} */
function healthIn(text) {
  const at = text.indexOf('CMD ');
  const flags = Object.fromEntries(
    [...text.slice(0, at).matchAll(/--([a-z-]+)=(\S+)/g)].map(([, name, value]) => [name, value]),
  );
  return { command: JSON.parse(text.slice(at + 'CMD '.length)), withinMs: withinMs(flags) };
}

/**
 * Until an orchestrator calls a container unhealthy for the first time.
 * @param {Record<string, string | undefined>} flags  interval, start-period and retries
 */
function withinMs(flags) {
  const { interval = '30s', retries = '3' } = flags;
  return durationMs(flags['start-period'] ?? '0s') + Number(retries) * durationMs(interval);
}

/** @param {import('../deploy/kustomize.mjs').Loose} healthcheck  of Compose  @returns {HealthCheck} */
export function composeHealth({ test, interval, retries, start_period: startPeriod }) {
  const [kind, ...command] = test;
  if (kind !== 'CMD') throw new Error(`a health check of the kind ${kind} is not supported`);
  return { command, withinMs: withinMs({ interval, retries: String(retries), 'start-period': startPeriod }) };
}
