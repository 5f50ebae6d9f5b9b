import fs from 'node:fs';
import path from 'node:path';

/** @typedef {import('../deploy/kustomize.mjs').Loose} Loose */

/** Settings that are an address or a port by themselves. */
const portSettings = new Set(['HOLDFAST_PORT', 'HOLDFAST_METRICS_PORT']);
const hostSettings = new Set(['HOLDFAST_HOST', 'HOLDFAST_METRICS_HOST']);
/** How a container names itself. */
const itself = new Set(['0.0.0.0', '127.0.0.1', 'localhost']);
/** Where images have the repository. */
const imageFolder = '/holdfast';

const pathPattern = /(?<![\w.:/-])\/[\w.-]+(?:\/[\w.-]+)*/g;
const addressPattern = /(\w+:\/\/)?([\w.-]+@)?([a-z][a-z0-9-]*|\d+\.\d+\.\d+\.\d+):(\d{2,5})(?!\d)/g;

/**
 * Where processes on loopback have what containers of Compose have. This class alone changes what docker-compose.yml contains:
 *
 * - `campaign:50054` is a port of 127.0.0.1, the same one in every setting; several replicas are a list;
 * - a server that shares no network with the container has a port at which nothing listens;
 * - a path of a volume is below a folder of the container, which has links to the folders of volumes;
 * - a path of the image is one of the repository.
 *
 * What it cannot translate, such as a file that no volume has, is an error.
 */
export class Loopback {
  /** @type {Map<string, number>} */
  #ports = new Map();
  #free;

  /**
   * @param {object} options
   * @param {Loose} options.compose
   * @param {string} options.repository
   * @param {string} options.folder  of volumes and containers
   * @param {readonly number[]} options.ports  free ones, more than are needed
   * @param {Readonly<Record<string, number>>} [options.replicas]  of services with several
   */
  constructor({ compose, repository, folder, ports, replicas = {} }) {
    this.compose = compose;
    this.repository = repository;
    this.folder = folder;
    this.replicas = replicas;
    this.#free = [...ports];
  }

  /** @param {string} service  @returns {string[]}  names of its containers */
  containersOf(service) {
    const count = this.replicas[service] ?? 1;
    return count === 1 ? [service] : Array.from({ length: count }, (_, number) => `${service}-${number}`);
  }

  /** The port of 127.0.0.1 at which a container listens. @param {string} container  @param {number | string} port */
  portOf(container, port) {
    const name = `${container}:${port}`;
    const known = this.#ports.get(name) ?? this.#free.shift();
    if (known === undefined) throw new Error('there are not enough free ports');
    this.#ports.set(name, known);
    return known;
  }

  /** Where a path of a container is. @param {string} container  @param {string} inside */
  fileOf(container, inside) {
    return path.join(this.folder, 'containers', container, inside);
  }

  /** @param {string} volume  @param {string[]} names */
  volume(volume, ...names) {
    return path.join(this.folder, 'volumes', volume, ...names);
  }

  /** Makes the folders of a container and of its volumes. @param {string} service  @param {string} container */
  prepare(service, container) {
    const { volumes = [], tmpfs = [] } = this.compose.services[service];
    // PostgreSQL, which does not run as root, passes through.
    for (const inside of tmpfs) fs.mkdirSync(this.fileOf(container, inside), { recursive: true, mode: 0o711 });
    for (const mount of volumes) {
      const [volume, inside] = /** @type {[string, string]} */ (mount.split(':'));
      fs.mkdirSync(this.volume(volume), { recursive: true, mode: 0o711 });
      const place = this.fileOf(container, inside);
      fs.mkdirSync(path.dirname(place), { recursive: true, mode: 0o711 });
      fs.symlinkSync(this.volume(volume), place);
    }
  }

  /**
   * @param {string} service
   * @param {string} container
   * @param {Readonly<Record<string, string>>} environment  as the container has it
   * @returns {Record<string, string>}
   */
  environment(service, container, environment) {
    const entries = Object.entries(environment).map(([name, value]) => {
      if (portSettings.has(name)) return [name, String(this.portOf(container, value))];
      if (hostSettings.has(name)) return [name, value === '0.0.0.0' ? '127.0.0.1' : value];
      return [name, this.text(service, container, String(value), name)];
    });
    return { ...Object.fromEntries(entries), TMPDIR: this.fileOf(container, '/tmp') };
  }

  /**
   * A setting or an argument.
   * @param {string} service
   * @param {string} container
   * @param {string} value
   * @param {string} what  names it in errors
   */
  text(service, container, value, what) {
    const place = `${service}, ${what}`;
    return value
      .replaceAll(pathPattern, (inside) => this.#path(service, container, inside, place))
      .replaceAll(addressPattern, (_, scheme = '', user = '', host, port) =>
        this.#address({ service, container, scheme, user, host, port, place }),
      );
  }

  /** @param {string} service  @param {string} container  @param {string} inside  @param {string} place */
  #path(service, container, inside, place) {
    if (inside === imageFolder || inside.startsWith(`${imageFolder}/`))
      return path.join(this.repository, inside.slice(imageFolder.length));
    const { volumes = [], tmpfs = [] } = this.compose.services[service];
    const mounted = [...volumes.map((/** @type {string} */ volume) => volume.split(':')[1] ?? ''), ...tmpfs];
    const isThere = mounted.some((at) => inside === at || inside.startsWith(`${at}/`) || at.startsWith(`${inside}/`));
    if (!isThere) throw new Error(`${place}: ${inside} is in no volume of the container`);
    return this.fileOf(container, inside);
  }

  /** @param {Record<'service' | 'container' | 'scheme' | 'user' | 'host' | 'port' | 'place', string>} address */
  #address({ service, container, scheme, user, host, port, place }) {
    if (itself.has(host))
      return `${scheme}${user}${host === '0.0.0.0' ? '127.0.0.1' : host}:${this.portOf(container, port)}`;
    if (this.compose.services[host] === undefined) throw new Error(`${place}: there is no service ${host}`);
    const callees = this.#shareNetwork(service, host) ? this.containersOf(host) : [`nothing at ${host}`];
    const ports = callees.map((callee) => this.portOf(callee, port));
    // Certificates of servers have the name localhost; those of services are checked by the service that they name.
    if (scheme !== '') return ports.map((each) => `${scheme}${user}localhost:${each}`).join(',');
    const addresses = ports.map((each) => `127.0.0.1:${each}`).join(',');
    return ports.length === 1 ? addresses : `ipv4:${addresses}`;
  }

  /** @param {string} one  @param {string} other */
  #shareNetwork(one, other) {
    const networksOf = (/** @type {string} */ name) => this.compose.services[name].networks ?? [];
    return networksOf(one).some((/** @type {string} */ network) => networksOf(other).includes(network));
  }
}
