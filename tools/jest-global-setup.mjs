/**
 * Gives the tests of the project `db` a real PostgreSQL and a real NATS:
 * TEST_DATABASE_URL with TEST_NATS_URL, else containers where Docker runs, else the embedded servers.
 * Afterwards the environment holds TEST_DATABASE_URL (a superuser's), TEST_NATS_URL and, where it asks for one,
 * TEST_NATS_TOKEN.
 */
import fs from 'node:fs';
import path from 'node:path';

import { startEmbeddedNats } from './embedded-nats.mjs';
import { newPassword, startEmbeddedPostgres } from './embedded-postgres.mjs';
import { makeScratchFolder, removeDeadScratchFolders } from './launch/scratch.mjs';

const repository = path.resolve(import.meta.dirname, '..');

export default async function startServersForTests() {
  const servers = await findServers();
  process.env['TEST_DATABASE_URL'] = servers.databaseUrl;
  process.env['TEST_NATS_URL'] = servers.natsUrl;
  if (servers.natsToken !== undefined) process.env['TEST_NATS_TOKEN'] = servers.natsToken;
  globalThis.stopServersForTests = servers.stop;
}

/**
 * @returns {Promise<{ databaseUrl: string, natsUrl: string, natsToken?: string | undefined,
 *   stop: () => Promise<void> }>}
 */
async function findServers() {
  const { TEST_DATABASE_URL: databaseUrl, TEST_NATS_URL: natsUrl, TEST_NATS_TOKEN: natsToken } = process.env;
  if (databaseUrl && natsUrl) return { databaseUrl, natsUrl, natsToken, stop: async () => {} };
  return isDockerThere() ? startContainers() : startEmbedded();
}

function isDockerThere() {
  return Boolean(process.env['DOCKER_HOST']) || fs.existsSync('/var/run/docker.sock');
}

async function startContainers() {
  const [{ PostgreSqlContainer }, { GenericContainer, Wait }] = await Promise.all([
    import('@testcontainers/postgresql'),
    import('testcontainers'),
  ]);
  const natsToken = newPassword();
  const [postgres, nats] = await Promise.all([
    new PostgreSqlContainer('postgres:18-alpine').start(),
    new GenericContainer('nats:2.10-alpine')
      .withCommand(['-js', '--auth', natsToken])
      .withExposedPorts(4222)
      .withWaitStrategy(Wait.forLogMessage('Server is ready'))
      .start(),
  ]);
  return {
    databaseUrl: postgres.getConnectionUri(),
    natsUrl: `nats://${nats.getHost()}:${nats.getMappedPort(4222)}`,
    natsToken,
    stop: async () => {
      await Promise.all([postgres.stop(), nats.stop()]);
    },
  };
}

async function startEmbedded() {
  await removeDeadScratchFolders();
  const scratch = makeScratchFolder();
  const natsToken = newPassword();
  const [postgres, nats] = await Promise.all([
    startEmbeddedPostgres({
      dataDir: path.join(scratch.folder, 'postgres'),
      password: newPassword(),
      ephemeral: true,
      onSpawn: (pid) => scratch.note('postgres', pid),
    }),
    startEmbeddedNats({
      cacheDir: path.join(repository, '.holdfast-cache'),
      storeDir: path.join(scratch.folder, 'nats'),
      token: natsToken,
      onSpawn: (pid) => scratch.note('nats', pid),
    }),
  ]);
  return {
    databaseUrl: postgres.url,
    natsUrl: nats.url,
    natsToken,
    stop: async () => {
      await Promise.all([postgres.stop(), nats.stop()]);
      scratch.remove();
    },
  };
}
