import { createHash } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager, type MigrationInterface, type QueryRunner } from 'typeorm';
import type { PostgresDriver } from 'typeorm/driver/postgres/PostgresDriver.js';
import type { Pool, PoolClient } from 'pg';
import type { PlatformConfig } from '../config/config.js';
import { log } from '../log/log.js';
import { schemaOf } from '../services/services.js';

/** Work inside one transaction: TypeORM's entity manager, with `query(sql, params)` for hand-written SQL. */
export type Transaction = EntityManager;

/**
 * Limits of a session, in seconds. They end what hangs; the longest regular statement, a COPY of one entity, takes
 * minutes. A statement that was ended counts as an outage and is tried again.
 */
const TIMEOUTS = { statement_timeout: 3_600, lock_timeout: 60, idle_in_transaction_session_timeout: 600 };

interface DatabaseOptions {
  url: string;
  /** Kept apart from the URL so that the URL can be logged. */
  password?: string;
  /** PEM file of the CAs of the server; without it, connections are plain text. */
  caFile?: string;
  /** Schema of the service; every unqualified name is in it. */
  schema: string;
  applicationName: string;
  poolMax?: number;
  /** Migrations have none: they wait for replicas that migrate, and may rewrite large tables. */
  hasTimeouts?: boolean;
  /** Role that an administrator works as, so that what is made belongs to it. */
  role?: string;
}

/** One service's schema: TypeORM connects, migrates and opens transactions; every statement is SQL (decision 023). */
@Injectable()
export class Database {
  private constructor(readonly orm: DataSource) {}

  /**
   * @param migrations folders of migrations
   * @param only names of the migrations that may run; all by default
   */
  static async open(
    options: DatabaseOptions,
    migrations: readonly string[] = [],
    only?: ReadonlySet<string>,
  ): Promise<Database> {
    const orm = new DataSource({
      type: 'postgres',
      url: withPassword(options.url, options.password),
      schema: options.schema,
      migrations: migrationsIn(migrations)
        .filter(({ name }) => only === undefined || only.has(name))
        .map(({ migration }) => migration),
      migrationsTableName: 'migration',
      migrationsTransactionMode: 'each',
      synchronize: false,
      applicationName: options.applicationName,
      poolSize: options.poolMax ?? 10,
      // TypeORM ignores the settings for TLS that a URL has.
      ...tlsOf(options.caFile),
      // A connection that the server closed must not end the process; the pool opens another.
      poolErrorHandler: (error: unknown) => log('database').warn({ err: error }, 'connection lost'),
      extra: { options: sessionOptions(options), connectionTimeoutMillis: 10_000 },
    });
    await orm.initialize();
    return new Database(orm);
  }

  get pool(): Pool {
    return (this.orm.driver as PostgresDriver).master;
  }

  /** Rows of hand-written SQL, outside any transaction. A named statement is prepared once per connection. */
  async query<Row extends object>(sql: string, params: readonly unknown[] = [], name?: string): Promise<Row[]> {
    const result = await this.pool.query<Row>({
      text: sql,
      values: [...params],
      ...(name === undefined ? {} : { name }),
    });
    return result.rows;
  }

  /** Commits what `work` did, or nothing of it. */
  async transaction<T>(work: (tx: Transaction) => Promise<T>): Promise<T> {
    const hooks: Hooks = { beforeCommit: new Set(), afterCommit: new Set() };
    const result = await this.orm.transaction(async (tx) => {
      transactionHooks.set(tx, hooks);
      const done = await work(tx);
      for (const hook of hooks.beforeCommit) await hook();
      return done;
    });
    for (const hook of hooks.afterCommit) hook();
    return result;
  }

  async close(): Promise<void> {
    await this.orm.destroy();
  }
}

interface Hooks {
  beforeCommit: Set<() => Promise<void>>;
  afterCommit: Set<() => void>;
}

const transactionHooks = new WeakMap<Transaction, Hooks>();

/** Calls `hook` once before the transaction commits, which fails with it. */
export function beforeCommit(tx: Transaction, hook: () => Promise<void>): void {
  transactionHooks.get(tx)!.beforeCommit.add(hook);
}

/** Calls `hook` once after the transaction has committed. */
export function afterCommit(tx: Transaction, hook: () => void): void {
  transactionHooks.get(tx)?.afterCommit.add(hook);
}

function sessionOptions({ schema, role, hasTimeouts = true }: DatabaseOptions): string {
  const timeouts = Object.entries(hasTimeouts ? TIMEOUTS : {}).map(([name, seconds]) => `${name}=${seconds}s`);
  const settings = [
    ...(role === undefined ? [] : [`role=${role}`]),
    `search_path=${schema}`,
    'timezone=UTC',
    ...timeouts,
  ];
  return settings.map((setting) => `-c ${setting}`).join(' ');
}

/** The driver ignores a password that is given next to a URL. */
function withPassword(url: string, password: string | undefined): string {
  if (!password) return url;
  const complete = new URL(url);
  complete.password = password;
  return complete.toString();
}

function tlsOf(caFile: string | undefined): { ssl?: { ca: string } } {
  return caFile ? { ssl: { ca: readFileSync(caFile, 'utf8') } } : {};
}

/** Options of a connection outside a pool. TLS follows from the CA file alone, as in a pool: the URL's settings are dropped. */
export function clientOptions({ url, password, caFile }: Pick<DatabaseOptions, 'url' | 'password' | 'caFile'>): {
  connectionString: string;
  ssl?: { ca: string };
} {
  const bare = new URL(withPassword(url, password));
  bare.search = '';
  return { connectionString: bare.href, ...tlsOf(caFile) };
}

