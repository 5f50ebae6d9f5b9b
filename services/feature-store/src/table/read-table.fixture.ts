import type { CheckedColumn } from '../column/column.js';
import { withEngine } from '../engine/engine.fixture.js';
import { parseMapping } from './mapping.js';
import { readTable, type CheckedTable, type ReadOptions } from './read-table.js';

/** A table that was read, with its rows and rejects in the order of the file. */
export interface ReadFile extends Omit<CheckedTable, 'rejects'> {
  rejects: { line: number; column_name: string; rule: string; value: string }[];
  /** Accepted rows, with the key of the file. */
  rows: Record<string, unknown>[];
  column(name: string): CheckedColumn | undefined;
}

/** Reads a file by a mapping, in pieces of some bytes. */
export function readFile(
  file: string | Uint8Array,
  mapping: string,
  { pieceBytes = 7_000, ...options }: Partial<ReadOptions> & { pieceBytes?: number } = {},
): Promise<ReadFile> {
  const bytes = Buffer.from(file);
  async function* pieces(): AsyncGenerator<Uint8Array> {
    for (let at = 0; at < bytes.length; at += pieceBytes) yield bytes.subarray(at, at + pieceBytes);
  }
  const given = { operator: 'demo', asOf: '2026-09', timeZone: 'Asia/Shanghai', ...options };
  return withEngine(async (engine) => {
    const table = await readTable(engine, pieces, parseMapping(mapping), given);
    return {
      ...table,
      rejects: await engine.rows(
        `select line::integer as line, column_name, rule, value from ${table.rejects.name} order by row_no`,
      ),
      rows: await engine.rows(
        `select accepted.*, staged.key from ${table.accepted.name} as accepted
         join ${table.staged.name} as staged using (row_no) order by row_no`,
      ),
      column: (name) => table.columns.find((column) => column.name === name),
    };
  });
}
