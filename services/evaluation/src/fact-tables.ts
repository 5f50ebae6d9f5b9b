import { Inject, Injectable } from '@nestjs/common';
import {
  FactServiceDefinition,
  type DescribeFactsResponse,
  type FactService,
} from '@holdfast/contracts/feature_store/v1/facts';
import type { ShardRange } from '@holdfast/contracts/feature_store/v1/lake';
import type { ColumnBatch } from '@holdfast/contracts/platform/v1/columns';
import { systemCaller } from '@holdfast/platform/caller';
import { factsRequest, readIfAvailable } from '@holdfast/platform/facts';
import type { Rpc } from '@holdfast/platform/grpc';
import { SHARDS } from '@holdfast/platform/identity';
import { callOfJob, type JobRun } from '@holdfast/platform/jobs';

/** Shards of a read: a sixteenth of all subscriptions. */
const SHARDS_OF_RANGE = 16;

/** Reads the operator's tables from feature-store. */
@Injectable()
export class FactTables {
  constructor(@Inject(FactServiceDefinition.fullName) private readonly facts: Rpc<FactService>) {}

  /** The available tables; none before the first extract. */
  async describe(signal?: AbortSignal): Promise<DescribeFactsResponse> {
    const call = { caller: systemCaller('evaluation'), ...(signal === undefined ? {} : { signal }) };
    let described: DescribeFactsResponse = { tables: [], closedMonths: [], currency: '', timeZone: '', sequence: 0 };
    await readIfAvailable(async () => {
      described = await this.facts.describeFacts(call, {});
    });
    return described;
  }

  /** A whole table as currently known. @param columns in addition to the key; all by default */
  read(run: JobRun, table: string, columns: string[] = [], shards?: ShardRange): AsyncIterable<ColumnBatch> {
    return this.facts.readFacts(callOfJob('evaluation', run), factsRequest(table, { columns, shards }));
  }

  /** The status of all subscriptions in these shards and months. */
  readStatus(run: JobRun, shards: ShardRange, fromMonth: string, toMonth: string): AsyncIterable<ColumnBatch> {
    const call = callOfJob('evaluation', run);
    return this.facts.readStatusMonths(call, { fromMonth, toMonth, shards, subscriptionIds: [] });
  }
}

export function shardRanges(): ShardRange[] {
  return Array.from({ length: SHARDS / SHARDS_OF_RANGE }, (_, at) => ({
    from: at * SHARDS_OF_RANGE,
    to: (at + 1) * SHARDS_OF_RANGE,
  }));
}
