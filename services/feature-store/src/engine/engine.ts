import { randomBytes } from 'node:crypto';
import { mkdir, rm, utimes } from 'node:fs/promises';
import path from 'node:path';
import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api';

interface EngineLimits {
  /** What DuckDB may hold in memory before it spills to disk, such as `1GB`. */
  memoryMax: string;
  threads: number;
}

/** DuckDB in this process: SQL over files, off the event loop. */
export class Engine {
  private constructor(
    private readonly instance: DuckDBInstance,
    readonly connection: DuckDBConnection,
    private readonly folder: string,
  ) {}

  /**
   * A database of its own in a folder that goes with it, for one import. The folder is for this user alone; what an
   * earlier run left there goes.
   */
  static async openScratch(folder: string, limits: EngineLimits): Promise<Engine> {
    await rm(folder, { recursive: true, force: true });
    const engine = await Engine.open(limits, folder);
    const key = randomBytes(32).toString('hex');
    await engine.run(`attach ${literal(path.join(folder, 'scratch.duckdb'))} as scratch (encryption_key '${key}')`);
    await engine.run('use scratch');
    return engine;
  }

  /** For reading files that are there; what does not fit into memory goes to the folder. */
  static openReader(limits: EngineLimits, spillFolder: string): Promise<Engine> {
    return Engine.open(limits, spillFolder);
  }

  /**
   * What spills to disk is encrypted with a key that only this process has: DuckDB calls its built-in cipher's random
   * numbers weak, which is still better than a crash that leaves subscribers readable.
   */
  private static async open(limits: EngineLimits, folder: string): Promise<Engine> {
    // DuckDB makes the last folder of a path, and none above it.
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const instance = await DuckDBInstance.create(':memory:', {
      memory_limit: limits.memoryMax,
      threads: String(limits.threads),
      temp_directory: path.join(folder, 'spill'),
      autoinstall_known_extensions: 'false',
      autoload_known_extensions: 'false',
    });
    const engine = new Engine(instance, await instance.connect(), folder);
    await engine.run('set force_mbedtls_unsafe = true');
    await engine.run('set temp_file_encryption = true');
    return engine;
  }

  /** Says that the folder is in use, so that nobody takes it for what a crash left. */
  async touch(): Promise<void> {
    await mkdir(this.folder, { recursive: true, mode: 0o700 });
    await utimes(this.folder, new Date(), new Date());
  }

  /** A second connection to the same database: a query that streams holds its own. */
  connect(): Promise<DuckDBConnection> {
    return this.instance.connect();
  }

  async run(sql: string): Promise<void> {
    await this.connection.run(sql);
  }

  /** Rows as objects: for small answers only. 64-bit integers come as bigint. */
  async rows<Row extends object>(sql: string): Promise<Row[]> {
    const reader = await this.connection.runAndReadAll(sql);
    return reader.getRowObjectsJS() as Row[];
  }

  /** The first row, for queries that always have one. */
  async row<Row extends object>(sql: string): Promise<Row> {
    const [row] = await this.rows<Row>(sql);
    if (row === undefined) throw new Error('The query gave no row');
    return row;
  }

  async close(): Promise<void> {
    this.connection.closeSync();
    this.instance.closeSync();
    await rm(this.folder, { recursive: true, force: true });
  }
}

/** A text inside SQL. */
export function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
