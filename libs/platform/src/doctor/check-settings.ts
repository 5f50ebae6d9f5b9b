import type { z } from 'zod';
import { platformConfig, readSettings, variableOf, type Environment, type PlatformConfig } from '../config/config.js';
import { failed, ok, warning, type Finding } from './finding.js';

/** Variables that are read in addition to the settings: of the process, of its log and of telemetry. */
const OF_THE_PROCESS = new Set([
  ...['HOLDFAST_SERVICE', 'HOLDFAST_METRICS_PORT', 'HOLDFAST_METRICS_HOST', 'HOLDFAST_TRACES', 'HOLDFAST_LOG_FILE'],
  ...['HOLDFAST_LOG_LEVEL', 'HOLDFAST_DEBUG', 'HOLDFAST_VERSION'],
]);

/** Settings that a deployment gives to all services, and not every one has. */
const OF_OTHERS = new Set([
  ...Object.keys(platformConfig.shape).map(variableOf),
  ...['HOLDFAST_OIDC_ISSUER', 'HOLDFAST_OIDC_JWKS_URL', 'HOLDFAST_OIDC_AUDIENCE'],
]);

interface CheckedSettings {
  findings: Finding[];
  /** Absent where they are wrong: then nothing else can be checked. */
  settings?: PlatformConfig;
}

export function checkSettings(service: string, schema: z.ZodObject, environment: Environment): CheckedSettings {
  const unknown = unknownVariables(schema, environment).map((variable) =>
    warning('settings.unknown', { variable, service }),
  );
  const read = readSettings(schema, environment);
  if (read.settings === undefined)
    return {
      findings: [
        ...read.problems.map(({ variable, text }) => failed('settings.wrong', { variable, problem: text })),
        ...unknown,
      ],
    };
  const settings = read.settings as PlatformConfig;
  return { findings: [ok('settings.complete', { service, mode: settings.mode }), ...unknown], settings };
}

function unknownVariables(schema: z.ZodObject, environment: Environment): string[] {
  const known = new Set([...OF_OTHERS, ...Object.keys(schema.shape).map(variableOf)]);
  return Object.keys(environment)
    .filter((name) => name.startsWith('HOLDFAST_') && !OF_THE_PROCESS.has(name))
    .filter((name) => !known.has(name) && !known.has(name.replace(/_FILE$/, '')))
    .sort();
}
