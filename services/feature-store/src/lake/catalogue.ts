import { LRUCache } from 'lru-cache';
import { Injectable } from '@nestjs/common';
import { Database, rowsOf, type Transaction } from '@holdfast/platform/database';
import { failure } from '@holdfast/platform/errors';
import { isFeature, type CheckedColumn } from '../column/column.js';

/** A version of a table, as it became visible; it never changes. */
export interface TableVersion {
  table: string;
  version: string;
  /** The import that it came of; none, where it was made of facts. */
  importId: string | undefined;
  /** What made it: a plain table that was uploaded, or a feature view. */
  origin: 'upload' | 'view';
  /** Months from a row's month to the month that its label is about; 0 where that is not said. */
  labelLeadMonths: number;
  /** Who may see that it is there. */
  orgUnitPath: string;
  rows: number;
  months: string[];
  units: string[];
  currency: string;
  hasSplit: boolean;
  labelledRows: number;
  positiveRows: number;
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

interface VersionRow {
  table_name: string;
  version: string;
  import_id: string | null;
  origin: TableVersion['origin'];
  label_lead_months: number;
  org_unit_path: string;
  rows: string;
  months: string[];
  units: string[];
  currency: string;
  has_split: boolean;
  labelled_rows: string;
  positive_rows: string;
  rows_hash: string;
  loaded_at: Date;
}

interface ColumnRow {
  place: number;
  name: string;
  label_en: string;
  label_zh_cn: string;
  role: CheckedColumn['role'];
  type: CheckedColumn['type'];
  missing: string;
  distinct_values: string;
  distinct_is_estimate: boolean;
  excluded: NonNullable<CheckedColumn['excluded']> | '';
  is_stored: boolean;
  dictionary: string[];
  reason: string;
}

/** What tables the lake has. */
@Injectable()
export class Catalogue {
  private readonly versions = new LRUCache<string, TableVersion>({ max: VERSIONS_CACHED });

  constructor(private readonly database: Database) {}

  /**
   * A version of a table; the newest, where none is named.
   * @throws notFound
   */
  async find(table: string, version = ''): Promise<TableVersion> {
    const cached = version === '' ? undefined : this.versions.get(`${table}\n${version}`);
    if (cached !== undefined) return cached;
    const [newest] = await this.database.query<{ version: string }>(
      `select version from table_version where table_name = $1 and ($2 = '' or version = $2)
       order by rank desc limit 1`,
      [table, version],
    );
    if (newest === undefined) throw version === '' ? tableUnknown({ table }) : versionUnknown({ table, version });
    return this.versions.get(`${table}\n${newest.version}`) ?? this.load(table, newest.version);
  }

  /** Newest version of every table, by name. */
  async newest(): Promise<TableVersion[]> {
    const rows = await this.database.query<{ table_name: string; version: string }>(
      'select distinct on (table_name) table_name, version from table_version order by table_name, rank desc',
    );
    return Promise.all(rows.map((row) => this.find(row.table_name, row.version)));
  }

  private async load(table: string, version: string): Promise<TableVersion> {
    const [row] = await this.database.query<VersionRow>(
      'select * from table_version where table_name = $1 and version = $2',
      [table, version],
    );
    const columns = await this.database.query<ColumnRow>(
      'select * from table_column where table_name = $1 and version = $2 order by place',
      [table, version],
    );
    const found: TableVersion = {
      table,
      version,
      importId: row!.import_id ?? undefined,
      origin: row!.origin,
      labelLeadMonths: row!.label_lead_months,
      orgUnitPath: row!.org_unit_path,
      rows: Number(row!.rows),
      months: row!.months,
      units: row!.units,
      currency: row!.currency,
      hasSplit: row!.has_split,
      labelledRows: Number(row!.labelled_rows),
      positiveRows: Number(row!.positive_rows),
      rowsHash: row!.rows_hash,
      loadedAt: row!.loaded_at,
      columns: columns.map(columnOf),
    };
    this.versions.set(`${table}\n${version}`, found);
    return found;
  }
}

function columnOf(row: ColumnRow): CheckedColumn {
  return {
    place: row.place,
    name: row.name,
    displayName: {
      ...(row.label_en === '' ? {} : { en: row.label_en }),
      ...(row.label_zh_cn === '' ? {} : { 'zh-CN': row.label_zh_cn }),
    },
    role: row.role,
    type: row.type,
    missing: Number(row.missing),
    distinct: Number(row.distinct_values),
    ...(row.distinct_is_estimate ? { isEstimate: true } : {}),
    ...(row.excluded === '' ? {} : { excluded: row.excluded }),
    ...(row.reason === '' ? {} : { reason: row.reason }),
    isStored: row.is_stored,
    dictionary: row.dictionary,
  };
}

/** Writes a version, visible with the transaction. Gives false if it is there already. */
export async function storeVersion(tx: Transaction, version: TableVersion): Promise<boolean> {
  const made = await rowsOf(
    tx,
    `insert into table_version (table_name, version, import_id, org_unit_path, rows, months, units, currency, has_split,
       labelled_rows, positive_rows, rows_hash, loaded_at, origin, label_lead_months)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
     on conflict (table_name, version) do nothing returning 1`,
    [
      version.table,
      version.version,
      version.importId ?? null,
      version.orgUnitPath,
      version.rows,
      version.months,
      version.units,
      version.currency,
      version.hasSplit,
      version.labelledRows,
      version.positiveRows,
      version.rowsHash,
      version.loadedAt,
      version.origin,
      version.labelLeadMonths,
    ],
  );
  if (made.length === 0) return false;
  for (const column of version.columns) {
    await rowsOf(
      tx,
      `insert into table_column (table_name, version, place, name, role, type, missing, distinct_values, excluded,
         is_stored, dictionary, label_en, label_zh_cn, reason, distinct_is_estimate)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)`,
      [
        version.table,
        version.version,
        column.place,
        column.name,
        column.role,
        column.type,
        column.missing,
        column.distinct,
        column.excluded ?? '',
        column.isStored,
        column.dictionary,
        column.displayName.en ?? '',
        column.displayName['zh-CN'] ?? '',
        column.reason ?? '',
        column.isEstimate ?? false,
      ],
    );
  }
  return true;
}

/** Columns that models see and whose values are stored, in file order. */
export function featuresOf(version: Pick<TableVersion, 'columns'>): CheckedColumn[] {
  return version.columns.filter((column) => isFeature(column) && column.isStored);
}
