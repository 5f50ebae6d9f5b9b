import { failure } from '@holdfast/platform/errors';
import type { ContractTable } from '@holdfast/extract-contract/table';
import { personalColumns } from '@holdfast/extract-contract/tables';
import type { Engine } from '../engine/engine.js';
import { numberIn } from '../extract/cell-sql.js';
import { checkContract, commaNotices, valueColumn, type TableCounts } from '../extract/contract-checks.js';
import type { ContractLayout } from '../extract/contract-header.js';
import { stageCsv, stageParquet, type StagedTable, type StageContext } from '../extract/contract-stage.js';
import { countDistinct, identifierMin, surelyAtLeast } from '../extract/distinct.js';
import type { LocalClock } from '../extract/local-clock.js';
import { filesOf, isParquet, type Manifest, type ManifestFile, type ManifestTable } from '../extract/manifest.js';
import { notice, type Notice } from '../extract/notices.js';
import type { FreeColumn } from '../facts/extracts.js';
import type { References } from '../facts/references.js';
import { sha256Of, type ExtractFile, type ExtractFiles } from './extract-files.js';

const TEXTS_MAX = 10_000;
/** Whole numbers with so many digits are codes: telephone, document and account numbers. */
const CODE_MIN = 1_000_000;

const hashDiffers = failure('unprocessable', 'extract.hashDiffers', {
  en: '{path} is not the file that the manifest describes: its SHA-256 differs.',
  'zh-CN': '{path} 与清单不符：SHA-256 不一致。',
});
const rowsDiffer = failure('unprocessable', 'extract.rowsDiffer', {
  en: '{path} has {read} rows; the manifest says {said}.',
  'zh-CN': '{path} 有 {read} 行，清单中为 {said} 行。',
});

/** A checked table of an extract; its accepted rows stand in the engine (see contract-checks.ts). */
export interface CheckedExtractTable {
  layout: ContractLayout;
  counts: TableCounts;
  files: string[];
  freeColumns: (FreeColumn & { place: number })[];
  notices: Notice[];
}

export interface TableInput {
  table: ContractTable;
  said: ManifestTable;
  manifest: Manifest;
  files: ExtractFiles;
  there: readonly ExtractFile[];
  references: References;
  scratch: string;
  clock: LocalClock;
}

/**
 * Reads and checks a table of an extract, and does something with it while its files are open.
 * @throws unprocessable for files that cannot be read, or are not what the manifest says
 */
export async function withCheckedTable<T>(
  engine: Engine,
  input: TableInput,
  context: StageContext,
  use: (checked: CheckedExtractTable) => Promise<T>,
): Promise<T> {
  const { said, manifest, there, files: source } = input;
  const files = filesOf(said, new Set(there.map(({ path }) => path)));
  await checkHashes(files, input);
  const opened: { path: string; close(): Promise<void> }[] = [];
  try {
    let staged: StagedTable;
    if (isParquet(said, files)) {
      for (const file of files) opened.push(await source.onDisk(file.path, input.scratch));
      const onDisk = files.map(({ path }, at) => ({ path, onDisk: opened[at]!.path }));
      staged = await stageParquet(engine, input.table, onDisk);
    } else {
      const csv = files.map(({ path }) => ({ path, bytes: () => source.read(path) }));
      staged = await stageCsv(engine, input.table, csv, context);
    }
    checkRows(files, said, staged.rows);
    const read = staged.rows.reduce((sum, rows) => sum + rows, 0);
    const counts = await checkContract(engine, staged.layout, read, {
      clock: input.clock,
      from: manifest.from,
      to: manifest.to,
      resolve: (column, texts) => input.references.resolve(column, texts),
      ...(context.signal === undefined ? {} : { signal: context.signal }),
    });
    const { freeColumns: kept, notices } = await freeColumns(engine, staged.layout);
    return await use({
      layout: staged.layout,
      counts,
      files: files.map(({ path }) => path),
      freeColumns: kept,
      notices: [
        ...staged.notices,
        ...(await commaNotices(engine, staged.layout)),
        ...(await groupNotices(engine, staged.layout.table)),
        ...notices,
      ],
    });
  } finally {
    await engine.run('drop view if exists accepted');
    await engine.run('drop view if exists sound');
    await engine.run('drop table if exists checked');
    await dropStaged(engine);
    for (const file of opened) await file.close();
  }
}

async function dropStaged(engine: Engine): Promise<void> {
  const [found] = await engine.rows<{ table_type: string }>(
    `select table_type from information_schema.tables where table_name = 'staged' and table_catalog = current_database()`,
  );
  if (found !== undefined) await engine.run(`drop ${found.table_type === 'VIEW' ? 'view' : 'table'} staged`);
}

