import { SERVICES, schemaOf } from '@holdfast/platform/services';
import { DatabaseError, type Client } from 'pg';
import { to as copyTo } from 'pg-copy-streams';
import { openSession, type BackupSettings } from './settings.js';
import type { BackedUpFile, BackedUpSchema, BackedUpTable, BackupManifest } from './manifest.js';
import { tablePath } from './manifest.js';
import { store } from './stored-file.js';

const UNDEFINED_TABLE = '42P01';

/** Something of the snapshot was deleted before it was copied: a purged run, or the file of a discarded import. */
export class SnapshotGone extends Error {}

/** A table with the bytes that it takes in the database. */
type FoundTable = Omit<BackedUpTable, 'rows'> & { size: number };

export interface FoundSchema extends Omit<BackedUpSchema, 'tables'> {
  tables: FoundTable[];
}

/**
 * One moment of all schemas: a transaction that stays open, whose snapshot other sessions use. A session holds the lock of
 * a table only while it copies it, so that no service waits for the whole backup.
 */
export class Snapshot {
  private constructor(
    private readonly settings: BackupSettings,
    private readonly holder: Client,
    private readonly id: string,
    readonly takenAt: Date,
  ) {}

  static async take(settings: BackupSettings): Promise<Snapshot> {
    const holder = await openSession(settings, 'backup');
    await holder.query('begin isolation level repeatable read read only');
    const sql = 'select pg_export_snapshot() as id, now() as "takenAt"';
    const { rows } = await holder.query<{ id: string; takenAt: Date }>(sql);
    return new Snapshot(settings, holder, rows[0]!.id, rows[0]!.takenAt);
  }

  async rows<Row extends object>(sql: string, params: readonly unknown[] = []): Promise<Row[]> {
    return (await this.holder.query<Row>(sql, [...params])).rows;
  }

  /** Every service's schema: its tables, without those of TypeORM and without tables that have partitions. */
  async schemas(): Promise<FoundSchema[]> {
    const found: FoundSchema[] = [];
    for (const service of SERVICES) {
      const schema = schemaOf(service);
      const migrations = await this.migrations(schema);
      found.push({
        service,
        migrations,
        tables: await this.rows<FoundTable>(TABLES, [schema]),
        sequences: await this.rows(SEQUENCES, [schema]),
      });
    }
    return found;
  }

  private async migrations(schema: string): Promise<string[]> {
    const [found] = await this.rows<{ exists: boolean }>('select to_regclass($1) is not null as exists', [
      `${schema}.migration`,
    ]);
    if (!found!.exists) return [];
    const rows = await this.rows<{ name: string }>(`select name from ${schema}.migration order by id`);
    return rows.map(({ name }) => name);
  }

  /** What shows whether a key is that of the data. */
  async keys(): Promise<BackupManifest['keys']> {
    const profile = "select encode(fingerprint, 'hex') as fingerprint from customer_profile.sealing_key";
    const lake = `select import_id as "importId", encode(wrapped, 'hex') as wrapped from feature_store.data_key
      order by created_at desc, import_id limit 1`;
    const [fingerprint] = await this.rows<{ fingerprint: string }>(profile);
    const [dataKey] = await this.rows<{ importId: string; wrapped: string }>(lake);
    return { profile: fingerprint?.fingerprint ?? null, lake: dataKey ?? null };
  }

  /** A session that copies tables as of this snapshot. */
  openCopier(): Promise<Client> {
    return openSession(this.settings, 'backup');
  }

  /** @param folder of the backup @throws SnapshotGone if the table was dropped meanwhile */
  async copyTable(
    client: Client,
    schema: string,
    table: FoundTable,
    { folder, signal }: { folder: string; signal: AbortSignal },
  ): Promise<{ rows: number; file: BackedUpFile }> {
    const path = tablePath(schema, table.name);
    const columns = table.columns.map((column) => `"${column}"`).join(', ');
    await client.query('begin isolation level repeatable read read only');
    await client.query(`set transaction snapshot '${this.id}'`);
    const source = client.query(copyTo(`copy "${schema}"."${table.name}" (${columns}) to stdout`));
    try {
      const stored = await store(`${folder}/${path}`, source, { signal, isCompressed: true });
      await client.query('commit');
      return { rows: source.rowCount, file: { path, ...stored } };
    } catch (error) {
      const isGone = error instanceof DatabaseError && error.code === UNDEFINED_TABLE;
      throw isGone ? new SnapshotGone(`the table ${schema}.${table.name} was dropped`) : error;
    }
  }

  async end(): Promise<void> {
    await this.holder.end();
  }
}

const TABLES = `
  select c.relname as name, p.relname as parent, pg_get_expr(c.relpartbound, c.oid) as bound,
         pg_total_relation_size(c.oid)::float8 as size,
         array(select a.attname::text from pg_attribute a
                where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''
                order by a.attnum) as columns
    from pg_class c
    join pg_namespace n on n.oid = c.relnamespace
    left join pg_inherits i on i.inhrelid = c.oid
    left join pg_class p on p.oid = i.inhparent
   where n.nspname = $1 and c.relkind = 'r' and c.relname <> 'migration'
   order by c.relname`;

const SEQUENCES = `
  select sequencename as name, last_value::text as value from pg_sequences
   where schemaname = $1 and last_value is not null and sequencename not like 'migration%' order by sequencename`;
