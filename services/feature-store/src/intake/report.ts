import { copyRows, type CopyRow } from '@holdfast/platform/copy';
import { rowsOf, type Transaction } from '@holdfast/platform/database';
import type { Engine } from '../engine/engine.js';
import type { KeyPair } from '../comparison/compare-keys.js';
import type { VersionCheck } from '../comparison/compare-version.js';
import { notice } from '../extract/notices.js';
import type { CheckedTable } from '../extract/read-table.js';
import { keyFor, open, seal } from '../lake/lake-keys.js';

/** Rejects that are kept to be looked at; all are counted. */
const REJECTS_KEPT_MAX = 100_000;

interface ReportOptions {
  /** What became of the import: visible, failed since nothing was accepted, or held back. */
  outcome: { state: 'loaded'; version: string; loadedAt: Date } | { state: 'failed' | 'held' };
  check?: VersionCheck;
  dataKey: Buffer;
}

/** Stores what became of an import's rows; from the engine's table `rejected`. */
export async function storeReport(
  tx: Transaction,
  engine: Engine,
  { id: importId }: { id: string },
  table: CheckedTable,
  { outcome, check, dataKey }: ReportOptions,
): Promise<void> {
  const { read, accepted, rejected, duplicates } = table.counts;
  const cut = rejected <= REJECTS_KEPT_MAX ? [] : [notice('rejects.cut', '', { rejected, kept: REJECTS_KEPT_MAX })];
  await rowsOf(
    tx,
    `update import set state = $2, version = $3, loaded_at = $4, rows_read = $5, rows_accepted = $6, rows_rejected = $7,
       rows_duplicate = $8, notices = $9, rows_hash = $10, findings = $11, comparison = $12, examples_sealed = $13
     where id = $1`,
    [
      importId,
      outcome.state,
      outcome.state === 'loaded' ? outcome.version : '',
      outcome.state === 'loaded' ? outcome.loadedAt : null,
      read,
      accepted,
      rejected,
      duplicates,
      JSON.stringify([...table.notices, ...cut]),
      table.rowsHash,
      JSON.stringify(check?.findings ?? []),
      check?.comparison === undefined ? null : JSON.stringify(check.comparison),
      check === undefined || check.examples.length === 0 ? null : sealExamples(dataKey, importId, check.examples),
    ],
  );
  await rowsOf(tx, 'delete from reject where import_id = $1', [importId]);
  await storeRejects(tx, engine, { importId, key: keyFor('rejects', dataKey), table: '', files: [], ordinal: 0 });
}

/** Whose rejects are stored. */
interface RejectsOf {
  importId: string;
  key: Buffer;
  /** Of an extract; empty for a plain table. */
  table: string;
  /** Paths of the table's files by number; of a plain table there is one, which the import names. */
  files: readonly string[];
  /** Rejects of the import that are stored already. */
  ordinal: number;
}

/** Stores the rows of the engine's table `rejected`, as many as an import keeps. */
export async function storeRejects(tx: Transaction, engine: Engine, of: RejectsOf): Promise<void> {
  const columns = 'import_id, ordinal, line, column_name, rule, value_sealed, table_name, file';
  await copyRows(tx, 'reject', columns, rejectRows(engine, of));
}

async function* rejectRows(
  engine: Engine,
  { importId, key, table, files, ordinal: stored }: RejectsOf,
): AsyncGenerator<CopyRow[]> {
  let ordinal = stored;
  const fileNo = files.length === 0 ? '0' : 'file_no';
  const result = await engine.connection.stream(
    `select line, column_name, rule, value, ${fileNo} from rejected order by row_no
     limit ${Math.max(0, REJECTS_KEPT_MAX - stored)}`,
  );
  for (let chunk = await result.fetchChunk(); chunk !== null && chunk.rowCount > 0; chunk = await result.fetchChunk()) {
    yield chunk.getRows().map(([line, column, rule, value, file]) => {
      ordinal += 1;
      const sealed = sealReject(key, importId, ordinal, String(value ?? ''));
      return [importId, ordinal, Number(line), String(column), String(rule), sealed, table, files[Number(file)] ?? ''];
    });
  }
}

function sealReject(key: Buffer, importId: string, ordinal: number, value: string): Buffer {
  return seal(key, Buffer.from(value, 'utf8'), `reject ${importId} ${ordinal}`);
}

export function openReject(key: Buffer, importId: string, ordinal: number, sealed: Buffer): string {
  return open(key, sealed, `reject ${importId} ${ordinal}`).toString('utf8');
}

/** Pairs of keys say who somebody is, like rejects. */
function sealExamples(dataKey: Buffer, importId: string, examples: readonly KeyPair[]): Buffer {
  return seal(keyFor('rejects', dataKey), Buffer.from(JSON.stringify(examples)), `examples ${importId}`);
}

export function openExamples(dataKey: Buffer, importId: string, sealed: Buffer): KeyPair[] {
  return JSON.parse(open(keyFor('rejects', dataKey), sealed, `examples ${importId}`).toString('utf8')) as KeyPair[];
}
