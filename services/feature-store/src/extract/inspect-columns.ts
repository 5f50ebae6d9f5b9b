import { failure } from '@holdfast/platform/errors';
import { isScientific } from '../column/cell-sql.js';
import type { StagedRows } from '../csv/stage-cells.js';
import { notice, type Notice } from '../notices.js';
import { KINDS } from './column-kinds.js';
import type { ExtractHeader } from './header.js';

const columnScientific = failure('unprocessable', 'column.contractScientific', {
  en: 'Column {column} has {cells} cells in scientific notation (such as 8.61E+12): their digits are lost, so they identify no customer.',
  'zh-CN': '列 {column} 有 {cells} 个单元格为科学计数法（如 8.61E+12），位数已丢失，无法识别客户。',
});

const NUMBERS = ['contact_phone', 'msisdn', 'id_document_no'];

/**
 * Notices about cells that stand for an open end.
 * @throws unprocessable for identifiers or telephone numbers in scientific notation
 */
export async function inspectColumns(
  rows: StagedRows,
  { table, names, found, types }: ExtractHeader,
): Promise<Notice[]> {
  const inspected = table.columns.flatMap((column) => {
    const place = names.indexOf(column.name);
    if (place < 0) return [];
    const cell = `c${place}`;
    const ended = found.get(column.name)!.cell;
    const isOfDigits = KINDS[column.kind].isIdentifier === true || NUMBERS.includes(column.name);
    if (isOfDigits && types[place] === 'VARCHAR')
      return [{ column, what: 'scientific', condition: `contains(upper(${cell}), 'E') and ${isScientific(cell)}` }];
    return ended === cell ? [] : [{ column, what: 'open', condition: `${cell} is not null and (${ended}) is null` }];
  });
  if (inspected.length === 0) return [];
  const counts = await rows.engine.row<Record<string, bigint>>(
    `select ${inspected.map(({ condition }, at) => `count(*) filter (where ${condition}) as n${at}`).join(', ')} from ${rows.name}`,
  );
  return inspected.flatMap(({ column, what }, at) => {
    const cells = Number(counts[`n${at}`]);
    if (cells === 0) return [];
    if (what === 'scientific') throw columnScientific({ column: column.name, cells });
    return [notice('column.openEnds', `${table.name}.${column.name}`, { cells })];
  });
}
