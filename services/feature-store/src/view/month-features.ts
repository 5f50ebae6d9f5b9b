import { addMonths } from '@holdfast/platform/calendar';
import { literal, type Connection } from '../engine/engine.js';
import { statusMonths, type StatusRule } from '../facts/status-months.js';
import type { PointInTime } from './point-in-time.js';
import type { Definition, Feature } from './definition.js';
import { exactInDuckDb } from './exact.js';
import { MONTHS_BACK, asOfSql } from './relation.js';
import { RELATIONS } from './relations.js';

export interface Availability {
  tables: ReadonlySet<string>;
  /** Free columns, `table.column`. */
  freeColumns: ReadonlySet<string>;
  /** First month with rows, of tables by month, day or moment. */
  firstMonths: ReadonlyMap<string, string>;
}

/** The missing table or free column because of which a feature is unavailable. */
export function lackOf(feature: Feature, { tables, freeColumns }: Availability): string | undefined {
  return feature.needs.find((need) => (need.includes('.') ? !freeColumns.has(need) : !tables.has(need)));
}

/**
 * Computes all features of a month: table `month_features` with `subscription_id`, `shard`, `org_unit_path`, `month`, and
 * a column for each feature, a double or (a category) a text; NULL is unknown. Rows are the subscriptions at risk at
 * the month's end, as known at the point in time. Reads the tables `facts.…`, which must be open as of the same time.
 * @param only the one subscription (UUID) to compute, also if it is suspended; by default all at risk
 */
export async function computeMonth(
  connection: Connection,
  definition: Definition,
  pointInTime: PointInTime,
  { rule, availability, only }: { rule: StatusRule; availability: Availability; only?: string },
): Promise<void> {
  const asOf = asOfSql(pointInTime);
  const has = (table: string): boolean => availability.tables.has(table);
  const status = statusMonths({ from: addMonths(pointInTime.month, -MONTHS_BACK), to: pointInTime.month }, rule, {
    usage: has('usage'),
    billing: has('billing'),
  });
  await connection.run(`create or replace temp table status_as_of as select * from ${status}`);
  const isMeant = only === undefined ? 'at_risk' : `not cancelled and subscription_id = ${literal(only)}::uuid`;
  const sql = `create or replace temp table population as
    select subscription_id, shard, org_unit_path from status_as_of
    where month = ${literal(pointInTime.month)} and ${isMeant}`;
  await connection.run(sql);
  const available = definition.features.filter((feature) => lackOf(feature, availability) === undefined);
  const isKnown = (from: string): boolean => isCovered(from, pointInTime.month, availability);
  const relations = [...new Set(available.map(({ from }) => from))].filter((from) => from !== 'features');
  for (const [place, from] of relations.entries()) {
    const values = available
      .filter((feature) => feature.from === from)
      .map(({ sql, name }) => `${exactInDuckDb(sql)} as ${name}`);
    // One relation after the other: what is in memory at a time is one scan and its sums.
    const sql = `create or replace temp table part_${place} as select subscription_id, ${values.join(',\n')}
      from (${RELATIONS[from]!.sql(asOf)}) where subscription_id in (select subscription_id from population)
      group by subscription_id`;
    await connection.run(sql);
  }
  const names = new Set(available.map(({ name }) => name));
  const first = available.filter(({ from }) => from !== 'features');
  const joins = relations.map((_, place) => `left join part_${place} using (subscription_id)`).join('\n');
  const columns = definition.features.map((feature) => valueOf(feature, names.has(feature.name)));
  await connection.run(
    `create or replace temp table month_features as
     with firsts as (
       select subscription_id, shard, org_unit_path, ${literal(pointInTime.month)} as month
         ${first.map((feature) => `, ${absentOf(feature, isKnown(feature.from))} as ${feature.name}`).join('\n')}
       from population ${joins}
     ), all_values as (
       select *
         ${available
           .filter(({ from }) => from === 'features')
           .map(({ sql, name }) => `, ${sql} as ${name}`)
           .join('\n')}
       from firsts
     )
     select subscription_id, shard, org_unit_path, month ${columns.map((column) => `, ${column}`).join('\n')}
     from all_values`,
  );
  for (const place of relations.keys()) await connection.run(`drop table part_${place}`);
}

/** Whether the months that a relation looks at have come. */
function isCovered(from: string, month: string, { firstMonths }: Availability): boolean {
  const { needs, monthsCovered } = RELATIONS[from]!;
  if (monthsCovered === undefined) return true;
  const first = firstMonths.get(needs[0]!);
  return first !== undefined && first <= addMonths(month, 1 - monthsCovered);
}

/** Value of a subscription without a row: the feature's default, or null if the months are not covered. */
function absentOf({ name, absent }: Feature, isKnown: boolean): string {
  if (!isKnown) return 'null';
  return absent === undefined ? name : `coalesce(${name}, ${absent})`;
}

/** No division by nothing reaches a model: what is not finite is unknown. */
function valueOf({ name, type }: Feature, isAvailable: boolean): string {
  if (type === 'category') return `${isAvailable ? name : 'null'}::varchar as ${name}`;
  if (!isAvailable) return `null::double as ${name}`;
  return `case when isfinite(${name}::double) then ${sixDecimals(`${name}::double`)} end as ${name}`;
}

/**
 * Six decimals are more than anything here means. Nine first: what was worked out in another way, as another release or
 * machine may, differs in the last bits, and often between two values of six decimals, where those bits would decide.
 */
export function sixDecimals(value: string): string {
  return `round(round(${value}, 9), 6)`;
}
