import type { Engine, Relation } from '../engine/engine.js';

/** Rows that broke their contract, each with the first rule that it broke. */
export type Rejects = Relation<'row_no' | 'file_no' | 'line' | 'column_name' | 'rule' | 'value'>;

/** Characters of a rejected value that are stored. */
export const REJECTED_CHARS_MAX = 200;

export function createRejects(engine: Engine): Promise<Rejects> {
  return engine.createTable('rejects', {
    row_no: 'ubigint',
    file_no: 'integer',
    line: 'ubigint',
    column_name: 'varchar',
    rule: 'varchar',
    value: 'varchar',
  });
}

/** A rejected value for display: truncated, without the character that PostgreSQL refuses. */
export function shownValue(raw: string): string {
  return raw.slice(0, REJECTED_CHARS_MAX).replaceAll('\u0000', '\uFFFD').trimEnd();
}

/** read = accepted + rejected + duplicates. */
export interface RowCounts {
  read: number;
  accepted: number;
  rejected: number;
  duplicates: number;
}

export async function countRows(read: number, rejects: Rejects, repeated: Relation): Promise<RowCounts> {
  const [rejected, duplicates] = [await rejects.count(), await repeated.count()];
  return { read, rejected, duplicates, accepted: read - rejected - duplicates };
}
