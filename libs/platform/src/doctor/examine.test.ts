import { randomBytes } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  HealthCheckResponse_ServingStatus as ServingStatus,
  HealthDefinition,
  type Health,
} from '@holdfast/contracts/grpc/health/v1/health';
import { TestAuthority } from '@holdfast/testing/certificates';
import { TemporaryFolder } from '@holdfast/testing/temporary-folder.fixture';
import { platformConfig, type Environment, type PlatformConfig } from '../config/config.js';
import { GrpcServer } from '../grpc/grpc.js';
import type { ServiceIdentity } from '../service-identity/service-identity.js';
import { checkCertificates } from './check-certificates.js';
import { checkIssuer } from './check-issuer.js';
import { checkLake } from './check-lake.js';
import { checkServices } from './check-services.js';
import { checkSettings } from './check-settings.js';
import { findingLines, written, type Finding } from './finding.js';
import { isTlsProblem, problemOf } from './problem.js';
import { TEXTS, type TextKey } from './texts.js';

const folder = new TemporaryFolder();
const key = () => randomBytes(32).toString('hex');
const keysOf = (findings: readonly Finding[]) => findings.map(({ state, key: name }) => `${state} ${name}`);

describe('settings', () => {
  const right = (): Environment => ({
    HOLDFAST_SERVICE: 'campaign',
    HOLDFAST_MODE: 'production',
    HOLDFAST_DATABASE_URL: 'postgresql://holdfast_campaign@db/holdfast',
    HOLDFAST_DATABASE_PASSWORD: key(),
    HOLDFAST_DATABASE_CA_FILE: '/tls/ca.pem',
    HOLDFAST_NATS_URL: 'tls://nats:4222',
    HOLDFAST_NATS_USER: 'campaign',
    HOLDFAST_NATS_PASSWORD: key(),
    HOLDFAST_INTERNAL_KEY: key(),
    HOLDFAST_TLS_CERTIFICATE_FILE: '/tls/certificate.pem',
    HOLDFAST_TLS_KEY_FILE: '/tls/key.pem',
    HOLDFAST_TLS_CA_FILE: '/tls/ca.pem',
  });
  const check = (changed: Environment = {}) => checkSettings('campaign', platformConfig, { ...right(), ...changed });

  it('that are right are complete', () => {
    const { findings, settings } = check();
    expect(keysOf(findings)).toEqual(['ok settings.complete']);
    expect(settings?.mode).toBe('production');
  });

  it.each([
    ['missing', { HOLDFAST_DATABASE_URL: '' }, 'HOLDFAST_DATABASE_URL is not set'],
    ['missing in production', { HOLDFAST_NATS_USER: '' }, 'HOLDFAST_NATS_USER is not set; production mode needs it'],
    ['malformed', { HOLDFAST_DATABASE_POOL_MAX: 'many' }, 'HOLDFAST_DATABASE_POOL_MAX: '],
    ['weak', { HOLDFAST_INTERNAL_KEY: 'k'.repeat(40) }, 'HOLDFAST_INTERNAL_KEY repeats a short text'],
    ['of development', { HOLDFAST_NOW: '2026-09-01T00:00:00Z' }, 'HOLDFAST_NOW is for development'],
    [
      'in files that cannot be read',
      { HOLDFAST_INTERNAL_KEY_FILE: '/none' },
      'HOLDFAST_INTERNAL_KEY_FILE names a file',
    ],
  ])('that are %s are named, and nothing else is checked', (_, changed, text) => {
    const { findings, settings } = check(changed);
    expect(settings).toBeUndefined();
    const [finding, ...others] = findings.map((each) => written(each, 'en'));
    expect([finding!.state, others]).toEqual(['failed', []]);
    expect(finding!.text).toContain(text);
  });

  it('with a misspelt name are noticed', () => {
    const { findings } = check({ HOLDFAST_DATABASE_POOLMAX: '20' });
    expect(findings.at(-1)).toMatchObject({
      state: 'warning',
      key: 'settings.unknown',
      values: { variable: 'HOLDFAST_DATABASE_POOLMAX' },
    });
  });

  it('never appear with their values', () => {
    const secret = 'k'.repeat(40);
    const { findings } = check({ HOLDFAST_INTERNAL_KEY: secret, HOLDFAST_DATABASE_PASSWORD: secret });
    for (const language of ['en', 'zh-CN'] as const)
      expect(findingLines(findings, language).join('\n')).not.toContain(secret);
  });
});

