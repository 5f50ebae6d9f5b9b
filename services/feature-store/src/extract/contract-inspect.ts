import { failure } from '@holdfast/platform/errors';
import type { ContractColumn } from '@holdfast/extract-contract/table';
import type { Engine } from '../engine/engine.js';
import { isScientific } from './cell-sql.js';
import type { ContractLayout } from './contract-header.js';
import { notice, type Notice } from './notices.js';

const columnScientific = failure('unprocessable', 'column.contractScientific', {
  en: 'Column {column} has {cells} cells in scientific notation (such as 8.61E+12): their digits are lost, so that they name nobody.',
  'zh-CN': '列 {column} 有 {cells} 个单元格为科学计数法（如 8.61E+12），位数已丢失，无法识别客户。',
});

const IDENTIFIERS = ['customer', 'account', 'subscription', 'peer', 'assigned', 'id'];
/** Personal texts that are numbers. */
const NUMBERS = ['contact_phone', 'msisdn', 'id_document_no'];

function isOfDigits({ kind, name }: ContractColumn): boolean {
  return IDENTIFIERS.includes(kind) || NUMBERS.includes(name);
}

/**
 * What concerns whole columns of a staged table: identifiers without their digits, and ends that are none.
 * @throws unprocessable where identifiers or telephone numbers are in scientific notation
 */
export async function inspectStaged(engine: Engine, { table, names, found, types }: ContractLayout): Promise<Notice[]> {
  const looked = table.columns.flatMap((column) => {
    const place = names.indexOf(column.name);
    if (place < 0) return [];
    const cell = `c${place}`;
    const ended = found.get(column.name)!.cell;
    if (isOfDigits(column) && types[place] === 'VARCHAR') {
      return [{ column, what: 'scientific', condition: `contains(upper(${cell}), 'E') and ${isScientific(cell)}` }];
    }
    return ended === cell ? [] : [{ column, what: 'open', condition: `${cell} is not null and (${ended}) is null` }];
  });
  if (looked.length === 0) return [];
  const counts = await engine.row<Record<string, bigint>>(
    `select ${looked.map(({ condition }, at) => `count(*) filter (where ${condition}) as n${at}`).join(', ')} from staged`,
  );
  return looked.flatMap(({ column, what }, at) => {
    const cells = Number(counts[`n${at}`]);
    if (cells === 0) return [];
    if (what === 'scientific') throw columnScientific({ column: column.name, cells });
    return [notice('column.openEnds', `${table.name}.${column.name}`, { cells })];
  });
}
