/** Whether a client's copy is the present one (RFC 9110, If-None-Match, weak comparison). */
export function matches(ifNoneMatch: string | undefined, etag: string): boolean {
  if (ifNoneMatch === undefined) return false;
  return ifNoneMatch
    .split(',')
    .some((candidate) => candidate.trim() === '*' || candidate.trim().replace(/^W\//, '') === etag);
}

/** The ETag of a thing that counts its changes. */
export function etagOfRevision(revision: number): string {
  return `"${revision}"`;
}

/**
 * The revision that an If-Match names (RFC 9110, strong comparison): `"3"` is 3, `*` is any. Undefined for
 * what never was an ETag of ours, which no revision matches.
 */
export function revisionOfEtag(ifMatch: string, present: number): number | undefined {
  if (ifMatch.trim() === '*') return present;
  const [, digits] = /^"([1-9]\d{0,14})"$/.exec(ifMatch.trim()) ?? [];
  return digits === undefined ? undefined : Number(digits);
}
