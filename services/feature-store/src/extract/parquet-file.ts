import { failure } from '@holdfast/platform/errors';
import { literal, type Engine } from '../engine/engine.js';
import type { ParquetColumn } from './parquet-types.js';

const parquetBroken = failure('unprocessable', 'file.parquetBroken', {
  en: '{file} cannot be read as Parquet.',
  'zh-CN': '无法将 {file} 作为 Parquet 读取。',
});

/**
 * Columns and number of rows of a Parquet file. DuckDB 1.5.6 treats two kinds of columns with moments in UTC as local times:
 *
 * - INT96, which Spark and Hive write in UTC in every zone. Impala writes local times; its files have `impala` in
 *   `created_by`.
 * - INT64 with only the old annotations TIMESTAMP_MILLIS and TIMESTAMP_MICROS, which the format defines as UTC.
 *
 * @throws unprocessable for a file that is not Parquet
 */
export async function describeParquet(
  engine: Engine,
  onDisk: string,
  path: string,
): Promise<{ columns: ParquetColumn[]; count: number }> {
  const file = literal(onDisk);
  try {
    const described = await engine.describe(`select * from read_parquet(${file})`);
    const { count } = await engine.numbers<'count'>(`select count(*) as count from read_parquet(${file})`);
    const sql = `select created_by as writer from parquet_file_metadata(${file})`;
    const { writer } = await engine.row<{ writer: string | null }>(sql);
    const stored = await engine.rows<{ name: string } & Record<'type' | 'converted' | 'logical', string | null>>(
      `select name, type, converted_type as converted, logical_type as logical from parquet_schema(${file})`,
    );
    const isImpala = /^impala\b/i.test(writer ?? '');
    const instants = stored.filter(({ type, converted, logical }) =>
      type === 'INT96' ? !isImpala : logical === null && /^TIMESTAMP_MI/.test(converted ?? ''),
    );
    const names = new Set(instants.map(({ name }) => name));
    const columns = described.map((column) => ({ ...column, isInstant: names.has(column.name) }));
    return { columns, count };
  } catch (thrown) {
    throw parquetBroken({ file: path }, { cause: thrown });
  }
}
