import {
  HealthCheckResponse_ServingStatus as ServingStatus,
  HealthDefinition,
  type Health,
} from '@holdfast/contracts/grpc/health/v1/health';
import { setTimeout as sleep } from 'node:timers/promises';
import { CallerTokens, systemCaller } from '../caller/caller.js';
import { ServiceIdentity } from '../service-identity/service-identity.js';
import { GrpcServer, closeChannels, connectTo } from './grpc.js';

const identity = new ServiceIdentity('probe', new CallerTokens('k'.repeat(32), 'probe'));

describe('a service that hangs', () => {
  const server = new GrpcServer('127.0.0.1:0', identity);
  let hangs = true;
  let cancelled = 0;

  beforeAll(async () => {
    server.serve<Health>(HealthDefinition, {
      check: async (call) => {
        if (hangs) await new Promise<void>((resolve) => call.signal!.addEventListener('abort', () => resolve()));
        cancelled += call.signal!.aborted ? 1 : 0;
        return { status: ServingStatus.SERVING };
      },
      async *watch() {
        yield { status: ServingStatus.SERVING };
      },
    });
    await server.listen();
  });

  afterAll(async () => {
    closeChannels();
    await server.close(100);
  });

  it('has its calls cancelled at their deadline, then refused at once, until one is answered', async () => {
    const health = connectTo<Health>(
      HealthDefinition,
      { service: 'probe', address: `127.0.0.1:${server.port}` },
      identity,
    );
    const check = (deadlineMs: number) => {
      const call = { caller: systemCaller('probe'), deadlineAtMs: Date.now() + deadlineMs };
      return health.check(call, { service: '' });
    };
    for (const result of await Promise.allSettled(Array.from({ length: 5 }, () => check(1_050))))
      expect(result).toMatchObject({ status: 'rejected', reason: { key: 'service.unavailable' } });
    await expect(check(10_000)).rejects.toMatchObject({ kind: 'unavailable', key: 'service.hangs' });
    await sleep(50);
    expect(cancelled).toBe(5);

    hangs = false;
    await sleep(1_000);
    expect(await check(10_000)).toEqual({ status: ServingStatus.SERVING });
    expect(await check(10_000)).toEqual({ status: ServingStatus.SERVING });
  });
});

it('a reader that leaves a stream is not an error of it', async () => {
  const server = new GrpcServer('127.0.0.1:0', identity);
  const errors = jest.spyOn(server['log'], 'error');
  let thrown: unknown;
  server.serve<Health>(HealthDefinition, {
    check: async () => ({ status: ServingStatus.SERVING }),
    async *watch(call) {
      yield { status: ServingStatus.SERVING };
      try {
        await sleep(60_000, undefined, { signal: call.signal });
      } catch (error) {
        thrown = error;
        throw error;
      }
    },
  });
  await server.listen();
  try {
    const callee = { service: 'probe', address: `127.0.0.1:${server.port}` };
    const health = connectTo<Health>(HealthDefinition, callee, identity);
    for await (const _ of health.watch({ caller: systemCaller('probe') }, { service: '' })) break;
    for (let waited = 0; thrown === undefined && waited < 5_000; waited += 10) await sleep(10);
    await sleep(10);
    expect(thrown).toMatchObject({ name: 'AbortError' });
    expect(errors).not.toHaveBeenCalled();
  } finally {
    closeChannels();
    await server.close(100);
  }
});
