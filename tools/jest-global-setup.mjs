/**
 * Gives the tests of the project `db` a real PostgreSQL and a real NATS:
 * TEST_DATABASE_URL with TEST_NATS_URL, else containers where Docker runs, else the embedded servers.
 * Afterwards the environment holds TEST_DATABASE_URL (a superuser's), TEST_NATS_URL and, where it needs one,
 * TEST_NATS_TOKEN. TEST_NATS_URL lists one server per Jest worker, separated by commas: streams have fixed names, so
 * two test files that run at the same time must not share a server.
 */
import fs from 'node:fs';
import path from 'node:path';

import { startEmbeddedNats } from './embedded-nats.mjs';
import { newPassword, startEmbeddedPostgres } from './embedded-postgres.mjs';
import { makeScratchFolder, removeDeadScratchFolders } from './launch/scratch.mjs';

const repository = path.resolve(import.meta.dirname, '..');

/** @param {{ maxWorkers: number }} globalConfig  of Jest */
export default async function startServersForTests({ maxWorkers }) {
  const servers = await findServers(maxWorkers);
  process.env['TEST_DATABASE_URL'] = servers.databaseUrl;
  process.env['TEST_NATS_URL'] = servers.natsUrl;
  if (servers.natsToken !== undefined) process.env['TEST_NATS_TOKEN'] = servers.natsToken;
  globalThis.stopServersForTests = servers.stop;
}

/**
 * @param {number} maxWorkers
 * @returns {Promise<{ databaseUrl: string, natsUrl: string, natsToken?: string | undefined,
 *   stop: () => Promise<void> }>}
 */
async function findServers(maxWorkers) {
  const { TEST_DATABASE_URL: databaseUrl, TEST_NATS_URL: natsUrl, TEST_NATS_TOKEN: natsToken } = process.env;
  if (databaseUrl && natsUrl) return { databaseUrl, natsUrl, natsToken, stop: async () => {} };
  return isDockerThere() ? startContainers(maxWorkers) : startEmbedded(maxWorkers);
}

function isDockerThere() {
  return Boolean(process.env['DOCKER_HOST']) || fs.existsSync('/var/run/docker.sock');
}

/** @param {number} maxWorkers */
async function startContainers(maxWorkers) {
  const [{ PostgreSqlContainer }, { GenericContainer, Wait }] = await Promise.all([
    import('@testcontainers/postgresql'),
    import('testcontainers'),
  ]);
  const natsToken = newPassword();
  const startNats = () =>
    new GenericContainer('nats:2.10-alpine')
      .withCommand(['-js', '--auth', natsToken])
      .withExposedPorts(4222)
      .withWaitStrategy(Wait.forLogMessage('Server is ready'))
      .start();
  const [postgres, ...brokers] = await Promise.all([
    new PostgreSqlContainer('postgres:18-alpine').start(),
    ...Array.from({ length: maxWorkers }, startNats),
  ]);
  return {
    databaseUrl: postgres.getConnectionUri(),
    natsUrl: brokers.map((nats) => `nats://${nats.getHost()}:${nats.getMappedPort(4222)}`).join(','),
    natsToken,
    stop: async () => {
      await Promise.all([postgres, ...brokers].map((server) => server.stop()));
    },
  };
}

/** @param {number} maxWorkers */
async function startEmbedded(maxWorkers) {
  await removeDeadScratchFolders();
  const scratch = makeScratchFolder();
  const natsToken = newPassword();
  const startNats = (/** @type {number} */ worker) =>
    startEmbeddedNats({
      cacheDir: path.join(repository, '.holdfast-cache'),
      storeDir: path.join(scratch.folder, `nats-${worker}`),
      token: natsToken,
      onSpawn: (pid) => scratch.note('nats', pid),
    });
  // The first alone: it may have to fetch the program, which the others then find.
  const first = await startNats(0);
  const [postgres, ...others] = await Promise.all([
    startEmbeddedPostgres({
      dataDir: path.join(scratch.folder, 'postgres'),
      password: newPassword(),
      ephemeral: true,
      onSpawn: (pid) => scratch.note('postgres', pid),
    }),
    ...Array.from({ length: maxWorkers - 1 }, (_, index) => startNats(index + 1)),
  ]);
  return {
    databaseUrl: postgres.url,
    natsUrl: [first, ...others].map((nats) => nats.url).join(','),
    natsToken,
    stop: async () => {
      await Promise.all([postgres, first, ...others].map((server) => server.stop()));
      scratch.remove();
    },
  };
}
