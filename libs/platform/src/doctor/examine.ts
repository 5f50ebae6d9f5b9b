import path from 'node:path';
import type { z } from 'zod';
import { GATEWAY } from '../caller/caller.js';
import type { Environment } from '../config/config.js';
import { checkBus } from './check-bus.js';
import { checkCertificates } from './check-certificates.js';
import { checkDatabase } from './check-database.js';
import { checkIssuer } from './check-issuer.js';
import { checkLake } from './check-lake.js';
import { checkServices } from './check-services.js';
import { checkSettings } from './check-settings.js';
import type { Finding } from './finding.js';

interface Examination {
  service: string;
  /** The settings of the service. */
  schema: z.ZodObject;
  environment: Environment;
  /** The project's root folder. */
  root: string;
  /** Machine time. */
  now?: Date;
}

/**
 * Checks the settings of a service and everything that they name, as the service itself would use it: files, certificates,
 * PostgreSQL, NATS, the services that it calls, the issuer of tokens, the lake. It changes nothing.
 */
export async function examine({
  service,
  schema,
  environment,
  root,
  now = new Date(),
}: Examination): Promise<Finding[]> {
  const { findings, settings } = checkSettings(service, schema, environment);
  if (settings === undefined) return findings;
  // The schema of a service extends the platform's by texts that some services have.
  const own = settings as unknown as Record<string, string>;
  const certificates = checkCertificates(service, settings, now);
  const areRight = certificates.every(({ state }) => state !== 'failed');
  const parts = await Promise.all([
    checkDatabase({ service, settings, keys: own, root }),
    service === GATEWAY ? [] : checkBus(service, settings),
    areRight ? checkServices(service, settings) : [],
    service === GATEWAY
      ? checkIssuer({
          mode: settings.mode,
          oidcIssuer: own['oidcIssuer']!,
          oidcJwksUrl: own['oidcJwksUrl']!,
          oidcAudience: own['oidcAudience']!,
        })
      : [],
    own['lake'] === undefined ? [] : checkLake(path.resolve(root, own['lake'] || path.join(settings.home, 'lake'))),
  ]);
  return [...findings, ...certificates, ...parts.flat()];
}
