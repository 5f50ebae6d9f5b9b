import { Injectable } from '@nestjs/common';
import { Database } from '@holdfast/platform/database';
import { Failure } from '@holdfast/platform/errors';
import type { JobRun } from '@holdfast/platform/jobs';
import type { Engine } from '../engine/engine.js';
import { isParquet, type ManifestFile, type ManifestTable } from '@holdfast/extract-contract/manifest';
import { filesOf } from '../extract/manifest.js';
import { CUSTOMERS_FORM, type ConsentFile } from '../refusal/read-consents.js';
import { RefusalMoments } from '../refusal/refusal-moment.js';
import { Refusals, type PassCells, type RefusalCounts } from '../refusal/refusals.js';
import { onDisk, type ExtractFiles } from './extract-files.js';
import type { ImportRow } from './import-state.js';
import { importedTables } from './imported-tables.js';

/** The table whose consents are read before all checks. */
export const CUSTOMERS = 'customers';

/** Refusals of an extract, with the cells that they are from if its customers are still to be imported. */
export interface ExtractRefusals extends RefusalCounts {
  read?: PassCells[];
}

/** Reads and stores the refusals of an extract, whatever is wrong with their rows, their table or the extract. */
@Injectable()
export class ReadExtractRefusals {
  constructor(
    private readonly database: Database,
    private readonly refusals: Refusals,
  ) {}

  /** A repeated run needs the cells only for the report of customers that are still to be imported. */
  async read(run: JobRun, row: ImportRow, files: ExtractFiles, engine: Engine): Promise<ExtractRefusals> {
    const before = await this.refusals.readBefore(row.id);
    const { manifest } = row;
    const described = manifest.tables[CUSTOMERS];
    if (described === undefined) return { refusals: 0, unreadable: 0, unlocated: 0 };
    const imported = await importedTables(this.database, row.id);
    if (before !== undefined && imported.some(({ name }) => name === CUSTOMERS)) return before;
    await run.progress({ phase: 'refusals' });
    const found = presentFiles(described, new Set((await files.list()).map(({ path }) => path)));
    const context = {
      form: CUSTOMERS_FORM,
      moments: new RefusalMoments(manifest.timezone),
      signal: run.signal,
      onRows: () => run.progress({ phase: 'refusals' }),
    };
    const of = {
      importId: row.id,
      orgUnitPath: row.org_unit_path,
      origin: `extract ${manifest.extractId}`,
      writtenAt: new Date(manifest.extractedAt),
      keySpace: { of: 'operator' } as const,
      areSubscriptions: false,
    };
    const readAll = (sources: ConsentFile[]): Promise<ExtractRefusals> =>
      this.refusals.read(engine, sources, [{ context, purpose: 'marketing', channel: 'any', evidence: '' }], of);
    if (!isParquet(described, found)) return readAll(found.map(({ path }) => ({ csv: () => files.read(path) })));
    return onDisk(files, found, engine.folder, (places) => readAll(places.map((place) => ({ parquet: place.onDisk }))));
  }
}

/** The files of a table that exist; the import of the table reports the others. */
function presentFiles(described: ManifestTable, paths: ReadonlySet<string>): ManifestFile[] {
  const named = described.files?.filter(({ path }) => paths.has(path) || paths.has(`${path}.gz`));
  try {
    return filesOf(named === undefined ? described : { ...described, files: named }, paths);
  } catch (thrown) {
    if (thrown instanceof Failure) return [];
    throw thrown;
  }
}
