import { setTimeout as sleep } from 'node:timers/promises';

import { endProcesses, identify } from './process-identity.mjs';

const delayMsMin = 500;
const delayMsMax = 15_000;
const probeEveryMs = 10_000;
/** Probes without an answer, one after the other, after which a server hangs. */
const silentProbesMax = 3;

/**
 * @typedef {object} RunningServer
 * @property {number} port
 * @property {number} pid
 * @property {string} url
 * @property {Promise<unknown>} exited  settles when it ends, for whatever reason
 * @property {() => Promise<void>} stop
 */

/**
 * @typedef {object} ServerOptions
 * @property {string} name  as the person knows it
 * @property {(port?: number) => Promise<RunningServer>} launch  rejects when it does not start
 * @property {(server: RunningServer) => Promise<boolean>} [answers]  whether it does its work; one that does not is killed
 * @property {(message: string) => void} say
 */

/**
 * PostgreSQL or NATS, started again at the same address when it ends or hangs: a full disk leads to either, and what the
 * services have in hand waits for it for a day. It is started again for as long as the system runs.
 */
export class ServerProcess {
  #options;
  #stopping = false;
  /** @type {Promise<RunningServer> | undefined} */
  #current;

  /** @param {ServerOptions} options */
  constructor(options) {
    this.#options = options;
  }

  /** @returns {Promise<string>}  its URL, once it serves. @throws {Error} when it does not start the first time */
  async start() {
    this.#current = this.#options.launch();
    const server = await this.#current;
    void this.#keep(server);
    return server.url;
  }

  async stop() {
    this.#stopping = true;
    const server = await this.#current?.catch(() => undefined);
    await server?.stop();
  }

  /** @param {RunningServer} first */
  async #keep(first) {
    const { name, say } = this.#options;
    for (let server = first; ;) {
      const probing = this.#probe(server);
      await server.exited;
      clearInterval(probing);
      if (this.#stopping) return;
      say(`${name} ended; starting it again`);
      const next = await this.#startAgain(first.port);
      if (next === undefined) return;
      say(`${name} runs again`);
      server = next;
    }
  }

  /** @param {number} port  @returns {Promise<RunningServer | undefined>}  undefined when the system stops */
  async #startAgain(port) {
    const { launch, say } = this.#options;
    let told = '';
    for (let delayMs = delayMsMin; !this.#stopping; delayMs = Math.min(delayMsMax, 2 * delayMs)) {
      await sleep(delayMs);
      if (this.#stopping) return undefined;
      this.#current = launch(port);
      const found = await this.#current.catch((/** @type {Error} */ error) => error);
      if (!(found instanceof Error)) return found;
      const [summary = ''] = found.message.split('\n');
      if (summary !== told) say(summary);
      told = summary;
    }
    return undefined;
  }

  /** Kills a server that hangs. @param {RunningServer} server */
  #probe(server) {
    const { name, answers, say } = this.#options;
    if (answers === undefined) return undefined;
    let silent = 0;
    let isProbing = false;
    const probe = async () => {
      if (isProbing) return;
      isProbing = true;
      silent = (await answers(server)) ? 0 : silent + 1;
      isProbing = false;
      if (silent !== silentProbesMax || this.#stopping) return;
      say(`${name} hangs; ending it`);
      await endProcesses([...identified(name, server.pid)], { signal: 'SIGKILL' });
    };
    return setInterval(() => void probe(), probeEveryMs);
  }
}

/** @param {string} name  @param {number} pid */
function identified(name, pid) {
  const found = identify(name, pid);
  return found === undefined ? [] : [found];
}
