import { Injectable } from '@nestjs/common';
import type { ColumnBatch } from '@holdfast/contracts/platform/v1/columns';
import type {
  ReadSubjectsRequest,
  ReadTableRequest,
  ShardRange,
  TableService,
} from '@holdfast/contracts/feature_store/v1/lake';
import { requireScope, requireSystem, orgUnitFilter } from '@holdfast/platform/caller';
import { Database } from '@holdfast/platform/database';
import { failure } from '@holdfast/platform/errors';
import type { Call, Rpc } from '@holdfast/platform/grpc';
import { SHARDS } from '@holdfast/platform/identity';
import { Engine, literal } from '../engine/engine.js';
import { Catalogue, featuresOf, type TableVersion } from './catalogue.js';
import type { CheckedColumn } from '../column/column.js';
import { DataKeys } from './data-keys.js';
import { LakeFiles } from './lake-files.js';
import { rowBatches } from './row-batches.js';
import { readSubjects } from './subjects.js';

const columnUnknown = failure('notFound', 'column.unknown', {
  en: 'Table {table} has no column {column} that can be read.',
  'zh-CN': '表 {table} 没有可读取的列 {column}。',
});
const shardsInvalid = failure('invalid', 'shards.invalid', {
  en: 'Shards {from} to {to} are no range within 0 to 256.',
  'zh-CN': '分片范围 {from} 至 {to} 无效，应在 0 至 256 之间。',
});

/** Rows of the lake's tables, to services. */
@Injectable()
export class LakeRpc implements Rpc<TableService> {
  constructor(
    private readonly catalogue: Catalogue,
    private readonly engine: Engine,
    private readonly files: LakeFiles,
    private readonly keys: DataKeys,
    private readonly database: Database,
  ) {}

  async *readTable(call: Call, request: ReadTableRequest): AsyncIterable<ColumnBatch> {
    requireScope(call.caller, 'features:read');
    if (request.withLabel) requireScope(call.caller, 'model:train');
    const version = await this.catalogue.find(request.table, request.version);
    const columns =
      request.columns.length === 0 ? featuresOf(version) : request.columns.map((name) => storedColumn(version, name));
    const conditions = [
      ...shardCondition(request.shards),
      ...unitCondition(version, orgUnitFilter(call.caller)),
      ...monthCondition(version, request.month),
    ];
    const connection = await this.engine.connect();
    try {
      yield* rowBatches(connection, {
        relation: `read_parquet(${literal(this.files.table(version.table, version.version))})`,
        months: version.months,
        units: version.units,
        columns,
        withLabel: request.withLabel,
        withSplit: request.withSplit,
        withValue: request.withValue,
        conditions,
      });
    } finally {
      connection.closeSync();
    }
  }

  async *readSubjects(call: Call, request: ReadSubjectsRequest): AsyncIterable<ColumnBatch> {
    requireSystem(call.caller);
    const version = await this.catalogue.find(request.table, request.version);
    const shards = shardRange(request.shards);
    // Who the rows of a view are about came with the extracts.
    if (version.importId === undefined) return;
    yield* readSubjects(this.database, version, shards, await this.keys.of(version.importId));
  }
}

function storedColumn(version: TableVersion, name: string): CheckedColumn {
  const column = version.columns.find((candidate) => candidate.name === name);
  if (column === undefined || !column.isStored) throw columnUnknown({ table: version.table, column: name });
  return column;
}

function shardRange(range: ShardRange | undefined): ShardRange {
  const { from, to } = range ?? { from: 0, to: SHARDS };
  if (from >= to || to > SHARDS) throw shardsInvalid({ from, to });
  return { from, to };
}

function shardCondition(range: ShardRange | undefined): string[] {
  if (range === undefined) return [];
  const { from, to } = shardRange(range);
  return [`shard between ${from} and ${to - 1}`];
}

/** The caller's region, as codes of units. */
function unitCondition(version: TableVersion, filter: readonly string[]): string[] {
  const isVisible = (unit: string): boolean => filter.some((prefix) => unit.startsWith(prefix));
  const visible = version.units.flatMap((unit, code) => (isVisible(unit) ? [code] : []));
  if (visible.length === version.units.length) return [];
  return [visible.length === 0 ? 'false' : `unit in (${visible.join(', ')})`];
}

function monthCondition(version: TableVersion, month: string): string[] {
  if (month === '') return [];
  if (month === 'last') return ['is_last', 'not had_left'];
  const code = version.months.indexOf(month);
  return code < 0 ? ['false'] : [`month = ${code}`, 'not had_left'];
}
