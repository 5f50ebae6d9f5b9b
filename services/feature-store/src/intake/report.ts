import { copyRows, type CopyRow } from '@holdfast/platform/copy';
import { rowsOf, type Transaction } from '@holdfast/platform/database';
import type { KeyPair } from '../comparison/compare-keys.js';
import type { VersionCheck } from '../comparison/compare-version.js';
import type { Rejects } from '../csv/rejects.js';
import { keyFor, open, seal } from '../lake/lake-keys.js';
import { notice } from '../notices.js';
import { updateImport } from './import-state.js';
import { countColumns } from './imported-tables.js';
import type { CheckedTable } from '../table/read-table.js';

/** Rejects that are stored; all are counted. */
const REJECTS_KEPT_MAX = 100_000;

interface ReportOptions {
  /** The import is visible, failed without accepted rows, or held. */
  outcome: { state: 'loaded'; version: string; loadedAt: Date } | { state: 'failed' | 'held' | 'checked' };
  check?: VersionCheck;
  dataKey: Buffer;
}

/** Stores the report of a plain table's import, with its rejects. */
export async function storeReport(
  tx: Transaction,
  importId: string,
  table: CheckedTable,
  { outcome, check, dataKey }: ReportOptions,
): Promise<void> {
  const { rejected } = table.counts;
  const cut = rejected <= REJECTS_KEPT_MAX ? [] : [notice('rejects.cut', '', { rejected, kept: REJECTS_KEPT_MAX })];
  const { findings = [], comparison = null, examples = [] } = check ?? {};
  await updateImport(tx, importId, {
    state: outcome.state,
    version: outcome.state === 'loaded' ? outcome.version : '',
    loaded_at: outcome.state === 'loaded' ? outcome.loadedAt : null,
    ...countColumns(table.counts),
    notices: JSON.stringify([...table.notices, ...cut]),
    rows_hash: table.rowsHash,
    findings: JSON.stringify(findings),
    comparison,
    examples_sealed: examples.length === 0 ? null : sealExamples(dataKey, importId, examples),
  });
  await rowsOf(tx, 'delete from reject where import_id = $1', [importId]);
  await storeRejects(tx, table.rejects, { importId, dataKey, table: '', paths: [] });
}

export interface RejectsOf {
  importId: string;
  dataKey: Buffer;
  /** Of an extract; empty for a plain table. */
  table: string;
  /** Paths of the table's files by number; the import has the name of a plain table's file. */
  paths: readonly string[];
}

/** Stores the rejects of a table after those of the tables before it. */
export async function storeRejects(tx: Transaction, rejects: Rejects, of: RejectsOf): Promise<void> {
  const stored = 'select coalesce(max(ordinal), 0) as ordinal from reject where import_id = $1';
  const [last] = await rowsOf<{ ordinal: number }>(tx, stored, [of.importId]);
  await copyRows(tx, 'reject', REJECT_COLUMNS, rejectRows(rejects, of, last!.ordinal));
}

const REJECT_COLUMNS = 'import_id, ordinal, line, column_name, rule, value_sealed, table_name, file';

/** @param stored rejects of the import that are stored already */
async function* rejectRows(
  rejects: Rejects,
  { importId, dataKey, table, paths }: RejectsOf,
  stored: number,
): AsyncGenerator<CopyRow[]> {
  const key = keyFor('rejects', dataKey);
  let ordinal = stored;
  const sql = `select line, column_name, rule, value, file_no from ${rejects.name} order by row_no
    limit ${Math.max(0, REJECTS_KEPT_MAX - stored)}`;
  const chunks = rejects.engine.stream(sql);
  for await (const chunk of chunks) {
    yield chunk.getRows().map(([line, column, rule, value, file]) => {
      ordinal += 1;
      const sealed = sealReject(key, importId, ordinal, String(value ?? ''));
      return [importId, ordinal, Number(line), String(column), String(rule), sealed, table, paths[Number(file)] ?? ''];
    });
  }
}

function sealReject(key: Buffer, importId: string, ordinal: number, value: string): Buffer {
  return seal(key, Buffer.from(value, 'utf8'), `reject ${importId} ${ordinal}`);
}

export function openReject(key: Buffer, importId: string, ordinal: number, sealed: Buffer): string {
  return open(key, sealed, `reject ${importId} ${ordinal}`).toString('utf8');
}

/** Pairs of keys are personal, like rejects. */
function sealExamples(dataKey: Buffer, importId: string, examples: readonly KeyPair[]): Buffer {
  return seal(keyFor('rejects', dataKey), Buffer.from(JSON.stringify(examples)), `examples ${importId}`);
}

export function openExamples(dataKey: Buffer, importId: string, sealed: Buffer): KeyPair[] {
  return JSON.parse(open(keyFor('rejects', dataKey), sealed, `examples ${importId}`).toString('utf8')) as KeyPair[];
}
