import { loadConfig, platformConfig, type Environment } from '@holdfast/platform/config';
import { clientOptions } from '@holdfast/platform/database';
import { Client } from 'pg';
import { z } from 'zod';
import { UsageError } from '../connection.js';

const key = z.string().regex(/^[0-9a-f]{64}$/i, 'must be 64 hex digits');

/** What a backup needs: it reads all schemas and the lake, and no key. */
const backupConfig = platformConfig.pick({ mode: true, operator: true, databaseCaFile: true }).extend({
  /** HOLDFAST_ADMINISTRATOR_URL: the database with all schemas, by a role that reads them; that may write them, to restore. */
  administratorUrl: z
    .string()
    .refine((url) => URL.canParse(url), 'must be a URL such as postgresql://role@host/holdfast'),
  administratorPassword: z.string().default(''),
  /** HOLDFAST_LAKE: the lake's folder. */
  lake: z.string(),
});
export type BackupSettings = z.output<typeof backupConfig>;

/** A restore checks that the keys are those of the backup, and that NATS is empty. */
const restoreConfig = backupConfig.extend({
  lakeKey: key,
  profileKey: key,
  ...platformConfig.pick({ natsUrl: true, natsToken: true, natsUser: true, natsPassword: true, natsCaFile: true })
    .shape,
});
export type RestoreSettings = z.output<typeof restoreConfig>;

/** @throws UsageError that names every setting that is missing or wrong */
export function backupSettings(environment: Environment): BackupSettings {
  return settingsOf(() => loadConfig(backupConfig, environment));
}

/** @throws UsageError that names every setting that is missing or wrong */
export function restoreSettings(environment: Environment): RestoreSettings {
  return settingsOf(() => loadConfig(restoreConfig, environment));
}

function settingsOf<Settings>(load: () => Settings): Settings {
  try {
    return load();
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

/** A session of the administrator, without limits of time: a table may take an hour. */
export async function openSession(settings: BackupSettings, name: string): Promise<Client> {
  const { administratorUrl, administratorPassword, databaseCaFile } = settings;
  const client = new Client({
    ...clientOptions({ url: administratorUrl, password: administratorPassword, caFile: databaseCaFile }),
    application_name: `holdfast ${name}`,
    options: '-c timezone=UTC -c statement_timeout=0 -c idle_in_transaction_session_timeout=0',
    connectionTimeoutMillis: 10_000,
  });
  // Reported by the statement that fails.
  client.on('error', () => undefined);
  await client.connect();
  return client;
}
