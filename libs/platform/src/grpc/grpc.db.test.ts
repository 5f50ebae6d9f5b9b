import { TableServiceDefinition, type TableService } from '@holdfast/contracts/feature_store/v1/lake';
import { HealthDefinition, type Health } from '@holdfast/contracts/grpc/health/v1/health';
import { callOf, systemCall } from '@holdfast/testing/callers';
import { startService, type RunningService } from '@holdfast/testing/service';
import { CallerTokens } from '../caller/caller.js';
import { readNumbers, readUuids } from '../columns/columns.js';
import { ServiceIdentity } from '../service-identity/service-identity.js';
import { BATCHES, ProbeLake, ProbeTables, ROWS, readTelco } from '../service/probe-lake.fixture.js';
import { connectTo, type Call } from './grpc.js';

describe('gRPC', () => {
  let lake: RunningService;

  beforeAll(async () => {
    lake = await startService(ProbeLake, { service: 'probe-lake' });
  });

  afterAll(() => lake?.stop());

  it('streams columns whole, bound to the caller, and stops when the reader stops', async () => {
    const tables = lake.client<TableService>(TableServiceDefinition);
    let rows = 0;
    let missing = 0;
    for await (const batch of tables.readTable(callOf({ orgScope: ['demo/a/', 'demo/b/'] }), readTelco)) {
      rows += batch.rows;
      const charges = readNumbers(batch, 'charges');
      missing += charges.filter((value) => Number.isNaN(value)).length;
      expect(readNumbers(batch, 'regions')[0]).toBe(2);
      expect(readUuids(batch, 'subscription_id')).toHaveLength(ROWS);
    }
    expect([rows, missing]).toEqual([BATCHES * ROWS, BATCHES * 143]);

    const probe = lake.get(ProbeTables);
    probe.sent = 0;
    for await (const batch of tables.readTable(systemCall, readTelco)) {
      expect(batch.rows).toBe(ROWS);
      break;
    }
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(probe.sent).toBeLessThan(BATCHES);
  });

  it('carries a failure across the wire whole, and nothing of a foreign error', async () => {
    const tables = lake.client<TableService>(TableServiceDefinition);
    const read = async (table: string): Promise<unknown> => {
      for await (const batch of tables.readTable(systemCall, { ...readTelco, table })) expect(batch).toBeUndefined();
      return undefined;
    };
    await expect(read('nope')).rejects.toMatchObject({
      kind: 'notFound',
      key: 'table.unknown',
      text: { en: 'There is no table nope.', 'zh-CN': '没有表 nope。' },
    });
    const subjects = async (): Promise<void> => {
      for await (const batch of tables.readSubjects(systemCall, { table: '', version: '', shards: undefined }))
        expect(batch).toBeUndefined();
    };
    await expect(subjects()).rejects.toMatchObject({ kind: 'internal', message: expect.not.stringContaining('VHVEG') });
  });

  it('refuses a call without a caller, or with a token of another key', async () => {
    const identity = new ServiceIdentity('probe-lake', new CallerTokens('x'.repeat(32), 'probe-lake'));
    const callee = { service: 'probe-lake', address: lake.address };
    const stranger = connectTo<TableService>(TableServiceDefinition, callee, identity);
    const ask = async (): Promise<void> => {
      for await (const batch of stranger.readTable(systemCall, readTelco)) expect(batch).toBeUndefined();
    };
    await expect(ask()).rejects.toMatchObject({ kind: 'unauthenticated' });
    expect(await lake.client<Health>(HealthDefinition).check({} as Call, { service: '' })).toEqual({
      status: 'SERVING',
    });
  });
});
