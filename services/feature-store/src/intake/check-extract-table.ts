import { failure } from '@holdfast/platform/errors';
import type { JobRun } from '@holdfast/platform/jobs';
import type { ContractTable } from '@holdfast/extract-contract/table';
import type { LocalClock } from '../column/local-clock.js';
import type { ReadContext } from '../csv/read-csv.js';
import type { Rejects } from '../csv/rejects.js';
import type { Engine } from '../engine/engine.js';
import { checkRows, commaNotices, type CheckedRows } from '../extract/check-rows.js';
import { freeColumnsOf, type FreeColumns } from '../extract/free-columns.js';
import type { ExtractHeader } from '../extract/header.js';
import { isParquet, type Manifest, type ManifestFile, type ManifestTable } from '@holdfast/extract-contract/manifest';
import { plausibleMoments, type PlausibleLimits } from '@holdfast/extract-contract/plausible';
import { filesOf } from '../extract/manifest.js';
import { stageCsv, type StagedTable } from '../extract/stage-csv.js';
import { stageParquet } from '../extract/stage-parquet.js';
import type { LoadedExtract } from '../facts/extracts.js';
import type { References } from '../facts/references.js';
import { notice, type Notice } from '../notices.js';
import { onDisk, sha256Of, type ExtractFile, type ExtractFiles } from './extract-files.js';
import type { ExtractRefusals } from './extract-refusals.js';
import type { ImportRow } from './import-state.js';

const hashDiffers = failure('unprocessable', 'extract.hashDiffers', {
  en: '{path} is not the file that the manifest describes: its SHA-256 differs.',
  'zh-CN': '{path} 与清单不符：SHA-256 不一致。',
});
const rowsDiffer = failure('unprocessable', 'extract.rowsDiffer', {
  en: '{path} has {read} rows; the manifest specifies {stated}.',
  'zh-CN': '{path} 有 {read} 行，清单中为 {stated} 行。',
});

/** A table of an extract with its accepted rows in the engine. */
export interface CheckedExtractTable extends CheckedRows {
  header: ExtractHeader;
  rejects: Rejects;
  paths: string[];
  freeColumns: FreeColumns['columns'];
  notices: Notice[];
}

/** The extract that a table is read from. */
export interface ExtractSource {
  manifest: Manifest;
  files: ExtractFiles;
  listed: readonly ExtractFile[];
  references: References;
  clock: LocalClock;
  plausible: PlausibleLimits;
}

export interface ExtractRun extends ExtractSource {
  run: JobRun;
  row: ImportRow;
  engine: Engine;
  dataKey: Buffer;
  /** Visible extracts, by sequence. */
  earlier: readonly LoadedExtract[];
  refusals: ExtractRefusals;
}

/**
 * Stages and checks a table of an extract, and uses it while its files are open.
 * @throws unprocessable for files that cannot be read, or differ from the manifest
 */
export async function withCheckedTable(
  engine: Engine,
  source: ExtractSource,
  table: ContractTable,
  context: ReadContext,
  use: (checked: CheckedExtractTable) => Promise<void>,
): Promise<void> {
  const { manifest, listed } = source;
  const described = manifest.tables[table.name]!;
  const files = filesOf(described, new Set(listed.map(({ path }) => path)));
  await checkHashes(files, source);
  await engine.dropAfter(() =>
    withStaged(engine, source, table, files, context, async (staged) => {
      checkCounts(files, described, staged.rowsOfFiles);
      const { header, rejects } = staged;
      const rows = await checkRows(staged, {
        clock: source.clock,
        from: manifest.from,
        to: manifest.to,
        plausible: plausibleMoments(manifest, source.plausible),
        resolve: (...column) => source.references.resolve(...column),
        signal: context.signal,
      });
      const free = await freeColumnsOf(rows.accepted, header);
      await use({
        ...rows,
        header,
        rejects,
        paths: files.map(({ path }) => path),
        freeColumns: free.columns,
        notices: [
          ...staged.notices,
          ...(await commaNotices(rejects, table)),
          ...(await armNotices(rejects, table)),
          ...free.notices,
        ],
      });
    }),
  );
}

/** Parquet files stay on disk while their rows are used. */
async function withStaged(
  engine: Engine,
  { manifest, files: source }: ExtractSource,
  table: ContractTable,
  files: readonly ManifestFile[],
  context: ReadContext,
  use: (staged: StagedTable) => Promise<void>,
): Promise<void> {
  if (isParquet(manifest.tables[table.name]!, files)) {
    await onDisk(source, files, engine.folder, async (places) => use(await stageParquet(engine, table, places)));
  } else {
    const csv = files.map(({ path }) => ({ path, bytes: () => source.read(path) }));
    await use(await stageCsv(engine, table, csv, context));
  }
}

async function checkHashes(files: readonly ManifestFile[], { files: source, listed }: ExtractSource): Promise<void> {
  for (const { path, sha256 } of files) {
    if (sha256 === undefined) continue;
    const found = listed.find((file) => file.path === path)!.sha256 ?? (await sha256Of(source.read(path)));
    if (found !== sha256) throw hashDiffers({ path });
  }
}

function checkCounts(files: readonly ManifestFile[], described: ManifestTable, counts: readonly number[]): void {
  const read = counts.reduce((sum, count) => sum + count, 0);
  const stated = [
    ...files.map(({ path, rows }, at) => ({ path, rows, read: counts[at]! })),
    { path: described.path, rows: described.rows, read },
  ];
  for (const { path, rows, read: found } of stated) {
    if (rows !== undefined && rows !== found) throw rowsDiffer({ path, read: found, stated: rows });
  }
}

/** Of two rows that assign a randomisation unit to two arms the first is accepted. */
async function armNotices(rejects: Rejects, { name }: ContractTable): Promise<Notice[]> {
  if (name !== 'assignments') return [];
  const rows = await rejects.count(`rule = 'key.conflict' and column_name = 'arm'`);
  return rows === 0 ? [] : [notice('assignments.severalGroups', name, { rows })];
}
