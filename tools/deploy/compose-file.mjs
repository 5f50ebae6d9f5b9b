import { parse } from 'yaml';

/**
 * docker-compose.yml as Compose reads it.
 * @param {string} source
 * @param {Readonly<Record<string, string>>} [variables]  for `${NAME:-default}`
 * @returns {import('./kustomize.mjs').Loose}
 */
export function readCompose(source, variables = {}) {
  const text = source.replaceAll(/\$\{(\w+):-([^}]*)\}/g, (_, name, otherwise) => variables[name] || otherwise);
  return parse(text, { merge: true });
}
