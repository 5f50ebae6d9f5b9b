import { createHash, timingSafeEqual } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { SignJWT, exportJWK, generateKeyPair, importJWK, type CryptoKey, type JSONWebKeySet, type JWK } from 'jose';
import { z } from 'zod';
import type { GatewayConfig } from '../config.js';

export const DEVELOPMENT_ISSUER = 'urn:holdfast:development-issuer';

const clientsSchema = z.array(
  z.object({
    client_id: z.string().min(1),
    secret: z.string().min(16),
    scopes: z.array(z.string()),
    org_scope: z.array(z.string()),
  }),
);
type Client = z.output<typeof clientsSchema>[number];

export const TOKEN_ERRORS = ['invalid_client', 'invalid_scope', 'unsupported_grant_type', 'invalid_request'] as const;

/** Why no token was given, in the words of RFC 6749, section 5.2. */
export class TokenRefused extends Error {
  constructor(readonly error: (typeof TOKEN_ERRORS)[number]) {
    super(error);
  }
}

interface GrantedToken {
  accessToken: string;
  expiresInSeconds: number;
  scope: string;
}

/** OAuth2 client credentials for a machine without an identity provider. Never in production. */
export class DevelopmentIssuer {
  private constructor(
    private readonly config: GatewayConfig,
    private readonly privateKey: CryptoKey | Uint8Array,
    /** Public half, as served at /.well-known/jwks.json. */
    readonly keySet: JSONWebKeySet,
  ) {}

  static async open(config: GatewayConfig): Promise<DevelopmentIssuer> {
    const jwk = await signingKey(path.join(config.home, 'secrets', 'issuer-key.json'));
    const { d: _private, ...publicJwk } = jwk;
    return new DevelopmentIssuer(config, await importJWK(jwk, 'EdDSA'), { keys: [publicJwk] });
  }

  /**
   * @param wantedScope space-separated; empty for all that the client has
   * @throws TokenRefused
   */
  async grant(clientId: string, secret: string, wantedScope: string): Promise<GrantedToken> {
    const client = this.clients().find((candidate) => candidate.client_id === clientId);
    // An unknown client is compared, too, so that the response time does not reveal which clients exist.
    const secretFits = equalInConstantTime(client?.secret ?? '', secret);
    if (client === undefined || !secretFits) throw new TokenRefused('invalid_client');
    const scopes = wantedScope === '' ? client.scopes : wantedScope.split(' ');
    if (!scopes.every((scope) => client.scopes.includes(scope))) throw new TokenRefused('invalid_scope');
    const scope = scopes.join(' ');
    const accessToken = await new SignJWT({ client_id: client.client_id, scope, org_scope: client.org_scope })
      .setProtectedHeader({ alg: 'EdDSA', kid: this.keySet.keys[0]!.kid!, typ: 'at+jwt' })
      .setIssuer(DEVELOPMENT_ISSUER)
      .setAudience(this.config.oidcAudience)
      .setSubject(client.client_id)
      .setIssuedAt()
      .setExpirationTime(`${this.config.tokenLifetimeSeconds}s`)
      .sign(this.privateKey);
    return { accessToken, expiresInSeconds: this.config.tokenLifetimeSeconds, scope };
  }

  /** Read for each request: token requests are rare, and a new client works immediately. */
  private clients(): Client[] {
    const file = this.config.clientsFile || path.join(this.config.home, 'secrets', 'clients.json');
    return clientsSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
  }
}

/** The key in a file; made where there is none. Of two processes that make one at once, the first wins. */
async function signingKey(file: string): Promise<JWK> {
  const kept = readKey(file);
  if (kept !== undefined) return kept;
  const { privateKey } = await generateKeyPair('EdDSA', { crv: 'Ed25519', extractable: true });
  const jwk: JWK = { ...(await exportJWK(privateKey)), alg: 'EdDSA', use: 'sig' };
  jwk.kid = createHash('sha256').update(jwk.x!).digest('base64url').slice(0, 16);
  mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
  try {
    writeFileSync(file, JSON.stringify(jwk), { flag: 'wx', mode: 0o600 });
    return jwk;
  } catch (error) {
    const other = readKey(file);
    if (other === undefined) throw error;
    return other;
  }
}

function readKey(file: string): JWK | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as JWK;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

function equalInConstantTime(expected: string, given: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(expected), digest(given)) && expected !== '';
}
