import { createHash } from 'node:crypto';
import { failure } from '@holdfast/platform/errors';
import type { KeySpace } from '@holdfast/platform/identity';
import type { Engine } from '../engine/engine.js';
import { checkRows } from './checks.js';
import type { CheckedColumn } from './columns.js';
import { openText } from './file-text.js';
import { inferTypes } from './inference.js';
import type { Layout } from './layout.js';
import { leaveOutCalendars } from './calendar.js';
import { findLeaks } from './leak.js';
import { mappingHash, type Mapping } from './mapping.js';
import { notice, type Notice } from './notices.js';
import { labelPanel } from './panel-labels.js';
import { stage } from './staging.js';
import { typeRows } from './typing.js';

interface ReadOptions {
  operator: string;
  /** Version that the table will have (`versionOf`); row numbers identify within it. Left out where nothing is stored. */
  version?: string;
  /** Month of all rows (`YYYY-MM`) where the mapping names no column of months. */
  asOf: string;
  /** By whose clocks a moment is on a day, and a day in a month; IANA. */
  timeZone: string;
  signal?: AbortSignal;
  /** Told when a phase begins, and while reading now and then. */
  onProgress?: (phase: 'reading' | 'checking', rows: number) => Promise<void>;
}

/** What became of the rows: read = accepted + rejected + duplicates. */
interface RowCounts {
  read: number;
  accepted: number;
  rejected: number;
  duplicates: number;
}

/** A checked table; its rows stand in the engine's table `accepted` (see typing), its rejects in `rejected`. */
export interface CheckedTable {
  layout: Layout;
  /** Within what its keys name subscribers. */
  keySpace: KeySpace;
  counts: RowCounts;
  columns: CheckedColumn[];
  months: string[];
  units: string[];
  labelledRows: number;
  positiveRows: number;
  /** Months from a row's month to that at whose end its label is known; 0 where the table is no panel with labels. */
  labelLeadMonths: number;
  /** Hash over the accepted rows, whatever their order in the file. */
  rowsHash: string;
  notices: Notice[];
}

/**
 * The version of a table: the first 16 hex digits of the hash over its file's content, its mapping, and the month of its
 * rows where neither names one: then the same file of another month is another version.
 */
export function versionOf(contentHash: string, mapping: Mapping, asOf: string): string {
  const month = mapping.asOf === undefined ? ` ${asOf}` : '';
  return createHash('sha256')
    .update(`${contentHash} ${mappingHash(mapping)}${month}`)
    .digest('hex')
    .slice(0, 16);
}

/** Within what the keys of a version of a table name subscribers. */
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
 * From a file and its mapping to checked, typed rows: unpacks, parses, infers types, checks every row and looks for
 * columns that leak. Needs an engine with nothing in it, and no server; memory does not grow with the file.
 * @param bytes of the file, from its start each time: it is read for its encoding, and then for its rows
 * @throws unprocessable if the file is no table or does not fit its mapping.
 */
export async function readTable(
  engine: Engine,
  bytes: () => AsyncIterable<Uint8Array>,
  mapping: Mapping,
  options: ReadOptions,
): Promise<CheckedTable> {
  const { operator, asOf, timeZone, signal, onProgress } = options;
  const keySpace = keySpaceOf(mapping, options.version ?? '');
  const { encoding, text } = await openText(bytes, signal === undefined ? {} : { signal });
  const staged = await stage(engine, text, mapping, {
    operator,
    keySpace,
    ...(signal === undefined ? {} : { signal }),
    ...(onProgress === undefined ? {} : { onRows: (rows: number) => onProgress('reading', rows) }),
  });
  if (staged.rowsRead === 0) throw noRows();
  await onProgress?.('checking', staged.rowsRead);
  signal?.throwIfAborted();
  const { layout } = staged;
  const inferred = await inferTypes(engine, layout, mapping, { delimiter: staged.delimiter, timeZone });
  const { types, reading } = inferred;
  const rejectNotices = await checkRows(engine, layout, types, reading, mapping);
  const fileNotices = [
    ...(encoding === 'UTF-8' ? [] : [notice('file.encoding', '', { name: '', encoding })]),
    ...staged.notices,
    ...rejectNotices,
  ];
  const counts = await countRows(engine, staged.rowsRead);
  if (counts.accepted === 0) {
    const nothing = {
      columns: [],
      months: [],
      units: [],
      labelledRows: 0,
      positiveRows: 0,
      labelLeadMonths: 0,
      rowsHash: '',
    };
    return { layout, keySpace, counts, ...nothing, notices: [...fileNotices, ...inferred.notices] };
  }
  signal?.throwIfAborted();
  const typed = await typeRows(engine, layout, types, mapping, { operator, asOf, reading });
  const panel = await labelPanel(engine, mapping, typed.months);
  const calendarNotices = await leaveOutCalendars(engine, layout, typed.columns, typed.months.length);
  const leakNotices = await leaveOutLeaks(engine, layout, typed.columns);
  const labels = await countLabels(engine);
  return {
    layout,
    keySpace,
    counts,
    ...typed,
    ...labels,
    labelLeadMonths: panel.leadMonths,
    rowsHash: await hashRows(engine, typed.columns, [typed.months, typed.units]),
    notices: [
      ...fileNotices,
      ...leakNotices,
      ...calendarNotices,
      ...panel.notices,
      ...typed.notices,
      ...inferred.notices,
      ...labelNotices(layout, mapping, typed.columns, labels),
      ...(mapping.experiment === undefined ? [] : [notice('experiment.unused', '')]),
    ],
  };
}

async function countRows(engine: Engine, read: number): Promise<RowCounts> {
  const { rejected, duplicates } = await engine.row<{ rejected: bigint; duplicates: bigint }>(
    'select (select count(*) from rejected) as rejected, (select count(*) from repeated) as duplicates',
  );
  const counts = { read, rejected: Number(rejected), duplicates: Number(duplicates) };
  return { ...counts, accepted: read - counts.rejected - counts.duplicates };
}

async function leaveOutLeaks(engine: Engine, layout: Layout, columns: CheckedColumn[]): Promise<Notice[]> {
  const leaks = await findLeaks(engine, columns);
  return [...leaks].map(([column, auc]) => {
    if (!layout.columns[column.place]!.isKept) column.excluded = 'suspected_leak';
    return notice('column.suspectedLeak', column.name, { auc: auc.toFixed(3) });
  });
}

async function countLabels(engine: Engine): Promise<{ labelledRows: number; positiveRows: number }> {
  const row = await engine.row<{ labelled: bigint; positives: number | null }>(
    'select count(label) as labelled, sum(label) as positives from accepted',
  );
  return { labelledRows: Number(row.labelled), positiveRows: row.positives ?? 0 };
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

/** Of the rows of table `accepted`: a sum of row hashes, so that no order matters; O(cells). */
export async function hashRows(
  engine: Engine,
  columns: readonly CheckedColumn[],
  dictionaries: string[][],
): Promise<string> {
  const stored = columns.filter((column) => column.isStored);
  const features = stored.map(({ place }) => `f${place}`);
  const cells = ['subscription_id', 'month', 'unit', 'label', 'split', 'value', ...features]
    .map((cell) => `coalesce(${cell}::varchar, '')`)
    .join(', ');
  const { sum } = await engine.row<{ sum: bigint }>(
    `select sum(md5_number_lower(concat_ws('|', ${cells}))) as sum from accepted`,
  );
  const described = stored.map(({ name, type, dictionary }) => [name, type, dictionary]);
  return createHash('sha256')
    .update(JSON.stringify([String(sum), dictionaries, described]))
    .digest('hex');
}
