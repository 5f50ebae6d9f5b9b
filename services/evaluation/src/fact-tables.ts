import { Inject, Injectable } from '@nestjs/common';
import {
  FactServiceDefinition,
  type DescribeFactsResponse,
  type FactService,
} from '@holdfast/contracts/feature_store/v1/facts';
import type { ShardRange } from '@holdfast/contracts/feature_store/v1/lake';
import { ColumnKind, type Column, type ColumnBatch } from '@holdfast/contracts/platform/v1/columns';
import { systemCaller } from '@holdfast/platform/caller';
import { readCategoryTexts, readNumbers, readUuids } from '@holdfast/platform/columns';
import { Failure } from '@holdfast/platform/errors';
import type { Rpc } from '@holdfast/platform/grpc';
import { SHARDS } from '@holdfast/platform/identity';
import { callOfJob, type JobRun } from '@holdfast/platform/jobs';

/** Shards that are read at once: a sixteenth of everybody. */
const SHARDS_OF_RANGE = 16;

/** What feature-store has of the operator's tables, and how to read them. */
@Injectable()
export class FactTables {
  constructor(@Inject(FactServiceDefinition.fullName) private readonly facts: Rpc<FactService>) {}

  /** What is there; nothing, before the first extract. */
  async describe(signal?: AbortSignal): Promise<DescribeFactsResponse> {
    const call = { caller: systemCaller('evaluation'), ...(signal === undefined ? {} : { signal }) };
    try {
      return await this.facts.describeFacts(call, {});
    } catch (thrown) {
      if (!(thrown instanceof Failure) || thrown.kind !== 'precondition') throw thrown;
      return { tables: [], closedMonths: [], currency: '', timeZone: '', sequence: 0 };
    }
  }

  /** All of a table as it is known now. @param columns besides the key; all, if left out */
  read(run: JobRun, table: string, columns: string[] = [], shards?: ShardRange): AsyncIterable<ColumnBatch> {
    return this.facts.readFacts(callOfJob('evaluation', run), {
      table,
      columns,
      shards,
      fromMonth: '',
      toMonth: '',
      subscriptionIds: [],
      kinds: [],
      sequence: 0,
    });
  }

  /** The status of everybody in these shards, in these months. */
  readStatus(run: JobRun, shards: ShardRange, fromMonth: string, toMonth: string): AsyncIterable<ColumnBatch> {
    const call = callOfJob('evaluation', run);
    return this.facts.readStatusMonths(call, { fromMonth, toMonth, shards, subscriptionIds: [] });
  }
}

/** Everybody, a range of shards at a time. */
export function shardRanges(): ShardRange[] {
  return Array.from({ length: SHARDS / SHARDS_OF_RANGE }, (_, at) => ({
    from: at * SHARDS_OF_RANGE,
    to: (at + 1) * SHARDS_OF_RANGE,
  }));
}

/** Whether a batch has a column; tables of the operator may lack those that are not required. */
export function columnNamed(batch: ColumnBatch, name: string): Column | undefined {
  return batch.columns.find((column) => column.name === name);
}

/** Numbers of a column, be they sent as numbers or as decimal texts; NaN where absent. */
export function numbersOf(batch: ColumnBatch, name: string): Float64Array {
  const column = columnNamed(batch, name);
  if (column === undefined) return new Float64Array(batch.rows).fill(NaN);
  if (column.kind === ColumnKind.COLUMN_KIND_NUMBER) return readNumbers(batch, name);
  return Float64Array.from(readCategoryTexts(batch, name), (text) => (text === undefined ? NaN : Number(text)));
}

/** Texts of a column; empty where absent. */
export function textsOf(batch: ColumnBatch, name: string): string[] {
  if (columnNamed(batch, name) === undefined) return new Array<string>(batch.rows).fill('');
  return readCategoryTexts(batch, name).map((text) => text ?? '');
}

/** Whether each row's flag is up; null where nobody said. */
export function flagsOf(batch: ColumnBatch, name: string): (boolean | null)[] {
  return Array.from(numbersOf(batch, name), (value) => (Number.isNaN(value) ? null : value === 1));
}

/** Ids of a column, be they UUIDs or texts; empty where absent. */
export function idsOf(batch: ColumnBatch, name: string): string[] {
  const isUuids = columnNamed(batch, name)?.kind === ColumnKind.COLUMN_KIND_UUID;
  return isUuids ? readUuids(batch, name) : textsOf(batch, name);
}

/** UUIDs of a column; empty where absent. */
export function uuidsOf(batch: ColumnBatch, name: string): string[] {
  return columnNamed(batch, name) === undefined ? new Array<string>(batch.rows).fill('') : readUuids(batch, name);
}
