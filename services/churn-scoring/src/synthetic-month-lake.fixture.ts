import {
  ColumnRole,
  FeatureType,
  Table as TableFacts,
  TableServiceDefinition,
  type GetTableRequest,
  type ReadTableRequest,
  type TableService,
} from '@holdfast/contracts/feature_store/v1/lake';
import type { ColumnBatch } from '@holdfast/contracts/platform/v1/columns';
import { syntheticPanel, type SyntheticPanel } from '@holdfast/learning/synthetic-panel.fixture';
import { monthRange } from '@holdfast/platform/calendar';
import { requireScope } from '@holdfast/platform/caller';
import { categories, columnBatch, numbers, uuids } from '@holdfast/platform/columns';
import type { Call, GrpcServer } from '@holdfast/platform/grpc';
import { shardOf, subscriptionId } from '@holdfast/platform/identity';
import { unimplemented } from '@holdfast/testing/service';

export const MONTHS = monthRange('2026-01', '2026-12');
export const LEAD_MONTHS = 2;
export const MONTH_UNITS = ['demo/', 'demo/dalian/', 'demo/shenyang/'];
export const panel: SyntheticPanel = syntheticPanel(900, MONTHS.length, LEAD_MONTHS, 5);
export const ids = Array.from({ length: 900 }, (_, subscription) => subscriptionId('demo', `month ${subscription}`));
const BATCH_ROWS = 1_000;

/** As the lake orders them: by shard, subscription, month. */
const inOrder = Array.from(panel.months, (_, row) => row).sort((left, right) => {
  const [one, other] = [ids[panel.subscriptions[left]!]!, ids[panel.subscriptions[right]!]!];
  return shardOf(one) - shardOf(other) || (one < other ? -1 : one > other ? 1 : 0) || left - right;
});
const CAUSE_OF: Readonly<Record<string, string>> = {
  overpaid: 'misfit',
  complaints: 'service',
  contractEnded: 'contractEnd',
  noise: '',
};

/**
 * A view with a row for each subscription and month, as feature-store gives it out. Version `m9` has the first nine months
 * and the labels that are known at their end, `v1` all of them.
 */
export class SyntheticMonthLake {
  newest = 'v1';

  serve(server: GrpcServer): void {
    const tables = unimplemented<TableService>(TableServiceDefinition, {
      getTable: (call, request) => this.getTable(call, request),
      readTable: (call, request) => this.readTable(call, request),
    });
    server.serve<TableService>(TableServiceDefinition, tables);
  }

  async getTable(_call: Call, request: GetTableRequest): Promise<TableFacts> {
    const { table } = request;
    const version = request.version || this.newest;
    const count = monthsOf(version);
    const rows = inOrder.filter((row) => panel.months[row]! < count);
    const columns = [
      ...panel.table.columns.map(({ name }) => ({
        name,
        role: ColumnRole.COLUMN_ROLE_FEATURE,
        reason: CAUSE_OF[name]!,
      })),
      { name: 'lost_in_gap', role: ColumnRole.COLUMN_ROLE_EXCLUDED, reason: '' },
    ];
    const known = rows.map((row) => labelOf(row, count)).filter((label) => !Number.isNaN(label));
    return TableFacts.fromPartial({
      table,
      version,
      rows: rows.length,
      months: MONTHS.slice(0, count),
      columns: columns.map((column) => ({ ...column, type: FeatureType.FEATURE_TYPE_NUMBER })),
      currency: 'CNY',
      labelledRows: known.length,
      positiveRows: known.reduce((sum, label) => sum + label, 0),
      labelLeadMonths: LEAD_MONTHS,
      origin: 'view',
    });
  }

  async *readTable({ caller }: Call, request: ReadTableRequest): AsyncIterable<ColumnBatch> {
    if (request.withLabel) requireScope(caller, 'model:train');
    const { from, to } = request.shards ?? { from: 0, to: 256 };
    const count = monthsOf(request.version);
    const wanted = inOrder.filter((row) => {
      if (panel.months[row]! >= count) return false;
      const shard = shardOf(ids[panel.subscriptions[row]!]!);
      return shard >= from && shard < to && (request.month === '' || MONTHS[panel.months[row]!] === request.month);
    });
    for (let at = 0; at < wanted.length; at += BATCH_ROWS) yield batchOf(wanted.slice(at, at + BATCH_ROWS), request);
  }
}

function monthsOf(version: string): number {
  return version.startsWith('m') ? Number(version.slice(1)) : MONTHS.length;
}

/** NaN where it is not known at the end of so many months. */
function labelOf(row: number, monthCount: number): number {
  return panel.months[row]! + LEAD_MONTHS < monthCount ? panel.labels[row]! : Number.NaN;
}

function batchOf(rows: readonly number[], { version, columns, withLabel, withValue }: ReadTableRequest): ColumnBatch {
  const columnOf = (name: string) => {
    const values = name === 'lost_in_gap' ? panel.lostInGap : panel.table.numberColumn(name).values;
    return numbers((row: number) => values[row]!);
  };
  return columnBatch(rows, {
    subscription_id: uuids((row) => ids[panel.subscriptions[row]!]!),
    month: categories((row) => MONTHS[panel.months[row]!]!),
    org_unit_path: categories((row) => MONTH_UNITS[panel.subscriptions[row]! % 3]),
    ...Object.fromEntries(columns.map((name) => [name, columnOf(name)])),
    ...(withLabel ? { label: numbers((row) => labelOf(row, monthsOf(version))) } : {}),
    ...(withValue ? { value: numbers((row) => 30 + (panel.subscriptions[row]! % 100)) } : {}),
  });
}
