/**
 * An OpenID Connect issuer for trying a deployment out: client credentials for the clients of a file, over TLS. Its signing
 * key lasts as long as the process. An operator uses its own issuer instead.
 *
 *   node tools/deploy/oidc-issuer.mjs
 *
 * HOLDFAST_OIDC_ISSUER is its address (https://issuer:9443), HOLDFAST_CLIENTS_FILE a JSON list of clients as the
 * gateway's development issuer has it, HOLDFAST_TLS_CERTIFICATE_FILE and HOLDFAST_TLS_KEY_FILE the files of its certificate.
 */
import fs from 'node:fs';
import https from 'node:https';

import { exportJWK, generateKeyPair } from 'jose';
import { Provider } from 'oidc-provider';

import { read } from '../launch/secrets.mjs';

const tokenSeconds = 3_600;
const audience = process.env['HOLDFAST_OIDC_AUDIENCE'] || 'holdfast';
const address = setting('HOLDFAST_OIDC_ISSUER');

/** @type {import('../launch/secrets.mjs').DevelopmentClient[]} */
const clients = JSON.parse(read(setting('HOLDFAST_CLIENTS_FILE')));
const { privateKey } = await generateKeyPair('ES256', { extractable: true });

const provider = new Provider(address, {
  jwks: { keys: [{ ...(await exportJWK(privateKey)), alg: 'ES256', use: 'sig' }] },
  clients: clients.map(({ client_id, secret, scopes }) => ({
    client_id,
    client_secret: secret,
    scope: scopes.join(' '),
    grant_types: ['client_credentials'],
    redirect_uris: [],
    response_types: [],
    token_endpoint_auth_method: 'client_secret_post',
    id_token_signed_response_alg: 'ES256',
  })),
  scopes: [...new Set(clients.flatMap(({ scopes }) => scopes))],
  features: {
    clientCredentials: { enabled: true },
    devInteractions: { enabled: false },
    resourceIndicators: { enabled: true, defaultResource: () => `urn:${audience}`, getResourceServerInfo: resourceOf },
  },
  extraTokenClaims: (_context, token) => ({
    org_scope: clients.find(({ client_id: id }) => id === token.clientId)?.org_scope ?? [],
  }),
  ttl: { ClientCredentials: tokenSeconds },
});

const tls = {
  cert: fs.readFileSync(setting('HOLDFAST_TLS_CERTIFICATE_FILE')),
  key: fs.readFileSync(setting('HOLDFAST_TLS_KEY_FILE')),
};
const handle = provider.callback();
const server = https.createServer(tls, (request, response) => void handle(request, response));
server.listen(Number(new URL(address).port || 443), () => console.log(JSON.stringify({ ready: 'issuer', address })));
for (const signal of ['SIGTERM', 'SIGINT']) process.once(signal, () => server.close());

/**
 * A request without scopes gets all of its client's, as other issuers give default scopes. A resource `urn:NAME` is a
 * token's audience NAME; without one it is the gateway's.
 * @param {import('oidc-provider').KoaContextWithOIDC} context
 * @param {string} resource
 * @param {import('oidc-provider').Client} client
 */
function resourceOf(context, resource, client) {
  const { params } = context.oidc;
  if (params !== undefined && !params['scope']) params['scope'] = client.scope;
  const format = /** @type {const} */ ({ accessTokenFormat: 'jwt', jwt: { sign: { alg: 'ES256' } } });
  return { scope: client.scope ?? '', audience: resource.replace(/^urn:/, ''), ...format };
}

/** @param {string} name */
function setting(name) {
  const value = process.env[name];
  if (value === undefined || value === '') throw new Error(`${name} is not set`);
  return value;
}
