import { developmentOnly, platformConfig } from '@holdfast/platform/config';
import { z } from 'zod';

/** The gateway's settings: those of every process that it needs, and its own. */
export const gatewayConfig = platformConfig
  .omit({
    natsUrl: true,
    natsToken: true,
    natsUser: true,
    natsPassword: true,
    natsCaFile: true,
    natsReplicas: true,
    grpcAddress: true,
  })
  .extend({
    host: z.string().default('127.0.0.1'),
    port: z.coerce.number().int().min(0).max(65_535).default(8080),
    /** Issuer of access tokens. Without one, development mode is its own issuer; production refuses to start. */
    oidcIssuer: z.string().default(''),
    /** Its key set; without one, found through its discovery document. */
    oidcJwksUrl: z.string().default(''),
    oidcAudience: z.string().default('holdfast'),
    /** JSON list of the development issuer's clients. Default: secrets/clients.json in the home. */
    clientsFile: z.string().default('').meta(developmentOnly),
    tokenLifetimeSeconds: z.coerce.number().int().min(60).max(86_400).default(3_600),
    /** Requests per second of one client, by class; the burst is twice as high. */
    rateInteractivePerSecond: z.coerce.number().positive().default(2_000),
    rateBulkPerSecond: z.coerce.number().positive().default(20),
    /** Attempts a second from one address to get a token. */
    rateTokenPerSecond: z.coerce.number().positive().default(20),
    /** Where the platform serves measurements; 0 for nowhere. */
    metricsPort: z.coerce.number().int().min(0).max(65_535).default(0),
    jsonBytesMax: z.coerce.number().int().min(1_024).default(1_048_576),
    /** Bytes of an uploaded table; 0 for no limit. */
    uploadBytesMax: z.coerce.number().int().min(0).default(0),
    /** Time in which the head of a request has to arrive. */
    headSecondsMax: z.coerce.number().positive().default(15),
    /** Time in which a body has to arrive; in each such time of an upload, 1 KiB per second. */
    bodySecondsMax: z.coerce.number().positive().default(60),
    /** Time for running requests after a request to stop the process. */
    drainSeconds: z.coerce.number().int().min(0).max(300).default(10),
  });
export type GatewayConfig = z.output<typeof gatewayConfig>;

/** @throws an Error if development's conveniences would be used in production */
export function refuseUnsafeProduction(config: GatewayConfig): void {
  if (config.mode !== 'production') return;
  if (config.oidcIssuer === '') {
    throw new Error('HOLDFAST_OIDC_ISSUER is not set: production mode issues no tokens.');
  }
  if (!config.oidcIssuer.startsWith('https://'))
    throw new Error('HOLDFAST_OIDC_ISSUER must be an https URL in production mode.');
  if (config.oidcJwksUrl !== '' && !config.oidcJwksUrl.startsWith('https://'))
    throw new Error('HOLDFAST_OIDC_JWKS_URL must be an https URL in production mode.');
}
