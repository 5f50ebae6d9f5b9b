import path from 'node:path';

import { startEmbeddedNats } from '../../tools/embedded-nats.mjs';
import { newPassword, startEmbeddedPostgres } from '../../tools/embedded-postgres.mjs';

export const repository = path.resolve(import.meta.dirname, '../..');

/**
 * Starts PostgreSQL and NATS as `npm start` does, with all their writes to disk.
 * @param {ReturnType<typeof import('../../tools/launch/scratch.mjs').makeScratchFolder>} scratch
 */
export async function startServers(scratch) {
  const { folder } = scratch;
  const token = newPassword();
  const nats = await startEmbeddedNats({
    cacheDir: path.join(repository, '.holdfast-cache'),
    storeDir: path.join(folder, 'nats'),
    token,
    onSpawn: (pid) => scratch.note('nats', pid),
  });
  const postgres = await startEmbeddedPostgres({
    dataDir: path.join(folder, 'postgres'),
    password: newPassword(),
    onSpawn: (pid) => scratch.note('postgres', pid),
  });
  const stop = async () => void (await Promise.all([nats.stop(), postgres.stop()]));
  return { nats, postgres, token, stop };
}
