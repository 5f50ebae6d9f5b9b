import { createHash, type Hash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import type { ContractColumn } from '@holdfast/extract-contract/table';

export interface Table {
  name: string;
  /** In the order of the file. */
  columns: readonly { name: string }[];
}

/** A table of the input contract. */
export interface ExtractTable extends Table {
  columns: readonly ContractColumn[];
  /** Whether errors are injected. */
  acceptsErrors: boolean;
}

/** @param header first columns, as in the CSV file @param others further columns */
export function table(name: string, header: string, ...others: string[]): Table {
  return { name, columns: [...header.split(','), ...others].map((column) => ({ name: column })) };
}

/** Undefined is unknown. */
export type Cell = string | number | undefined;
/** Bytes are written unchanged. */
export type RawCell = Cell | Uint8Array;

export function centsText(cents: number): string {
  return (cents / 100).toFixed(2);
}

export function flagText(isTrue: boolean): string {
  return isTrue ? 'true' : 'false';
}

/** Sorts in place by a text that is derived once per item. */
export function sortedBy(items: number[], keyOf: (item: number) => string): number[] {
  const keys = new Map(items.map((item) => [item, keyOf(item)]));
  return items.sort((left, right) => (keys.get(left)! < keys.get(right)! ? -1 : 1));
}

export interface WrittenFile {
  table: string;
  /** Path in the extract's folder. */
  path: string;
  rows: number;
  bytes: number;
  sha256: string;
}

/** Changes of rows on their way into a file; see error-injection/. */
export interface RowHooks {
  /** May change the row. */
  beforeWrite(row: Cell[], line: number): void;
  /** @returns rows to write after it */
  afterWrite(row: readonly Cell[], line: number): RawCell[][];
}

const FLUSH_CHARS = 1 << 20;

/** Writes a table as CSV (RFC 4180, UTF-8, header) in bounded memory. */
export class TableFile {
  private readonly handle: number;
  private readonly hash: Hash = createHash('sha256');
  private pending = '';
  private rows = 0;
  private bytes = 0;

  /** @param relative path of the file in the folder */
  constructor(
    private readonly table: Table,
    folder: string,
    private readonly relative: string,
    private readonly hooks?: RowHooks,
  ) {
    const file = path.join(folder, relative);
    fs.mkdirSync(path.dirname(file), { recursive: true });
    this.handle = fs.openSync(file, 'w');
    this.pending = `${table.columns.map(({ name }) => name).join(',')}\n`;
  }

  /** @param row in the order of the columns */
  write(row: Cell[]): void {
    if (row.length !== this.table.columns.length) {
      throw new Error(`A row of ${this.table.name} has ${row.length} cells, not ${this.table.columns.length}`);
    }
    this.hooks?.beforeWrite(row, this.rows + 2);
    this.appendRow(row);
    for (const extra of this.hooks?.afterWrite(row, this.rows + 1) ?? []) this.appendRow(extra);
  }

  close(): WrittenFile {
    this.flush();
    fs.closeSync(this.handle);
    const { rows, bytes } = this;
    return { table: this.table.name, path: this.relative, rows, bytes, sha256: this.hash.digest('hex') };
  }

  private appendRow(row: readonly RawCell[]): void {
    for (let at = 0; at < row.length; at += 1) {
      const cell = row[at];
      if (at > 0) this.pending += ',';
      if (cell instanceof Uint8Array) this.appendBytes(cell);
      else if (cell !== undefined) this.pending += typeof cell === 'number' ? String(cell) : quoted(cell);
    }
    this.pending += '\n';
    this.rows += 1;
    if (this.pending.length >= FLUSH_CHARS) this.flush();
  }

  private flush(): void {
    const data = Buffer.from(this.pending);
    this.pending = '';
    this.writeBytes(data);
  }

  private appendBytes(bytes: Uint8Array): void {
    this.flush();
    this.writeBytes(bytes);
  }

  private writeBytes(data: Uint8Array): void {
    this.hash.update(data);
    for (let from = 0; from < data.length;) from += fs.writeSync(this.handle, data, from);
    this.bytes += data.length;
  }
}

/** Writes a table as one file. */
export function writeTable(table: Table, rows: Iterable<Cell[]>, folder: string): void {
  const file = new TableFile(table, folder, `${table.name}.csv`);
  for (const row of rows) file.write(row);
  file.close();
}

function quoted(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
