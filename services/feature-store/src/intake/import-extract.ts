import { Inject, Injectable } from '@nestjs/common';
import { Clock } from '@holdfast/platform/clock';
import { Database, rowsOf } from '@holdfast/platform/database';
import { failure } from '@holdfast/platform/errors';
import { jobKind, type JobResult, type JobRun } from '@holdfast/platform/jobs';
import { log } from '@holdfast/platform/log';
import { Parameters } from '@holdfast/platform/parameters';
import { CONFIG } from '@holdfast/platform/service';
import { LocalClock } from '../column/local-clock.js';
import { changesOfTable, type TableChange } from '../comparison/changes.js';
import { CompareExtract } from '../comparison/compare-extract.js';
import type { Finding } from '../comparison/finding.js';
import type { FeatureStoreConfig } from '../config.js';
import type { Engine } from '../engine/engine.js';
import type { Manifest } from '@holdfast/extract-contract/manifest';
import { CONTRACT_TABLES } from '@holdfast/extract-contract/tables';
import { implausibleTime, plausibleSequences, type PlausibleLimits } from '@holdfast/extract-contract/plausible';
import { Extracts, type LoadedExtract } from '../facts/extracts.js';
import { References } from '../facts/references.js';
import { DataKeys } from '../lake/data-keys.js';
import { LakeFiles } from '../lake/lake-files.js';
import { ScratchEngines } from '../lake/scratch-engines.js';
import { plausibleLimits, type FeatureStoreParameters } from '../parameters.js';
import { refusalNotices } from '../refusal/refusals.js';
import { FolderFiles, UploadedFiles, type ExtractFiles } from './extract-files.js';
import type { ExtractRun } from './check-extract-table.js';
import { CUSTOMERS, ReadExtractRefusals, type ExtractRefusals } from './extract-refusals.js';
import { ExtractTables } from './extract-tables.js';
import {
  importOf,
  importParams,
  isSettled,
  markFailed,
  requireKept,
  setHeld,
  updateImport,
  type ImportParams,
  type ImportRow,
  type ImportState,
} from './import-state.js';
import { storeTotals } from './imported-tables.js';
import { PublishExtract, sequenceTaken, sequenceWithdrawn } from './publish-extract.js';

export const IMPORT_EXTRACT = jobKind('import-extract', importParams);

const fromFuture = failure('unprocessable', 'extract.fromFuture', {
  en: 'The extract was written at {extractedAt}, which is in the future. Correct extractedAt in manifest.json.',
  'zh-CN': '数据包的 extractedAt 为 {extractedAt}，晚于当前时间；请更正 manifest.json。',
});

const sequenceImplausible = failure('unprocessable', 'extract.sequenceImplausible', {
  en: 'Sequence {sequence} is not plausible: {next} is expected, at most {max}. Correct it in manifest.json, or raise the parameter {parameter} of feature-store.',
  'zh-CN':
    '序号 {sequence} 不合理：应为 {next}，最大 {max}。请更正 manifest.json，或调高 feature-store 的参数 {parameter}。',
});
const timeImplausible = failure('unprocessable', 'extract.timeImplausible', {
  en: '{field} of the manifest is {value}; plausible is {first} or later{last}. Correct manifest.json.',
  'zh-CN': '清单的 {field} 为 {value}；合理范围为 {first} 起{last}。请更正 manifest.json。',
});

const NO_REFUSALS: ExtractRefusals = { refusals: 0, unreadable: 0, unlocated: 0, read: [] };

/** Clocks of the operator's systems may be ahead by so much. */
const CLOCK_SKEW_MS = 86_400_000;

/**
 * The import of an extract: its refusals, then its tables in the order of reference, then the comparison with earlier extracts.
 * Nothing is visible before the transaction of the publication; an extract that differs too much is held for a confirmation,
 * which runs the import again.
 */
