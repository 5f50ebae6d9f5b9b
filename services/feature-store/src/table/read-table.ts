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
import { checkRows } from './check-rows.js';
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
  /** Called when a phase begins, and every 100,000 rows while reading. */
  onProgress?: (phase: 'reading' | 'checking', rows: number) => Promise<void>;
}

export interface CheckedTable {
  /** All rows that are not malformed. */
  staged: TableRows;
  accepted: TypedRows;
  rejects: Rejects;
  layout: Layout;
  keySpace: KeySpace;
  counts: RowCounts;
  columns: CheckedColumn[];
  months: string[];
  units: string[];
  labelledRows: number;
  positiveRows: number;
  /** Months from a row's month to the end of which its label is known; 0 if the table is not a panel with labels. */
  labelLeadMonths: number;
  /** Hash of the accepted rows, independent of their order in the file. */
  rowsHash: string;
  notices: Notice[];
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
  { operator, version, asOf, timeZone, signal, onProgress }: ReadOptions,
): Promise<CheckedTable> {
  const keySpace = keySpaceOf(mapping, version ?? '');
  const onRows = onProgress && ((rows: number): Promise<void> => onProgress('reading', rows));
  const file = await stageTable(engine, bytes, mapping, { operator, keySpace, signal, onRows });
  if (file.rowsRead === 0) throw noRows();
  await onProgress?.('checking', file.rowsRead);
  signal?.throwIfAborted();
  const { rows: staged, rejects, delimiter } = file;
  const inferred = await inferTypes(staged, file.layout.columns, { decimal: mapping.decimal, delimiter, timeZone });
  const { types, reading } = inferred;
  const layout = { ...file.layout, columns: inferred.columns };
  const checked = await checkRows(staged, rejects, { layout, types, reading, mapping });
  const counts = await countRows(file.rowsRead, rejects, checked.duplicates);
  const table = { staged, rejects, layout, keySpace, counts };
  const notices = [...encodingNotices(file.encoding), ...file.notices, ...checked.notices];
  if (counts.accepted === 0) {
    const empty = { columns: [], months: [], units: [], labelledRows: 0, positiveRows: 0, labelLeadMonths: 0 };
    const accepted = await noTypedRows(engine);
    return { ...table, accepted, ...empty, rowsHash: '', notices: [...notices, ...inferred.notices] };
  }
  signal?.throwIfAborted();
  const typed = await typeRows(checked.sound, { operator, asOf, layout, types, reading, mapping });
  const { columns, months, units } = typed;
  const { accepted, leadMonths, notices: panelNotices } = await labelPanel(typed.accepted, mapping, months);
  const calendarNotices = await excludeCalendars(accepted, layout.columns, columns, months.length);
  const leakNotices = await excludeLeaks(accepted, layout.columns, columns);
  const labels = await countLabels(accepted);
  return {
    ...table,
    accepted,
    columns,
    months,
    units,
    ...labels,
    labelLeadMonths: leadMonths,
    rowsHash: await hashRows(accepted, columns, [months, units]),
    notices: [
      ...notices,
      ...leakNotices,
      ...calendarNotices,
      ...panelNotices,
      ...typed.notices,
      ...inferred.notices,
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
