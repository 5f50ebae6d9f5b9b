import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { developmentOnly, requiredInProduction, tlsInProduction, unsafeSettings } from './production.js';
import { GRPC_SERVICES, addressKeyOf, defaultAddressOf, type AddressKey } from '../services/services.js';

/** Where settings come from: the process's environment, or a test's own. */
export type Environment = Readonly<Record<string, string | undefined>>;

const addresses = Object.fromEntries(
  GRPC_SERVICES.map((service) => [addressKeyOf(service), z.string().default(defaultAddressOf(service))]),
) as Record<AddressKey, z.ZodDefault<z.ZodString>>;

export { developmentOnly };

/** Name of an operator. All ids depend on it. */
export const OPERATOR_NAME = /^[a-z0-9][a-z0-9-]{0,30}$/;

/** Settings that every process has. A service's schema extends it. */
export const platformConfig = z.object({
  mode: z.enum(['development', 'production']).default('production'),
  home: z.string().default('.holdfast'),
  operator: z.string().regex(OPERATOR_NAME).default('demo'),
  databaseUrl: z.string(),
  databasePassword: z.string().default(''),
  /** PEM file of the CAs of PostgreSQL. With it, connections are TLS and the server's name is checked. */
  databaseCaFile: z.string().default('').meta(requiredInProduction),
  databasePoolMax: z.coerce.number().int().min(2).max(200).default(10),
  natsUrl: z.string().meta(tlsInProduction),
  /** One token for all services; or a user for each, with the permissions of `busPermissions`. */
  natsToken: z.string().default('').meta(developmentOnly),
  natsUser: z.string().default('').meta(requiredInProduction),
  natsPassword: z.string().default('').meta(requiredInProduction),
  /** PEM file of the CAs of the NATS servers; default: those of the system. */
  natsCaFile: z.string().default(''),
  natsReplicas: z.coerce.number().int().min(1).max(5).default(1),
  grpcAddress: z.string().default('127.0.0.1:0'),
  internalKey: z.string().min(32),
  /** PEM files of the service's certificate, of its key and of the CAs that it trusts; read again when replaced. */
  tlsCertificateFile: z.string().default('').meta(requiredInProduction),
  tlsKeyFile: z.string().default('').meta(requiredInProduction),
  tlsCaFile: z.string().default('').meta(requiredInProduction),
  /** Business time; see `Clock`. */
  now: z.string().default('').meta(developmentOnly),
  /** Shared by the processes of a development system; see `Clock`. */
  clockFile: z.string().default('').meta(developmentOnly),
  ...addresses,
});
export type PlatformConfig = z.output<typeof platformConfig>;

/** The variable that sets a key: `lakeKey` is `HOLDFAST_LAKE_KEY`. */
export function variableOf(key: string): string {
  return `HOLDFAST_${key.replace(/([a-z0-9])([A-Z])/g, '$1_$2').toUpperCase()}`;
}

/**
 * Reads all settings of a schema once. Any of them may be in a file instead (`HOLDFAST_LAKE_KEY_FILE`), which is how
 * secrets come in.
 * @throws an Error that names every variable that is missing, wrong or refused in production mode, never its value.
 */
export function loadConfig<S extends z.ZodObject>(schema: S, environment: Environment): z.output<S> {
  const found: Record<string, string> = {};
  for (const key of Object.keys(schema.shape)) {
    const value = settingOf(variableOf(key), environment);
    if (value !== undefined && value !== '') found[key] = value;
  }
  const parsed = schema.safeParse(found);
  if (parsed.success) return safe(schema, parsed.data);
  const problems = parsed.error.issues.map((issue) => {
    const variable = variableOf(String(issue.path[0]));
    return issue.code === 'invalid_type' && !(String(issue.path[0]) in found)
      ? `${variable} is not set`
      : `${variable}: ${issue.message}`;
  });
  throw new Error(`Settings are wrong.\n${problems.join('\n')}`);
}

/** @throws an Error that names every setting that production mode refuses */
function safe<S extends z.ZodObject>(schema: S, settings: z.output<S>): z.output<S> {
  if (settings['mode'] !== 'production') return settings;
  const problems = [...unsafeSettings(schema, settings, variableOf)];
  if (problems.length === 0) return settings;
  const lines = problems.map(([key, problem]) => `${variableOf(key)} ${problem}`);
  throw new Error(`Settings are not safe for production (HOLDFAST_MODE).\n${lines.join('\n')}`);
}

function settingOf(variable: string, environment: Environment): string | undefined {
  const file = environment[`${variable}_FILE`];
  if (file === undefined || file === '') return environment[variable];
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (cause) {
    throw new Error(`${variable}_FILE names a file that cannot be read`, { cause });
  }
}
