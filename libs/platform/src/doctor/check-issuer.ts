import { failed, ok, type Finding } from './finding.js';
import { problemOf } from './problem.js';

const ANSWER_MS_MAX = 5_000;
const ALGORITHMS: ReadonlySet<unknown> = new Set(['EdDSA', 'ES256', 'RS256']);
/** Kinds of keys that these algorithms use, for keys that name no algorithm. */
const KINDS: ReadonlySet<unknown> = new Set(['OKP', 'EC', 'RSA']);

interface IssuerSettings {
  mode: string;
  oidcIssuer: string;
  oidcJwksUrl: string;
  oidcAudience: string;
}

/** The issuer of access tokens: its discovery document, and keys of a kind that the gateway accepts. */
export async function checkIssuer({ mode, oidcIssuer, oidcJwksUrl, oidcAudience }: IssuerSettings): Promise<Finding[]> {
  const isProduction = mode === 'production';
  if (oidcIssuer === '') return isProduction ? [failed('issuer.none')] : [];
  const plain = Object.entries({ HOLDFAST_OIDC_ISSUER: oidcIssuer, HOLDFAST_OIDC_JWKS_URL: oidcJwksUrl })
    .filter(([, url]) => isProduction && url !== '' && !url.startsWith('https://'))
    .map(([variable]) => failed('issuer.plain', { variable }));
  if (plain.length > 0) return plain;
  let url = oidcJwksUrl;
  if (url === '') {
    const discovery = `${oidcIssuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
    const document = await jsonAt(discovery);
    if (typeof document === 'string') return [failed('issuer.unreachable', { url: discovery, problem: document })];
    if (document['issuer'] !== oidcIssuer)
      return [failed('issuer.other', { issuer: oidcIssuer, found: String(document['issuer']) })];
    url = String(document['jwks_uri']);
  }
  const keySet = await jsonAt(url);
  if (typeof keySet === 'string') return [failed('issuer.unreachable', { url, problem: keySet })];
  const keys = Array.isArray(keySet['keys']) ? (keySet['keys'] as Record<string, unknown>[]) : [];
  const usable = keys.filter(({ alg, kty }) => (alg === undefined ? KINDS.has(kty) : ALGORITHMS.has(alg)));
  if (usable.length === 0) return [failed('issuer.noKeys', { url })];
  return [ok('issuer.reached', { issuer: oidcIssuer, keys: usable.length, audience: oidcAudience })];
}

/** An object, or why there is none. */
async function jsonAt(url: string): Promise<Record<string, unknown> | string> {
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(ANSWER_MS_MAX) });
    if (!answer.ok) return `status ${answer.status}`;
    const body: unknown = await answer.json();
    return typeof body === 'object' && body !== null ? (body as Record<string, unknown>) : 'no JSON object';
  } catch (thrown) {
    return problemOf(thrown);
  }
}
