import type { Caller } from '@holdfast/platform/caller';
import type { Language } from '@holdfast/platform/errors';
import { z } from 'zod';

/** Required claims of an access token; the standard claims (issuer, audience, expiry) are checked before. */
export const accessClaims = z.object({
  client_id: z.string().min(1).max(200),
  scope: z.string().default(''),
  /** Codes of units from the province down, joined by slashes: `demo`, `demo/shenyang`. */
  org_scope: z.union([z.array(z.string()), z.string().transform((codes) => codes.split(' '))]).default([]),
  partner_id: z.string().optional(),
  /** The agent behind the client. */
  act: z.object({ sub: z.string().min(1).max(200) }).optional(),
  exp: z.number(),
});
export type AccessClaims = z.output<typeof accessClaims>;

export interface Manner {
  language: Language;
  /** Header X-Access-Reason; counts only together with the scope pii:read. */
  accessReason: string | undefined;
}

/** The caller that a token makes. Its region is a list of unit paths, each ending in a slash. */
export function callerOfClaims(claims: AccessClaims, { language, accessReason }: Manner): Caller {
  const scopes = new Set(claims.scope.split(' ').filter((scope) => scope !== ''));
  return {
    client: claims.client_id,
    scopes,
    orgScope: claims.org_scope.filter((code) => code !== '').map((code) => (code.endsWith('/') ? code : `${code}/`)),
    ...(claims.act === undefined ? {} : { onBehalfOf: claims.act.sub }),
    language,
    ...(accessReason !== undefined && scopes.has('pii:read') ? { accessReason } : {}),
    system: false,
  };
}

/** Whether answers to a caller may hold personal data. */
export function mayReadPersonal({ scopes, accessReason }: Caller): boolean {
  return scopes.has('pii:read') && accessReason !== undefined;
}

const REASON_LENGTH_MAX = 200;

/** The stated reason; percent-encoded UTF-8 is read, since a header holds no Chinese as it is. */
export function accessReasonOf(header: string | string[] | undefined): string | undefined {
  if (typeof header !== 'string' || header.trim() === '') return undefined;
  let reason = header;
  try {
    reason = decodeURIComponent(header);
  } catch {
    // A bare percent sign stays as it is.
  }
  // A control character would keep the reason, and with it the whole entry, out of the audit ledger.
  return (
    reason
      .replace(/\p{Cc}/gu, ' ')
      .trim()
      .slice(0, REASON_LENGTH_MAX) || undefined
  );
}
