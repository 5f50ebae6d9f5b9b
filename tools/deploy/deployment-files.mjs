import fs from 'node:fs';
import path from 'node:path';

import { SERVICES } from '@holdfast/platform/services';

import { SystemCertificates } from '../launch/certificates.mjs';
import { read, Secrets } from '../launch/secrets.mjs';
import { natsConfiguration, natsPasswords } from './nats-configuration.mjs';
import { operations, parts, secretsOf, servers, userOf } from './parts.mjs';

const natsStoreMax = '16GB';

/** TLS for every connection that is not of the machine itself; the password is checked as SCRAM. */
const postgresAccess = 'local all all scram-sha-256\nhostssl all all all scram-sha-256\n';

/**
 * The files that the parts of a deployment get, a folder each: certificates, keys, passwords and the configuration of NATS
 * and PostgreSQL. `stored/` has all secrets and `ca/` the key of the CA; no part gets these two. What exists stays,
 * so that it can be called at every start and as often as certificates are to be replaced.
 */
export class DeploymentFiles {
  #secrets;
  #certificates;

  /**
   * @param {object} options
   * @param {string} options.folder
   * @param {string} options.operator
   * @param {boolean} [options.isOwned]  gives each file to the user of its part, which only root may do
   */
  constructor({ folder, operator, isOwned = false }) {
    this.folder = folder;
    this.isOwned = isOwned;
    for (const name of ['stored', 'ca', ...parts])
      fs.mkdirSync(path.join(folder, name), { recursive: true, mode: 0o700 });
    this.#secrets = new Secrets(path.join(folder, 'stored'), operator);
    this.#certificates = new SystemCertificates(folder, servers);
  }

  /** @param {Date} now  @returns {Promise<string[]>}  parts with a new certificate */
  async write(now) {
    const renewed = await this.#certificates.issueDue(now);
    for (const service of SERVICES) this.#writeSecrets(service, secretsOf(service));
    this.#writeServers();
    this.#writePrograms();
    if (this.isOwned) this.#giveAway();
    return renewed;
  }

  /** @param {string} part  @param {readonly import('./parts.mjs').PartSecret[]} secrets */
  #writeSecrets(part, secrets) {
    for (const { file, stored, isKey } of secrets)
      this.#write(part, file, read(isKey ? this.#secrets.key(stored) : this.#secrets.password(stored)));
  }

  #writeServers() {
    this.#write('postgres', 'superuser.password', this.#password('database-superuser'));
    this.#write('postgres', 'pg_hba.conf', postgresAccess);
    this.#write(
      'nats',
      'passwords.conf',
      natsPasswords((service) => this.#password(`nats-${service}`)),
    );
    // In one volume, whose folder belongs to the server's user.
    const paths = { files: '/run/holdfast', store: '/run/holdfast/jetstream' };
    this.#write('nats', 'nats.conf', natsConfiguration({ ...paths, fileStoreMax: natsStoreMax }));
    this.#write('issuer', 'clients.json', read(this.#secrets.clients()));
  }

  /** The program that makes the roles of the database gets all their passwords; every other one its own. */
  #writePrograms() {
    const authority = fs.readFileSync(path.join(this.folder, 'ca', 'certificate.pem'), 'utf8');
    this.#write('database', 'superuser.password', this.#password('database-superuser'));
    this.#write('database', 'ca.pem', authority);
    for (const role of [...SERVICES, ...Object.keys(operations)])
      this.#write('database', `${role}.password`, this.#password(`database-${role}`));
    for (const [part, secrets] of Object.entries(operations)) {
      this.#writeSecrets(part, secrets);
      this.#write(part, 'ca.pem', authority);
    }
    this.#write('demo', 'client.secret', this.#secrets.credentials('console').secret);
    this.#write('demo', 'ca.pem', authority);
  }

  /** @param {string} name */
  #password(name) {
    return read(this.#secrets.password(`${name}.password`));
  }

  /** Each file appears complete or not at all. @param {string} part  @param {string} name  @param {string} text */
  #write(part, name, text) {
    const file = path.join(this.folder, part, name);
    if (fs.existsSync(file) && fs.readFileSync(file, 'utf8') === text) return;
    const partial = path.join(this.folder, part, `.${name}.${process.pid}`);
    fs.writeFileSync(partial, text, { mode: 0o600 });
    fs.renameSync(partial, file);
  }

  #giveAway() {
    for (const part of parts) {
      const folder = path.join(this.folder, part);
      const user = userOf(part);
      fs.chownSync(folder, user, user);
      for (const name of fs.readdirSync(folder)) fs.chownSync(path.join(folder, name), user, user);
    }
  }
}
