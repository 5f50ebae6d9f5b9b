import { parameter } from '../parameters/parameters.js';
import { Module, type DynamicModule, type OnModuleInit } from '@nestjs/common';
import { TableServiceDefinition, ReadTableRequest, type TableService } from '@holdfast/contracts/feature_store/v1/lake';
import type { ColumnBatch } from '@holdfast/contracts/platform/v1/columns';
import { z } from 'zod';
import { orgUnitFilter } from '../caller/caller.js';
import { columnBatch, numbers, uuids } from '../columns/columns.js';
import { platformConfig, type Environment } from '../config/config.js';
import { rowsOf } from '../database/database.js';
import { failure } from '../errors/errors.js';
import { GrpcServer, type Call, type Rpc } from '../grpc/grpc.js';
import { subscriptionId } from '../identity/identity.js';
import { Jobs, jobKind } from '../jobs/jobs.js';
import { serviceModule } from './service.js';

const labelMissing = failure('precondition', 'probe.labelMissing', { en: 'No label.', 'zh-CN': '没有标签。' });
const tableUnknown = failure('notFound', 'table.unknown', {
  en: 'There is no table {table}.',
  'zh-CN': '没有表 {table}。',
});
export const readTelco = ReadTableRequest.fromPartial({ table: 'telco' });
export const SUM = jobKind('sum', {});
export const WAIT = jobKind('wait', {});
export const REFUSE = jobKind('refuse', {});
export const UNMET = jobKind('unmet', {});
export const ECHO = jobKind('echo', { text: z.string() });
export const OWNED_STEPS = [{ step: 'view', needs: ['import'], after: [], ofTables: false }];
export const BATCHES = 40;
export const ROWS = 1_000;

export class ProbeTables implements Rpc<TableService> {
  sent = 0;

  async *readTable(call: Call, request: ReadTableRequest): AsyncIterable<ColumnBatch> {
    if (request.table !== 'telco') throw tableUnknown({ table: request.table });
    for (let batch = 0; batch < BATCHES; batch++) {
      this.sent += 1;
      const rows = Array.from({ length: ROWS }, (_, row) => row);
      const regions = orgUnitFilter(call.caller).length;
      yield columnBatch(rows, {
        subscription_id: uuids((row) => subscriptionId('demo', `${batch}-${row}`)),
        regions: numbers(() => regions),
        charges: numbers((row) => (row % 7 === 0 ? NaN : row)),
      });
    }
  }

  getTable(): Promise<never> {
    return Promise.reject(tableUnknown({ table: '' }));
  }

  listTables(): Promise<never> {
    return Promise.reject(tableUnknown({ table: '' }));
  }

  async *readSubjects(): AsyncIterable<ColumnBatch> {
    if (this.sent >= 0) throw new Error('the value 7590-VHVEG must not reach a caller');
    yield { rows: 0, columns: [] };
  }
}

/** A service with a table, a parameter and jobs. */
@Module({})
export class ProbeLake implements OnModuleInit {
  static mayEnd = false;
  static shardDelayMs = 0;
  /** Jobs of the kinds ECHO and UNMET that have ended. */
  static readonly ended: { jobId: string; text: string | undefined; isDone: boolean }[] = [];

  static register(environment: Environment): DynamicModule {
    const parameters = { 'probe.days': parameter(z.number().int().min(1), 7, 'Days.') };
    const options = { service: 'probe-lake', environment, config: platformConfig, parameters, monthSteps: OWNED_STEPS };
    return serviceModule(ProbeLake, options, [ProbeTables]);
  }

  constructor(
    private readonly grpc: GrpcServer,
    private readonly tables: ProbeTables,
    private readonly jobs: Jobs,
  ) {}

  onModuleInit(): void {
    this.grpc.serve<TableService>(TableServiceDefinition, this.tables);
    this.jobs.defineSharded(SUM, {
      plan: async () => ({ shards: 12, rowsTotal: 600 }),
      shard: async (run, index) => {
        await new Promise((resolve) => setTimeout(resolve, ProbeLake.shardDelayMs));
        run.signal.throwIfAborted();
        return async (tx) => {
          await rowsOf(tx, 'insert into total (shard, amount) values ($1, $2)', [index, index * index]);
          return 1;
        };
      },
      finish: async (_run, tx) => {
        const [row] = await rowsOf<{ sum: string }>(tx, 'select sum(amount) from total');
        return { sum: row!.sum };
      },
    });
    this.jobs.define(WAIT, async (run) => {
      await run.progress({ phase: 'waiting' });
      while (!ProbeLake.mayEnd) await new Promise((resolve) => setTimeout(resolve, 20));
      return {};
    });
    this.jobs.define(
      ECHO,
      async ({ params }) => params,
      async (_tx, { jobId, params, result }) => {
        ProbeLake.ended.push({ jobId, text: params.text, isDone: result !== undefined });
      },
    );
    this.jobs.define(
      UNMET,
      async () => {
        throw labelMissing();
      },
      async (tx, { jobId, result }) => {
        const [row] = await rowsOf<{ state: string }>(tx, 'select state from job where id = $1', [jobId]);
        ProbeLake.ended.push({ jobId, text: row?.state, isDone: result !== undefined });
      },
    );
    this.jobs.define(REFUSE, async () => {
      throw tableUnknown({ table: 'other' });
    });
  }
}
