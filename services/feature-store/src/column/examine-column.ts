import type { Relation } from '../engine/engine.js';
import { notice, personalNotice, type Notice } from '../notices.js';
import type { CheckedColumn, ColumnType, HeaderColumn } from './column.js';
import { EXACT_ROWS_MAX, countDistinct, identifierMin, isSurelyBelow } from './distinct.js';
import { NUMBERS_SHARE, isNumberOfPerson, personalKindOf, type PersonalKind } from './personal-values.js';

/** Texts of a category; each batch of rows carries them all. */
export const CATEGORY_VALUES_MAX = 10_000;
/** Digits of a mobile number; no measure has so many in every cell. */
const PHONE_DIGITS = 11;

/** Rows that break no rule, with the cells of the file. */
export type SoundRows = Relation<'row_no' | 'key' | 'subscription_id'>;

export interface TableSize {
  subscribers: number;
  rows: number;
}

export interface ExaminedColumn {
  column: CheckedColumn;
  /** Of a stored category: the ENUM type of its texts. */
  textType?: string;
  notices: Notice[];
}

/** Counts a column, decides whether it is stored, and makes its dictionary. */
export async function examineColumn(
  rows: SoundRows,
  header: HeaderColumn,
  type: ColumnType,
  size: TableSize,
): Promise<ExaminedColumn> {
  const { place, name, displayName, role, monotone } = header;
  const cell = `c${place}`;
  const counts = await countCells(rows, cell, size.rows);
  const { present } = counts;
  const column: CheckedColumn = {
    ...{ place, name, displayName, role, type, isStored: false, dictionary: [] },
    missing: size.rows - present,
    distinct: counts.distinct,
    ...(counts.isEstimate ? { isEstimate: true } : {}),
    ...(monotone === undefined ? {} : { monotone }),
    ...(role === 'excluded' ? { excluded: 'excluded' as const } : {}),
  };
  const isOther = !['feature', 'excluded', 'value'].includes(role);
  const isText = type === 'category' || (type === 'number' && counts.areCodes && role !== 'value');
  const identifiesFrom = identifierMin(Math.min(present, size.subscribers));
  const textsMax = isText ? Math.min(identifiesFrom, type === 'category' ? CATEGORY_VALUES_MAX : Infinity) : Infinity;
  const isCounted = isOther ? !['key', 'personal'].includes(role) : type === 'flag' || isText;
  if (counts.isEstimate && isCounted && (isOther || type === 'flag' || !isSurelyBelow(counts.distinct, textsMax)))
    setDistinct(column, await countDistinct(rows, cell));
  if (isOther) return { column, notices: [] };
  // A column that the mapping excludes needs no explanation.
  const explained = (reason: Notice): Notice[] => (role === 'excluded' ? [] : [reason]);
  const isIdentifier = column.distinct >= identifiesFrom;
  if (isText && isIdentifier && header.declared === undefined)
    return { column: { ...column, excluded: 'identifier' }, notices: explained(notice('column.identifier', name)) };
  if (type === 'category' && column.distinct > CATEGORY_VALUES_MAX) {
    const many = notice('column.tooManyValues', name, { values: column.distinct, max: CATEGORY_VALUES_MAX });
    return { column: { ...column, excluded: 'too_many_values' }, notices: explained(many) };
  }
  const texts = present > 0 && type === 'category' ? await makeDictionary(rows, cell) : undefined;
  const personal = header.declared === undefined ? personalKind(type, counts, texts?.dictionary ?? []) : undefined;
  if (personal !== undefined)
    return { column: { ...column, excluded: 'personal' }, notices: explained(personalNotice(personal, name)) };
  column.isStored = present > 0;
  if (texts !== undefined) {
    column.dictionary = texts.dictionary;
    setDistinct(column, texts.dictionary.length);
  }
  const textType = texts === undefined ? {} : { textType: texts.type };
  // One value and missing cells distinguish two kinds of rows.
  const isVaried = counts.isVaried || (present > 0 && column.missing > 0);
  if (isVaried || role !== 'feature') return { column, ...textType, notices: [] };
  const excluded = present === 0 ? 'empty' : 'constant';
  return { column: { ...column, excluded }, ...textType, notices: [notice(`column.${excluded}`, name)] };
}

/** What the values of a column look like, if they are personal however often each occurs. */
function personalKind(
  type: ColumnType,
  { present, ofPersons }: CellCounts,
  dictionary: readonly string[],
): PersonalKind | undefined {
  if (type === 'category') return personalKindOf(dictionary);
  return type === 'number' && ofPersons > 0 && ofPersons >= NUMBERS_SHARE * present ? 'phone' : undefined;
}

interface CellCounts {
  present: number;
  /** Mobile numbers and numbers of documents. */
  ofPersons: number;
  /** Exact unless `isEstimate`. */
  distinct: number;
  isEstimate: boolean;
  /** More than one value; exact. */
  isVaried: boolean;
  /** Digits of an identifier: all of one length from eight on, or all at least as long as telephone numbers. */
  areCodes: boolean;
}

async function countCells({ engine, name }: SoundRows, cell: string, rows: number): Promise<CellCounts> {
  const isExact = rows <= EXACT_ROWS_MAX;
  const counted = isExact ? `count(distinct ${cell})` : `approx_count_distinct(${cell})`;
  const counts = await engine.row<
    Record<'present' | 'counted' | 'persons', bigint> & Record<'varied' | 'codes', boolean | null>
  >(
    `select count(${cell}) as present, ${counted} as counted, min(${cell}) <> max(${cell}) as varied,
       count(*) filter (where ${isNumberOfPerson(cell)}) as persons,
       (min(length(${cell})) = max(length(${cell})) and min(length(${cell})) >= 8 or min(length(${cell})) >= ${PHONE_DIGITS})
         and bool_and(regexp_full_match(${cell}, '\\+?\\d+')) as codes
     from ${name}`,
  );
  const [present, isVaried] = [Number(counts.present), counts.varied === true];
  // No, one and more values are distinguished exactly.
  const few = present === 0 ? 0 : isVaried ? 2 : 1;
  return {
    present,
    ofPersons: Number(counts.persons),
    isVaried,
    areCodes: counts.codes === true,
    distinct: few < 2 ? few : Math.min(present, Math.max(few, Number(counts.counted))),
    isEstimate: !isExact && few === 2,
  };
}

function setDistinct(column: CheckedColumn, distinct: number): void {
  column.distinct = distinct;
  delete column.isEstimate;
}

/** The distinct texts of an expression, ascending, and an ENUM type of them. */
export async function makeDictionary(
  { engine, name }: SoundRows,
  expression: string,
): Promise<{ dictionary: string[]; type: string }> {
  const dictionary = await engine.texts(
    `select text from (select distinct ${expression} from ${name}) as t(text) where text is not null order by text`,
  );
  return { dictionary, type: await engine.createEnum('text', dictionary) };
}
