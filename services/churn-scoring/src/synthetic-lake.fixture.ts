import {
  ColumnRole,
  FeatureType,
  Table as TableFacts,
  TableServiceDefinition,
  type GetTableRequest,
  type ReadTableRequest,
  type TableService,
  type TableColumn,
} from '@holdfast/contracts/feature_store/v1/lake';
import {
  FeatureState,
  OnlineServiceDefinition,
  type FeatureValue,
  type GetFeaturesRequest,
  type GetFeaturesResponse,
  type OnlineService,
} from '@holdfast/contracts/feature_store/v1/online';
import type { ColumnBatch } from '@holdfast/contracts/platform/v1/columns';
import { syntheticTable, type SyntheticTable } from '@holdfast/learning/synthetic-table.fixture';
import { requireScope, sees } from '@holdfast/platform/caller';
import { categories, columnBatch, numbers, uuids } from '@holdfast/platform/columns';
import { failure } from '@holdfast/platform/errors';
import type { Call, GrpcServer } from '@holdfast/platform/grpc';
import { shardOf, subscriptionId } from '@holdfast/platform/identity';
import { unimplemented } from '@holdfast/testing/service';

export const ROWS = 1_200;
const BATCH_ROWS = 100;
/** A prime that is no factor of ROWS: multiples of it visit every row. */
const OTHER_ROW = 757;
export const UNITS = ['demo/', 'demo/dalian/', 'demo/shenyang/'];
const tableUnknown = failure('notFound', 'table.unknown', {
  en: 'There is no table {table}.',
  'zh-CN': '没有表 {table}。',
});
export const synthetic: SyntheticTable = syntheticTable(ROWS, 21, 1);
export const subscriptions = Array.from({ length: ROWS }, (_, row) => subscriptionId('demo', `subscriber ${row}`));
/** As the lake orders them: by shard, then subscription. */
const inOrder = subscriptions
  .map((id, row) => ({ id, row, shard: shardOf(id) }))
  .sort((left, right) => left.shard - right.shard || (left.id < right.id ? -1 : 1));

/**
 * Synthetic tables with known causes: `telco`, in v2 with a split; `flat`, without churn; `narrow`, unlabelled; `noise`, whose
 * labels are those of other rows.
 */
export class SyntheticLake {
  delayMs = 0;
  /** What the amounts of the column `spend` are multiplied by. */
  spendFactor = 1;

  serve(server: GrpcServer): void {
    const tables = unimplemented<TableService>(TableServiceDefinition, {
      getTable: (call, request) => this.getTable(call, request),
      readTable: (call, request) => this.readTable(call, request),
    });
    server.serve<TableService>(TableServiceDefinition, tables);
    const online = { getFeatures: (call: Call, request: GetFeaturesRequest) => this.getFeatures(call, request) };
    server.serve<OnlineService>(OnlineServiceDefinition, online);
  }

  async getTable(_call: Call, { table, version }: GetTableRequest): Promise<TableFacts> {
    const columns = this.columnsOf(table);
    const positives = table === 'flat' ? 0 : synthetic.labels.reduce((sum, label) => sum + label, 0);
    const facts = { rows: ROWS, labelledRows: table === 'narrow' ? 0 : ROWS, positiveRows: positives, currency: 'CNY' };
    return TableFacts.fromPartial({ table, version: version || 'v1', columns, hasSplit: version === 'v2', ...facts });
  }

  async *readTable({ caller }: Call, request: ReadTableRequest): AsyncIterable<ColumnBatch> {
    if (request.withLabel) requireScope(caller, 'model:train');
    const { from, to } = request.shards ?? { from: 0, to: 256 };
    const wanted = inOrder.filter(({ shard }) => shard >= from && shard < to);
    for (let at = 0; at < wanted.length; at += BATCH_ROWS) {
      await new Promise((resolve) => setTimeout(resolve, this.delayMs));
      yield batchOf(
        wanted.slice(at, at + BATCH_ROWS).map(({ row }) => row),
        request,
        this.spendFactor,
      );
    }
  }

