import { failure } from '@holdfast/platform/errors';
import { derivedIdInDuckDb, type KeySpace } from '@holdfast/platform/identity';
import { monthIn } from '../column/cell-sql.js';
import type { Encoding } from '../csv/encoding.js';
import { isNullMark, isUnknownMark } from '../csv/null-marks.js';
import { readCsv, type ReadContext, type RecordTaker } from '../csv/read-csv.js';
import type { Rejects } from '../csv/rejects.js';
import { CellStager, type FileColumns } from '../csv/stage-cells.js';
import { literal, type Engine, type Relation } from '../engine/engine.js';
import { notice, type Notice } from '../notices.js';
import { layOut, usedNames, type Layout } from './layout.js';
import type { Mapping } from './mapping.js';

/** Rows of a plain table: cells `c0`, `c1`, … as trimmed texts, NULL if missing; month `YYYY-MM`, NULL if malformed. */
export type TableRows = Relation<'row_no' | 'file_no' | 'line' | 'key' | 'subscription_id' | 'month'>;

/** A plain table read into an engine. */
export interface StagedTable {
  rows: TableRows;
  /** Rows that are malformed so far. */
  rejects: Rejects;
  layout: Layout;
  encoding: Encoding;
  delimiter: string;
  /** Rows without header and blank lines. */
  rowsRead: number;
  notices: Notice[];
}

export interface StageOptions extends ReadContext {
  operator: string;
  keySpace: KeySpace;
  /** Month of all rows, if the mapping names no column of months. */
  asOf: string;
  timeZone: string;
}

const ROWS_MAX = 0xffff_fffe;

const headerMissing = failure('unprocessable', 'header.missing', {
  en: 'The file has no header line.',
  'zh-CN': '文件没有表头行。',
});
const headerBroken = failure('unprocessable', 'header.broken', {
  en: 'The header line has a quote in the wrong place.',
  'zh-CN': '表头行的引号位置有误。',
});
const tooManyRows = failure('unprocessable', 'file.tooManyRows', {
  en: 'The file has more than {max} rows.',
  'zh-CN': '文件超过 {max} 行。',
});

/**
 * Stages the file of a plain table.
 * @param bytes of the file, from its start each time
 * @throws unprocessable if the header does not fit the mapping, or the file is not a table
 */
export async function stageTable(
  engine: Engine,
  bytes: () => AsyncIterable<Uint8Array>,
  mapping: Mapping,
  { operator, keySpace, asOf, timeZone, signal, onRows }: StageOptions,
): Promise<StagedTable> {
  const stager = await CellStager.open(engine);
  const options = { names: usedNames(mapping), delimiter: mapping.delimiter, signal, onRows };
  try {
    const file = await readCsv(bytes, options, ({ fields, fault }): RecordTaker & { layout: Layout } => {
      if (fault !== undefined) throw headerBroken();
      const layout = layOut(fields, mapping);
      const cells = stager.takerOf(0, cellsOf(layout, mapping));
      return {
        layout,
        take: (record) => {
          cells.take(record);
          if (stager.rowsRead > ROWS_MAX) throw tooManyRows({ max: ROWS_MAX });
        },
      };
    });
    if (file.taker === undefined) throw headerMissing();
    const { layout } = file.taker;
    const key = layout.key === undefined ? 'row_no::varchar' : `c${layout.key.place}`;
    const rows = await stager.rows(layout.columns.length, {
      key,
      subscription_id: derivedIdInDuckDb('subscription', operator, key, keySpace),
      month: layout.month === undefined ? literal(asOf) : monthIn(`c${layout.month.place}`, timeZone),
    });
    const notices = [...file.notices, ...nullNotices(layout, stager.nulls)];
    const { encoding, delimiter } = file;
    return { rows, rejects: stager.rejects, layout, encoding, delimiter, rowsRead: file.rows, notices };
  } finally {
    stager.close();
  }
}

function cellsOf(layout: Layout, mapping: Mapping): FileColumns {
  return { places: layout.columns.map(({ place }) => place), ...emptyCells(layout, mapping) };
}

/** Which cells are empty. @param mappings of the same table */
export function emptyCells(
  { key, label }: Layout,
  ...mappings: Mapping[]
): Required<Pick<FileColumns, 'isMissing' | 'isNull'>> {
  const missing = new Set(['', ...mappings.flatMap((mapping) => mapping.missing)]);
  const labels = new Set(
    mappings.flatMap((mapping) => [...(mapping.label?.positive ?? []), ...(mapping.label?.negative ?? [])]),
  );
  return {
    isMissing: (cell) => missing.has(cell),
    isNull: (cell, place) => {
      if (place === label?.place) return isUnknownMark(cell) && !labels.has(cell);
      return place === key?.place ? isUnknownMark(cell) : isNullMark(cell);
    },
  };
}

function nullNotices({ columns }: Layout, nulls: readonly number[]): Notice[] {
  return columns.flatMap(({ name, place, role }) => {
    const cells = nulls[place] ?? 0;
    return cells === 0 ? [] : [notice(role === 'label' ? 'label.nullMarks' : 'column.nullMarks', name, { cells })];
  });
}
