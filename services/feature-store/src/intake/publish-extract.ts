import { Injectable } from '@nestjs/common';
import { ExtractLoaded } from '@holdfast/contracts/feature_store/v1/extract';
import { Clock } from '@holdfast/platform/clock';
import { Database, insertRow, rowsOf, type Transaction } from '@holdfast/platform/database';
import { subjectKey, contractTableOf } from '@holdfast/extract-contract/tables';
import { Failure, failure, type Language } from '@holdfast/platform/errors';
import { MonthSteps, monthNotClosed } from '@holdfast/platform/month-steps';
import { log } from '@holdfast/platform/log';
import { Outbox, eventOf } from '@holdfast/platform/outbox';
import type { Finding } from '../comparison/finding.js';
import type { Manifest } from '@holdfast/extract-contract/manifest';
import { closedMonthsOf, newlyClosed, type LoadedExtract } from '../facts/extracts.js';
import { Views } from '../view/views.js';
import type { ExtractRun } from './check-extract-table.js';
import { requireKept, updateImport, type ImportRow } from './import-state.js';
import { importedTables, storeTotals } from './imported-tables.js';

const extractLoaded = eventOf('feature-store', ExtractLoaded);

export const sequenceTaken = failure('conflict', 'extract.sequenceTaken', {
  en: 'An extract with sequence {sequence} or higher is already loaded. Use a higher sequence for a correction.',
  'zh-CN': '序号 {sequence} 或更大的提取包已存在；更正后的提取包须使用更大的序号。',
});
export const sequenceWithdrawn = failure('conflict', 'extract.sequenceWithdrawn', {
  en: 'The extract with sequence {sequence} was withdrawn. Use another sequence, higher than {newest}.',
  'zh-CN': '序号为 {sequence} 的提取包已撤回；请使用大于 {newest} 的其他序号。',
});
const othersChanged = failure('unavailable', 'extract.othersChanged', {
  en: 'Another extract became visible or was withdrawn during the import; it starts again.',
  'zh-CN': '导入期间有其他提取包发布或撤回，将重新导入。',
});
const noTableImported = failure('unprocessable', 'extract.noTableImported', {
  en: 'No row of the extract could be imported. The report contains the reasons.',
  'zh-CN': '提取包中没有一行可以导入，原因见报告。',
});

const requiredTable = failure('unprocessable', 'extract.requiredTable', {
  en: 'No row of the extract is visible, as others refer to those of table {table}.',
  'zh-CN': '其他表的记录引用表 {table}，因此整个提取包未发布。',
});

