import { importJWK, SignJWT, type JWK } from 'jose';
import fs from 'node:fs';

import type { SystemHome } from '../system-home.js';

export interface Token {
  /** Undefined for none. */
  authorization: string | undefined;
  /** Org unit paths; undefined for a token that is not valid. */
  region: string[] | undefined;
  mayReadPersonalData: boolean;
}

const PERSONAL = 'pii:read';

/** Every token of a fuzz run by its name: each scope, each region, and those that are not valid. */
export async function tokensOf(home: SystemHome, scopes: readonly string[], regions: readonly string[]) {
  const tokens = new Map<string, Token>();
  const add = async (name: string, ownScopes: readonly string[], orgScope: string[]): Promise<void> => {
    const client = home.addClient({ scopes: [...ownScopes], orgScope });
    tokens.set(name, {
      authorization: `Bearer ${await client.accessToken()}`,
      region: orgScope.map((unit) => (unit.endsWith('/') ? unit : `${unit}/`)),
      mayReadPersonalData: ownScopes.includes(PERSONAL),
    });
  };
  const impersonal = scopes.filter((scope) => scope !== PERSONAL);
  for (const scope of scopes) await add(`scope ${scope}`, [scope], ['demo']);
  for (const region of regions) {
    await add(`region ${region}`, impersonal, [region]);
    await add(`region ${region} with personal data`, scopes, [region]);
  }
  await add('all', scopes, ['demo']);
  await add('all without personal data', impersonal, ['demo']);
  await add('no scope', [], ['demo']);
  await add('no region', scopes, []);
  await add('another operator', scopes, ['elsewhere']);

  const none = { region: undefined, mayReadPersonalData: false };
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
