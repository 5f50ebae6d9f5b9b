import { randomBytes } from 'node:crypto';
import { mkdir, rm, utimes } from 'node:fs/promises';
import path from 'node:path';
import { DuckDBInstance, type DuckDBConnection, type DuckDBDataChunk, type DuckDBResultReader } from '@duckdb/node-api';
import { rowGroupRows } from './row-groups.js';

export interface EngineLimits {
  /** Memory before DuckDB spills to disk, such as `1GB`. */
  memoryMax: string;
  threads: number;
}

/** What SQL runs on: a connection of DuckDB, or that of a read on a lane. */
export interface Connection {
  run(sql: string): Promise<unknown>;
  runAndReadAll(sql: string): Promise<DuckDBResultReader>;
  stream(sql: string): Promise<{ fetchChunk(): Promise<DuckDBDataChunk | null> }>;
}

/**
 * A table or view of an engine. `Column` names the columns that its readers use; `columns` holds the DuckDB types of all.
 */
export class Relation<Column extends string = string> {
  constructor(
    readonly engine: Engine,
    readonly kind: 'table' | 'view',
    readonly name: string,
    readonly columns: Readonly<Record<Column, string>>,
  ) {}

  /** Rows that meet a condition in SQL. */
  async count(condition = 'true'): Promise<number> {
    const { n } = await this.engine.numbers<'n'>(`select count(*) as n from ${this.name} where ${condition}`);
    return n;
  }
}

/** DuckDB in this process: SQL over files, off the event loop. */
export class Engine {
  private readonly relations: Relation[] = [];
  private relationsMade = 0;
  private readonly streaming = new Set<DuckDBConnection>();

  private constructor(
    private readonly instance: DuckDBInstance,
    readonly connection: DuckDBConnection,
    readonly folder: string,
    private readonly isScratch: boolean,
  ) {}

  /** A separate database for one job, in a folder that is emptied first and removed on `close`. */
  static async openScratch(folder: string, limits: EngineLimits): Promise<Engine> {
    await rm(folder, { recursive: true, force: true });
    const engine = await Engine.open(limits, folder, true);
    const key = randomBytes(32).toString('hex');
    try {
      await engine.run(`attach ${literal(path.join(folder, 'scratch.duckdb'))} as scratch (encryption_key '${key}')`);
      await engine.run('use scratch');
      return engine;
    } catch (thrown) {
      await engine.close(); // a job tries again for a day
      throw thrown;
    }
  }

  /** For reading files; what does not fit into memory spills to the folder. */
  static openReader(limits: EngineLimits, spillFolder: string): Promise<Engine> {
    return Engine.open(limits, spillFolder, false);
  }

  /**
   * Spilled data are encrypted with a key of this process, so that a crash leaves no readable subscribers. DuckDB warns
   * that the random numbers of its built-in cipher are weak.
   */
  private static async open(limits: EngineLimits, folder: string, isScratch: boolean): Promise<Engine> {
    // DuckDB creates only the last folder of a path.
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const instance = await DuckDBInstance.create(':memory:', {
      memory_limit: limits.memoryMax,
      threads: String(limits.threads),
      temp_directory: path.join(folder, 'spill'),
      autoinstall_known_extensions: 'false',
      autoload_known_extensions: 'false',
    });
    const engine = new Engine(instance, await instance.connect(), folder, isScratch);
    await engine.run('set force_mbedtls_unsafe = true');
    await engine.run('set temp_file_encryption = true');
    return engine;
  }

  /** Marks the folder as in use, so that `LakeFiles.sweepScratch` keeps it. */
  async touch(): Promise<void> {
    await mkdir(this.folder, { recursive: true, mode: 0o700 });
    await utimes(this.folder, new Date(), new Date());
  }

  /** A further connection to the same database, which the caller closes. */
  connect(): Promise<DuckDBConnection> {
    return this.instance.connect();
  }

  /** Streams on a second connection, since a streaming query occupies one. */
  async *stream(sql: string): AsyncGenerator<DuckDBDataChunk> {
    const connection = await this.connect();
    this.streaming.add(connection);
    try {
      if (this.isScratch) await connection.run('use scratch');
      yield* chunksOf(connection, sql);
    } finally {
      this.streaming.delete(connection);
      connection.closeSync();
    }
  }

  /** Makes the running queries fail. */
  interrupt(): void {
    for (const connection of [this.connection, ...this.streaming]) connection.interrupt();
  }

  /** Makes an empty table. Its name begins with `label` and is unique in the engine. */
  async createTable<Column extends string>(
    label: string,
    columns: Readonly<Record<Column, string>>,
  ): Promise<Relation<Column>> {
    const name = this.newName(label);
    const defined = Object.entries(columns).map(([column, type]) => `${column} ${type as string}`);
    await this.run(`create table ${name} (${defined.join(', ')})`);
    return this.added(new Relation(this, 'table', name, columns));
  }

