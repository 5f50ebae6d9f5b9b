import { randomBytes } from 'node:crypto';
import { loadConfig } from '@holdfast/platform/config';
import { gatewayConfig, refuseUnsafeProduction } from './config.js';

const configOf = (extra: Record<string, string>) =>
  loadConfig(gatewayConfig, {
    HOLDFAST_DATABASE_URL: 'postgres://db',
    HOLDFAST_DATABASE_CA_FILE: '/tls/ca.pem',
    HOLDFAST_INTERNAL_KEY: randomBytes(32).toString('hex'),
    HOLDFAST_TLS_CERTIFICATE_FILE: '/tls/certificate.pem',
    HOLDFAST_TLS_KEY_FILE: '/tls/key.pem',
    HOLDFAST_TLS_CA_FILE: '/tls/ca.pem',
    ...extra,
  });

test('production refuses to issue tokens itself', () => {
  expect(() => refuseUnsafeProduction(configOf({}))).toThrow('HOLDFAST_OIDC_ISSUER');
  const withClients = { HOLDFAST_OIDC_ISSUER: 'https://id.example', HOLDFAST_CLIENTS_FILE: '/x' };
  expect(() => configOf(withClients)).toThrow('HOLDFAST_CLIENTS_FILE');
  expect(() => refuseUnsafeProduction(configOf({ HOLDFAST_OIDC_ISSUER: 'http://id.example' }))).toThrow('https');
  const keys = 'http://id.example/keys';
  const withPlainKeys = { HOLDFAST_OIDC_ISSUER: 'https://id.example', HOLDFAST_OIDC_JWKS_URL: keys };
  expect(() => refuseUnsafeProduction(configOf(withPlainKeys))).toThrow('HOLDFAST_OIDC_JWKS_URL');
  expect(() => refuseUnsafeProduction(configOf({ HOLDFAST_OIDC_ISSUER: 'https://id.example' }))).not.toThrow();
});

test('development may', () => {
  expect(() => refuseUnsafeProduction(configOf({ HOLDFAST_MODE: 'development' }))).not.toThrow();
});
