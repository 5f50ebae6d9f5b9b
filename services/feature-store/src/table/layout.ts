import { failure, type Texts } from '@holdfast/platform/errors';
import type { HeaderColumn, Role } from '../column/column.js';
import { isSurelyPersonal } from '../column/personal-values.js';
import { UNSTORABLE } from '../csv/csv.js';
import { consentColumns, nearest, type Mapping } from './mapping.js';

/** Column names that the mapping gives a use; a header has some of them. */
export function usedNames(mapping: Mapping): string[] {
  return [...rolesOf(mapping).keys()];
}

export interface Layout {
  columns: HeaderColumn[];
  key?: HeaderColumn;
  label?: HeaderColumn;
  value?: HeaderColumn;
  month?: HeaderColumn;
  unit?: HeaderColumn;
  split?: HeaderColumn;
}

const COLUMNS_MAX = 2_000;
const NAME_CHARS_MAX = 200;
/** The name that pandas gives to a column without one. */
const INDEX_NAME = 'Unnamed: 0';
const MISSING_NAMED_MAX = 10;
const PRESENT_NAMED_MAX = 60;

const headerTooWide = failure('unprocessable', 'header.tooWide', {
  en: 'The header has {columns} columns; at most {max} are read.',
  'zh-CN': '表头有 {columns} 列，最多支持 {max} 列。',
});
const headerNameMissing = failure('unprocessable', 'header.nameMissing', {
  en: 'Column {place} of the header has no name.',
  'zh-CN': '表头第 {place} 列没有名称。',
});
const headerNameTooLong = failure('unprocessable', 'header.nameTooLong', {
  en: 'The name of column {place} of the header has more than {max} characters.',
  'zh-CN': '表头第 {place} 列的名称超过 {max} 个字符。',
});
const headerNameTwice = failure('unprocessable', 'header.nameTwice', {
  en: 'Columns {first} and {place} of the header have the same name.',
  'zh-CN': '表头第 {first} 列与第 {place} 列同名。',
});
const headerNotText = failure('unprocessable', 'header.notText', {
  en: 'The header has bytes that are not text. Save the file as UTF-8.',
  'zh-CN': '表头含有无法识别的字节，请将文件另存为 UTF-8。',
});
const columnsMissing = failure('unprocessable', 'header.columnsMissing', {
  en: 'The mapping names columns that the file does not have: {missing}. The file has: {there}.',
  'zh-CN': '映射文件中的列在文件里不存在：{missing}。文件中的列：{there}。',
});
/** The same without the file's names. */
const noColumnFound = failure('unprocessable', 'header.columnsMissing', {
  en: 'The mapping names columns that the file does not have: {missing}. Its first line has {columns} other names. Does it lack its header?',
  'zh-CN': '映射文件中的列在文件里不存在：{missing}。文件第一行共有 {columns} 个其他名称，是否缺少表头？',
});
const columnsSpelled = failure('unprocessable', 'header.columnsSpelled', {
  en: 'The file has these columns of the mapping in another spelling (capitals, blanks, full-width characters): {missing}. Write them as in the file.',
  'zh-CN': '映射文件中的以下列在文件中写法不同（大小写、空格或全角字符）：{missing}。请按文件中的写法填写。',
});
const headerIsData = failure('unprocessable', 'header.isData', {
  en: 'The first line of the file looks like a row of data. Does the file lack its header?',
  'zh-CN': '文件第一行看起来是数据而不是表头，文件是否缺少表头？',
});

/**
 * Applies a mapping to a header.
 * @throws unprocessable for a name that is missing, repeated or too long, and for a column of the mapping that is missing
 */
export function layOut(header: readonly string[], mapping: Mapping): Layout {
  const names = header.map((name) => name.trim());
  if (names[0] === '' && names.length > 1) names[0] = INDEX_NAME;
  const named = namedIn(mapping);
  checkNames(names, named);
  checkMapping(names, named);
  const roles = rolesOf(mapping);
  const { labels = {}, monotone = {} } = mapping;
  const columns = names.map((name, place): HeaderColumn => {
    const isIndex =
      place === 0 && /^Unnamed: 0(\.\d+)?$/.test(name) && !roles.has(name) && !mapping.keep.includes(name);
    const use = roles.get(name) ?? { role: isIndex ? 'excluded' : 'feature' };
    // The name may be `constructor`.
    const direction = Object.hasOwn(monotone, name) ? monotone[name] : undefined;
    const assumed = direction === undefined ? undefined : 'number';
    const declared = Object.hasOwn(mapping.types, name) ? mapping.types[name] : assumed;
    return {
      place,
      name,
      ...use,
      ...(declared === undefined ? {} : { declared }),
      ...(direction === undefined ? {} : { monotone: direction }),
      displayName: Object.hasOwn(labels, name) ? (labels[name] as Partial<Texts>) : {},
      isKept: declared !== undefined || mapping.keep.includes(name),
      isIndex: isIndex && declared === undefined,
    };
  });
  const layout: Layout = { columns };
  for (const role of ['key', 'label', 'value', 'month', 'unit', 'split'] as const) {
    const found = columns.find((column) => column.role === role);
    if (found !== undefined) layout[role] = found;
  }
  return layout;
}

