import { createHash } from 'node:crypto';
import { createLocalJWKSet, createRemoteJWKSet, jwtVerify, type JWTVerifyGetKey } from 'jose';
import { LRUCache } from 'lru-cache';
import { unauthenticated, type Caller } from '@holdfast/platform/caller';
import { Failure, failure } from '@holdfast/platform/errors';
import type { GatewayConfig } from '../config.js';
import { accessClaims, callerOfClaims, type AccessClaims, type Manner } from './claims.js';
import { DEVELOPMENT_ISSUER, type DevelopmentIssuer } from './development-issuer.js';

const ALGORITHMS = ['EdDSA', 'ES256', 'RS256'];
const CLOCK_SKEW_SECONDS = 30;
const VERIFIED_MAX = 10_000;

const issuerUnavailable = failure('unavailable', 'access.issuerUnavailable', {
  en: 'Access tokens cannot be checked at the moment.',
  'zh-CN': '暂时无法校验访问令牌。',
});

/** Access tokens, checked against the issuer's key set without a call to the issuer per token. */
export class Access {
  /** By hash of the token, so that memory dumps contain no token as a key; the signature is checked once. */
  private readonly verified = new LRUCache<string, { claims: AccessClaims; callers: Map<string, Caller> }>({
    max: VERIFIED_MAX,
  });

  private constructor(
    private readonly keys: JWTVerifyGetKey,
    private readonly issuer: string,
    private readonly audience: string,
  ) {}

  static open(config: GatewayConfig, development: DevelopmentIssuer | undefined): Access {
    if (development !== undefined) {
      return new Access(createLocalJWKSet(development.keySet), DEVELOPMENT_ISSUER, config.oidcAudience);
    }
    return new Access(remoteKeys(config), config.oidcIssuer, config.oidcAudience);
  }

  /** @throws unauthenticated, unavailable */
  async authenticate(authorization: string | undefined, manner: Manner): Promise<Caller> {
    const token = /^Bearer ([\w.~+/=-]+)$/i.exec(authorization ?? '')?.[1];
    if (token === undefined) throw unauthenticated();
    const key = createHash('sha256').update(token).digest('base64');
    let entry = this.verified.get(key);
    if (entry === undefined || entry.claims.exp * 1_000 <= Date.now()) {
      entry = { claims: await this.verify(token), callers: new Map() };
      this.verified.set(key, entry);
    }
    // A stated reason belongs to one call, so its caller is not cached.
    if (manner.accessReason !== undefined) return callerOfClaims(entry.claims, manner);
    let caller = entry.callers.get(manner.language);
    if (caller === undefined) {
      caller = callerOfClaims(entry.claims, manner);
      entry.callers.set(manner.language, caller);
    }
    return caller;
  }

  private async verify(token: string): Promise<AccessClaims> {
    try {
      const { payload } = await jwtVerify(token, this.keys, {
        algorithms: ALGORITHMS,
        issuer: this.issuer,
        audience: this.audience,
        requiredClaims: ['exp'],
        clockTolerance: CLOCK_SKEW_SECONDS,
      });
      return accessClaims.parse(payload);
    } catch (cause) {
      if (cause instanceof Failure) throw cause;
      throw unauthenticated({}, { cause });
    }
  }
}

/** Errors of the key-set library about the token, not about the issuer. */
const ABOUT_THE_TOKEN = new Set([
  'ERR_JWKS_NO_MATCHING_KEY',
  'ERR_JWKS_MULTIPLE_MATCHING_KEYS',
  'ERR_JOSE_NOT_SUPPORTED',
]);

/**
 * The issuer's key set, found through its discovery document on first use and cached by the library from then on.
 * Throws unavailable where the issuer does not answer as it should.
 */
function remoteKeys(config: GatewayConfig): JWTVerifyGetKey {
  let keys: Promise<JWTVerifyGetKey> | undefined;
  const find = async (): Promise<JWTVerifyGetKey> => {
    const url = config.oidcJwksUrl || (await discover(config.oidcIssuer));
    return createRemoteJWKSet(new URL(url));
  };
  return async (header, token) => {
    keys ??= find();
    try {
      return await (
        await keys
      )(header, token);
    } catch (cause) {
      if (ABOUT_THE_TOKEN.has((cause as { code?: string }).code ?? '')) throw cause;
      keys = undefined;
      throw issuerUnavailable({}, { retryAfterSeconds: 5, cause });
    }
  };
}

async function discover(issuer: string): Promise<string> {
  const url = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
  const answer = await fetch(url, { signal: AbortSignal.timeout(5_000) });
  if (!answer.ok) throw new Error('the issuer does not give its discovery document');
  const { jwks_uri: keySetUrl } = (await answer.json()) as { jwks_uri?: unknown };
  if (typeof keySetUrl !== 'string') throw new Error('the discovery document names no key set');
  return keySetUrl;
}
