import { LRUCache } from 'lru-cache';
import { Injectable } from '@nestjs/common';
import type { Table } from '@holdfast/contracts/feature_store/v1/lake';
import { Database, insertRow, rowsOf, type Transaction } from '@holdfast/platform/database';
import { failure } from '@holdfast/platform/errors';
import { isFeature, type CheckedColumn } from '../column/column.js';

/** A version of a table as it became visible; it never changes. */
export interface TableVersion extends Omit<Table, 'columns' | 'loadedAt'> {
  /** The import that it was made by; null for a view. */
  importId: string | null;
  /** Of a view: sequence of the newest extract that it was made of; null where that is not known, and of a plain table. */
  extractSequence: number | null;
  /** A plain table that was uploaded, or a feature view. */
  origin: 'upload' | 'view';
  /** Its org unit, which decides who may see it. */
  orgUnitPath: string;
  /** Paths of org units, by code. */
  units: string[];
  rowsHash: string;
  loadedAt: Date;
  columns: CheckedColumn[];
}

export const tableUnknown = failure('notFound', 'table.unknown', {
  en: 'There is no table {table}.',
  'zh-CN': '没有表 {table}。',
});
const versionUnknown = failure('notFound', 'table.versionUnknown', {
  en: 'Table {table} has no version {version}.',
  'zh-CN': '表 {table} 没有版本 {version}。',
});

const VERSIONS_CACHED = 200;

const VERSION_COLUMNS = `table_name as "table", version, import_id as "importId", origin,
  extract_sequence::float8 as "extractSequence", label_lead_months as "labelLeadMonths", org_unit_path as "orgUnitPath", rows::float8 as rows, months, units, currency,
  has_split as "hasSplit", labelled_rows::float8 as "labelledRows", positive_rows::float8 as "positiveRows",
  rows_hash as "rowsHash", loaded_at as "loadedAt"`;

type StoredColumn = Omit<CheckedColumn, 'displayName' | 'excluded' | 'monotone'> & {
  labelEn: string;
  labelZhCn: string;
  excluded: NonNullable<CheckedColumn['excluded']> | '';
  monotone: NonNullable<CheckedColumn['monotone']> | '';
};
const COLUMN_COLUMNS = `place, name, label_en as "labelEn", label_zh_cn as "labelZhCn", role, type,
  missing::float8 as missing, distinct_values::float8 as distinct, distinct_is_estimate as "isEstimate", excluded,
  is_stored as "isStored", dictionary, reason, monotone`;

/** The tables of the lake. */
@Injectable()
export class Catalogue {
  private readonly versions = new LRUCache<string, TableVersion>({ max: VERSIONS_CACHED });

  constructor(private readonly database: Database) {}

  /** A version of a table, withdrawn or not; the newest that is not withdrawn by default. @throws notFound */
  async find(table: string, version = ''): Promise<TableVersion> {
    const cached = version === '' ? undefined : this.versions.get(`${table}\n${version}`);
    if (cached !== undefined) return cached;
    const sql = `select version from table_version
      where table_name = $1 and (version = $2 or $2 = '' and withdrawn_at is null) order by rank desc limit 1`;
    const [newest] = await this.database.query<{ version: string }>(sql, [table, version]);
    if (newest === undefined) throw version === '' ? tableUnknown({ table }) : versionUnknown({ table, version });
    return this.versions.get(`${table}\n${newest.version}`) ?? this.load(table, newest.version);
  }

  /** Newest version of every table that is not withdrawn, by name. */
  async newest(): Promise<TableVersion[]> {
    const sql = `select distinct on (table_name) table_name, version from table_version where withdrawn_at is null
      order by table_name, rank desc`;
    const rows = await this.database.query<{ table_name: string; version: string }>(sql);
    return Promise.all(rows.map((row) => this.find(row.table_name, row.version)));
  }

  private async load(table: string, version: string): Promise<TableVersion> {
    const sql = `select ${VERSION_COLUMNS} from table_version where table_name = $1 and version = $2`;
    const [row] = await this.database.query<Omit<TableVersion, 'columns'>>(sql, [table, version]);
    const ofColumns = `select ${COLUMN_COLUMNS} from table_column where table_name = $1 and version = $2 order by place`;
    const columns = await this.database.query<StoredColumn>(ofColumns, [table, version]);
    const found: TableVersion = { ...row!, columns: columns.map(columnOf) };
    this.versions.set(`${table}\n${version}`, found);
    return found;
  }
}

function columnOf({
  labelEn,
  labelZhCn,
  excluded,
  reason,
  monotone,
  isEstimate,
  ...column
}: StoredColumn): CheckedColumn {
  return {
    ...column,
    displayName: { ...(labelEn === '' ? {} : { en: labelEn }), ...(labelZhCn === '' ? {} : { 'zh-CN': labelZhCn }) },
    ...(isEstimate ? { isEstimate } : {}),
    ...(excluded === '' ? {} : { excluded }),
    ...(reason === '' ? {} : { reason: reason! }),
    ...(monotone === '' ? {} : { monotone }),
  };
}

/** Until the end of the transaction no version of a table is stored or withdrawn elsewhere. */
export async function lockVersions(tx: Transaction, table: string): Promise<void> {
  await rowsOf(tx, 'select pg_advisory_xact_lock(hashtextextended($1, 0))', [`versions of ${table}`]);
}

/**
 * Stores a version, visible with the transaction; false if it exists.
 * @param fileMonths months of its file, with which later files are joined
 */
export async function storeVersion(
  tx: Transaction,
  version: TableVersion,
  fileMonths: readonly string[] = [],
): Promise<boolean> {
  await lockVersions(tx, version.table);
  const key = { table_name: version.table, version: version.version };
  const row = {
    ...key,
    import_id: version.importId,
    org_unit_path: version.orgUnitPath,
    rows: version.rows,
    months: version.months,
    units: version.units,
    currency: version.currency,
    has_split: version.hasSplit,
    labelled_rows: version.labelledRows,
    positive_rows: version.positiveRows,
    rows_hash: version.rowsHash,
    loaded_at: version.loadedAt,
    origin: version.origin,
    label_lead_months: version.labelLeadMonths,
    extract_sequence: version.extractSequence,
    file_months: fileMonths,
  };
  const made = await insertRow(tx, 'table_version', row, 'on conflict (table_name, version) do nothing returning 1');
  if (made.length === 0) return false;
  for (const { place, name, role, type, missing, dictionary, ...column } of version.columns) {
    await insertRow(tx, 'table_column', {
      ...{ ...key, place, name, role, type, missing, dictionary },
      distinct_values: column.distinct,
      excluded: column.excluded ?? '',
      is_stored: column.isStored,
      label_en: column.displayName.en ?? '',
      label_zh_cn: column.displayName['zh-CN'] ?? '',
      reason: column.reason ?? '',
      monotone: column.monotone ?? '',
      distinct_is_estimate: column.isEstimate ?? false,
    });
  }
  return true;
}

/** Columns that models use and the lake stores, in the order of the file. */
export function featuresOf(version: Pick<TableVersion, 'columns'>): CheckedColumn[] {
  return version.columns.filter((column) => isFeature(column) && column.isStored);
}
