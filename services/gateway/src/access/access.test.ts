import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { SignJWT, exportJWK, generateKeyPair, type CryptoKey, type JWTPayload } from 'jose';
import { loadConfig } from '@holdfast/platform/config';
import { gatewayConfig } from '../config.js';
import { Access } from './access.js';

const MANNER = { language: 'en' as const, accessReason: undefined };
const ALGORITHMS = ['RS256', 'ES256', 'EdDSA', 'PS256'] as const;

let server: Server;
let issuer: string;
let keySetReads = 0;
const keys = new Map<string, CryptoKey>();

beforeAll(async () => {
  const published: object[] = [];
  for (const alg of ALGORITHMS) {
    const pair = await generateKeyPair(alg, { extractable: true });
    keys.set(alg, pair.privateKey);
    published.push({ ...(await exportJWK(pair.publicKey)), alg, kid: alg });
  }
  server = createServer((request, response) => {
    if (request.url === '/keys') keySetReads += 1;
    const answer = request.url === '/keys' ? { keys: published } : { jwks_uri: `${issuer}/keys` };
    response.setHeader('content-type', 'application/json').end(JSON.stringify(answer));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterAll(() => new Promise((resolve) => server.close(resolve)));

function accessOf(oidcIssuer = issuer): Access {
  const config = loadConfig(gatewayConfig, {
    HOLDFAST_MODE: 'development',
    HOLDFAST_DATABASE_URL: 'postgres://db',
    HOLDFAST_INTERNAL_KEY: 'k'.repeat(32),
    HOLDFAST_OIDC_ISSUER: oidcIssuer,
  });
  return Access.open(config, undefined);
}

interface Wanted {
  alg?: string;
  key?: CryptoKey | Uint8Array;
  expires?: number | null;
  claims?: JWTPayload;
}

async function bearer({ alg = 'EdDSA', key, expires, claims = {} }: Wanted = {}): Promise<string> {
  const now = Math.floor(Date.now() / 1_000);
  const token = new SignJWT({ iss: issuer, aud: 'holdfast', client_id: 'crm', scope: 'churn:read', ...claims });
  token.setProtectedHeader({ alg, kid: alg });
  if (expires !== null) token.setExpirationTime(now + (expires ?? 60));
  return `Bearer ${await token.sign(key ?? keys.get(alg)!)}`;
}

test.each(['RS256', 'ES256', 'EdDSA'])('takes %s from the issuer that was discovered', async (alg) => {
  const caller = await accessOf().authenticate(await bearer({ alg, claims: { org_scope: ['demo'] } }), MANNER);
  expect(caller).toMatchObject({ client: 'crm', orgScope: ['demo/'] });
});

test('reads the key set once, and checks a token once', async () => {
  const access = accessOf();
  const authorization = await bearer();
  keySetReads = 0;
  const first = await access.authenticate(authorization, MANNER);
  expect(await access.authenticate(authorization, MANNER)).toBe(first);
  await access.authenticate(await bearer({ claims: { jti: 'another' } }), MANNER);
  expect(keySetReads).toBe(1);
});

const refused: [string, () => Promise<string | undefined>][] = [
  ['no header', async () => undefined],
  ['another scheme', async () => 'Basic YTpi'],
  ['no token at all', async () => 'Bearer x'],
  ['an expired one', () => bearer({ expires: -120 })],
  ['one without end', () => bearer({ expires: null })],
  ['another audience', () => bearer({ claims: { aud: 'another-audience' } })],
  ['another issuer', () => bearer({ claims: { iss: 'https://evil.example' } })],
  ['an algorithm that is not taken, though its key is published', () => bearer({ alg: 'PS256' })],
  ['a symmetric algorithm', () => bearer({ alg: 'HS256', key: new TextEncoder().encode('s'.repeat(32)) })],
  ['a foreign key', async () => bearer({ key: (await generateKeyPair('EdDSA')).privateKey })],
  ['no client', () => bearer({ claims: { client_id: 7 } })],
  [
    'no signature',
    async () => {
      const [, payload] = (await bearer()).split('.');
      return `Bearer ${Buffer.from('{"alg":"none"}').toString('base64url')}.${payload}.`;
    },
  ],
];

test.each(refused)('refuses %s', async (_what, authorization) => {
  await expect(accessOf().authenticate(await authorization(), MANNER)).rejects.toMatchObject({
    kind: 'unauthenticated',
  });
});

test('an issuer that does not answer is not the fault of the client', async () => {
  await expect(accessOf('http://127.0.0.1:1').authenticate(await bearer(), MANNER)).rejects.toMatchObject({
    kind: 'unavailable',
    retryAfterSeconds: 5,
  });
});
