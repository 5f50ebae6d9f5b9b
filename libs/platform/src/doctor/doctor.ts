import { existsSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { z } from 'zod';
import { platformConfig, type Environment } from '../config/config.js';
import { SERVICES } from '../services/services.js';
import { examine } from './examine.js';
import { findingLines, written, type DoctorLanguage, type Finding } from './finding.js';

export { failed, ok, warning, type DoctorLanguage, type Finding } from './finding.js';
export { problemOf } from './problem.js';

interface Printing {
  wantsJson: boolean;
  language: DoctorLanguage;
  print: (text: string) => void;
}

interface DoctorRun extends Printing {
  service: string;
  environment: Environment;
  /** The project's root folder, with the compiled services. */
  root: string;
}

/**
 * Examines a service and prints what was found.
 * @returns the exit code: 1 if a check failed @throws an Error if there is no such service
 */
export async function runDoctor({ service, root, environment, ...printing }: DoctorRun): Promise<number> {
  if (!SERVICES.includes(service))
    throw new Error(`HOLDFAST_SERVICE names no service (${service}); one of ${SERVICES.join(', ')} is needed.`);
  const schema = await schemaOfSettings(service, root);
  return printFindings(service, await examine({ service, schema, environment, root }), printing);
}

/** Prints findings. @param of what was examined @returns the exit code: 1 if a check failed */
export function printFindings(of: string, findings: readonly Finding[], printing: Printing): number {
  const { wantsJson, language, print } = printing;
  if (wantsJson) print(JSON.stringify({ of, checks: findings.map((each) => written(each, language)) }, null, 2));
  else findingLines(findings, language).forEach(print);
  return findings.some(({ state }) => state === 'failed') ? 1 : 0;
}

/** Of the service's compiled `config.js`; a service without one has the platform's settings. */
async function schemaOfSettings(service: string, root: string): Promise<z.ZodObject> {
  const file = path.join(root, 'services', service, 'dist', 'config.js');
  if (!existsSync(file)) return platformConfig;
  const exported: object = await import(pathToFileURL(file).href);
  const schema = Object.values(exported).find((each) => each instanceof z.ZodObject);
  if (schema === undefined) throw new Error(`${file} exports no settings`);
  return schema;
}
