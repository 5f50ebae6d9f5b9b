import { createHash } from 'node:crypto';
import { failure } from '@holdfast/platform/errors';
import type { KeySpace } from '@holdfast/platform/identity';
import { excludeCalendars } from '../column/calendar.js';
import type { CheckedColumn } from '../column/column.js';
import { inferTypes } from '../column/inference.js';
import { excludeLeaks } from '../column/leak.js';
import { countRows, type Rejects, type RowCounts } from '../csv/rejects.js';
import type { Engine } from '../engine/engine.js';
import { notice, type Notice } from '../notices.js';
import { checkRows, rejectNotices, type CheckOptions, type SoundTableRows } from './check-rows.js';
import type { Layout } from './layout.js';
import { mappingHash, type Mapping } from './mapping.js';
import { labelPanel } from './panel-labels.js';
import { stageTable, type TableRows } from './stage-table.js';
import { noTypedRows, typeRows, type StoredRows, type TypedRows } from './type-rows.js';

export interface ReadOptions {
  operator: string;
  /** Version of the table (`versionOf`); row numbers identify within it. Not needed if nothing is stored. */
  version?: string;
  /** Month of all rows (`YYYY-MM`), if the mapping names no column of months. */
  asOf: string;
  /** IANA; of the days of moments and the months of days. */
  timeZone: string;
  signal?: AbortSignal;
  /** Values of the label in an earlier file of the table, see `CheckOptions`. */
  labelsBefore?: ReadonlySet<string> | undefined;
  /** Whether to keep the cells of the file, for `joinMonths`. */
  keepsCells?: boolean;
  /** Called when a phase begins, and every 100,000 rows while reading. */
  onProgress?: (phase: 'reading' | 'checking' | 'joining', rows: number) => Promise<void>;
}

/** Accepted rows with what is known of them. */
export interface DescribedRows {
  accepted: TypedRows;
  acceptedRows: number;
  columns: CheckedColumn[];
  months: string[];
  units: string[];
  labelledRows: number;
  positiveRows: number;
  /** Months from a row's month to the end of which its label is known; 0 if the table is not a panel with labels. */
  labelLeadMonths: number;
  /** Hash of the accepted rows, independent of their order in the file. */
  rowsHash: string;
  /** About its columns. */
  notices: Notice[];
}

export interface CheckedTable extends DescribedRows {
  /** All rows that are not malformed. */
  staged: TableRows;
  rejects: Rejects;
  layout: Layout;
  keySpace: KeySpace;
  /** Of the file. */
  counts: RowCounts;
  /** About the file, its rows and its columns. */
  notices: Notice[];
  /** Those about the file and its rows. */
  fileNotices: Notice[];
  /** The rows before their types are inferred, if they are kept. */
  cells?: FileCells | undefined;
}

export interface FileCells {
  rows: TableRows;
  layout: Layout;
  delimiter: string;
}

/**
 * The version of a table: the first 16 hex digits of the hash of its file's content, its mapping, and the month of its rows
 * if neither names one: then the same file of another month is another version.
 * @param withdrawn number of versions of the same that were withdrawn before: this is another one
 */
export function versionOf(contentHash: string, mapping: Mapping, asOf: string, withdrawn = 0): string {
  const month = mapping.asOf === undefined ? ` ${asOf}` : '';
  const again = withdrawn === 0 ? '' : ` again ${withdrawn}`;
  const made = `${contentHash} ${mappingHash(mapping)}${month}${again}`;
  return createHash('sha256').update(made).digest('hex').slice(0, 16);
}

export function keySpaceOf(mapping: Mapping, version: string): KeySpace {
  const { table } = mapping;
  if (mapping.key === undefined) return { of: 'row', table, version };
  return mapping.keySpace === 'operator' ? { of: 'operator' } : { of: 'table', table };
}

const noRows = failure('unprocessable', 'file.noRows', {
  en: 'The file has a header and no rows.',
  'zh-CN': '文件只有表头，没有数据行。',
});

/**
 * From a file and its mapping to checked, typed rows. Needs no server; memory does not grow with the file.
 * @param bytes of the file, from its start each time: it is read for its encoding, and then for its rows
 * @throws unprocessable if the file is not a table or does not fit its mapping
 */
