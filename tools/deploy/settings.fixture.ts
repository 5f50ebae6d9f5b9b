import fs from 'node:fs';
import path from 'node:path';
import { backupSettings, restoreSettings, type BackupSettings } from '@holdfast/cli/backup/settings';
import { loadConfig, platformConfig, type Environment } from '@holdfast/platform/config';
import { TestAuthority } from '@holdfast/testing/certificates';
import type { z } from 'zod';
import { churnScoringConfig } from '../../services/churn-scoring/src/config.js';
import { customerProfileConfig } from '../../services/customer-profile/src/config.js';
import { featureStoreConfig } from '../../services/feature-store/src/config.js';
import { gatewayConfig, refuseUnsafeProduction } from '../../services/gateway/src/config.js';
import { preferenceRecommendationConfig } from '../../services/preference-recommendation/src/config.js';
import { ServiceIdentity } from '@holdfast/platform/service-identity';

const SCHEMAS: Readonly<Record<string, z.ZodObject>> = {
  'churn-scoring': churnScoringConfig,
  'customer-profile': customerProfileConfig,
  'feature-store': featureStoreConfig,
  'preference-recommendation': preferenceRecommendationConfig,
};

/** Where a deployment puts the files of a part. */
const MOUNT = '/run/holdfast/';

/**
 * Reads the settings of a service as its process does at its start, with its files in a folder instead of where they are
 * mounted.
 * @returns its mode, and the port at which it listens
 * @throws an Error that names what is missing, wrong or refused in production
 */
export function startSettings(
  service: string,
  environment: Environment,
  folder: string,
): { mode: string; port: number } {
  const local = inFolder(environment, folder);
  if (service === 'gateway') return startGateway(local);
  const config = loadConfig(SCHEMAS[service] ?? platformConfig, local) as z.output<typeof platformConfig>;
  for (const file of [config.databaseCaFile, config.natsCaFile]) fs.readFileSync(file);
  ServiceIdentity.open(service, config).close();
  return { mode: config.mode, port: Number(config.grpcAddress.split(':')[1]) };
}

/** Reads the settings of backup or restore as its command does. @throws as `startSettings` */
export function operationsSettings(
  command: 'backup' | 'restore',
  environment: Environment,
  folder: string,
): BackupSettings {
  const local = inFolder(environment, folder);
  const settings = command === 'backup' ? backupSettings(local) : restoreSettings(local);
  fs.readFileSync(settings.databaseCaFile);
  return settings;
}

function inFolder(environment: Environment, folder: string): Environment {
  const here = Object.entries(environment).map(([name, value]) => [
    name,
    value?.startsWith(MOUNT) === true ? path.join(folder, value.slice(MOUNT.length)) : value,
  ]);
  return Object.fromEntries(here) as Environment;
}

function startGateway(environment: Environment): { mode: string; port: number } {
  const config = loadConfig(gatewayConfig, environment);
  refuseUnsafeProduction(config);
  fs.readFileSync(config.databaseCaFile);
  ServiceIdentity.open('gateway', config).close();
  return { mode: config.mode, port: config.port };
}

/** The files that cert-manager makes for a service, in a folder. */
export async function writeCertificates(folder: string, service: string): Promise<void> {
  const authority = await TestAuthority.create(path.dirname(folder));
  await authority.issue(service);
  fs.copyFileSync(path.join(folder, 'ca.pem'), path.join(folder, 'database-ca.pem'));
}
