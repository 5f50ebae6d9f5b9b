import { X509Certificate } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';

import { SERVICES } from '@holdfast/platform/services';

const hourMs = 3_600_000;
const serviceValidMs = 24 * hourMs;
const authorityValidMs = 5 * 365 * 24 * hourMs;
const authorityRestMsMin = 30 * 24 * hourMs;
const checkMs = 10 * 60_000;

/**
 * A server that is no service: its clients check its name, and it does not read replaced files, so that its certificate
 * is valid for longer.
 * @typedef {object} CertifiedServer
 * @property {string} name  of its folder
 * @property {readonly string[]} hosts  DNS names
 * @property {number} validMs
 */

/**
 * The certificates by which the services of a home know each other, issued by a CA of this home alone: `tls/ca` has its
 * key, and `tls/<service>` what the service gets. A service's certificate is valid for a day and replaced, with a new
 * key, after half of it; services read the new one while they run. Only this user can read the keys.
 */
export class SystemCertificates {
  /** @type {NodeJS.Timeout | undefined} */
  #timer;
  /** @param {string} folder  exists already  @param {readonly CertifiedServer[]} [servers] */
  constructor(folder, servers = []) {
    this.folder = folder;
    const services = SERVICES.map((name) => ({ name, hosts: [], validMs: serviceValidMs }));
    this.owners = [...services, ...servers];
  }

  /**
   * Issues what is missing or due, and goes on doing so while the system runs. Before any service starts: a new CA is
   * trusted by those only that read its certificate.
   * @param {(problem: unknown) => void} onProblem
   */
  async start(onProblem) {
    await this.issueDue(new Date());
    this.#timer = setInterval(() => void this.issueDue(new Date()).catch(onProblem), checkMs).unref();
  }

  stop() {
    clearInterval(this.#timer);
  }

  /** @param {string} service  @returns {NodeJS.ProcessEnv} */
  settingsOf(service) {
    return {
      HOLDFAST_TLS_CERTIFICATE_FILE: this.#file(service, 'certificate.pem'),
      HOLDFAST_TLS_KEY_FILE: this.#file(service, 'key.pem'),
      HOLDFAST_TLS_CA_FILE: this.#file(service, 'ca.pem'),
    };
  }

  /** @param {Date} now  machine time  @returns {Promise<string[]>}  services and servers with a new certificate */
  async issueDue(now) {
    const needsAuthority =
      restMs(this.#file('ca', 'certificate.pem'), now) < authorityRestMsMin && this.#timer === undefined;
    if (needsAuthority) await this.#createAuthority(now);
    const authority = { certificate: this.#read('ca', 'certificate.pem'), key: this.#read('ca', 'key.pem') };
    const due = this.owners.filter((owner) => needsAuthority || this.#isDue(owner, authority.certificate, now));
    if (due.length === 0) return [];
    // Loading it takes a third of a second, which most starts need not wait for.
    const { issueFor } = await import('@holdfast/platform/certificate-authority');
    for (const { name, hosts, validMs } of due) {
      const { certificate, key } = await issueFor(name, authority, { validMs, now }, hosts);
      this.#write(name, { 'key.pem': key, 'certificate.pem': certificate, 'ca.pem': authority.certificate });
    }
    return due.map(({ name }) => name);
  }

  /** @param {CertifiedServer} owner  @param {string} authority  @param {Date} now */
  #isDue({ name, validMs }, authority, now) {
    if (restMs(this.#file(name, 'certificate.pem'), now) < validMs / 2) return true;
    return !fs.existsSync(this.#file(name, 'key.pem')) || this.#read(name, 'ca.pem') !== authority;
  }

  /** @param {Date} now */
  async #createAuthority(now) {
    const { createAuthority } = await import('@holdfast/platform/certificate-authority');
    const { certificate, key } = await createAuthority({ validMs: authorityValidMs, now });
    this.#write('ca', { 'key.pem': key, 'certificate.pem': certificate });
  }

  /** @param {string[]} names */
  #file(...names) {
    return path.join(this.folder, ...names);
  }

  /** @param {string[]} names */
  #read(...names) {
    const file = this.#file(...names);
    return fs.existsSync(file) ? fs.readFileSync(file, 'utf8') : '';
  }

  /** Each file appears complete or not at all. @param {string} name  @param {Record<string, string>} files */
  #write(name, files) {
    fs.mkdirSync(this.#file(name), { recursive: true, mode: 0o700 });
    for (const [file, text] of Object.entries(files)) {
      const partial = this.#file(name, `.${file}.${process.pid}`);
      fs.writeFileSync(partial, text, { mode: 0o600 });
      fs.renameSync(partial, this.#file(name, file));
    }
  }
}

/** How long a certificate is valid after a time; negative if there is none. @param {string} file  @param {Date} now */
function restMs(file, now) {
  try {
    return new X509Certificate(fs.readFileSync(file)).validToDate.getTime() - now.getTime();
  } catch {
    return -1;
  }
}
