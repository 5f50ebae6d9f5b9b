import { GRPC_SERVICES, SERVICES } from '@holdfast/platform/services';

const dayMs = 86_400_000;

/** The user of our images, who has no entry in a list of users; and that of PostgreSQL's image. */
const nonRoot = 65_532;
const postgresUser = 999;

/** A secret of a part: its file there, the name that it is stored under, and whether it is a key of 64 hex digits. */
/** @typedef {{ file: string, stored: string, isKey: boolean }} PartSecret */

/** Secrets that services need in addition to those that each has; keys that several have are the same. */
/** @type {Readonly<Record<string, readonly string[]>>} */
const ownKeys = { 'feature-store': ['lake.key'], 'customer-profile': ['profile.key'] };

/** @param {string} service  @returns {PartSecret[]} */
export function secretsOf(service) {
  const keys = ['internal.key', ...(ownKeys[service] ?? [])];
  const isOnBus = GRPC_SERVICES.some((name) => name === service);
  return [
    ...keys.map((file) => ({ file, stored: file, isKey: true })),
    { file: 'database.password', stored: `database-${service}.password`, isKey: false },
    ...(isOnBus ? [{ file: 'nats.password', stored: `nats-${service}.password`, isKey: false }] : []),
  ];
}

/**
 * Servers next to the services, with the names by which they are reached in Compose. They read their certificates when
 * they start only.
 * @type {readonly (import('../launch/certificates.mjs').CertifiedServer & { user: number })[]}
 */
export const servers = [
  { name: 'postgres', hosts: ['postgres', 'localhost'], validMs: 730 * dayMs, user: postgresUser },
  { name: 'nats', hosts: ['nats', 'localhost'], validMs: 730 * dayMs, user: nonRoot },
  { name: 'issuer', hosts: ['issuer', 'localhost'], validMs: 730 * dayMs, user: nonRoot },
];

/** @param {string} part  @returns {number}  the user that its files belong to */
export function userOf(part) {
  return servers.find(({ name }) => name === part)?.user ?? nonRoot;
}

/**
 * Programs of operations, with the role of PostgreSQL that each has: a backup reads all schemas; a restore writes them,
 * and checks that keys and NATS are the right ones.
 * @type {Readonly<Record<string, readonly PartSecret[]>>}
 */
export const operations = {
  backup: [{ file: 'database.password', stored: 'database-backup.password', isKey: false }],
  restore: [
    { file: 'database.password', stored: 'database-restore.password', isKey: false },
    { file: 'nats.password', stored: 'nats-operations.password', isKey: false },
    { file: 'lake.key', stored: 'lake.key', isKey: true },
    { file: 'profile.key', stored: 'profile.key', isKey: true },
  ],
};

/** Every part of a deployment that gets files. */
export const parts = [...SERVICES, ...servers.map(({ name }) => name), 'database', 'demo', ...Object.keys(operations)];
