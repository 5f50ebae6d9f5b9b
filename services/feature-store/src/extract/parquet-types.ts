import { failure } from '@holdfast/platform/errors';
import type { ColumnKind } from '@holdfast/extract-contract/table';
import { FAMILIES, KINDS, type Family } from './column-kinds.js';

export interface ParquetColumn {
  name: string;
  type: string;
  /** Moments in UTC that DuckDB treats as local times (`describeParquet`). */
  isInstant: boolean;
}

/** How a column is read: SQL of the cell, and its type. */
export interface ParquetReading {
  cell: string;
  type: string;
  /** SQL condition of every value; otherwise digits are lost and the column is refused. */
  everyValue?: string;
}

const INTEGER = /^U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?$/;
const DECIMAL = /^DECIMAL\(\d+,(\d+)\)$/;
const FLOATING = /^(FLOAT|DOUBLE)$/;
/** Larger whole numbers are not exact. */
const WHOLE_MAX: Record<string, number> = { FLOAT: 2 ** 24 - 1, DOUBLE: Number.MAX_SAFE_INTEGER };
const ZONED = 'TIMESTAMP WITH TIME ZONE';

function familyOf({ type, isInstant }: ParquetColumn): Family | undefined {
  if (/^(VARCHAR|UUID|JSON|ENUM\(.*\))$/s.test(type)) return 'text';
  if (type === 'VARCHAR[]') return 'texts';
  if (INTEGER.test(type)) return 'integer';
  if (DECIMAL.test(type)) return 'decimal';
  if (FLOATING.test(type)) return 'floating';
  if (type === 'BOOLEAN') return 'boolean';
  if (type === 'DATE') return 'date';
  if (type === ZONED || (isInstant && type.startsWith('TIMESTAMP'))) return 'instant';
  return type.startsWith('TIMESTAMP') ? 'local' : undefined;
}

/**
 * How a column of the contract is read from a Parquet column; undefined for a refused type. NaN is NULL.
 * @param source SQL of the column
 */
export function parquetReading(kind: ColumnKind, column: ParquetColumn, source: string): ParquetReading | undefined {
  const family = familyOf(column);
  const { accepted, lakeType, keepsDigits } = KINDS[kind];
  if (family === undefined || !accepted.includes(family)) return undefined;
  const known = family === 'floating' ? `case when not isnan(${source}) then ${source} end` : source;
  if (keepsDigits) return identifierReading(family, column, source, known);
  switch (family) {
    case 'text':
      return { cell: `${source}::varchar`, type: 'VARCHAR' };
    case 'texts':
      return { cell: `array_to_string(${source}, ';')`, type: 'VARCHAR' };
    case 'floating':
      // By its shortest decimal, as in CSV: 1.005 is 1.01 to the cent, and 0.1 as a FLOAT is 0.1.
      if (lakeType.startsWith('DECIMAL')) return { cell: `(${known})::varchar`, type: 'VARCHAR' };
      if (kind === 'flag')
        return { cell: `case ${known} when 0 then '0' when 1 then '1' else (${known})::varchar end`, type: 'VARCHAR' };
      return { cell: column.type === 'FLOAT' ? `(${known})::varchar::double` : known, type: 'DOUBLE' };
    case 'integer':
      return kind === 'flag' ? { cell: `${source}::varchar`, type: 'VARCHAR' } : { cell: source, type: column.type };
    default:
      return timeReading(family, column, source);
  }
}

function identifierReading(family: Family, { type }: ParquetColumn, source: string, known: string): ParquetReading {
  if (family === 'floating') {
    const everyValue = `${known} is null or (${known} = trunc(${known}) and abs(${known}) <= ${WHOLE_MAX[type]!})`;
    return { cell: `try_cast(${known} as bigint)::varchar`, type: 'VARCHAR', everyValue };
  }
  if (family === 'decimal' && DECIMAL.exec(type)![1] !== '0') {
    const everyValue = `${source} is null or ${source} = trunc(${source})`;
    return { cell: `split_part(${source}::varchar, '.', 1)`, type: 'VARCHAR', everyValue };
  }
  return { cell: `${source}::varchar`, type: 'VARCHAR' };
}

function timeReading(family: Family, { type }: ParquetColumn, source: string): ParquetReading {
  if (family === 'instant') {
    // The session's zone is UTC, so the cast does not shift.
    return { cell: type === ZONED ? source : `${source}::timestamp::timestamptz`, type: ZONED };
  }
  return family === 'local' ? { cell: `${source}::timestamp`, type: 'TIMESTAMP' } : { cell: source, type };
}

/** How a free column is read: numbers, flags and times unchanged, all else as text. */
export function freeReading(column: ParquetColumn, source: string): ParquetReading {
  const family = familyOf(column);
  if (family === 'floating') return { cell: `case when not isnan(${source}) then ${source} end`, type: column.type };
  if (family === 'instant' || family === 'local') return timeReading(family, column, source);
  const isKept = family !== undefined && ['integer', 'decimal', 'boolean', 'date'].includes(family);
  return isKept ? { cell: source, type: column.type } : { cell: `${source}::varchar`, type: 'VARCHAR' };
}

const typeRefused = failure('unprocessable', 'column.parquetType', {
  en: '{file}: column {column} exists, but has the Parquet type {type}. Accepted types: {accepted}.',
  'zh-CN': '{file}：列 {column} 存在，但其 Parquet 类型为 {type}；应为 {accepted}。',
});
const digitsLost = failure('unprocessable', 'column.digitsLost', {
  en: '{file}: column {column} identifies or reaches customers, but is of type {type} with {values} values that are not whole numbers up to {max}: digits are lost. Write it as text.',
  'zh-CN':
    '{file}：列 {column} 用于识别或联系客户，但类型为 {type}，有 {values} 个取值不是 {max} 以内的整数，位数已丢失。请以文本类型写出。',
});

export function refusedType(file: string, kind: ColumnKind, column: string, type: string): Error {
  const accepted = KINDS[kind].accepted.map((family) => FAMILIES[family]).join(', ');
  return typeRefused({ file, column, type, accepted });
}

export function refusedDigits(file: string, column: ParquetColumn, values: number): Error {
  return digitsLost({ file, column: column.name, type: column.type, values, max: WHOLE_MAX[column.type] ?? '10^38' });
}
