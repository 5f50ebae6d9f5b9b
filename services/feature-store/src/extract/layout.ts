import { failure, type Texts } from '@holdfast/platform/errors';
import { UNSTORABLE } from './cell-text.js';
import { nearest, type ColumnType, type Mapping } from './mapping.js';

/** Names that the mapping uses for something: a header without any of them is none. */
export function usedNames(mapping: Mapping): string[] {
  return [...rolesOf(mapping).keys()];
}

/** What the mapping says a column is for. */
export type Role = 'key' | 'label' | 'value' | 'month' | 'unit' | 'split' | 'feature' | 'excluded' | 'personal';

/** A column of the file, before its cells are looked at. */
export interface LaidOutColumn {
  /** Place in the file, from 0; cell `c<place>` in SQL. */
  place: number;
  /** Name in the header, trimmed. */
  name: string;
  role: Role;
  /** Where the mapping says. */
  declared?: ColumnType;
  /** Name of the personal datum, where it is one. */
  personal?: string;
  /** What people call it, in the languages that the mapping says. */
  displayName: Partial<Texts>;
  /** Whether the mapping insists that models see it. */
  isKept: boolean;
  /** The row numbers that pandas writes before the first column. */
  isIndex: boolean;
}

/** The header as the mapping reads it. */
export interface Layout {
  columns: LaidOutColumn[];
  key?: LaidOutColumn;
  label?: LaidOutColumn;
  value?: LaidOutColumn;
  month?: LaidOutColumn;
  unit?: LaidOutColumn;
  split?: LaidOutColumn;
}

const COLUMNS_MAX = 2_000;
const NAME_CHARS_MAX = 200;
/** What pandas calls a column without a name. */
const INDEX_NAME = 'Unnamed: 0';
const MISSING_SAID_MAX = 10;

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
  en: 'The header names two columns {name}.',
  'zh-CN': '表头中有两列同名：{name}。',
});
const headerNotText = failure('unprocessable', 'header.notText', {
  en: 'The header has bytes that are no text. Save the file as UTF-8.',
  'zh-CN': '表头含有无法识别的字节，请将文件另存为 UTF-8。',
});
const columnsMissing = failure('unprocessable', 'header.columnsMissing', {
  en: 'The mapping names columns that the file does not have: {missing}. The file has: {there}.',
  'zh-CN': '映射文件中的列在文件里不存在：{missing}。文件中的列：{there}。',
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
 * Reads a header by a mapping.
 * @throws unprocessable where a name is missing, doubled or too long, or a column of the mapping is not there.
 */
export function layOut(header: readonly string[], mapping: Mapping): Layout {
  const names = header.map((name) => name.trim());
  if (names[0] === '' && names.length > 1) names[0] = INDEX_NAME;
  checkNames(names);
  checkMapping(names, mapping);
  const roles = rolesOf(mapping);
  const columns = names.map((name, place): LaidOutColumn => {
    const isIndex =
      place === 0 && /^Unnamed: 0(\.\d+)?$/.test(name) && !roles.has(name) && !mapping.keep.includes(name);
    const use = roles.get(name) ?? { role: isIndex ? 'excluded' : 'feature' };
    // A column may be called `constructor`.
    const declared = Object.hasOwn(mapping.types, name) ? mapping.types[name] : undefined;
    return {
      place,
      name,
      ...use,
      ...(declared === undefined ? {} : { declared }),
      displayName: displayNameOf(name, mapping),
      isKept: declared !== undefined || mapping.keep.includes(name),
      isIndex: isIndex && declared === undefined,
    };
  });
  const layout: Layout = { columns };
  for (const role of ['key', 'label', 'value', 'month', 'unit', 'split'] as const) {
    const column = columns.find((candidate) => candidate.role === role);
    if (column !== undefined) layout[role] = column;
  }
  return layout;
}

function displayNameOf(name: string, { labels = {} }: Mapping): Partial<Texts> {
  return Object.hasOwn(labels, name) ? (labels[name] as Partial<Texts>) : {};
}

/** A column is what the last of these says: who uses a column by name beats who leaves it out. */
function rolesOf(mapping: Mapping): Map<string, Pick<LaidOutColumn, 'role' | 'personal'>> {
  const left = [...mapping.exclude, ...(mapping.experiment?.outcomes ?? []), mapping.experiment?.arm];
  const used: [string | undefined, Role][] = [
    ...left.map((name): [string | undefined, Role] => [name, 'excluded']),
    [mapping.key, 'key'],
    [mapping.label?.column, 'label'],
    [mapping.value, 'value'],
    [mapping.unit, 'unit'],
    [mapping.split?.column, 'split'],
    [typeof mapping.asOf === 'object' ? mapping.asOf.column : undefined, 'month'],
  ];
  const roles = new Map<string, Pick<LaidOutColumn, 'role' | 'personal'>>();
  for (const [name, role] of used) if (name !== undefined) roles.set(name, { role });
  for (const [personal, name] of Object.entries(mapping.personal)) roles.set(name, { role: 'personal', personal });
  return roles;
}

function checkNames(names: readonly string[]): void {
  if (names.length > COLUMNS_MAX) throw headerTooWide({ columns: names.length, max: COLUMNS_MAX });
  const seen = new Set<string>();
  names.forEach((name, at) => {
    if (UNSTORABLE.test(name)) throw headerNotText();
    if (name === '') throw headerNameMissing({ place: at + 1 });
    if (name.length > NAME_CHARS_MAX) throw headerNameTooLong({ place: at + 1, max: NAME_CHARS_MAX });
    if (seen.has(name)) throw looksLikeData(names) ? headerIsData() : headerNameTwice({ name });
    seen.add(name);
  });
}

function checkMapping(names: readonly string[], mapping: Mapping): void {
  const described = [...mapping.keep, ...Object.keys(mapping.types), ...Object.keys(mapping.labels ?? {})];
  const consent = mapping.consent === undefined ? [] : [mapping.consent.column];
  const wanted = new Set([...rolesOf(mapping).keys(), ...described, ...consent]);
  const missing = [...wanted].filter((name) => !names.includes(name));
  if (missing.length === 0) return;
  if (looksLikeData(names)) throw headerIsData();
  const said = missing.slice(0, MISSING_SAID_MAX).map((name) => {
    const same = sameButSpelling(name, names);
    if (same !== undefined) return `${name} (= ${same}?)`;
    const near = nearest(name, names);
    return near === undefined ? name : `${name} (${near}?)`;
  });
  if (missing.every((name) => sameButSpelling(name, names) !== undefined)) {
    throw columnsSpelled({ missing: said.join(', ') });
  }
  if (missing.length > said.length) said.push('…');
  const there = names.length <= 60 ? names.join(', ') : `${names.slice(0, 60).join(', ')}, …`;
  throw columnsMissing({ missing: said.join(', '), there });
}

/** The name that is the same but for capitals, blanks, underscores, full-width forms and characters without a shape. */
export function sameButSpelling(name: string, candidates: readonly string[]): string | undefined {
  const wanted = plainName(name);
  return wanted === '' ? undefined : candidates.find((candidate) => plainName(candidate) === wanted);
}

function plainName(name: string): string {
  return name
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[\s_\-\p{Cf}]/gu, '');
}

/** Without a header the first subscriber's data stand there, which no message may repeat. */
function looksLikeData(names: readonly string[]): boolean {
  return names.some((name) => /^[-+]?\d[\d.,:/-]*$/.test(name));
}