  /** Makes a table of a query's rows. @param columns those that its readers use; the query may have more */
  tableOf<Column extends string>(label: string, columns: readonly Column[], query: string): Promise<Relation<Column>> {
    return this.relationOf('table', label, columns, query);
  }

  /** A view of a query's rows. @param columns those that its readers use; the query may have more */
  viewOf<Column extends string>(label: string, columns: readonly Column[], query: string): Promise<Relation<Column>> {
    return this.relationOf('view', label, columns, query);
  }

  private async relationOf<Column extends string>(
    kind: Relation['kind'],
    label: string,
    columns: readonly Column[],
    query: string,
  ): Promise<Relation<Column>> {
    const name = this.newName(label);
    await this.run(`create ${kind} ${name} as ${query}`);
    const types = Object.fromEntries((await this.describe(name)).map((column) => [column.name, column.type]));
    const missing = columns.filter((column) => types[column] === undefined);
    if (missing.length > 0) throw new Error(`Relation ${label} has no column ${missing.join(', ')}`);
    return this.added(new Relation(this, kind, name, types as Record<Column, string>));
  }

  async createEnum(label: string, texts: readonly string[]): Promise<string> {
    const name = this.newName(label);
    await this.run(`create type ${name} as enum (${texts.map(literal).join(', ')})`);
    return name;
  }

  private newName(label: string): string {
    this.relationsMade += 1;
    return `${label}_${this.relationsMade}`;
  }

  private added<Column extends string>(relation: Relation<Column>): Relation<Column> {
    this.relations.push(relation);
    return relation;
  }

  /** Runs work and drops the relations that it made. */
  async dropAfter<T>(work: () => Promise<T>): Promise<T> {
    const kept = this.relations.length;
    try {
      return await work();
    } finally {
      await this.drop(...this.relations.slice(kept));
    }
  }

  /** Drops relations, the last one first: a view before the table that it reads. */
  async drop(...relations: readonly Relation[]): Promise<void> {
    for (const relation of relations.toReversed()) {
      this.relations.splice(this.relations.indexOf(relation), 1);
      await this.run(`drop ${relation.kind} ${relation.name}`);
    }
  }

  async run(sql: string): Promise<void> {
    await this.connection.run(sql);
  }

  /** Rows as objects, for small results. 64-bit integers are bigint. */
  async rows<Row extends object>(sql: string): Promise<Row[]> {
    const reader = await this.connection.runAndReadAll(sql);
    return reader.getRowObjectsJS() as Row[];
  }

  /** The texts of a query with one column, for small results. */
  async texts(sql: string): Promise<string[]> {
    const reader = await this.connection.runAndReadAll(sql);
    return reader.getRows().map(([text]) => text as string);
  }

  /** Names and DuckDB types of the columns of a query or a relation. */
  describe(query: string): Promise<{ name: string; type: string }[]> {
    return this.rows(`select column_name as name, column_type as type from (describe ${query})`);
  }

  /** Writes a query's rows to a Parquet file; gives their number. @param options further ones of COPY, each after a comma */
  async writeParquet(query: string, file: string, options = ''): Promise<number> {
    const format = `format parquet, compression zstd${options}`;
    const { Count: rows } = await this.row<{ Count: bigint }>(`copy (${query}) to ${literal(file)} (${format})`);
    return Number(rows);
  }

  /**
   * Writes the rows of a query that is sorted by shard, so that a reader of some shards skips most of the others.
   * @param rowsAbout how many rows they are, about
   */
  async writeSorted(query: string, file: string, rowsAbout: number, options = ''): Promise<number> {
    const columns = await this.describe(query);
    const groupRows = rowGroupRows(rowsAbout, columns.length);
    return this.writeParquet(query, file, `, row_group_size ${groupRows}${options}`);
  }

  /** The first row of a query that always has one. */
  async row<Row extends object>(sql: string): Promise<Row> {
    const [row] = await this.rows<Row>(sql);
    if (row === undefined) throw new Error('The query returned no row');
    return row;
  }

  /** The only row of a query of numbers; NULL is 0. */
  async numbers<Name extends string>(sql: string): Promise<Record<Name, number>> {
    const row = await this.row<Record<Name, unknown>>(sql);
    const cells = Object.entries(row).map(([name, value]) => [name, Number(value ?? 0)]);
    return Object.fromEntries(cells) as Record<Name, number>;
  }

  async close(): Promise<void> {
    this.connection.closeSync();
    this.instance.closeSync();
    await rm(this.folder, { recursive: true, force: true });
  }
}

/** Chunks of a query's rows; the next one is fetched when the reader has taken the one before. */
export async function* chunksOf(connection: Connection, sql: string): AsyncGenerator<DuckDBDataChunk> {
  const result = await connection.stream(sql);
  for (;;) {
    const chunk = await result.fetchChunk();
    if (chunk === null || chunk.rowCount === 0) return;
    yield chunk;
  }
}

/** A text inside SQL. */
export function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