describe('certificates', () => {
  let authority: TestAuthority;
  const settingsOf = (service: string, over: Partial<PlatformConfig> = {}): PlatformConfig => {
    const { certificate, key: keyFile, ca } = authority.pathsOf(service);
    const paths = { tlsCertificateFile: certificate, tlsKeyFile: keyFile, tlsCaFile: ca };
    return { databaseCaFile: '', natsCaFile: '', ...paths, ...over } as PlatformConfig;
  };
  const check = (service: string, over: Partial<PlatformConfig> = {}, now = new Date()) =>
    checkCertificates(service, settingsOf(service, over), now).map((finding) => written(finding, 'en'));
  const dayMs = 86_400_000;

  beforeAll(async () => {
    authority = await TestAuthority.create(folder.at('ours'));
    await authority.issue('campaign', { validMs: dayMs });
  });

  it('that fit are reported with their end', () => {
    expect(check('campaign')[0]).toMatchObject({ state: 'ok', check: 'certificate.fits' });
  });

  it('that end soon, have ended or begin later are noticed', () => {
    const at = (ms: number) => check('campaign', {}, new Date(Date.now() + ms))[0];
    expect(at(dayMs - 3_600_000)).toMatchObject({ state: 'warning', check: 'certificate.expiresSoon' });
    expect(at(2 * dayMs)).toMatchObject({ state: 'failed', text: expect.stringContaining('expired at') });
    expect(at(-dayMs)).toMatchObject({ state: 'failed', check: 'certificate.notYet' });
  });

  it.each([
    [
      'of another service',
      async () => authority.issue('evaluation', { named: 'gateway' }),
      'is not the certificate of evaluation',
    ],
    [
      'of another CA',
      async () => {
        const other = await TestAuthority.create(folder.at('other'));
        await other.issue('evaluation');
        await authority.issue('evaluation');
        authority.write('evaluation', 'ca.pem', folder.read('other/evaluation/ca.pem'));
      },
      'was issued by none of the CAs',
    ],
    [
      'with the key of another one',
      async () => {
        await authority.issue('evaluation');
        authority.write('evaluation', 'key.pem', folder.read('ours/campaign/key.pem'));
      },
      'is not the key of the certificate',
    ],
  ])('%s are refused', async (_, spoil, problem) => {
    await spoil();
    expect(check('evaluation')[0]).toMatchObject({ state: 'failed', text: expect.stringContaining(problem) });
  });

  it('of PostgreSQL and NATS have to be readable', () => {
    const found = check('campaign', { databaseCaFile: '/none.pem', natsCaFile: authority.pathsOf('campaign').key });
    expect(found.slice(1).map(({ state, text }) => [state, text])).toEqual([
      ['warning', expect.stringContaining('ca.pem expires at')],
      ['failed', expect.stringContaining('/none.pem: cannot be read (ENOENT)')],
      ['failed', expect.stringContaining('has no certificate in PEM form')],
    ]);
  });
});

describe('services', () => {
  const secret = key();
  let server: GrpcServer;
  let identity: ServiceIdentity;
  let settings: PlatformConfig;
  let status = ServingStatus.SERVING;

  beforeAll(async () => {
    const authority = await TestAuthority.create(folder.at('services'));
    for (const service of ['feature-store', 'preference-recommendation']) await authority.issue(service);
    identity = authority.identityOf('feature-store', secret);
    server = new GrpcServer('127.0.0.1:0', identity);
    const watch = () => {
      throw new Error('not called');
    };
    server.serve<Health>(HealthDefinition, { check: async () => ({ status }), watch }, { open: true });
    await server.listen();
    const { certificate, key: keyFile, ca } = authority.pathsOf('preference-recommendation');
    const paths = { tlsCertificateFile: certificate, tlsKeyFile: keyFile, tlsCaFile: ca };
    settings = { internalKey: secret, ...paths, featureStoreAddress: `127.0.0.1:${server.port}` } as PlatformConfig;
  });

  afterAll(async () => {
    await server.close(100);
    identity.close();
  });

  it('that a service calls answer, and no others are called', async () => {
    status = ServingStatus.SERVING;
    expect(keysOf(await checkServices('preference-recommendation', settings))).toEqual(['ok service.healthy']);
    status = ServingStatus.NOT_SERVING;
    expect(keysOf(await checkServices('preference-recommendation', settings))).toEqual(['failed service.unable']);
  });

  it('that do not answer, or have another certificate, fail with what to look at', async () => {
    const nowhere = { ...settings, featureStoreAddress: '127.0.0.1:1' };
    const [away] = (await checkServices('preference-recommendation', nowhere)).map((finding) => written(finding, 'en'));
    expect(away).toMatchObject({
      state: 'failed',
      text: expect.stringMatching(/^feature-store at 127.0.0.1:1: no answer/),
    });
    expect(away!.advice).toContain('HOLDFAST_FEATURE_STORE_ADDRESS');
    const other = await TestAuthority.create(folder.at('foreign'));
    await other.issue('preference-recommendation');
    const { certificate, key: keyFile, ca } = other.pathsOf('preference-recommendation');
    const foreign = { ...settings, tlsCertificateFile: certificate, tlsKeyFile: keyFile, tlsCaFile: ca };
    expect(keysOf(await checkServices('preference-recommendation', foreign))).toEqual(['failed service.away']);
  });
});