async function checkHashes(files: readonly ManifestFile[], { files: source, there }: TableInput): Promise<void> {
  for (const { path, sha256 } of files) {
    if (sha256 === undefined) continue;
    const found = there.find((file) => file.path === path)!.sha256 ?? (await sha256Of(source.read(path)));
    if (found !== sha256) throw hashDiffers({ path });
  }
}

function checkRows(files: readonly ManifestFile[], said: ManifestTable, rows: readonly number[]): void {
  files.forEach(({ path, rows: wanted }, at) => {
    if (wanted !== undefined && wanted !== rows[at]) throw rowsDiffer({ path, read: rows[at]!, said: wanted });
  });
  const read = rows.reduce((sum, count) => sum + count, 0);
  if (said.rows !== undefined && said.rows !== read) throw rowsDiffer({ path: said.path, read, said: said.rows });
}

/** Of two rows that put a unit of a campaign into two groups the first counts: the comparison is no longer that of the lot. */
async function groupNotices(engine: Engine, { name }: ContractTable): Promise<Notice[]> {
  if (name !== 'assignments') return [];
  const { rows } = await engine.row<{ rows: bigint }>(
    `select count(*) as rows from rejected where rule = 'key.conflict' and column_name = 'arm'`,
  );
  return rows === 0n ? [] : [notice('assignments.severalGroups', name, { rows: Number(rows) })];
}

/** Types of the columns beside the contract, without those that name customers: nobody knows what stands in them. */
async function freeColumns(
  engine: Engine,
  { table, free, types }: ContractLayout,
): Promise<Pick<CheckedExtractTable, 'freeColumns' | 'notices'>> {
  const columns: CheckedExtractTable['freeColumns'] = [];
  const notices: Notice[] = [];
  const isOfPersons = table.about !== 'none' || personalColumns(table).length > 0;
  const who = table.columns.find(({ kind, name }) => kind === 'assigned' || name === table.aboutColumn);
  const subject = who === undefined ? 'row_no' : valueColumn(who);
  for (const { name, place } of free) {
    const cell = `c${place}`;
    const isNumeric =
      types[place] === 'VARCHAR' ? `${numberIn(cell, '.')} is not null` : `try_cast(${cell} as double) is not null`;
    const value = `try_cast(${cell} as double)`;
    const counts = await engine.row<
      Record<string, bigint> & { are_codes: boolean | null; digits_lost: boolean | null }
    >(
      `select count(${cell}) as present, count(*) filter (where ${cell} is not null and ${isNumeric}) as numbers,
         approx_count_distinct(${subject}) filter (where ${cell} is not null) as subjects,
         bool_and(abs(${value}) >= ${CODE_MIN} and ${value} = floor(${value})) as are_codes,
         bool_or(abs(${value}) > ${Number.MAX_SAFE_INTEGER}) as digits_lost from accepted`,
    );
    const present = Number(counts['present']);
    const subjectsMin = surelyAtLeast(Number(counts['subjects']));
    const isNumber = Number(counts['numbers']) === present && present > 0 && !/DATE|TIME|BOOL/.test(types[place]!);
    const isDoubtful = isOfPersons && present > 1 && (!isNumber || counts.are_codes === true);
    const isNaming = isDoubtful && (await namesSubjects(engine, { cell, subject, present, subjectsMin, isNumber }));
    if (isNaming) notices.push(notice('column.identifier', `${table.name}.${name}`));
    else {
      // a long number is a double without its last digits, so that it stays a text
      const keepsDigits = counts.digits_lost !== true || /^(FLOAT|DOUBLE)$/.test(types[place]!);
      columns.push({ name, place, type: isNumber && keepsDigits ? 'DOUBLE' : 'VARCHAR' });
    }
  }
  return { freeColumns: columns, notices };
}

/**
 * Whether a free column names customers: it has as many values as rows, or, where a customer has many rows and a name or
 * number of theirs comes back in each, as many as customers; or more texts than any description has. An estimate of
 * the customers only spares the exact count where they are surely far more than the values.
 */
async function namesSubjects(
  engine: Engine,
  column: { cell: string; subject: string; present: number; subjectsMin: number; isNumber: boolean },
): Promise<boolean> {
  const { cell, subject, present, subjectsMin, isNumber } = column;
  const texts = await countDistinct(engine, cell, 'accepted');
  if (texts >= identifierMin(present) || (!isNumber && texts > TEXTS_MAX)) return true;
  if (texts < identifierMin(subjectsMin)) return false;
  const subjects = await countDistinct(engine, subject, 'accepted', `${cell} is not null`);
  return texts >= identifierMin(subjects);
}
