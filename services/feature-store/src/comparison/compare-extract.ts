import { Injectable } from '@nestjs/common';
import { Database } from '@holdfast/platform/database';
import { contractTableOf } from '@holdfast/extract-contract/tables';
import { literal, type Engine } from '../engine/engine.js';
import type { Manifest } from '@holdfast/extract-contract/manifest';
import { LakeFiles } from '../lake/lake-files.js';
import { compareColumns } from './compare-columns.js';
import { countKept, fewKept } from './compare-keys.js';
import type { ExtractTableSummary } from './extract-summary.js';
import type { Notice } from '../notices.js';
import { finding, stoppedFinding, type Finding } from './finding.js';
import { DEFAULT_LIMITS, ROWS_MIN, tooManyRejects, type Limits } from './limits.js';

/** Tables whose rows are the subjects of the extract. */
const KEY_TABLES = new Set(['customers', 'accounts', 'subscriptions']);
/** Kinds of tables with about the same number of rows in every extract, of the whole or of a month. */
const STEADY_TIMES = new Set(['snapshot', 'month']);

/** Rejected rows that are allowed in any table of an extract. */
const REJECTS_FREE = 20;

interface SummaryRow {
  table_name: string;
  import_id: string;
  summary: ExtractTableSummary;
}

/** Compares an extract, before it becomes visible, with earlier ones, table by table. */
@Injectable()
export class CompareExtract {
  constructor(
    private readonly database: Database,
    private readonly files: LakeFiles,
  ) {}

  /** Of an extract whose tables are written and counted. */
  async check(engine: Engine, importId: string, manifest: Manifest): Promise<Finding[]> {
    const limits: Limits = { ...DEFAULT_LIMITS, ...manifest.limits };
    const findings = await this.lostRows(importId, manifest);
    const own = await this.database.query<SummaryRow>('select * from extract_summary where import_id = $1', [importId]);
    // A complete extract is a better reference than a later partial one.
    const earlier = await this.database.query<SummaryRow>(
      `select distinct on (table_name) table_name, import_id, summary from extract_summary join extract using (import_id)
       where import_id <> $1 and withdrawn_at is null order by table_name, is_complete desc, sequence desc`,
      [importId],
    );
    for (const { table_name: name, summary: now } of own) {
      const before = earlier.find(({ table_name: other }) => other === name);
      if (before === undefined) continue;
      findings.push(...(await this.compareTable(engine, { name, now, importId, before, limits })));
    }
    return findings;
  }

  /** Tables that were stopped, and those with too many rejects. */
  private async lostRows(importId: string, { tables }: Manifest): Promise<Finding[]> {
    const sql = `select table_name as name, rows_read::float8 as read, rows_rejected::float8 as rejected, notices
      from import_table where import_id = $1 order by place`;
    const all = await this.database.query<{ name: string; read: number; rejected: number; notices: Notice[] }>(sql, [
      importId,
    ]);
    return all.flatMap(({ name, notices, ...counts }) => {
      const stopped = notices.map(stoppedFinding).filter((each) => each !== undefined);
      if (stopped.length > 0) return stopped;
      if (counts.read > 0 && counts.rejected === counts.read)
        return [finding('rejects.all', { table: name, holds: true }, { read: counts.read })];
      return tooManyRejects(name, counts, REJECTS_FREE, tables[name]?.rejectShareMax);
    });
  }

  private async compareTable(
    engine: Engine,
    of: { name: string; now: ExtractTableSummary; importId: string; before: SummaryRow; limits: Limits },
  ): Promise<Finding[]> {
    const { name, now, before, limits } = of;
    const table = contractTableOf(name)!;
    const areComplete = now.isComplete && before.summary.isComplete;
    const covers = now.rows >= (1 - limits.rows) * before.summary.rows;
    // A table with fewer rows of a partial extract is a correction.
    if (!areComplete && !covers) return [];
    const isSteady = areComplete && STEADY_TIMES.has(table.time.kind);
    const columns = compareColumns({
      table: name,
      before: before.summary,
      now,
      limits,
      sharesNow: new Map(),
      // Several tables of an extract have columns of one name.
      prefix: `${name}.`,
    }).filter(({ key }) => key !== 'rows.changed' || isSteady);
    if (!KEY_TABLES.has(name) || before.summary.rows < ROWS_MIN) return columns;
    const id = `"${table.key[0]!.name}"`;
    const ids = (importId: string): string =>
      `select distinct ${id} from read_parquet(${literal(this.files.facts(importId, name, ''))})`;
    const counts = await countKept(engine, id, ids(before.import_id), ids(of.importId));
    return [...fewKept(name, counts, limits), ...columns];
  }
}
