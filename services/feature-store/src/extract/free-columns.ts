import { personalColumns } from '@holdfast/extract-contract/tables';
import { numberIn } from '../column/cell-sql.js';
import { countDistinct, identifierMin, surelyAtLeast } from '../column/distinct.js';
import { NUMBERS_SHARE, isNumberOfPerson, personalKindOf, type PersonalKind } from '../column/personal-values.js';
import { notice, personalNotice, type Notice } from '../notices.js';
import { valueColumn, type AcceptedRows } from './check-rows.js';
import type { ExtractHeader } from './header.js';

/** A free column has at most so many texts. */
const TEXTS_MAX = 10_000;
/** Whole numbers with so many digits are codes: telephone, document and account numbers. */
const CODE_MIN = 1_000_000;

/** A column outside the contract, as the lake stores it. */
export interface FreeColumn {
  name: string;
  type: 'DOUBLE' | 'VARCHAR';
}

export interface FreeColumns {
  columns: (FreeColumn & { place: number })[];
  notices: Notice[];
}

/** The free columns of a table without those that identify customers: their content is not known. */
export async function freeColumnsOf(accepted: AcceptedRows, header: ExtractHeader): Promise<FreeColumns> {
  const { table, free, types } = header;
  const columns: FreeColumns['columns'] = [];
  const notices: Notice[] = [];
  const isAboutPersons = table.about !== 'none' || personalColumns(table).length > 0;
  const subjectColumn = table.columns.find(({ kind, name }) => kind === 'assigned' || name === table.aboutColumn);
  const subject = subjectColumn === undefined ? 'row_no' : valueColumn(subjectColumn);
  for (const { name, place } of free) {
    const cell = `c${place}`;
    const value = `try_cast(${cell} as double)`;
    const isNumeric = types[place] === 'VARCHAR' ? `${numberIn(cell, '.')} is not null` : `${value} is not null`;
    const counts = await accepted.engine.row<
      Record<string, bigint> & { are_codes: boolean | null; digits_lost: boolean | null }
    >(
      `select count(${cell}) as present, count(*) filter (where ${cell} is not null and ${isNumeric}) as numbers,
         approx_count_distinct(${subject}) filter (where ${cell} is not null) as subjects,
         bool_and(abs(${value}) >= ${CODE_MIN} and ${value} = floor(${value})) as are_codes,
         bool_or(abs(${value}) > ${Number.MAX_SAFE_INTEGER}) as digits_lost from ${accepted.name}`,
    );
    const present = Number(counts['present']);
    const subjectsMin = surelyAtLeast(Number(counts['subjects']));
    const isNumber = Number(counts['numbers']) === present && present > 0 && !/DATE|TIME|BOOL/.test(types[place]!);
    const isDoubtful = isAboutPersons && present > 1 && (!isNumber || counts.are_codes === true);
    if (isDoubtful && (await identifiesSubjects(accepted, { cell, subject, present, subjectsMin, isNumber }))) {
      notices.push(notice('column.identifier', `${table.name}.${name}`));
      continue;
    }
    const personal = await personalKind(accepted, cell, { present, isNumber });
    if (personal !== undefined) {
      notices.push(personalNotice(personal, `${table.name}.${name}`, true));
    } else {
      // A long number as a double would lose its last digits.
      const keepsDigits = counts.digits_lost !== true || /^(FLOAT|DOUBLE)$/.test(types[place]!);
      columns.push({ name, place, type: isNumber && keepsDigits ? 'DOUBLE' : 'VARCHAR' });
    }
  }
  return { columns, notices };
}

/** What the values of a column look like, if they are personal however often each occurs. */
async function personalKind(
  { engine, name }: AcceptedRows,
  cell: string,
  { present, isNumber }: { present: number; isNumber: boolean },
): Promise<PersonalKind | undefined> {
  const text = `${cell}::varchar`;
  if (isNumber) {
    const sql = `select count(*) filter (where ${isNumberOfPerson(text)}) as persons from ${name}`;
    const { persons } = await engine.numbers<'persons'>(sql);
    return persons > 0 && persons >= NUMBERS_SHARE * present ? 'phone' : undefined;
  }
  const sql = `select distinct ${text} as text from ${name} where ${cell} is not null order by text limit ${TEXTS_MAX}`;
  return personalKindOf(await engine.texts(sql));
}

/**
 * Whether a column has as many values as rows, or, if a customer has many rows with the same name or number, as many as
 * customers; or more texts than a description has. An estimate of the customers avoids the exact count if they are surely far
 * more than the values.
 */
async function identifiesSubjects(
  accepted: AcceptedRows,
  column: { cell: string; subject: string; present: number; subjectsMin: number; isNumber: boolean },
): Promise<boolean> {
  const { cell, subject, present, subjectsMin, isNumber } = column;
  const values = await countDistinct(accepted, cell);
  if (values >= identifierMin(present) || (!isNumber && values > TEXTS_MAX)) return true;
  if (values < identifierMin(subjectsMin)) return false;
  const subjects = await countDistinct(accepted, subject, `${cell} is not null`);
  return values >= identifierMin(subjects);
}