describe('the issuer', () => {
  let server: Server;
  let issuer: string;
  let document: object;
  let keySet: object;

  beforeAll(async () => {
    server = createServer((request, response) => {
      if (request.url === '/broken') return response.writeHead(500).end();
      response.end(JSON.stringify(request.url === '/keys' ? keySet : document));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => void server.close());
  beforeEach(() => {
    document = { issuer, jwks_uri: `${issuer}/keys` };
    keySet = {
      keys: [
        { kty: 'EC', alg: 'ES256' },
        { kty: 'RSA', alg: 'PS512' },
      ],
    };
  });

  const check = async (over: object = {}) =>
    keysOf(
      await checkIssuer({
        mode: 'development',
        oidcIssuer: issuer,
        oidcJwksUrl: '',
        oidcAudience: 'holdfast',
        ...over,
      }),
    );

  it('has keys of a kind that the gateway accepts', async () => {
    expect(await check()).toEqual(['ok issuer.reached']);
    expect(await check({ oidcJwksUrl: `${issuer}/keys` })).toEqual(['ok issuer.reached']);
    keySet = { keys: [{ kty: 'RSA', alg: 'PS512' }, { kty: 'oct' }] };
    expect(await check()).toEqual(['failed issuer.noKeys']);
  });

  it('has its own name, answers, and is https in production', async () => {
    document = { issuer: `${issuer}/`, jwks_uri: `${issuer}/keys` };
    expect(await check()).toEqual(['failed issuer.other']);
    expect(await check({ oidcJwksUrl: `${issuer}/broken` })).toEqual(['failed issuer.unreachable']);
    expect(await check({ oidcIssuer: 'http://127.0.0.1:1' })).toEqual(['failed issuer.unreachable']);
    expect(await check({ mode: 'production' })).toEqual(['failed issuer.plain']);
    expect(await check({ mode: 'production', oidcIssuer: '' })).toEqual(['failed issuer.none']);
    expect(await check({ oidcIssuer: '' })).toEqual([]);
  });
});

test('the lake is written to, and keeps nothing of it', async () => {
  expect((await checkLake(folder.at('lake')))[0]).toMatchObject({
    key: expect.stringMatching(/^lake\.(?:writable|full)$/),
  });
  folder.write('file', '');
  expect(keysOf(await checkLake(folder.at('file', 'lake')))).toEqual(['failed lake.notWritable']);
});

describe('problems', () => {
  it('have the cause, and no password', () => {
    const refused = Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:1'), { code: 'ECONNREFUSED' });
    expect(problemOf(new Error('fetch failed', { cause: refused }))).toBe('connect ECONNREFUSED 127.0.0.1:1');
    expect(problemOf(new AggregateError([refused], 'all'))).toBe('connect ECONNREFUSED 127.0.0.1:1');
    expect(problemOf(new Error('cannot open nats://user:secret@host:4222'))).toBe('cannot open nats://host:4222');
    expect(isTlsProblem(new Error('x', { cause: Object.assign(new Error('y'), { code: 'CERT_HAS_EXPIRED' }) }))).toBe(
      true,
    );
    expect(isTlsProblem(refused)).toBe(false);
  });
});

test('every text is in both languages, with the same values', () => {
  const places = (text: readonly (string | undefined)[]) =>
    [...new Set(text.join(' ').match(/\{\w+\}/g))].sort((a, b) => a.localeCompare(b));
  for (const check of Object.keys(TEXTS) as TextKey[]) {
    const { en, 'zh-CN': zh } = TEXTS[check];
    expect([check, zh.length, places(zh)]).toEqual([check, en.length, places(en)]);
    expect(zh[0]).toMatch(/\p{Script=Han}/u);
  }
});

test('a line has a finding, and the next one what to do', () => {
  const findings: Finding[] = [
    { state: 'ok', key: 'clock.equal', values: { seconds: '0.1' } },
    { state: 'failed', key: 'issuer.none', values: {} },
  ];
  expect(findingLines(findings, 'en')).toEqual([
    'ok       clocks of this machine and of PostgreSQL differ by 0.1 s',
    'failed   HOLDFAST_OIDC_ISSUER is not set',
    '         → Set it to the https address of your issuer; production mode issues no tokens.',
  ]);
  expect(findingLines(findings, 'zh-CN')[1]).toBe('失败     未设置 HOLDFAST_OIDC_ISSUER');
});
