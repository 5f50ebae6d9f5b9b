import { failure } from '@holdfast/platform/errors';
import type { ContractColumn, ContractTable } from '@holdfast/extract-contract/table';
import { sameButSpelling } from '../table/layout.js';
import { endsCell, type FoundColumn } from './cells.js';

const COLUMNS_MAX = 500;
const NAME_CHARS_MAX = 63;

export interface ExtractHeader {
  table: ContractTable;
  /** Names in the first file, in its order; cell `c<place>`. */
  names: string[];
  /** Columns of the contract that the file has. */
  found: Map<string, FoundColumn>;
  /** Columns outside the contract. */
  free: { name: string; place: number }[];
  /** Types of the cells by place. */
  types: string[];
}

const headerColumnsMissing = failure('unprocessable', 'header.contractColumnsMissing', {
  en: '{file}: the header has no column {columns}.',
  'zh-CN': '{file}：表头缺少列 {columns}。',
});
const headerColumnTwice = failure('unprocessable', 'header.contractColumnTwice', {
  en: '{file}: column {place} of the header has the same name as one before it.',
  'zh-CN': '{file}：表头第 {place} 列与前面的列重名。',
});
const headerUnreadable = failure('unprocessable', 'header.contractUnreadable', {
  en: '{file}: the header cannot be read: column {place} has no name, or one that is too long or is taken.',
  'zh-CN': '{file}：无法读取表头：第 {place} 列没有名称，或名称过长、已被占用。',
});
const headerSpelling = failure('unprocessable', 'header.contractSpelling', {
  en: '{file}: there is a column {found}; its name in the contract is {expected}. Write the name exactly so.',
  'zh-CN': '{file}：存在列 {found}，输入规范中的名称为 {expected}，请按规范书写列名。',
});
export const headerDiffers = failure('unprocessable', 'header.contractDiffers', {
  en: '{file}: the columns, or their types, differ from those of the first file of the table.',
  'zh-CN': '{file}：列或其类型与该表第一个文件不同。',
});

/** Further columns of facts. */
const OF_FACTS = [
  ...['shard', 'org_unit_path', 'knowledge_time', 'superseded_at', 'known_assumed', 'sequence', 'row_no'],
  ...['month', 'subscription_id'],
];

/**
 * Finds the contract's columns in a header; the rest are free attributes. Names must differ in more than case, which the
 * engine ignores: a free `ORG_UNIT_PATH` would be read as the `org_unit_path` that decides who may see a row.
 * @param types of the cells; VARCHAR for CSV
 * @throws unprocessable with the file and the place of the column: a file without a header has the first customer's data
 *   there, which no message may repeat
 */
export function extractHeader(
  table: ContractTable,
  header: readonly string[],
  types: readonly string[],
  file: string,
): ExtractHeader {
  const names = header.map((name) => name.trim());
  const lowerCase = names.map((name) => name.toLowerCase());
  const known = new Map(table.columns.map((column) => [column.name, column]));
  const taken = new Set([...OF_FACTS, ...known.keys()]);
  const absent = [...known.keys()].filter((name) => !names.includes(name));
  names.forEach((name, at) => {
    if (isIndex(name, at)) return;
    const expected = known.has(name) ? undefined : sameButSpelling(name, absent);
    if (expected !== undefined) throw headerSpelling({ file, found: name, expected });
    const isUnreadable = name === '' || name.length > NAME_CHARS_MAX || /["\p{Cc}]/u.test(name) || name.includes('__');
    if (isUnreadable || at >= COLUMNS_MAX || (!known.has(name) && taken.has(lowerCase[at]!)))
      throw headerUnreadable({ file, place: at + 1 });
    if (lowerCase.indexOf(lowerCase[at]!) !== at) throw headerColumnTwice({ file, place: at + 1 });
  });
  const missing = table.columns.filter(({ isRequired, name }) => isRequired && !names.includes(name));
  if (missing.length > 0) throw headerColumnsMissing({ file, columns: missing.map(({ name }) => name).join(', ') });
  return {
    table,
    names,
    types: [...types],
    found: new Map(
      names.flatMap((name, at) => {
        const column = known.get(name);
        if (column === undefined) return [];
        return [[name, { cell: endsCell(column, `c${at}`, types[at]!), type: types[at]! }] as const];
      }),
    ),
    free: names.flatMap((name, place) => (known.has(name) || isIndex(name, place) ? [] : [{ name, place }])),
  };
}

/** Whether a column has the row numbers that pandas writes. */
function isIndex(name: string, place: number): boolean {
  return (place === 0 && /^(Unnamed: 0(\.\d+)?)?$/.test(name)) || /^__index_level_\d+__$/.test(name);
}

/** A column of the contract with its cell, NULL if the file does not have it. */
export function foundColumn(header: ExtractHeader, column: ContractColumn): FoundColumn {
  return header.found.get(column.name) ?? { cell: 'null::varchar', type: 'VARCHAR' };
}
