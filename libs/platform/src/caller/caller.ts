import { createSecretKey, type KeyObject } from 'node:crypto';
import { SignJWT, jwtVerify } from 'jose';
import { LRUCache } from 'lru-cache';
import { failure, type Language } from '../errors/errors.js';
import { GATEWAY, grantsOf } from './service-grants.js';

/**
 * On whose behalf something is done. Reading scoped data takes one, so that code that forgets it does not compile.
 */
export interface Caller {
  /** Client id, or the service's name for a system caller. */
  readonly client: string;
  readonly scopes: ReadonlySet<string>;
  /** Unit paths that the caller may see, each with what lies below it: `demo/`, `demo/shenyang/`. */
  readonly orgScope: readonly string[];
  /** The agent who uses the client, opaque. */
  readonly onBehalfOf?: string;
  readonly language: Language;
  /** Reason for access to personal data. */
  readonly accessReason?: string;
  /** A service's own work (jobs, consumers); sees every unit. */
  readonly system: boolean;
  /** The own work of another service, which has its scopes only; within a service, own work needs none. */
  readonly limited?: true;
}

export { GATEWAY, grantsOf };

declare const orgUnitFilterBrand: unique symbol;

/** Unit paths for `org_unit_path ^@ any($n::text[])`; only `orgUnitFilter` makes one. */
export type OrgUnitFilter = readonly string[] & { readonly [orgUnitFilterBrand]: true };

/** The region that a query is bound to. An empty scope sees nothing. */
export function orgUnitFilter(caller: Caller): OrgUnitFilter {
  const prefixes: readonly string[] = caller.system ? [''] : [...caller.orgScope];
  return prefixes as OrgUnitFilter;
}

/** Whether a row at a unit path is within the caller's region. */
export function sees(caller: Caller, orgUnitPath: string): boolean {
  return orgUnitFilter(caller).some((prefix) => orgUnitPath.startsWith(prefix));
}

/** Caller of an open method that got no token; sees nothing. */
export const anonymousCaller: Caller = { client: '', scopes: new Set(), orgScope: [], language: 'en', system: false };

/** Caller of a service's own work. */
export function systemCaller(service: string): Caller {
  return { client: service, scopes: new Set(), orgScope: [], language: 'en', system: true };
}

const scopeMissing = failure('forbidden', 'caller.scopeMissing', {
  en: 'This needs the scope {scope}.',
  'zh-CN': '此操作需要权限 {scope}。',
});

const systemOnly = failure('forbidden', 'caller.systemOnly', {
  en: 'Only services may do this.',
  'zh-CN': '仅限系统内部服务调用。',
});

export function hasScope({ scopes, system, limited }: Caller, scope: string): boolean {
  return scopes.has(scope) || (system && limited !== true);
}

/** @throws forbidden */
export function requireScope(caller: Caller, scope: string): void {
  if (!hasScope(caller, scope)) throw scopeMissing({ scope });
}

/** @throws forbidden */
export function requireSystem(caller: Caller): void {
  if (!caller.system) throw systemOnly();
}

const provinceOnly = failure('forbidden', 'caller.provinceOnly', {
  en: 'This has an effect on all units, so only who may see all of them can do it.',
  'zh-CN': '此操作影响所有单位，只有可查看全部单位的用户才能执行。',
});

/**
 * For what holds for every unit: a table, a model, a parameter.
 * @throws forbidden
 */
export function requireAllOrgUnits(caller: Caller, operator: string): void {
  if (!sees(caller, `${operator}/`)) throw provinceOnly();
}

export const unauthenticated = failure('unauthenticated', 'caller.unauthenticated', {
  en: 'A valid access token is needed.',
  'zh-CN': '需要有效的访问令牌。',
});

const serviceRefused = failure('forbidden', 'caller.serviceRefused', {
  en: 'The service {service} may not call this one.',
  'zh-CN': '服务 {service} 无权调用此服务。',
});

const issuedToAnother = failure('forbidden', 'caller.issuedToAnother', {
  en: 'The token was issued by another service than the one that sent it.',
  'zh-CN': '令牌的签发服务与发送服务不一致。',
});

const LIFETIME_SECONDS = 120;
/** A minted token is handed out again until this long before it ends, so that no call arrives with a dead one. */
const RENEW_BEFORE_SECONDS = 60;

interface Claims {
  scopes: string[];
  org: string[];
  obo?: string;
  lang: Language;
  why?: string;
  sys: boolean;
}

