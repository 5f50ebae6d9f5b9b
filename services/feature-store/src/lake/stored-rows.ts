import type { ReadTableRequest, ShardRange } from '@holdfast/contracts/feature_store/v1/lake';
import { failure } from '@holdfast/platform/errors';
import { SHARDS } from '@holdfast/platform/identity';
import type { CheckedColumn } from '../column/column.js';
import { numberColumn, type BatchColumn } from '../engine/column-batches.js';
import type { TableVersion } from './catalogue.js';

const shardsInvalid = failure('invalid', 'shards.invalid', {
  en: 'Shards {from} to {to} are not a range within 0 to 256.',
  'zh-CN': '分片范围 {from} 至 {to} 无效，应在 0 至 256 之间。',
});

/** The range itself; all shards, if undefined. @throws invalid */
export function checkedShards(range: ShardRange = { from: 0, to: SHARDS }): ShardRange {
  if (range.from >= range.to || range.to > SHARDS) throw shardsInvalid({ from: range.from, to: range.to });
  return range;
}

/** SQL conditions on the shard. @throws invalid */
export function shardConditions(range: ShardRange | undefined, column = 'shard'): string[] {
  if (range === undefined) return [];
  const { from, to } = checkedShards(range);
  return [`${column} between ${from} and ${to - 1}`];
}

/** SQL conditions on the code of the unit: those that the caller may see. */
export function unitConditions(units: readonly string[], filter: readonly string[]): string[] {
  const isVisible = (unit: string): boolean => filter.some((prefix) => unit.startsWith(prefix));
  const visible = units.flatMap((unit, code) => (isVisible(unit) ? [code] : []));
  if (visible.length === units.length) return [];
  return [visible.length === 0 ? 'false' : `unit in (${visible.join(', ')})`];
}

/** The columns of a response: those requested, between the row's identity and its outcome. */
export function rowColumns(
  { months, units }: Pick<TableVersion, 'months' | 'units'>,
  columns: readonly CheckedColumn[],
  { withLabel, withSplit, withValue }: Pick<ReadTableRequest, 'withLabel' | 'withSplit' | 'withValue'>,
): BatchColumn[] {
  const category = (name: string, sql: string, dictionary: string[]): BatchColumn => {
    return { name, kind: 'category', sql, dictionary };
  };
  return [
    { name: 'subscription_id', kind: 'uuid', sql: 'subscription_id' },
    category('month', 'month', months),
    category('org_unit_path', 'unit', units),
    ...columns.map(({ name, place, type, dictionary }) =>
      type === 'category' ? category(name, `f${place}`, dictionary) : numberColumn(name, `f${place}`),
    ),
    ...(withLabel ? [numberColumn('label', 'label')] : []),
    ...(withSplit ? [numberColumn('split', 'split')] : []),
    ...(withValue ? [numberColumn('value', 'value')] : []),
  ];
}
