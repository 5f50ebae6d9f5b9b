import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import tls from 'node:tls';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  HealthCheckResponse_ServingStatus as ServingStatus,
  HealthDefinition,
  type Health,
} from '@holdfast/contracts/grpc/health/v1/health';
import { TestAuthority } from '@holdfast/testing/certificates';
import { callOf } from '@holdfast/testing/callers';
import { TemporaryFolder } from '@holdfast/testing/temporary-folder.fixture';
import { CallerTokens } from '../caller/caller.js';
import { forServices, reachedBy, scoped } from '../scoped/scoped.js';
import { ServiceIdentity } from '../service-identity/service-identity.js';
import { GrpcServer, closeChannels, connectTo, type Call } from './grpc.js';

const KEY = 'f3a91c07b2e84d5f9a6c1e70d4b8a2f6';

describe('mutual TLS', () => {
  const folder = new TemporaryFolder();
  const identities: ServiceIdentity[] = [];
  let authority: TestAuthority;
  let server: GrpcServer;
  let calls: Call[] = [];

  function identityOf(...args: Parameters<TestAuthority['identityOf']>): ServiceIdentity {
    const identity = authority.identityOf(...args);
    identities.push(identity);
    return identity;
  }

  beforeAll(async () => {
    authority = await TestAuthority.create(folder.path);
    for (const service of ['gateway', 'campaign', 'evaluation', 'customer-profile']) await authority.issue(service);
    server = new GrpcServer('127.0.0.1:0', identityOf('customer-profile', KEY));
    const check = async (call: Call) => {
      calls.push(call);
      return { status: ServingStatus.SERVING };
    };
    server.serve<Health>(HealthDefinition, {
      check: reachedBy(['gateway'], scoped('pii:read', check)),
      watch: forServices(['campaign'], async function* (call) {
        for (;;) {
          yield await check(call);
          await sleep(20, undefined, { signal: call.signal });
        }
      }),
    });
    await server.listen();
  });

  beforeEach(() => {
    calls = [];
  });

  afterEach(() => closeChannels());

  afterAll(async () => {
    await server.close(100);
    for (const identity of identities) identity.close();
  });

  const reader = callOf({ scopes: ['pii:read'], accessReason: 'complaint' });
  const connect = (identity: ServiceIdentity, service = 'customer-profile') =>
    connectTo<Health>(HealthDefinition, { service, address: `127.0.0.1:${server.port}` }, identity);
  const check = (identity: ServiceIdentity, call: Call = reader, service?: string) =>
    connect(identity, service).check({ ...call, deadlineAtMs: Date.now() + 3_000 }, { service: '' });

  it('gives the handler the name of the calling service', async () => {
    expect(await check(identityOf('gateway', KEY))).toEqual({ status: ServingStatus.SERVING });
    expect(calls).toMatchObject([{ service: 'gateway', caller: { client: 'test-client' } }]);
  });

  it('refuses another service, whatever scopes its token has', async () => {
    const forbidden = (key: string) => ({ kind: 'forbidden', key });
    // It calls this service, but not this method.
    await expect(check(identityOf('campaign', KEY))).rejects.toMatchObject(forbidden('call.otherServices'));
    // It has no business here at all.
    await expect(check(identityOf('evaluation', KEY))).rejects.toMatchObject(forbidden('caller.serviceRefused'));
    // It signs as the gateway, with the key that services share.
    for (const service of ['campaign', 'evaluation']) {
      const forger = identityOf(service, KEY, { issuer: 'gateway' });
      await expect(check(forger)).rejects.toMatchObject(forbidden('caller.issuedToAnother'));
    }
    const itself = identityOf('campaign', KEY, { issuer: 'customer-profile' });
    await expect(check(itself, callOf({ system: true }))).rejects.toMatchObject(forbidden('caller.issuedToAnother'));
    expect(calls).toEqual([]);
  });

  it('refuses a token for another service, and one without the scope', async () => {
    const gateway = identityOf('gateway', KEY);
    const elsewhere = new ServiceIdentity('gateway', new CallerTokens(KEY, 'gateway'), gateway.certificates);
    const mint = elsewhere.tokens.mint.bind(elsewhere.tokens);
    Object.assign(elsewhere.tokens, { mint: (caller: Call['caller']) => mint(caller, 'campaign') });
    await expect(check(elsewhere)).rejects.toMatchObject({ kind: 'unauthenticated' });
    await expect(check(gateway, callOf())).rejects.toMatchObject({ key: 'caller.scopeMissing' });
    expect(calls).toEqual([]);
  });

  it('limits the own work of a service to its scopes', async () => {
    for await (const answer of connect(identityOf('campaign', KEY)).watch(callOf({ system: true }), { service: '' })) {
      expect(answer.status).toBe(ServingStatus.SERVING);
      break;
    }
    expect(calls[0]).toMatchObject({
      service: 'campaign',
      caller: { client: 'campaign', system: true, limited: true },
    });
    expect([...calls[0]!.caller.scopes].sort()).toEqual(['consent:read', 'consent:write', 'profile:read']);
    const asGateway = check(identityOf('gateway', KEY), callOf({ system: true, scopes: ['pii:read'] }));
    await expect(asGateway).rejects.toMatchObject({ key: 'caller.scopeMissing' });
  });

  it('has no connection without a certificate of the CA', async () => {
    const unavailable = { kind: 'unavailable' };
    const plain = new ServiceIdentity('gateway', new CallerTokens(KEY, 'gateway'));
    await expect(check(plain)).rejects.toMatchObject(unavailable);
    const other = await TestAuthority.create(folder.at('other'));
    await other.issue('gateway');
    const stranger = other.identityOf('gateway', KEY);
    identities.push(stranger);
    await expect(check(stranger)).rejects.toMatchObject(unavailable);
    // The server ends a connection without a certificate.
    const { ca } = authority.pathsOf('gateway');
    const ended = await new Promise<string>((resolve) => {
      const options = {
        port: server.port,
        ca: readFileSync(ca),
        ALPNProtocols: ['h2'],
        checkServerIdentity: () => undefined,
      };
      const socket = tls.connect(options, () => socket.write('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'));
      socket.on('error', (error: NodeJS.ErrnoException) => resolve(String(error.code)));
    });
    expect(ended).toContain('CERTIFICATE_REQUIRED');
    expect(calls).toEqual([]);
  });

  it('does not talk to a server that is another service', async () => {
    await expect(check(identityOf('gateway', KEY), reader, 'feature-store')).rejects.toMatchObject({
      kind: 'unavailable',
    });
    expect(calls).toEqual([]);
  });

  it('uses a replaced certificate for new connections, without an interruption', async () => {
    const shown = () =>
      new Promise<string>((resolve, reject) => {
        const { certificate, key, ca } = authority.pathsOf('gateway');
        const [cert, privateKey, trusted] = [certificate, key, ca].map((file) => readFileSync(file));
        const own = { cert, key: privateKey, ca: trusted, checkServerIdentity: () => undefined };
        const socket = tls.connect({ port: server.port, ALPNProtocols: ['h2'], ...own }, () => {
          resolve(socket.getPeerCertificate().serialNumber);
          socket.destroy();
        });
        socket.on('error', reject);
      });
    const serialOf = (service: string) =>
      new X509Certificate(readFileSync(authority.pathsOf(service).certificate)).serialNumber;
    const before = serialOf('customer-profile');
    expect(await shown()).toBe(before);
    const gateway = identityOf('gateway', KEY);
    const running = connect(identityOf('campaign', KEY)).watch(callOf({ system: true }), { service: '' });
    const stream = running[Symbol.asyncIterator]();
    expect((await stream.next()).done).toBe(false);

    // Half of a replacement is not used.
    const old = readFileSync(authority.pathsOf('customer-profile').key, 'utf8');
    authority.write('customer-profile', 'key.pem', readFileSync(authority.pathsOf('evaluation').key, 'utf8'));
    await sleep(100);
    expect(await shown()).toBe(before);
    authority.write('customer-profile', 'key.pem', old);

    await authority.issue('customer-profile');
    await authority.issue('gateway');
    expect(serialOf('customer-profile')).not.toBe(before);
    const until = Date.now() + 5_000;
    while ((await shown()) === before && Date.now() < until) await sleep(20);
    expect(await shown()).toBe(serialOf('customer-profile'));
    expect(await check(gateway)).toEqual({ status: ServingStatus.SERVING });
    expect((await stream.next()).done).toBe(false);
    await stream.return?.();
  });

  it.each([
    ['another service', () => authority.issue('broken', { named: 'campaign' }), 'is not the certificate of broken'],
    ['a time that is over', () => authority.issue('broken', { validMs: -1_000 }), 'expired at'],
    ['nothing', () => authority.write('broken', 'certificate.pem', ''), 'has no certificate in PEM form'],
    [
      'another key',
      () => authority.write('broken', 'key.pem', readFileSync(authority.pathsOf('gateway').key, 'utf8')),
      'is not the key',
    ],
    ['no key', () => authority.write('broken', 'key.pem', 'x'), 'has no private key in PEM form'],
    [
      'another CA',
      async () => {
        const other = await TestAuthority.create(folder.at('third'));
        await other.issue('broken');
        authority.write('broken', 'ca.pem', readFileSync(other.pathsOf('broken').ca, 'utf8'));
      },
      'was issued by none of the CAs',
    ],
  ])('does not start with a certificate of %s', async (_, spoil, problem) => {
    await authority.issue('broken');
    await spoil();
    const open = () => authority.identityOf('broken', KEY);
    expect(open).toThrow(problem);
    expect(open).toThrow(folder.at('broken'));
  });
});
