import fs from 'node:fs';
import path from 'node:path';

const FAILURE = /\bfailure\(\s*'(\w+)',\s*'([\w.]+)'/g;
/** Declared directly, or named as the job that purges runs (libs/platform/src/published-runs). */
const JOB_KIND = /\b(?:jobKind\(|purgeJob:)\s*'([\w-]+)'/g;
/** Codes of a connection between services, which are not declared by `failure` (libs/platform/src/grpc). */
const OF_CONNECTIONS = /** @type {const} */ ([
  ['service.unavailable', 'unavailable'],
  ['service.failed', 'internal'],
]);

/** TypeScript of the codes that the sources of platform and services declare. @param {string} repository */
export function printCodes(repository) {
  const texts = sourceFiles(repository).map((file) => fs.readFileSync(file, 'utf8'));
  const declared = texts.flatMap((text) => [...text.matchAll(FAILURE)].map(([, kind, code]) => [code, kind]));
  /** @type {Map<string, string>} */
  const kinds = new Map();
  for (const [code, kind] of /** @type {[string, string][]} */ ([...OF_CONNECTIONS, ...declared])) {
    const known = kinds.get(code);
    if (known !== undefined && known !== kind) throw new Error(`${code} is declared as ${known} and as ${kind}`);
    kinds.set(code, kind);
  }
  const jobKinds = new Set(texts.flatMap((text) => [...text.matchAll(JOB_KIND)].map(([, kind]) => kind)));
  return `// Generated from the sources of the services by tools/generate-problem-codes.mjs. DO NOT EDIT.

/** Kind of each failure, by its code. */
export const PROBLEM_KINDS = {
${[...kinds]
  .sort(([left], [right]) => (left < right ? -1 : 1))
  .map(([code, kind]) => `  ${code.includes('.') ? `'${code}'` : code}: '${kind}',\n`)
  .join('')}} as const;
export type ProblemCode = keyof typeof PROBLEM_KINDS;

export const JOB_KINDS = [
${[...jobKinds]
  .sort()
  .map((kind) => `  '${kind}',\n`)
  .join('')}] as const;
`;
}

/** @param {string} repository */
function sourceFiles(repository) {
  const services = fs.readdirSync(path.join(repository, 'services')).map((name) => path.join('services', name));
  return [...services, 'libs/platform'].flatMap((folder) => {
    const sources = path.join(repository, folder, 'src');
    return fs
      .readdirSync(sources, { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts') && !/\.(test|fixture)\.ts$/.test(file))
      .map((file) => path.join(sources, file))
      .sort();
  });
}
