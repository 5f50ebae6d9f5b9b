import { createReadStream } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { copyCsv } from '@holdfast/platform/copy';
import { rowsOf, type Transaction } from '@holdfast/platform/database';
import { literal, type Engine } from '../engine/engine.js';
import { featuresOf, type TableVersion } from '../lake/catalogue.js';
import type { StoredRows } from '../table/type-rows.js';

/**
 * Writes the newest row of every subscription into a file for COPY.
 * @param knowledgeTimeOf when the rows of a month became known; by default with the version
 */
export async function writeOnlineFile(
  rows: StoredRows,
  version: TableVersion,
  knowledgeTimeOf: (month: string) => Date = () => version.loadedAt,
): Promise<string> {
  const file = path.join(rows.engine.folder, 'online.csv');
  const sql = valuesQuery({ version, knowledgeTimeOf }, rows.name);
  await rows.engine.run(`copy (${sql}) to ${literal(file)} (format csv, header false)`);
  return file;
}

/** Values of a version, and when the rows of a month became known. */
export interface ValuesOf {
  version: TableVersion;
  /** Its rows. */
  file: string;
  knowledgeTimeOf: (month: string) => Date;
}

/** SQL of the newest row of every subscription: subscription_id, month, unit, feature values as an array, knowledge time. */
function valuesQuery({ version, knowledgeTimeOf }: Omit<ValuesOf, 'file'>, from: string): string {
  const cells = featuresOf(version).map(({ place }) => `coalesce(f${place}::varchar, 'NULL')`);
  const array = cells.length === 0 ? `'{}'` : `'{' || concat_ws(',', ${cells.join(', ')}) || '}'`;
  const list = (texts: readonly string[]): string => `[${texts.map(literal).join(', ')}]`;
  return `select subscription_id, ${list(version.months)}[month + 1] as month, ${list(version.units)}[unit + 1] as unit,
      ${array} as cells, ${list(version.months.map((month) => knowledgeTimeOf(month).toISOString()))}[month + 1] as known
    from ${from} where is_last`;
}

/** Writes the newest values over several versions into a file for COPY. @param versions of one table, oldest first */
export async function writeValuesBefore(engine: Engine, versions: readonly ValuesOf[]): Promise<string> {
  const file = path.join(engine.folder, 'online.csv');
  const parts = versions.map(
    (of, rank) =>
      `select *, ${literal(of.version.version)} as version, ${rank} as rank
       from (${valuesQuery(of, `read_parquet(${literal(of.file)})`)})`,
  );
  if (parts.length === 0) {
    await writeFile(file, '');
    return file;
  }
  await engine.run(
    `copy (select subscription_id, month, unit, cells, known, version from (${parts.join(' union all ')})
       qualify row_number() over (partition by subscription_id order by month desc, rank desc) = 1
     ) to ${literal(file)} (format csv, header false)`,
  );
  return file;
}

/** Replaces the values of withdrawn versions of a table; a subscription that no other version has loses them. */
export async function restoreOnlineValues(tx: Transaction, table: string, file: string): Promise<void> {
  await rowsOf(
    tx,
    `create temporary table restored_value (subscription_id uuid, month text, org_unit_path text, feature_values float8[],
       knowledge_time timestamptz, version text) on commit drop`,
  );
  await copyCsv(tx, 'restored_value', createReadStream(file));
  await rowsOf(
    tx,
    `delete from online_value using table_version v where online_value.table_name = $1 and v.table_name = $1
       and v.version = online_value.version and v.withdrawn_at is not null`,
    [table],
  );
  await rowsOf(
    tx,
    `insert into online_value (subscription_id, table_name, version, month, org_unit_path, feature_values, knowledge_time)
     select subscription_id, $1, version, month, org_unit_path, feature_values, knowledge_time from restored_value
     on conflict do nothing`,
    [table],
  );
}

/**
 * Makes a version's values those of its subscriptions, except where there are values of a later month. Subscriptions
 * that the version does not have keep what they had, which a later month makes stale.
 */
export async function loadOnlineValues(tx: Transaction, file: string, version: TableVersion): Promise<void> {
  const sql = `create temporary table incoming_value (subscription_id uuid, month text, org_unit_path text,
     feature_values float8[], knowledge_time timestamptz) on commit drop`;
  await rowsOf(tx, sql);
  await copyCsv(tx, 'incoming_value', createReadStream(file));
  await rowsOf(
    tx,
    `insert into online_value (subscription_id, table_name, version, month, org_unit_path, feature_values, knowledge_time)
     select subscription_id, $1, $2, month, org_unit_path, feature_values, knowledge_time from incoming_value
     on conflict (subscription_id, table_name) do update set version = excluded.version, month = excluded.month,
       org_unit_path = excluded.org_unit_path, feature_values = excluded.feature_values, knowledge_time = excluded.knowledge_time
     where excluded.month >= online_value.month`,
    [version.table, version.version],
  );
}
