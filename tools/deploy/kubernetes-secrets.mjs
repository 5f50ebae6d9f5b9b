import { SERVICES } from '@holdfast/platform/services';

import { read, Secrets } from '../launch/secrets.mjs';
import { natsPasswords } from './nats-configuration.mjs';
import { operations, secretsOf } from './parts.mjs';

/**
 * The Secrets that `k8s/` expects, but for those that its operators make (certificates, the CA of PostgreSQL): of each
 * service, and of backup and restore, its keys, its password of NATS and the role of its database; and the passwords for
 * NATS.
 * @param {string} folder  keeps the secrets, so that a second call gives the same
 */
export function kubernetesSecrets(folder) {
  const secrets = new Secrets(folder, 'demo');
  const password = (/** @type {string} */ name) => read(secrets.password(`${name}.password`));
  const owners = [
    ...SERVICES.map((name) => ({ name, all: secretsOf(name) })),
    ...Object.entries(operations).map(([name, all]) => ({ name, all })),
  ];
  return [
    ...owners.flatMap(({ name, all }) => {
      const files = all.filter(({ file }) => file !== 'database.password');
      const data = files.map(({ file, stored, isKey }) => {
        return [file, read(isKey ? secrets.key(stored) : secrets.password(stored))];
      });
      const role = { username: `holdfast_${name.replaceAll('-', '_')}`, password: password(`database-${name}`) };
      return [
        ...(data.length === 0 ? [] : [secret(`holdfast-${name}`, 'Opaque', Object.fromEntries(data))]),
        secret(`holdfast-${name}-database`, 'kubernetes.io/basic-auth', role),
      ];
    }),
    secret('holdfast-nats-passwords', 'Opaque', {
      'passwords.conf': natsPasswords((service) => password(`nats-${service}`)),
    }),
  ];
}

/** @param {string} name  @param {string} type  @param {Record<string, string>} stringData */
function secret(name, type, stringData) {
  return { apiVersion: 'v1', kind: 'Secret', metadata: { name }, type, stringData };
}
