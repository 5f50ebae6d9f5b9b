/** Names of services in certificates are URIs (SPIFFE ids). */
const PREFIX = 'spiffe://holdfast/';
const URI = new RegExp(`^URI:${PREFIX}([a-z]+(?:-[a-z]+)*)$`);

export function identityUri(service: string): string {
  return `${PREFIX}${service}`;
}

/**
 * The service that a certificate names; undefined if it names none or several.
 * @param subjectAltName as Node prints it; it quotes values with commas, which no certificate of ours has
 */
export function serviceIn(subjectAltName: string | undefined): string | undefined {
  if (subjectAltName === undefined || subjectAltName.includes('"')) return undefined;
  const uris = subjectAltName.split(', ').filter((name) => name.startsWith('URI:'));
  return uris.length === 1 ? URI.exec(uris[0]!)?.[1] : undefined;
}