@Injectable()
export class ImportExtract {
  private readonly log = log('import');

  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
    private readonly scratch: ScratchEngines,
    private readonly files: LakeFiles,
    private readonly keys: DataKeys,
    private readonly extracts: Extracts,
    private readonly refusals: ReadExtractRefusals,
    private readonly tables: ExtractTables,
    private readonly compare: CompareExtract,
    private readonly publication: PublishExtract,
    private readonly parameters: Parameters<FeatureStoreParameters>,
    @Inject(CONFIG) private readonly config: FeatureStoreConfig,
  ) {}

  async run(run: JobRun<ImportParams>): Promise<JobResult> {
    const row = await importOf(this.database, run.params);
    if (isSettled(row)) return resultOf(row, row.state);
    return this.scratch.run(row.id, run.signal, async (engine) => {
      let refusals: ExtractRefusals | undefined;
      try {
        await engine.run(`set TimeZone = 'UTC'`);
        await engine.run('set preserve_insertion_order = false');
        const dataKey = await this.keys.of(row.id);
        const files = await this.filesOf(row, dataKey);
        const earlier = await this.extracts.loaded();
        await this.tables.writeNextTo(row.id, earlier);
        // A dry run records nothing, refusals included.
        refusals = row.is_dry_run ? NO_REFUSALS : await this.refusals.read(run, row, files, engine);
        const plausible = await plausibleLimits(this.parameters);
        await this.requireNext(row.manifest, earlier, plausible);
        const extract: ExtractRun = {
          run,
          row,
          engine,
          dataKey,
          earlier,
          refusals,
          manifest: row.manifest,
          files,
          listed: await files.list(),
          references: this.referencesTo(earlier, engine),
          clock: new LocalClock(row.manifest.timezone),
          plausible,
        };
        await this.tables.importAll(extract);
        await this.publication.requireTables(row.id);
        await run.progress({ phase: 'comparing' });
        const findings = await this.compare.check(engine, row.id, row.manifest);
        if (row.is_dry_run) {
          await this.finishDryRun(extract, findings);
          return resultOf(row, 'checked');
        }
        const isHeld = findings.some(({ holds }) => holds) && row.confirmed_at === null;
        if (isHeld) await this.hold(row, findings);
        else await this.publication.publish(extract, findings);
        return resultOf(row, isHeld ? 'held' : 'loaded');
      } catch (thrown) {
        run.signal.throwIfAborted();
        const notices = refusals === undefined ? [] : refusalNotices(CUSTOMERS, refusals.refusals, refusals);
        await markFailed(this.database, row.id, thrown, notices);
        throw thrown;
      }
    });
  }

  private async filesOf(row: ImportRow, dataKey: Buffer): Promise<ExtractFiles> {
    if (row.folder !== '') return FolderFiles.open(this.config.inbox, row.folder);
    const stored = await this.database.query<{ path: string; ordinal: number; sha256: string; size_bytes: string }>(
      'select path, ordinal, sha256, size_bytes from raw_file where import_id = $1 order by ordinal',
      [row.id],
    );
    const listed = stored.map(({ size_bytes: size, ...file }) => ({ ...file, sizeBytes: Number(size) }));
    return new UploadedFiles(row.id, listed, this.files, dataKey);
  }

  /**
   * @param earlier the visible extracts, by sequence
   * @throws unprocessable for an extract from the future, or of a sequence or times that are not plausible; conflict if a
   *   later one is loaded, or one of this sequence was withdrawn
   */
  private async requireNext(
    manifest: Manifest,
    earlier: readonly LoadedExtract[],
    plausible: PlausibleLimits,
  ): Promise<void> {
    const { extractedAt, sequence } = manifest;
    const now = this.clock.timeAfter(manifest.to, new Date(extractedAt));
    if (Date.parse(extractedAt) > now.getTime() + CLOCK_SKEW_MS) throw fromFuture({ extractedAt });
    const time = implausibleTime(manifest, plausible);
    if (time !== undefined) throw timeImplausible({ ...time, last: time.last === '' ? '' : ` – ${time.last}` });
    const newest = earlier.at(-1)?.sequence ?? 0;
    if (newest >= sequence) throw sequenceTaken({ sequence });
    const published = await this.extracts.published();
    if (published.some((extract) => extract.sequence === sequence)) throw sequenceWithdrawn({ sequence, newest });
    const { next, max } = plausibleSequences(newest, plausible);
    const parameter = newest === 0 ? 'import.sequenceFirstMax' : 'import.sequenceGapMax';
    if (sequence > max) throw sequenceImplausible({ sequence, next, max, parameter });
  }

  private referencesTo(earlier: readonly LoadedExtract[], engine: Engine): References {
    const references = new References(engine, this.config.operator);
    for (const { importId, tables } of earlier) {
      for (const { table, parts } of tables) {
        for (const { month } of parts) references.add(table, this.files.facts(importId, table, month));
      }
    }
    return references;
  }

  /** Stores the report, with what the extract would change, and removes its files. */
  private async finishDryRun({ row, engine, earlier }: ExtractRun, findings: readonly Finding[]): Promise<void> {
    const extract = await this.extracts.unpublished(row.id, row.manifest, row.org_unit_path);
    const file = (importId: string, table: string, month: string): string => this.files.facts(importId, table, month);
    const changes: TableChange[] = [];
    for (const table of CONTRACT_TABLES) {
      const change = await changesOfTable(engine, table, { extract, file, earlier });
      if (change !== undefined) changes.push(change);
    }
    await this.database.transaction(async (tx) => {
      await requireKept(tx, row.id);
      await storeTotals(tx, row.id, row.manifest, findings);
      await updateImport(tx, row.id, { state: 'checked', changes: JSON.stringify(changes) });
      for (const table of ['fact_part', 'raw_file', 'extract_summary'])
        await rowsOf(tx, `delete from ${table} where import_id = $1`, [row.id]);
    });
    await this.files.removeImport(row.id);
  }

  private async hold({ id, manifest }: ImportRow, findings: readonly Finding[]): Promise<void> {
    await this.database.transaction(async (tx) => {
      await setHeld(tx, id);
      await storeTotals(tx, id, manifest, findings);
    });
    this.log.warn({ import: id, findings: findings.map(({ key }) => key) }, 'extract held');
  }
}

function resultOf({ id, manifest }: ImportRow, state: ImportState): JobResult {
  const { extractId, sequence, to } = manifest;
  return { importId: id, extractId, sequence: String(sequence), month: to, state };
}