/** Rows of hand-written SQL inside a transaction. TypeORM's own `query` gives another shape for writes than for reads. */
export async function rowsOf<Row extends object>(
  tx: Transaction,
  sql: string,
  params: readonly unknown[] = [],
): Promise<Row[]> {
  const result = await (await clientOf(tx)).query<Row>(sql, [...params]);
  return result.rows;
}

/**
 * Inserts one row; the keys of `row` are its columns.
 * @param clauses that follow the values, such as `on conflict do nothing returning id`
 * @returns the rows of its returning clause
 */
export async function insertRow<Returned extends object>(
  tx: Transaction | Database,
  table: string,
  row: Record<string, unknown>,
  clauses = '',
): Promise<Returned[]> {
  const places = Object.keys(row).map((_, index) => `$${index + 1}`);
  const sql = `insert into ${table} (${Object.keys(row).join(', ')}) values (${places.join(', ')}) ${clauses}`;
  return tx instanceof Database ? tx.query(sql, Object.values(row)) : rowsOf(tx, sql, Object.values(row));
}

/** A row as a message: `org_unit_path` is the field `orgUnitPath`, and null an absent field. */
export function messageOf<Message>(row: object): Message {
  const message: Record<string, unknown> = {};
  for (const [column, value] of Object.entries(row) as [string, unknown][]) {
    message[fieldOf(column)] = value ?? undefined;
  }
  return message as Message;
}

/** Fields by column: queries have few columns and many rows. */
const fields = new Map<string, string>();

function fieldOf(column: string): string {
  let field = fields.get(column);
  if (field === undefined) {
    field = column.replaceAll(/_(.)/g, (_, letter: string) => letter.toUpperCase());
    fields.set(column, field);
  }
  return field;
}

/** The connection of a transaction, for COPY. */
export async function clientOf(tx: Transaction): Promise<PoolClient> {
  return (await tx.queryRunner!.connect()) as PoolClient;
}

/** Connection of a service, from its settings. */
export function databaseOptions(service: string, config: DatabaseSettings): DatabaseOptions {
  return {
    url: config.databaseUrl,
    password: config.databasePassword,
    caFile: config.databaseCaFile,
    schema: schemaOf(service),
    applicationName: `holdfast ${service}`,
    poolMax: config.databasePoolMax,
  };
}

type DatabaseSettings = Pick<PlatformConfig, 'databaseUrl' | 'databasePassword' | 'databaseCaFile' | 'databasePoolMax'>;

interface MigrateOptions extends DatabaseOptions {
  /** Folders of `NNNN_name.sql`, run in this order. */
  directories: readonly string[];
  /** Of a restore: names of the only migrations to run. Without it, a schema that is being restored is refused. */
  restored?: ReadonlySet<string>;
}

/** Beginning of the comment on a schema that is being restored, or whose restore was interrupted. */
export const RESTORE_MARK = 'Restore in progress';

/**
 * Brings a schema up to date; replicas that start together wait for the first.
 * @throws an Error for a schema whose restore has not ended
 */
export async function migrate({ restored, ...options }: MigrateOptions): Promise<string[]> {
  const database = await Database.open({ ...options, poolMax: 2, hasTimeouts: false }, options.directories, restored);
  const lock = createHash('sha256').update(`holdfast:${options.schema}`).digest().readInt32BE(0);
  const client = await database.pool.connect();
  try {
    await client.query('select pg_advisory_lock($1)', [lock]);
    // Checked first: "create … if not exists" requires the right to create schemas even where nothing is created.
    const sql = `select obj_description(oid, 'pg_namespace') as comment from pg_namespace where nspname = $1`;
    const { rows: found } = await client.query<{ comment: string | null }>(sql, [options.schema]);
    if (found[0]?.comment?.startsWith(RESTORE_MARK) === true && restored === undefined)
      throw new Error(`The restore of the schema ${options.schema} has not ended. Run it again: holdfast restore.`);
    if (found.length === 0) await client.query(`create schema "${options.schema}"`);
    const done = await database.orm.runMigrations();
    return done.map((migration) => migration.name);
  } finally {
    await client.query('select pg_advisory_unlock($1)', [lock]).catch(() => undefined);
    client.release();
    await database.close();
  }
}

/** TypeORM orders migrations by the number that ends their name; the folder's rank comes first, then the file's. */
const EPOCH = 1_700_000_000_000;
const FILES_PER_FOLDER_MAX = 10_000;

interface NamedMigration {
  /** As table `migration` has it. */
  name: string;
  migration: new () => MigrationInterface;
}

/** Names of the migrations in folders, in their order, as table `migration` has them. */
export function migrationNames(directories: readonly string[]): string[] {
  return migrationsIn(directories).map(({ name }) => name);
}

function migrationsIn(directories: readonly string[]): NamedMigration[] {
  return directories.flatMap((directory, rank) =>
    readdirSync(directory)
      .filter((file) => /^\d{4}_[a-z0-9_]+\.sql$/.test(file))
      .sort()
      .map((file) => migrationOf(path.join(directory, file), rank)),
  );
}

function migrationOf(file: string, rank: number): NamedMigration {
  const [, number, name] = /^(\d{4})_([a-z0-9_]+)\.sql$/.exec(path.basename(file))!;
  const order = EPOCH + rank * FILES_PER_FOLDER_MAX + Number(number);
  const sql = readFileSync(file, 'utf8');
  const migration = class implements MigrationInterface {
    readonly name = `${name}${order}`;
    async up(runner: QueryRunner): Promise<void> {
      await runner.query(sql);
    }
    async down(): Promise<void> {
      throw new Error('Migrations go forward only; write a new one.');
    }
  };
  return { name: `${name}${order}`, migration };
}
