import { importJWK, SignJWT, type JWK } from 'jose';
import fs from 'node:fs';

import type { SystemHome } from '../system-home.js';
import { PERSONAL_SCOPE } from './document.js';

export interface Token {
  /** Undefined for none. */
  authorization: string | undefined;
  /** Org unit paths; undefined for a token that is not valid. */
  region: string[] | undefined;
  scopes: readonly string[];
  mayReadPersonalData: boolean;
}

interface Wanted {
  /** All that there are. */
  scopes: readonly string[];
  /** Those of which a token has one only; default: all. */
  single?: readonly string[];
  regions: readonly string[];
}

/** Every token of a fuzz run by its name: each scope, each region, and those that are not valid. */
export async function tokensOf(home: SystemHome, { scopes, single = scopes, regions }: Wanted) {
  const impersonal = scopes.filter((scope) => scope !== PERSONAL_SCOPE);
  const wanted = new Map<string, { scopes: readonly string[]; orgScope: readonly string[] }>([
    ...single.map((scope) => [`scope ${scope}`, { scopes: [scope], orgScope: ['demo'] }] as const),
    ...regions.flatMap((region) => [
      [`region ${region}`, { scopes: impersonal, orgScope: [region] }] as const,
      [`region ${region} with personal data`, { scopes, orgScope: [region] }] as const,
    ]),
    ['all', { scopes, orgScope: ['demo'] }],
    ['all without personal data', { scopes: impersonal, orgScope: ['demo'] }],
    ['no scope', { scopes: [], orgScope: ['demo'] }],
    ['no region', { scopes, orgScope: [] }],
    ['another operator', { scopes, orgScope: ['elsewhere'] }],
  ]);
  const clients = home.addClients([...wanted.values()]);
  const tokens = new Map<string, Token>();
  for (const [at, [name, { scopes: own, orgScope }]] of [...wanted].entries()) {
    tokens.set(name, {
      authorization: `Bearer ${await clients[at]!.accessToken()}`,
      region: orgScope.map((unit) => (unit.endsWith('/') ? unit : `${unit}/`)),
      scopes: own,
      mayReadPersonalData: own.includes(PERSONAL_SCOPE),
    });
  }

  const none = { region: undefined, scopes: [], mayReadPersonalData: false };
  const valid = tokens.get('all')!.authorization!;
  tokens.set('none', { ...none, authorization: undefined });
  tokens.set('garbage', { ...none, authorization: 'Bearer x.y.z' });
  tokens.set('basic', { ...none, authorization: 'Basic YTpi' });
  tokens.set('changed', { ...none, authorization: `${valid.slice(0, -6)}AAAAAA` });
  tokens.set('expired', { ...none, authorization: `Bearer ${await expired(home, scopes)}` });
  return tokens;
}

async function expired(home: SystemHome, scopes: readonly string[]): Promise<string> {
  const key = JSON.parse(fs.readFileSync(home.file('secrets', 'issuer-key.json'), 'utf8')) as JWK;
  return new SignJWT({ client_id: 'console', scope: scopes.join(' '), org_scope: ['demo'] })
    .setProtectedHeader({ alg: 'EdDSA', kid: key.kid! })
    .setIssuer('urn:holdfast:development-issuer')
    .setAudience('holdfast')
    .setExpirationTime(Math.floor(Date.now() / 1_000) - 3_600)
    .sign(await importJWK(key, 'EdDSA'));
}