/** Who calls, and through which service. */
export interface VerifiedCaller {
  readonly caller: Caller;
  /** The service that issued the token; undefined for this one itself. */
  readonly service: string | undefined;
}

/**
 * Internal tokens: a service mints one for its caller and one other service (the audience), which checks it. Signed with
 * a key that all services share (HS256), so a token proves its issuer only together with the certificate of the
 * connection. Both directions are cached because the same caller comes thousands of times.
 */
export class CallerTokens {
  private readonly key: KeyObject;
  private readonly minted = new LRUCache<string, { token: string; renewAtMs: number }>({ max: 10_000 });
  private readonly verified = new LRUCache<string, { by: string; known: VerifiedCaller; endsAtMs: number }>({
    max: 10_000,
  });

  /** @param audiences services whose tokens it accepts; in tests, those that one server stands in for */
  constructor(
    key: string,
    private readonly service: string,
    private readonly audiences: readonly string[] = [service],
  ) {
    this.key = createSecretKey(Buffer.from(key, 'utf8'));
  }

  async mint(caller: Caller, audience: string): Promise<string> {
    const claims: Claims = {
      scopes: [...caller.scopes].sort(),
      org: [...caller.orgScope],
      ...(caller.onBehalfOf === undefined ? {} : { obo: caller.onBehalfOf }),
      lang: caller.language,
      ...(caller.accessReason === undefined ? {} : { why: caller.accessReason }),
      sys: caller.system,
    };
    const cacheKey = JSON.stringify([caller.client, audience, claims]);
    const cached = this.minted.get(cacheKey);
    if (cached !== undefined && cached.renewAtMs > Date.now()) return cached.token;
    const token = await new SignJWT({ ...claims })
      .setProtectedHeader({ alg: 'HS256' })
      .setSubject(caller.client)
      .setIssuer(this.service)
      .setAudience(audience)
      .setIssuedAt()
      .setExpirationTime(`${LIFETIME_SECONDS}s`)
      .sign(this.key);
    this.minted.set(cacheKey, { token, renewAtMs: Date.now() + (LIFETIME_SECONDS - RENEW_BEFORE_SECONDS) * 1000 });
    return token;
  }

  /**
   * @param peer service of the sender's certificate; undefined on a connection in plain text
   * @throws unauthenticated; forbidden if the token was issued by another service than the peer, or by one that does not
   *   call this one
   */
  async verify(token: string, peer?: string): Promise<VerifiedCaller> {
    let entry = this.verified.get(token);
    if (entry === undefined || entry.endsAtMs <= Date.now()) {
      entry = await this.read(token);
      this.verified.set(token, entry);
    }
    if (peer !== undefined && peer !== entry.by) throw issuedToAnother();
    return entry.known;
  }

  private async read(token: string): Promise<{ by: string; known: VerifiedCaller; endsAtMs: number }> {
    const payload = await this.checked(token);
    const { iss: by, aud: audience } = payload;
    const caller: Caller = {
      client: payload.sub,
      scopes: new Set(payload.scopes),
      orgScope: payload.org,
      ...(payload.obo === undefined ? {} : { onBehalfOf: payload.obo }),
      language: payload.lang,
      ...(payload.why === undefined ? {} : { accessReason: payload.why }),
      system: payload.sys,
    };
    const known: VerifiedCaller =
      by === this.service ? { caller, service: undefined } : { caller: limitedTo(by, audience, caller), service: by };
    return { by, known, endsAtMs: payload.exp * 1000 };
  }

  private async checked(token: string): Promise<CheckedClaims> {
    try {
      const { payload } = await jwtVerify<Claims>(token, this.key, {
        algorithms: ['HS256'],
        audience: [...this.audiences],
        requiredClaims: ['iss', 'sub', 'exp'],
      });
      return payload as CheckedClaims;
    } catch (cause) {
      throw unauthenticated({}, { cause });
    }
  }
}

/** `jwtVerify` has checked that each claim exists; a token has one audience. */
type CheckedClaims = Claims & { iss: string; sub: string; aud: string; exp: number };

/** What remains of a caller that another service names. @throws forbidden */
function limitedTo(service: string, at: string, caller: Caller): Caller {
  if (service === GATEWAY) return caller.system ? { ...systemCaller(GATEWAY), limited: true } : caller;
  const granted = grantsOf(service, at);
  if (granted === undefined) throw serviceRefused({ service });
  if (caller.system) return { ...systemCaller(service), scopes: new Set(granted), limited: true };
  return { ...caller, scopes: new Set(granted.filter((scope) => caller.scopes.has(scope))) };
}
