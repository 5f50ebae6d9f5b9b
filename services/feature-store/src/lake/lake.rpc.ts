import { Injectable } from '@nestjs/common';
import type { ColumnBatch } from '@holdfast/contracts/platform/v1/columns';
import {
  ColumnRole,
  FeatureType,
  type ReadSubjectsRequest,
  type ReadTableRequest,
  type Table,
  type TableService,
} from '@holdfast/contracts/feature_store/v1/lake';
import { orgUnitFilter, requireScope, sees, type Caller } from '@holdfast/platform/caller';
import { Database } from '@holdfast/platform/database';
import { failure } from '@holdfast/platform/errors';
import type { Call, Rpc } from '@holdfast/platform/grpc';
import { forServices, scoped } from '@holdfast/platform/scoped';
import { columnBatches } from '../engine/column-batches.js';
import { literal } from '../engine/engine.js';
import { Lanes } from '../engine/lanes.js';
import type { CheckedColumn, ColumnType, Role } from '../column/column.js';
import { Catalogue, featuresOf, tableUnknown, type TableVersion } from './catalogue.js';
import { DataKeys } from './data-keys.js';
import { LakeFiles } from './lake-files.js';
import { checkedShards, rowColumns, shardConditions, unitConditions } from './stored-rows.js';
import { readSubjects } from './subjects.js';

const columnUnknown = failure('notFound', 'column.unknown', {
  en: 'Table {table} has no column {column} that can be read.',
  'zh-CN': '表 {table} 没有可读取的列 {column}。',
});

/** The lake's tables and their rows. */
@Injectable()
export class LakeRpc {
  constructor(
    private readonly catalogue: Catalogue,
    private readonly lanes: Lanes,
    private readonly files: LakeFiles,
    private readonly keys: DataKeys,
    private readonly database: Database,
  ) {}

  readonly handlers: Rpc<TableService> = {
    getTable: async ({ caller }, request) => {
      requireTableScope(caller);
      const version = await this.catalogue.find(request.table, request.version);
      if (!sees(caller, version.orgUnitPath)) throw tableUnknown({ table: request.table });
      return tableMessage(version);
    },

    listTables: async ({ caller }) => {
      requireTableScope(caller);
      const newest = await this.catalogue.newest();
      return { tables: newest.filter(({ orgUnitPath }) => sees(caller, orgUnitPath)).map(tableMessage) };
    },

    readTable: scoped('features:read', (call, request) => this.readRows(call, request)),

    readSubjects: forServices(['customer-profile'], (_call, request) => this.readSubjects(request)),
  };

  private async *readRows({ caller, signal }: Call, request: ReadTableRequest): AsyncIterable<ColumnBatch> {
    if (request.withLabel) requireScope(caller, 'model:train');
    const version = await this.catalogue.find(request.table, request.version);
    const columns =
      request.columns.length === 0 ? featuresOf(version) : request.columns.map((name) => storedColumn(version, name));
    const conditions = [
      ...shardConditions(request.shards),
      ...unitConditions(version.units, orgUnitFilter(caller)),
      ...monthCondition(version, request.month),
    ];
    const rows = `read_parquet(${literal(this.files.table(version.table, version.version))})`;
    const where = conditions.length === 0 ? '' : `where ${conditions.join(' and ')}`;
    const read = rowColumns(version, columns, request);
    yield* this.lanes.bulk.stream(signal, (connection) => columnBatches(connection, read, `from ${rows} ${where}`));
  }

  private async *readSubjects(request: ReadSubjectsRequest): AsyncIterable<ColumnBatch> {
    const version = await this.catalogue.find(request.table, request.version);
    const shards = checkedShards(request.shards);
    // The subjects of a view are those of the extracts.
    if (version.importId === null) return;
    yield* readSubjects(this.database, version, shards, await this.keys.of(version.importId));
  }
}

function storedColumn(version: TableVersion, name: string): CheckedColumn {
  const column = version.columns.find((candidate) => candidate.name === name);
  if (column === undefined || !column.isStored) throw columnUnknown({ table: version.table, column: name });
  return column;
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

function tableMessage({
  importId: _i,
  extractSequence: _s,
  orgUnitPath: _o,
  units: _u,
  rowsHash: _h,
  columns,
  ...table
}: TableVersion): Table {
  return {
    ...table,
    columns: columns.map((column) => ({
      name: column.name,
      role: ROLES[column.role === 'feature' && column.excluded !== undefined ? 'excluded' : column.role],
      type: TYPES[column.type],
      missing: column.missing,
      distinct: column.distinct,
      isEstimate: column.isEstimate ?? false,
      excluded: column.excluded ?? '',
      labelEn: column.displayName.en ?? '',
      labelZhCn: column.displayName['zh-CN'] ?? '',
      reason: column.reason ?? '',
      monotone: column.monotone ?? '',
    })),
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

const TYPES: Readonly<Record<ColumnType, FeatureType>> = {
  number: FeatureType.FEATURE_TYPE_NUMBER,
  category: FeatureType.FEATURE_TYPE_CATEGORY,
  flag: FeatureType.FEATURE_TYPE_FLAG,
  date: FeatureType.FEATURE_TYPE_DATE,
};
