import {
  BIGINT,
  BOOLEAN,
  DuckDBDataChunk,
  INTEGER,
  UBIGINT,
  VARCHAR,
  type DuckDBAppender,
  type DuckDBType,
} from '@duckdb/node-api';
import type { Relation } from './engine.js';

const CHUNK_ROWS = 2048;
const TYPES: Readonly<Record<string, DuckDBType>> = {
  bigint: BIGINT,
  boolean: BOOLEAN,
  integer: INTEGER,
  ubigint: UBIGINT,
  varchar: VARCHAR,
};

export type Value = number | bigint | string | boolean | null;

/** Appends rows to a table of an engine chunk by chunk, column by column: a call into native code per cell is slow. */
export class RowAppender {
  private columns: Value[][];
  private isOpen = true;

  private constructor(
    private readonly types: DuckDBType[],
    private readonly appender: DuckDBAppender,
  ) {
    this.columns = types.map(() => []);
  }

  static async open({ engine, name, columns }: Relation): Promise<RowAppender> {
    const types = Object.values(columns).map((type) => TYPES[type]!);
    return new RowAppender(types, await engine.connection.createAppender(name));
  }

  add(row: readonly Value[]): void {
    for (let at = 0; at < row.length; at += 1) this.columns[at]!.push(row[at]!);
    if (this.columns[0]!.length === CHUNK_ROWS) this.flush();
  }

  /** Appends the rows of the last chunk. */
  flush(): void {
    const rows = this.columns[0]!.length;
    if (rows === 0) return;
    const chunk = DuckDBDataChunk.create(this.types, rows);
    chunk.setColumns(this.columns);
    this.appender.appendDataChunk(chunk);
    this.columns = this.types.map(() => []);
  }

  /** Makes the appended chunks visible. */
  close(): void {
    if (this.isOpen) this.appender.closeSync();
    this.isOpen = false;
  }
}