type ColumnUse = Pick<HeaderColumn, 'role' | 'personal'>;

/** The last entry decides: a use beats an exclusion. */
function rolesOf(mapping: Mapping): Map<string, ColumnUse> {
  const excluded = [...mapping.exclude, ...(mapping.experiment?.outcomes ?? []), mapping.experiment?.arm];
  const used: [string | undefined, Role][] = [
    ...excluded.map((name): [string | undefined, Role] => [name, 'excluded']),
    [mapping.key, 'key'],
    [mapping.label?.column, 'label'],
    [mapping.value, 'value'],
    [mapping.unit, 'unit'],
    [mapping.split?.column, 'split'],
    [typeof mapping.asOf === 'object' ? mapping.asOf.column : undefined, 'month'],
  ];
  const roles = new Map<string, ColumnUse>();
  for (const [name, role] of used) if (name !== undefined) roles.set(name, { role });
  for (const [personal, name] of Object.entries(mapping.personal)) roles.set(name, { role: 'personal', personal });
  return roles;
}

/** All columns that a mapping names. */
function namedIn(mapping: Mapping): Set<string> {
  const { keep, types, labels = {}, monotone = {} } = mapping;
  const described = [...keep, ...[types, labels, monotone].flatMap((each) => Object.keys(each))];
  const consent = consentColumns(mapping).flatMap(({ column, since }) => (since === '' ? [column] : [column, since]));
  return new Set([...rolesOf(mapping).keys(), ...described, ...consent]);
}

/** Without a header the names are the data of the first subscriber: no message repeats one that is not in the mapping. */
function checkNames(names: readonly string[], named: ReadonlySet<string>): void {
  if (names.length > COLUMNS_MAX) throw headerTooWide({ columns: names.length, max: COLUMNS_MAX });
  const isData = names.some((name) => isSurelyPersonal(name) && !named.has(name));
  if (isData || (named.size === 0 && looksLikeData(names))) throw headerIsData();
  const seen = new Map<string, number>();
  names.forEach((name, at) => {
    if (UNSTORABLE.test(name)) throw headerNotText();
    if (name === '') throw headerNameMissing({ place: at + 1 });
    if (name.length > NAME_CHARS_MAX) throw headerNameTooLong({ place: at + 1, max: NAME_CHARS_MAX });
    const first = seen.get(name);
    if (first !== undefined)
      throw looksLikeData(names) ? headerIsData() : headerNameTwice({ first: first + 1, place: at + 1 });
    seen.set(name, at);
  });
}

function checkMapping(names: readonly string[], named: ReadonlySet<string>): void {
  const missing = [...named].filter((name) => !names.includes(name));
  if (missing.length === 0) return;
  if (looksLikeData(names)) throw headerIsData();
  const respelt = new Map(missing.map((name) => [name, sameButSpelling(name, names)]));
  const shown = missing.slice(0, MISSING_NAMED_MAX).map((name) => {
    const same = respelt.get(name);
    if (same !== undefined) return `${name} (= ${same}?)`;
    const near = nearest(name, names, slipsMax(name));
    return near === undefined ? name : `${name} (${near}?)`;
  });
  const spelled = [...respelt.values()].filter((same) => same !== undefined).length;
  if (spelled === missing.length) throw columnsSpelled({ missing: shown.join(', ') });
  if (missing.length > shown.length) shown.push('…');
  // A line with none of the columns may be the first subscriber.
  if (missing.length === named.size && spelled === 0)
    throw noColumnFound({ missing: shown.join(', '), columns: names.length });
  const present = names.slice(0, PRESENT_NAMED_MAX).join(', ');
  const there = names.length <= PRESENT_NAMED_MAX ? present : `${present}, …`;
  throw columnsMissing({ missing: shown.join(', '), there });
}

/** Letters by which a slip differs from a name: any two Han characters differ from 姓名 in two. */
function slipsMax({ length }: string): number {
  return Math.min(2, Math.floor(length / 3));
}

/** The name that is equal except for case, blanks, underscores, full-width forms and invisible characters. */
export function sameButSpelling(name: string, candidates: readonly string[]): string | undefined {
  const plain = plainName(name);
  return plain === '' ? undefined : candidates.find((candidate) => plainName(candidate) === plain);
}

function plainName(name: string): string {
  return name
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[\s_\-\p{Cf}]/gu, '');
}

/** Without a header these are the data of the first subscriber, which no message may repeat. */
function looksLikeData(names: readonly string[]): boolean {
  return names.some((name) => /^[-+]?\d[\d.,:/-]*$/.test(name));
}
