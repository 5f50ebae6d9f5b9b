import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { z } from 'zod';
import { developmentOnly, loadConfig, platformConfig, variableOf } from './config.js';

const schema = z.object({ lakeKey: z.string().min(4), workersMax: z.coerce.number().int().default(2) });

describe('config', () => {
  it('reads a setting from its variable and fills in defaults', () => {
    expect(variableOf('databasePoolMax')).toBe('HOLDFAST_DATABASE_POOL_MAX');
    expect(loadConfig(schema, { HOLDFAST_LAKE_KEY: 'abcd', HOLDFAST_WORKERS_MAX: '3' })).toEqual({
      lakeKey: 'abcd',
      workersMax: 3,
    });
    expect(loadConfig(schema, { HOLDFAST_LAKE_KEY: 'abcd', HOLDFAST_WORKERS_MAX: '' })).toEqual({
      lakeKey: 'abcd',
      workersMax: 2,
    });
  });

  it('reads a secret from its file', () => {
    const folder = mkdtempSync(path.join(os.tmpdir(), 'config-'));
    const file = path.join(folder, 'key');
    writeFileSync(file, 'secret\n');
    expect(loadConfig(schema, { HOLDFAST_LAKE_KEY_FILE: file })).toMatchObject({ lakeKey: 'secret' });
    rmSync(folder, { recursive: true });
    expect(() => loadConfig(schema, { HOLDFAST_LAKE_KEY_FILE: file })).toThrow('HOLDFAST_LAKE_KEY_FILE');
  });

  it('names every wrong variable and no value', () => {
    const load = (): unknown => loadConfig(schema, { HOLDFAST_LAKE_KEY: 'xyz', HOLDFAST_WORKERS_MAX: 'many' });
    expect(load).toThrow(/HOLDFAST_LAKE_KEY: [^]*HOLDFAST_WORKERS_MAX: /);
    expect(load).not.toThrow(/xyz|many/);
    expect(() => loadConfig(schema, {})).toThrow('HOLDFAST_LAKE_KEY is not set');
  });
});

describe('production', () => {
  const key = () => randomBytes(32).toString('hex');
  const safe = () => ({
    HOLDFAST_MODE: 'production',
    HOLDFAST_DATABASE_URL: 'postgres://holdfast_campaign@db/holdfast',
    HOLDFAST_DATABASE_PASSWORD: key(),
    HOLDFAST_DATABASE_CA_FILE: '/tls/database-ca.pem',
    HOLDFAST_NATS_URL: 'tls://nats:4222',
    HOLDFAST_NATS_USER: 'campaign',
    HOLDFAST_NATS_PASSWORD: key(),
    HOLDFAST_INTERNAL_KEY: key(),
    HOLDFAST_TLS_CERTIFICATE_FILE: '/tls/certificate.pem',
    HOLDFAST_TLS_KEY_FILE: '/tls/key.pem',
    HOLDFAST_TLS_CA_FILE: '/tls/ca.pem',
  });
  const extended = platformConfig.extend({
    lakeKey: z.string(),
    example: z.string().default('').meta(developmentOnly),
  });
  const load = (changed: Record<string, string> = {}) =>
    loadConfig(extended, { ...safe(), HOLDFAST_LAKE_KEY: key(), ...changed });

  it('accepts random secrets', () => {
    expect(load()).toMatchObject({ mode: 'production', now: '' });
  });

  it.each([
    ['HOLDFAST_NOW', '2026-09-03T02:00:00Z'],
    ['HOLDFAST_EXAMPLE', 'x'],
    ['HOLDFAST_INTERNAL_KEY', 'k'.repeat(32)],
    ['HOLDFAST_LAKE_KEY', '0'.repeat(64)],
    ['HOLDFAST_LAKE_KEY', '0123456789abcdef'.repeat(4)],
    ['HOLDFAST_DATABASE_PASSWORD', 'postgres'],
    ['HOLDFAST_DATABASE_URL', 'postgres://holdfast:postgres@db/holdfast'],
    ['HOLDFAST_NATS_TOKEN', 'f3a91c07b2e84d5f9a6c1e70d4b8a2f6'],
    ['HOLDFAST_NATS_PASSWORD', 'change-me-in-production-7f3a91c0'],
    ['HOLDFAST_NATS_URL', 'tls://user:aaaaaaaaaaaaaaaaaaaaaaaa@nats:4222'],
    ['HOLDFAST_NATS_URL', 'tls://one:4222,nats://two:4222'],
  ])('refuses a weak or development-only %s and names it alone', (variable, value) => {
    const text = messageOf(() => load({ [variable]: value }));
    expect(text.split('\n').slice(1)).toEqual([expect.stringMatching(`^${variable} .*`)]);
    expect(text).not.toContain(value);
    expect(() => load({ [variable]: value, HOLDFAST_MODE: 'development' })).not.toThrow();
  });

  it('refuses one secret for two purposes', () => {
    const same = key();
    expect(messageOf(() => load({ HOLDFAST_INTERNAL_KEY: same, HOLDFAST_LAKE_KEY: same }))).toContain(
      'HOLDFAST_LAKE_KEY is the same secret as HOLDFAST_INTERNAL_KEY',
    );
  });

  it.each([
    ...['HOLDFAST_TLS_CERTIFICATE_FILE', 'HOLDFAST_TLS_KEY_FILE', 'HOLDFAST_TLS_CA_FILE'],
    ...['HOLDFAST_DATABASE_CA_FILE', 'HOLDFAST_NATS_USER', 'HOLDFAST_NATS_PASSWORD'],
  ])('does not start without certificates and credentials: it needs %s', (variable) => {
    expect(messageOf(() => load({ [variable]: '' }))).toContain(`${variable} is not set`);
    expect(() => load({ [variable]: '', HOLDFAST_MODE: 'development' })).not.toThrow();
  });

  it('is the mode when none is set, and names all problems at once', () => {
    const { HOLDFAST_MODE: _, ...rest } = safe();
    const text = messageOf(() =>
      loadConfig(platformConfig, {
        ...rest,
        HOLDFAST_NOW: '2026-09-03T02:00:00Z',
        HOLDFAST_INTERNAL_KEY: 'k'.repeat(32),
      }),
    );
    expect(text).toMatch(/HOLDFAST_INTERNAL_KEY [^]*HOLDFAST_NOW /);
  });
});

function messageOf(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    return (error as Error).message;
  }
  return 'nothing was thrown';
}