/** Makes an imported extract visible, in one transaction with its events and the request of its views. */
@Injectable()
export class PublishExtract {
  private readonly log = log('import');

  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
    private readonly outbox: Outbox,
    private readonly views: Views,
    private readonly monthSteps: MonthSteps,
  ) {}

  /**
   * @throws unprocessable if no row of the extract was accepted, or a fault of its files or header stopped a table of
   *   customers, accounts or subscriptions
   */
  async requireTables(importId: string): Promise<void> {
    const imported = await importedTables(this.database, importId);
    for (const { name, notices } of imported) {
      const stopped = notices.find((each) => each.key === 'table.stopped');
      if (stopped === undefined || subjectKey(contractTableOf(name)!) === undefined) continue;
      const { kind, key, text } = requiredTable({ table: name });
      const inBoth = (language: Language): string => `${stopped.text[language]} ${text[language]}`;
      throw new Failure(kind, key, { en: inBoth('en'), 'zh-CN': inBoth('zh-CN') });
    }
    if (imported.every(({ isStopped, rows }) => isStopped || rows === 0)) throw noTableImported();
  }

  /** @throws conflict if a later extract is loaded; unavailable if other extracts than `earlier` are visible now */
  async publish({ run, row, earlier }: ExtractRun, findings: readonly Finding[]): Promise<void> {
    const { manifest } = row;
    await run.progress({ phase: 'publishing', fraction: 1 });
    this.clock.follow(manifest.to, new Date(manifest.extractedAt));
    const imported = (await importedTables(this.database, row.id)).filter(({ isStopped }) => !isStopped);
    const tables = imported.map(({ name }) => name);
    const closed = newlyClosed(manifest, new Map(imported.map(({ name, months }) => [name, months])), earlier);
    await this.database.transaction(async (tx) => {
      // Serialises publications, so that sequences ascend.
      await rowsOf(tx, 'lock table extract in share row exclusive mode', []);
      await requireNext(tx, manifest, earlier);
      await requireKept(tx, row.id);
      await this.makeVisible(tx, row, tables, closed);
      await storeTotals(tx, row.id, manifest, findings);
      const closedMonth = [...closedMonthsOf(earlier), ...closed].sort().at(-1) ?? '';
      await this.announce(tx, row, tables, closedMonth);
      const sequences = [...earlier.map(({ sequence }) => sequence), manifest.sequence];
      const { jobId } = await this.views.submit(tx, run.caller, sequences);
      const { to: month, sequence } = manifest;
      await this.monthSteps.record(tx, {
        ...{ month, step: 'view', table: '', version: String(sequence), jobId },
        ...(closedMonth < month ? { reason: monthNotClosed({ month }) } : {}),
      });
    });
    this.log.info({ import: row.id, sequence: manifest.sequence, tables: tables.length }, 'extract loaded');
  }

  private async makeVisible(tx: Transaction, row: ImportRow, tables: string[], closed: string[]): Promise<void> {
    const { manifest } = row;
    const now = this.clock.now();
    await insertRow(tx, 'extract', {
      sequence: manifest.sequence,
      extract_id: manifest.extractId,
      import_id: row.id,
      org_unit_path: row.org_unit_path,
      extracted_at: manifest.extractedAt,
      from_month: manifest.from,
      to_month: manifest.to,
      currency: manifest.currency,
      time_zone: manifest.timezone,
      is_complete: manifest.complete,
      tables,
      closed_months: closed,
      loaded_at: now,
    });
    await updateImport(tx, row.id, { state: 'loaded', version: String(manifest.sequence), loaded_at: now });
  }

  private async announce(tx: Transaction, row: ImportRow, tables: string[], closedMonth: string): Promise<void> {
    const { extractId, sequence, extractedAt, to: month } = row.manifest;
    const about = { subjectId: row.id, orgUnitPath: row.org_unit_path };
    const sql = 'select sequence::float8 as sequence from extract where sequence > $1 and withdrawn_at is not null';
    const withdrawn = await rowsOf<{ sequence: number }>(tx, `${sql} order by sequence`, [sequence]);
    const event = {
      extractId,
      sequence,
      importId: row.id,
      extractedAt: new Date(extractedAt),
      tables,
      month,
      closedMonth,
      withdrawn: withdrawn.map(({ sequence: higher }) => higher),
    };
    await this.outbox.publish(tx, extractLoaded, about, event);
  }
}

/**
 * @param earlier next to which the tables were written
 * @throws conflict if a later extract is loaded; unavailable if other extracts are visible now
 */
async function requireNext(tx: Transaction, { sequence }: Manifest, earlier: readonly LoadedExtract[]): Promise<void> {
  const sql = `select sequence::float8 as sequence, withdrawn_at is null as "isVisible" from extract order by sequence`;
  const published = await rowsOf<{ sequence: number; isVisible: boolean }>(tx, sql);
  const visible = published.filter(({ isVisible }) => isVisible).map((extract) => extract.sequence);
  const isUsed = published.some((extract) => extract.sequence === sequence);
  if (isUsed || (visible.at(-1) ?? 0) >= sequence) throw sequenceTaken({ sequence });
  const before = earlier.map((extract) => extract.sequence);
  if (before.join(' ') !== visible.join(' ')) throw othersChanged();
}
