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
  const { settings, what, problems } = readSettings(schema, environment);
  if (settings !== undefined) return settings;
  throw new Error(`${what}\n${problems.map(({ variable, text }) => `${variable}${text}`).join('\n')}`);
}

interface SettingProblem {
  variable: string;
  /** What is wrong with it, to follow its name; it has no value. */
  text: string;
}

interface ReadSettings<S extends z.ZodObject> {
  /** Absent where there are problems. */
  settings?: z.output<S>;
  /** What the problems are about; empty without any. */
  what: string;
  problems: readonly SettingProblem[];
}

/** The settings of a schema, or everything that is wrong with them, production mode's refusals included. */
export function readSettings<S extends z.ZodObject>(schema: S, environment: Environment): ReadSettings<S> {
  const { found, problems } = settingsIn(Object.keys(schema.shape), environment);
  const parsed = schema.safeParse(found);
  const unreadable = new Set(problems.map(({ variable }) => variable.replace(/_FILE$/, '')));
  for (const issue of parsed.error?.issues ?? []) {
    const key = String(issue.path[0]);
    const variable = variableOf(key);
    if (unreadable.has(variable)) continue;
    const isMissing = issue.code === 'invalid_type' && !(key in found);
    problems.push({ variable, text: isMissing ? ' is not set' : `: ${issue.message}` });
  }
  if (problems.length > 0 || !parsed.success) return { what: 'Settings are wrong.', problems };
  const settings: z.output<S> = parsed.data;
  if (settings['mode'] !== 'production') return { settings, what: '', problems };
  const unsafe = Array.from(unsafeSettings(schema, settings, variableOf), ([key, problem]) => ({
    variable: variableOf(key),
    text: ` ${problem}`,
  }));
  if (unsafe.length === 0) return { settings, what: '', problems };
  return { what: 'Settings are not safe for production (HOLDFAST_MODE).', problems: unsafe };
}

/** Values by key, from variables and files, and the files that cannot be read. */
function settingsIn(
  keys: readonly string[],
  environment: Environment,
): { found: Record<string, string>; problems: SettingProblem[] } {
  const found: Record<string, string> = {};
  const problems: SettingProblem[] = [];
  for (const key of keys) {
    const variable = variableOf(key);
    const file = environment[`${variable}_FILE`];
    try {
      const value = file === undefined || file === '' ? environment[variable] : readFileSync(file, 'utf8').trim();
      if (value !== undefined && value !== '') found[key] = value;
    } catch {
      problems.push({ variable: `${variable}_FILE`, text: ' names a file that cannot be read' });
    }
  }
  return { found, problems };
}