export async function readTable(
  engine: Engine,
  bytes: () => AsyncIterable<Uint8Array>,
  mapping: Mapping,
  options: ReadOptions,
): Promise<CheckedTable> {
  const { operator, version, asOf, timeZone, signal, onProgress, labelsBefore, keepsCells = false } = options;
  const keySpace = keySpaceOf(mapping, version ?? '');
  const onRows = onProgress && ((rows: number): Promise<void> => onProgress('reading', rows));
  const file = await stageTable(engine, bytes, mapping, { operator, keySpace, asOf, timeZone, signal, onRows });
  if (file.rowsRead === 0) throw noRows();
  await onProgress?.('checking', file.rowsRead);
  signal?.throwIfAborted();
  const { rows: staged, rejects, delimiter } = file;
  const cells = keepsCells ? { rows: await copyOf(staged), layout: file.layout, delimiter } : undefined;
  const inferred = await inferTypes(staged, file.layout.columns, { decimal: mapping.decimal, delimiter, timeZone });
  const { types, reading } = inferred;
  const layout = { ...file.layout, columns: inferred.columns };
  const checked = await checkRows(staged, rejects, { layout, types, reading, mapping, labelsBefore });
  const counts = await countRows(file.rowsRead, rejects, checked.duplicates);
  const rejected = await rejectNotices(rejects, layout);
  const fileNotices = [...encodingNotices(file.encoding), ...file.notices, ...rejected];
  const table = { staged, rejects, layout, keySpace, counts, fileNotices, cells };
  if (counts.accepted === 0) {
    const empty = {
      acceptedRows: 0,
      columns: [],
      months: [],
      units: [],
      labelledRows: 0,
      positiveRows: 0,
      labelLeadMonths: 0,
    };
    const accepted = await noTypedRows(engine);
    return { ...table, accepted, ...empty, rowsHash: '', notices: [...fileNotices, ...inferred.notices] };
  }
  signal?.throwIfAborted();
  const described = await describeRows(checked.sound, { operator, layout, types, reading, mapping }, inferred.notices);
  return { ...table, ...described, notices: [...fileNotices, ...described.notices] };
}

function copyOf({ engine, name }: TableRows): Promise<TableRows> {
  const columns = ['row_no', 'file_no', 'line', 'key', 'subscription_id', 'month'] as const;
  return engine.tableOf('cells', columns, `select * from ${name}`);
}

/**
 * Types, labels and examines rows.
 * @param inferred notices of the inference of types
 * @param lastMonthOf for each month the last one of the file of its rows; by default the table's, see `labelPanel`
 */
export async function describeRows(
  sound: SoundTableRows,
  context: CheckOptions & { operator: string },
  inferred: readonly Notice[],
  lastMonthOf?: ReadonlyMap<string, string>,
): Promise<DescribedRows> {
  const { layout, mapping } = context;
  const typed = await typeRows(sound, context);
  const { columns, months, units } = typed;
  const { accepted, leadMonths, notices } = await labelPanel(typed.accepted, mapping, months, lastMonthOf);
  const calendarNotices = await excludeCalendars(accepted, layout.columns, columns, months.length);
  const leakNotices = await excludeLeaks(accepted, layout.columns, columns);
  const labels = await countLabels(accepted);
  return {
    accepted,
    acceptedRows: await accepted.count(),
    columns,
    months,
    units,
    ...labels,
    labelLeadMonths: leadMonths,
    rowsHash: await hashRows(accepted, columns, [months, units]),
    notices: [
      ...leakNotices,
      ...calendarNotices,
      ...notices,
      ...typed.notices,
      ...inferred,
      ...labelNotices(layout, mapping, columns, labels),
      ...(mapping.experiment === undefined ? [] : [notice('experiment.unused', '')]),
    ],
  };
}

function encodingNotices(encoding: string): Notice[] {
  return encoding === 'UTF-8' ? [] : [notice('file.encoding', '', { name: '', encoding })];
}

function countLabels({ engine, name }: TypedRows): Promise<Record<'labelledRows' | 'positiveRows', number>> {
  return engine.numbers(`select count(label) as "labelledRows", sum(label) as "positiveRows" from ${name}`);
}

function labelNotices(
  layout: Layout,
  mapping: Mapping,
  columns: readonly CheckedColumn[],
  { labelledRows, positiveRows }: { labelledRows: number; positiveRows: number },
): Notice[] {
  const { label } = layout;
  if (label === undefined) return [];
  const values = columns[label.place]!.distinct;
  const isOneClass = labelledRows > 0 && (positiveRows === 0 || positiveRows === labelledRows);
  const hasOthers = values > 2 && mapping.label?.negative === undefined;
  return [
    ...(hasOthers ? [notice('label.manyValues', label.name, { values })] : []),
    ...(isOneClass ? [notice('label.oneClass', label.name)] : []),
  ];
}

/** A sum of row hashes, independent of the order of rows; O(cells). */
export async function hashRows(
  rows: StoredRows,
  columns: readonly CheckedColumn[],
  dictionaries: string[][],
): Promise<string> {
  const stored = columns.filter((column) => column.isStored);
  const features = stored.map(({ place }) => `f${place}`);
  const names = ['subscription_id', 'month', 'unit', 'label', 'split', 'value', ...features];
  const cells = names.map((cell) => `coalesce(${cell}::varchar, '')`);
  const sql = `select sum(md5_number_lower(concat_ws('|', ${cells.join(', ')}))) as sum from ${rows.name}`;
  const { sum } = await rows.engine.row<{ sum: bigint }>(sql);
  const described = stored.map(({ name, type, dictionary }) => [name, type, dictionary]);
  const content = JSON.stringify([String(sum), dictionaries, described]);
  return createHash('sha256').update(content).digest('hex');
}
