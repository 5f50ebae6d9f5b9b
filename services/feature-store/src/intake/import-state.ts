import { z } from 'zod';
import { orgUnitFilter, type Caller } from '@holdfast/platform/caller';
import { rowsOf, type Database, type Transaction } from '@holdfast/platform/database';
import { Failure, failure, isRetryable } from '@holdfast/platform/errors';
import { isUuid } from '@holdfast/platform/identity';
import type { TableChange } from '../comparison/changes.js';
import type { Comparison } from '../comparison/compare-version.js';
import type { Finding } from '../comparison/finding.js';
import type { Manifest } from '@holdfast/extract-contract/manifest';
import type { Notice } from '../notices.js';
import type { Mapping } from '../table/mapping.js';

export type ImportState =
  | 'receiving'
  | 'received'
  | 'loaded'
  | 'failed'
  | 'held'
  | 'discarded'
  | 'checked'
  | 'withdrawn';

export interface ImportRow {
  id: string;
  job_id: string;
  kind: 'table' | 'extract';
  state: ImportState;
  org_unit_path: string;
  /** Of a plain table, as are its mapping, month and hash; empty for an extract. */
  table_name: string;
  mapping: Mapping;
  as_of: string;
  rows_hash: string;
  /** Of an extract. */
  manifest: Manifest;
  /** Of the inbox; empty for an upload. */
  folder: string;
  file_name: string;
  content_hash: string;
  size_bytes: string;
  version: string;
  rows_read: string;
  rows_accepted: string;
  rows_rejected: string;
  rows_duplicate: string;
  notices: Notice[];
  findings: Finding[];
  comparison: Comparison | null;
  examples_sealed: Buffer | null;
  is_dry_run: boolean;
  changes: TableChange[];
  held_times: number;
  confirmed_at: Date | null;
  created_at: Date;
  loaded_at: Date | null;
  /** Null unless it was withdrawn, as are the client and the reason. */
  withdrawn_at: Date | null;
  withdrawn_by: string | null;
  withdrawal_reason: string | null;
}

const importUnknown = failure('notFound', 'import.unknown', {
  en: 'There is no such import.',
  'zh-CN': '没有这次导入。',
});
const discardedTexts = { en: 'The import was discarded.', 'zh-CN': '该导入已被放弃。' };
const discarded = failure('conflict', 'import.discarded', discardedTexts);

/** Schema of the parameters of an import's jobs. */
export const importParams = { importId: z.string() };
export type ImportParams = { importId: string };

/** An import of a job. */
export interface ImportOfJob extends ImportRow {
  /** Number of imports of the same plain table that were withdrawn before: each had another version. */
  same_withdrawn: number;
}

export async function importOf(database: Database, { importId }: ImportParams): Promise<ImportOfJob> {
  const sql = `select import.*, (select count(*)::int from import same where same.kind = 'table' and same.state = 'withdrawn'
      and (same.content_hash, same.mapping_hash, same.as_of) = (import.content_hash, import.mapping_hash, import.as_of)
      and same.id < import.id) as same_withdrawn
    from import where id = $1`;
  const [row] = await database.query<ImportOfJob>(sql, [importId]);
  if (row === undefined) throw new Error('The import of the job does not exist');
  return row;
}

/**
 * An import that a caller may see.
 * @param query gives the rows of the SQL, which may be completed by a lock
 * @throws notFound
 */
export async function importSeenBy(
  caller: Caller,
  importId: string,
  query: (sql: string, params: unknown[]) => Promise<ImportRow[]>,
): Promise<ImportRow> {
  if (!isUuid(importId)) throw importUnknown();
  const sql = 'select * from import where id = $1 and org_unit_path ^@ any($2::text[])';
  const [row] = await query(sql, [importId, orgUnitFilter(caller)]);
  if (row === undefined) throw importUnknown();
  return row;
}

export async function updateImport(tx: Transaction, importId: string, columns: Record<string, unknown>): Promise<void> {
  const places = Object.keys(columns).map((column, at) => `${column} = $${at + 2}`);
  await rowsOf(tx, `update import set ${places.join(', ')} where id = $1`, [importId, ...Object.values(columns)]);
}

/**
 * Whether an import needs no further work: it is loaded or withdrawn, a dry run that is checked, or held without a
 * confirmation.
 * @throws conflict if it was discarded
 */
export function isSettled({ state, confirmed_at: confirmedAt }: ImportRow): boolean {
  if (state === 'discarded') throw discarded();
  return ['loaded', 'withdrawn', 'checked'].includes(state) || (state === 'held' && confirmedAt === null);
}

/** Holds an import; an earlier confirmation does not apply. */
export async function setHeld(tx: Transaction, importId: string): Promise<void> {
  await requireKept(tx, importId);
  const sql = `update import set state = 'held', held_times = held_times + 1, confirmed_at = null, confirmed_by = null
    where id = $1`;
  await rowsOf(tx, sql, [importId]);
}

/** Locks an import until the end of the transaction. @throws conflict if it was discarded */
export async function requireKept(tx: Transaction, importId: string): Promise<void> {
  const sql = 'select state from import where id = $1 for update';
  const [row] = await rowsOf<{ state: ImportState }>(tx, sql, [importId]);
  if (row?.state === 'discarded') throw discarded();
}

/**
 * Ends an import by an error of its input, which is permanent; after other errors the job tries again. A confirmed import is
 * held again, so that it can be confirmed or discarded once the cause is removed.
 * @param notices stored unless the table of customers has already reported them
 */
export async function markFailed(
  database: Database,
  importId: string,
  thrown: unknown,
  notices: readonly Notice[],
): Promise<void> {
  if (!(thrown instanceof Failure) || isRetryable(thrown.kind) || thrown.kind === 'internal') return;
  const sql = `update import set notices = $2 where id = $1 and state = 'received' and not exists (
     select from import_table where import_id = $1 and table_name = 'customers')`;
  await database.query(sql, [importId, JSON.stringify(notices)]);
  const ended = `update import set state = case state when 'received' then 'failed' else state end,
      confirmed_at = null, held_times = held_times + (case when confirmed_at is null then 0 else 1 end)
    where id = $1 and state in ('received', 'held')`;
  await database.query(ended, [importId]);
}
