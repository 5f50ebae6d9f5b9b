import {
  HealthCheckResponse_ServingStatus as ServingStatus,
  HealthDefinition,
  type Health,
} from '@holdfast/contracts/grpc/health/v1/health';
import { TestAuthority } from '@holdfast/testing/certificates';
import { TemporaryFolder } from '@holdfast/testing/temporary-folder.fixture';
import type { Environment } from '../config/config.js';
import { GrpcServer } from '../grpc/grpc.js';
import type { ServiceIdentity } from '../service-identity/service-identity.js';
import { checkHealth } from './check-health.js';

const KEY = 'f3a91c07b2e84d5f9a6c1e70d4b8a2f6';

describe('the health check of a container', () => {
  const folder = new TemporaryFolder();
  let authority: TestAuthority;
  let identity: ServiceIdentity;
  let server: GrpcServer;
  let status = ServingStatus.SERVING;

  beforeAll(async () => {
    authority = await TestAuthority.create(folder.path);
    await authority.issue('campaign');
    identity = authority.identityOf('campaign', KEY);
    server = new GrpcServer('127.0.0.1:0', identity);
    const check = async () => ({ status });
    const health = {
      check,
      watch: () => {
        throw new Error('not called');
      },
    };
    server.serve<Health>(HealthDefinition, health, { open: true });
    await server.listen();
  });

  afterAll(async () => {
    await server.close(100);
    identity.close();
  });

  const environment = (over: Environment = {}): Environment => ({
    HOLDFAST_SERVICE: 'campaign',
    HOLDFAST_GRPC_ADDRESS: `0.0.0.0:${server.port}`,
    HOLDFAST_INTERNAL_KEY: KEY,
    ...authority.environmentOf('campaign'),
    ...over,
  });

  it('passes while the service works, with the certificate of the service', async () => {
    status = ServingStatus.SERVING;
    expect(await checkHealth(environment(), { isLive: false })).toBeUndefined();
  });

  it('fails in an outage of what the service needs, in which a restart would not help', async () => {
    status = ServingStatus.NOT_SERVING;
    expect(await checkHealth(environment(), { isLive: false })).toBe('it has no database or no event bus');
    expect(await checkHealth(environment(), { isLive: true })).toBeUndefined();
  });

  it('fails where no service listens, and with settings that are wrong', async () => {
    const nothing = environment({ HOLDFAST_GRPC_ADDRESS: '0.0.0.0:1' });
    expect(await checkHealth(nothing, { isLive: true })).toMatch(/^no answer \((UNAVAILABLE|DEADLINE_EXCEEDED)\)$/);
    expect(await checkHealth(environment({ HOLDFAST_SERVICE: 'console' }), { isLive: true })).toContain('console');
    expect(await checkHealth({ HOLDFAST_SERVICE: 'gateway', HOLDFAST_PORT: '1' }, { isLive: true })).toBe('no answer');
  });
});