  /** The newest values are those of the table. */
  private async getFeatures({ caller }: Call, { subscriptionIds }: GetFeaturesRequest): Promise<GetFeaturesResponse> {
    requireScope(caller, 'features:read');
    const state = FeatureState.FEATURE_STATE_PRESENT;
    const eventAt = new Date('2026-10-31T16:00:00Z');
    const times = { state, eventAt, knowledgeTime: new Date('2026-11-03T02:00:04Z') };
    const rows = subscriptionIds.map((id) => subscriptions.indexOf(id));
    const visible = rows.filter((row) => row >= 0 && sees(caller, UNITS[row % 3]!));
    return {
      vectors: visible.map((row) => ({
        subscriptionId: subscriptions[row]!,
        version: 'v1',
        values: synthetic.table.columns.map((column): FeatureValue => {
          const { name: feature } = column;
          if (column.kind === 'number') {
            const number = column.values[row]!;
            if (Number.isNaN(number))
              return { ...times, feature, state: FeatureState.FEATURE_STATE_MISSING, value: undefined };
            return { ...times, feature, value: { $case: 'number', number } };
          }
          return { ...times, feature, value: { $case: 'text', text: column.categories[column.codes[row]!]! } };
        }),
      })),
    };
  }

  private columnsOf(table: string): Partial<TableColumn>[] {
    if (!['telco', 'flat', 'narrow', 'noise'].includes(table)) throw tableUnknown({ table });
    const column = (name: string, role: ColumnRole, type = FeatureType.FEATURE_TYPE_NUMBER) => ({ name, role, type });
    return [
      column('customer', ColumnRole.COLUMN_ROLE_KEY, FeatureType.FEATURE_TYPE_CATEGORY),
      column('churn', ColumnRole.COLUMN_ROLE_LABEL, FeatureType.FEATURE_TYPE_FLAG),
      ...synthetic.table.columns.map(({ name, kind }) => {
        if (kind === 'category') return column(name, ColumnRole.COLUMN_ROLE_FEATURE, FeatureType.FEATURE_TYPE_CATEGORY);
        const type = name === 'complained' ? FeatureType.FEATURE_TYPE_FLAG : FeatureType.FEATURE_TYPE_NUMBER;
        return column(name, name === 'spend' ? ColumnRole.COLUMN_ROLE_VALUE : ColumnRole.COLUMN_ROLE_FEATURE, type);
      }),
      column('closing code', ColumnRole.COLUMN_ROLE_FEATURE),
      column('remark', ColumnRole.COLUMN_ROLE_EXCLUDED, FeatureType.FEATURE_TYPE_CATEGORY),
    ];
  }
}

function batchOf(
  rows: number[],
  { table, columns, withLabel, withSplit, withValue }: ReadTableRequest,
  spendFactor: number,
): ColumnBatch {
  const labelledRow = (row: number): number => (table === 'noise' ? (row * OTHER_ROW) % ROWS : row);
  const label = (row: number): number => (table === 'flat' ? 0 : synthetic.labels[labelledRow(row)]!);
  const spend = synthetic.table.numberColumn('spend').values;
  const columnOf = (name: string) => {
    if (name === 'closing code') return numbers((row: number) => (table === 'noise' ? row % 5 : label(row) * 7));
    const source = synthetic.table.columns.find((column) => column.name === name);
    if (source === undefined) throw new Error(`no caller may read ${name}`);
    const factor = name === 'spend' ? spendFactor : 1;
    if (source.kind === 'number') return numbers((row: number) => source.values[row]! * factor);
    return categories((row: number) => source.categories[source.codes[row]!]);
  };
  return columnBatch(rows, {
    subscription_id: uuids((row) => subscriptions[row]!),
    org_unit_path: categories((row) => UNITS[row % 3]),
    ...Object.fromEntries(columns.map((name) => [name, columnOf(name)])),
    ...(withLabel ? { label: numbers(label) } : {}),
    ...(withSplit ? { split: numbers((row) => (row % 4 === 0 ? 0 : 1)) } : {}),
    // Every tenth has no value.
    ...(withValue ? { value: numbers((row) => (row % 10 === 0 ? NaN : spend[row]!)) } : {}),
  });
}
