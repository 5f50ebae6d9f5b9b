import { createReadStream } from 'node:fs';
import path from 'node:path';
import { copyCsv } from '@holdfast/platform/copy';
import { rowsOf, type Transaction } from '@holdfast/platform/database';
import { literal } from '../engine/engine.js';
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
  const cells = featuresOf(version).map(({ place }) => `coalesce(f${place}::varchar, 'NULL')`);
  const array = cells.length === 0 ? `'{}'` : `'{' || concat_ws(',', ${cells.join(', ')}) || '}'`;
  const list = (texts: readonly string[]): string => `[${texts.map(literal).join(', ')}]`;
  const sql = `copy (
      select subscription_id, ${list(version.months)}[month + 1], ${list(version.units)}[unit + 1], ${array},
        ${list(version.months.map((month) => knowledgeTimeOf(month).toISOString()))}[month + 1]
      from ${rows.name} where is_last
    ) to ${literal(file)} (format csv, header false)`;
  await rows.engine.run(sql);
  return file;
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
