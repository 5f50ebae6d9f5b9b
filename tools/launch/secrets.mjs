import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';

import { newPassword } from '../embedded-postgres.mjs';

/**
 * The development secrets of one home: each in its own file, created once, readable by this user only. Services get the path.
 */
export class Secrets {
  /**
   * @param {string} folder  exists already
   * @param {string} operator  whose whole province the development clients see
   */
  constructor(folder, operator) {
    this.folder = folder;
    this.operator = operator;
  }

  /** A password or token. @param {string} name */
  password(name) {
    return this.#file(name, newPassword);
  }

  /** 32 random bytes as 64 hexadecimal digits. @param {string} name */
  key(name) {
    return this.#file(name, () => randomBytes(32).toString('hex'));
  }

  /** The clients of the gateway's development issuer, as JSON. A home of a former release gets what it lacks. */
  clients() {
    const file = this.#file('clients.json', () => '[]');
    /** @type {DevelopmentClient[]} */
    const present = JSON.parse(read(file));
    const wanted = developmentClients(this.operator).map((client) => {
      const { secret = client.secret } = present.find((each) => each.client_id === client.client_id) ?? {};
      return { ...client, secret };
    });
    const own = present.filter((each) => !wanted.some((client) => client.client_id === each.client_id));
    const text = JSON.stringify([...wanted, ...own], null, 2);
    if (text !== read(file)) fs.writeFileSync(file, text, { mode: 0o600 });
    return file;
  }

  /** @param {string} clientId  @returns {{ clientId: string, secret: string }} */
  credentials(clientId) {
    /** @type {DevelopmentClient[]} */
    const clients = JSON.parse(read(this.clients()));
    const client = clients.find((each) => each.client_id === clientId);
    if (client === undefined) throw new Error(`there is no client ${clientId} in ${this.clients()}`);
    return { clientId, secret: client.secret };
  }

  /** @param {string} name  @param {() => string} make  @returns {string}  the path */
  #file(name, make) {
    const file = path.join(this.folder, name);
    if (!fs.existsSync(file)) fs.writeFileSync(file, make(), { mode: 0o600, flag: 'wx' });
    return file;
  }
}

/** @param {string} file */
export function read(file) {
  return fs.readFileSync(file, 'utf8').trim();
}

/**
 * @typedef {object} DevelopmentClient
 * @property {string} client_id
 * @property {string} secret
 * @property {string[]} scopes
 * @property {string[]} org_scope  paths of the units whose rows it sees; the operator's name is the whole tree
 */

/** Who may call the gateway of a home, until a real issuer is named. @param {string} operator  @returns {DevelopmentClient[]} */
function developmentClients(operator) {
  const frontDesk = [
    ...[
      'profile:read',
      'churn:read',
      'value:read',
      'contact:check',
      'script:read',
      'work:read',
      'lease:write',
      'disposition:write',
    ],
    ...['jobs:read'],
  ];
  const console = [
    ...frontDesk,
    ...['ingest:read', 'ingest:write', 'features:read', 'model:read', 'model:train', 'model:promote', 'score:run'],
    ...['consent:read', 'consent:write', 'parameters:read', 'parameters:write', 'jobs:write', 'pii:read'],
    ...['preference:read', 'preference:run', 'household:read', 'household:decide', 'household:run'],
    ...['campaign:read', 'campaign:write', 'evaluation:read', 'evaluation:run', 'audit:read', 'lease:supervise'],
  ];
  const marketingLead = [
    ...['campaign:read', 'campaign:approve', 'model:read', 'model:approve'],
    ...['evaluation:read', 'jobs:read'],
  ];
  return [
    { client_id: 'console', secret: newPassword(), scopes: console, org_scope: [operator] },
    { client_id: 'marketing-lead', secret: newPassword(), scopes: marketingLead, org_scope: [operator] },
    { client_id: 'front-desk', secret: newPassword(), scopes: frontDesk, org_scope: [operator] },
  ];
}
