import { Injectable } from '@nestjs/common';
import type { ColumnBatch } from '@holdfast/contracts/platform/v1/columns';
import {
  ColumnRole,
  FeatureType,
  type GetTableRequest,
  type ListTablesResponse,
  type ReadSubjectsRequest,
  type ReadTableRequest,
  type ShardRange,
  type Table,
  type TableService,
} from '@holdfast/contracts/feature_store/v1/lake';
import { orgUnitFilter, requireScope, requireSystem, sees, type Caller } from '@holdfast/platform/caller';
import { Database } from '@holdfast/platform/database';
import { failure } from '@holdfast/platform/errors';
import type { Call, Rpc } from '@holdfast/platform/grpc';
import { SHARDS } from '@holdfast/platform/identity';
import { Engine, literal } from '../engine/engine.js';
import type { CheckedColumn, ColumnType, Role } from '../column/column.js';
import { Catalogue, featuresOf, tableUnknown, type TableVersion } from './catalogue.js';
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

  async getTable(call: Call, request: GetTableRequest): Promise<Table> {
    requireTableScope(call.caller);
    const version = await this.catalogue.find(request.table, request.version);
    if (!sees(call.caller, version.orgUnitPath)) throw tableUnknown({ table: request.table });
    return tableMessage(version);
  }

  async listTables(call: Call): Promise<ListTablesResponse> {
    requireTableScope(call.caller);
    const newest = await this.catalogue.newest();
    return { tables: newest.filter(({ orgUnitPath }) => sees(call.caller, orgUnitPath)).map(tableMessage) };
  }

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

/** Importing and reading clients may see the columns of a table. */
function requireTableScope(caller: Caller): void {
  if (!caller.scopes.has('ingest:read')) requireScope(caller, 'features:read');
}

function tableMessage(version: TableVersion): Table {
  return {
    table: version.table,
    version: version.version,
    rows: version.rows,
    months: version.months,
    columns: version.columns.map((column) => ({
      name: column.name,
      role: wireRole(column),
      type: TYPES[column.type],
      missing: column.missing,
      distinct: column.distinct,
      isEstimate: column.isEstimate ?? false,
      excluded: column.excluded ?? '',
      labelEn: column.displayName.en ?? '',
      labelZhCn: column.displayName['zh-CN'] ?? '',
      reason: column.reason ?? '',
    })),
    currency: version.currency,
    loadedAt: version.loadedAt,
    hasSplit: version.hasSplit,
    labelledRows: version.labelledRows,
    positiveRows: version.positiveRows,
    labelLeadMonths: version.labelLeadMonths,
    origin: version.origin,
  };
}

const ROLES: Readonly<Record<Role, ColumnRole>> = {
  key: ColumnRole.COLUMN_ROLE_KEY,
  label: ColumnRole.COLUMN_ROLE_LABEL,
  value: ColumnRole.COLUMN_ROLE_VALUE,
  month: ColumnRole.COLUMN_ROLE_MONTH,
  unit: ColumnRole.COLUMN_ROLE_ORG_UNIT,
  split: ColumnRole.COLUMN_ROLE_SPLIT,
  personal: ColumnRole.COLUMN_ROLE_PERSONAL,
  excluded: ColumnRole.COLUMN_ROLE_EXCLUDED,
  feature: ColumnRole.COLUMN_ROLE_FEATURE,
};

function wireRole({ role, excluded }: CheckedColumn): ColumnRole {
  return ROLES[role === 'feature' && excluded !== undefined ? 'excluded' : role];
}

const TYPES: Readonly<Record<ColumnType, FeatureType>> = {
  number: FeatureType.FEATURE_TYPE_NUMBER,
  category: FeatureType.FEATURE_TYPE_CATEGORY,
  flag: FeatureType.FEATURE_TYPE_FLAG,
  date: FeatureType.FEATURE_TYPE_DATE,
};
