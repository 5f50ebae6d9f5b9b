/**
 * A unary call between two processes with mutual TLS against the same call in plain text: one at a time and 32 at once,
 * alternating; and the first call, which makes the connection.
 *
 *   npm run bench -- between-services [--pairs 7] [--calls 3000]
 */
import { randomBytes } from 'node:crypto';
import { parseArgs } from 'node:util';

import { HealthDefinition } from '@holdfast/contracts/grpc/health/v1/health';
import { closeChannels, connectTo } from '@holdfast/platform/grpc';
import { ServiceIdentity } from '@holdfast/platform/service-identity';

import { SystemCertificates } from '../tools/launch/certificates.mjs';
import { makeScratchFolder } from '../tools/launch/scratch.mjs';
import { Program } from './support/program.mjs';
import { median, rounded } from './support/statistics.mjs';

const atOnce = 32;
const names = /** @type {const} */ (['tls', 'plain']);
const caller = {
  ...{ client: 'front-desk', scopes: new Set(['churn:read', 'script:read']), orgScope: ['demo/'] },
  ...{ language: /** @type {const} */ ('en'), system: false },
};

/** @typedef {{ firstMs: number, p50Ms: number, p99Ms: number, callsPerSecond: number }} Load */

/** @param {readonly string[]} args */
export async function run(args) {
  const { values } = parseArgs({ args: [...args], options: { pairs: { type: 'string' }, calls: { type: 'string' } } });
  const [pairs, calls] = [Number(values.pairs ?? 7), Number(values.calls ?? 3_000)];
  const scratch = makeScratchFolder();
  const certificates = new SystemCertificates(scratch.folder);
  await certificates.issueDue(new Date());
  const internalKey = randomBytes(32).toString('hex');
  /** @param {string} service */
  const secure = (service) => /** @type {Record<string, string>} */ (certificates.settingsOf(service));
  const sides = { tls: await Side.start(internalKey, secure), plain: await Side.start(internalKey, () => ({})) };
  try {
    /** @type {Record<'tls' | 'plain', Load[]>} */
    const loads = { tls: [], plain: [] };
    for (const side of Object.values(sides)) await side.load(calls); // to warm up
    for (let pair = 1; pair <= pairs; pair += 1) {
      for (const side of pair % 2 === 1 ? names : names.toReversed()) loads[side].push(await sides[side].load(calls));
      console.log(`pair ${pair} of ${pairs}: ${JSON.stringify({ tls: loads.tls.at(-1), plain: loads.plain.at(-1) })}`);
    }
    const [tls, plain] = [typical(loads.tls), typical(loads.plain)];
    const ratio = {
      p50: rounded(tls.p50Ms / plain.p50Ms),
      throughput: rounded(tls.callsPerSecond / plain.callsPerSecond),
    };
    return { ratio, tls, plain, n: pairs };
  } finally {
    for (const side of Object.values(sides)) await side.stop();
    scratch.remove();
  }
}

/** A server in another process, and a client of it here. */
class Side {
  /** @param {Program} program  @param {string} port  @param {ServiceIdentity} identity */
  constructor(program, port, identity) {
    this.program = program;
    this.identity = identity;
    this.callee = { service: 'feature-store', address: `127.0.0.1:${port}` };
  }

  /** @param {string} internalKey  @param {(service: string) => Record<string, string>} settings */
  static async start(internalKey, settings) {
    const environment = { HOLDFAST_INTERNAL_KEY: internalKey, ...settings('feature-store') };
    const program = new Program(['bench/support/health-server.mjs'], environment);
    const port = await program.untilPrinted(/port (\d+)\./);
    const own = settings('campaign');
    const identity = ServiceIdentity.open('campaign', {
      internalKey,
      tlsCertificateFile: own['HOLDFAST_TLS_CERTIFICATE_FILE'] ?? '',
      tlsKeyFile: own['HOLDFAST_TLS_KEY_FILE'] ?? '',
      tlsCaFile: own['HOLDFAST_TLS_CA_FILE'] ?? '',
    });
    return new Side(program, port, identity);
  }

  /** @param {number} calls  @returns {Promise<Load>} */
  async load(calls) {
    closeChannels();
    /** @type {import('@holdfast/platform/grpc').Rpc<import('@holdfast/contracts/grpc/health/v1/health').Health>} */
    const health = connectTo(HealthDefinition, this.callee, this.identity);
    const call = async () => {
      const startedAt = performance.now();
      await health.check({ caller }, { service: '' });
      return performance.now() - startedAt;
    };
    const firstMs = await call();
    /** @type {number[]} */
    const times = [];
    for (let index = 0; index < calls; index += 1) times.push(await call());
    times.sort((a, b) => a - b);
    const startedAt = performance.now();
    const each = async () => {
      for (let index = 0; index < calls / atOnce; index += 1) await call();
    };
    await Promise.all(Array.from({ length: atOnce }, each));
    const seconds = (performance.now() - startedAt) / 1000;
    const quantile = (/** @type {number} */ share) => times[Math.floor(share * times.length)] ?? NaN;
    return {
      firstMs: rounded(firstMs),
      p50Ms: rounded(quantile(0.5)),
      p99Ms: rounded(quantile(0.99)),
      callsPerSecond: Math.round((Math.ceil(calls / atOnce) * atOnce) / seconds),
    };
  }

  async stop() {
    closeChannels();
    this.identity.close();
    await this.program.stop();
  }
}

/** @param {readonly Load[]} loads  @returns {Load} */
function typical(loads) {
  const of = (/** @type {keyof Load} */ key) => median(loads.map((load) => load[key]));
  return { firstMs: of('firstMs'), p50Ms: of('p50Ms'), p99Ms: of('p99Ms'), callsPerSecond: of('callsPerSecond') };
}
