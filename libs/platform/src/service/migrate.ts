/**
 * Brings the schema of the service that HOLDFAST_SERVICE names up to date, and ends. A service does the same when it
 * starts, under the same lock; as a job of a release, a migration that fails stops the release before any replica.
 *
 *   node libs/platform/dist/service/migrate.js
 */
import { loadConfig, platformConfig } from '../config/config.js';
import { databaseOptions, migrate } from '../database/database.js';
import { throughOutage } from '../retry/retry.js';
import { SERVICES } from '../services/services.js';
import { migrationFolders } from './service.js';

const settings = platformConfig.pick({
  mode: true,
  databaseUrl: true,
  databasePassword: true,
  databaseCaFile: true,
  databasePoolMax: true,
});

const service = process.env['HOLDFAST_SERVICE'] ?? '';
if (!SERVICES.includes(service)) throw new Error('HOLDFAST_SERVICE names no service');
const options = databaseOptions(service, loadConfig(settings, process.env));
const done = await throughOutage('database', () => migrate({ ...options, directories: migrationFolders(service) }));
process.stdout.write(`${JSON.stringify({ service, migrations: done })}\n`);
