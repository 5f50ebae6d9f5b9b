import { RECORDED_AT } from '@holdfast/extract-contract/table';
import { REJECTED_CHARS_MAX, type Rejects } from '../csv/rejects.js';
import { literal, type Engine, type Relation } from '../engine/engine.js';

/** A column whose values are compared: its name for people, and its SQL. */
export interface ComparedColumn {
  name: string;
  sql: string;
}

/** Rows that break no rule of a cell. */
export type SoundRows = Relation<'row_no' | 'file_no' | 'line' | 'recorded_at'>;
/** Accepted rows of a key with several, numbered by `place` from 1 in the order of `recorded_at`. */
export type Versions = Relation<'row_no' | 'family' | 'place' | 'is_last'>;

export interface RepeatedRows {
  duplicates: Relation<'row_no'>;
  conflicts: Relation<'row_no'>;
  versions: Versions;
}

/** Rows whose key another row has, too; `family` is the number of the key's first row. */
type Candidates = Relation<'row_no' | 'file_no' | 'line' | 'recorded_at' | 'family'>;
type Comparisons = Relation<'row_no' | 'differs' | 'is_version'>;

/**
 * Finds rows with a key in common, and appends the conflicts to the rejects:
 *
 * - Rows with one `recorded_at`, or none: the first is accepted. An equal later one is a duplicate, another a conflict.
 * - Rows with different `recorded_at` are versions. A version equal to the one before is a duplicate: its content has been
 *   known since the earlier moment.
 * - A row without `recorded_at` has no place among versions, because the moment that is assumed for it may be before or after
 *   theirs: it is compared with the key's first row; if it is that row, all others are compared with it.
 * - Equal rows of a table without a key are duplicates, and the earliest known is accepted.
 *
 * @param key SQL of the key's columns
 * @param content columns that make two rows equal
 */
export async function findRepeated(
  sound: SoundRows,
  rejects: Rejects,
  key: readonly string[],
  content: readonly ComparedColumn[],
): Promise<RepeatedRows> {
  const { engine } = sound;
  const duplicates = await engine.createTable('duplicates', { row_no: 'ubigint' });
  const conflicts = await engine.createTable('conflicts', { row_no: 'ubigint' });
  const columns = { row_no: 'ubigint', family: 'ubigint', place: 'ubigint', is_last: 'boolean' };
  const versions = await engine.createTable('versions', columns);
  await engine.dropAfter(async () => {
    const hasKey = key.length > 0;
    const candidates = await candidatesOf(sound, hasKey ? key : [`hash(${content.map(({ sql }) => sql).join(', ')})`]);
    if (candidates === undefined) return;
    const comparisons = await compareAll(candidates, hasKey, content);
    await engine.run(`insert into ${duplicates.name} select row_no from ${comparisons.name} where differs is null`);
    if (!hasKey) return;
    const isConflict = 'differs is not null and not is_version';
    await engine.run(`insert into ${conflicts.name} select row_no from ${comparisons.name} where ${isConflict}`);
    const joined = `${candidates.name} join ${comparisons.name} using (row_no) where ${isConflict}`;
    await rejectConflicts(engine, rejects, joined, content);
    await engine.run(
      `insert into ${versions.name}
       select row_no, family, row_number() over (partition by family order by ${RECORDED_AT}),
         lead(row_no) over (partition by family order by ${RECORDED_AT}) is null
       from ${candidates.name}
       where row_no not in (select row_no from ${duplicates.name}) and row_no not in (select row_no from ${conflicts.name})
       qualify count(*) over (partition by family) > 1`,
    );
  });
  return { duplicates, conflicts, versions };
}

/** Undefined if no two rows have a key in common. */
async function candidatesOf(sound: SoundRows, key: readonly string[]): Promise<Candidates | undefined> {
  const { engine } = sound;
  const named = key.map((expression, at) => `${expression} as k${at}`).join(', ');
  const keys = key.map((_, at) => `k${at}`).join(', ');
  const isSameKey = key.map((_, at) => `rows.k${at} is not distinct from firsts.k${at}`).join(' and ');
  const sql = `select ${keys}, min(row_no) as family from (select row_no, ${named} from ${sound.name})
    group by ${keys} having count(*) > 1`;
  const firsts = await engine.tableOf('firsts', ['family'], sql);
  if ((await firsts.count()) === 0) return undefined;
  return engine.tableOf(
    'candidates',
    ['row_no', 'file_no', 'line', 'recorded_at', 'family'],
    `select rows.*, family from (select *, ${named} from ${sound.name}) as rows join ${firsts.name} as firsts on ${isSameKey}`,
  );
}

/** Compares rows of one moment first, then what is left of a key, which has different moments. */
async function compareAll(
  candidates: Candidates,
  hasKey: boolean,
  content: readonly ComparedColumn[],
): Promise<Comparisons> {
  const columns = { row_no: 'ubigint', differs: 'integer', is_version: 'boolean' };
  const comparisons: Comparisons = await candidates.engine.createTable('comparisons', columns);
  await compare(candidates, comparisons, sameMoment(candidates, hasKey), content);
  if (hasKey) await compare(candidates, comparisons, otherMoment(candidates, comparisons), content);
  return comparisons;
}

/** SQL of pairs of rows (row_no, against, is_version) of one moment; without a key, of equal rows. */
function sameMoment(candidates: Candidates, hasKey: boolean): string {
  const moment = hasKey ? `, ${RECORDED_AT}` : '';
  return `select row_no, is_version, against from (
    select row_no, false as is_version,
      first(row_no) over (partition by family${moment} order by ${RECORDED_AT} nulls last, row_no) as against
    from ${candidates.name})
    where row_no <> against`;
}

/** SQL of pairs of the rows of a key that are not compared yet. */
function otherMoment(candidates: Candidates, comparisons: Comparisons): string {
  return `select row_no, not is_strict as is_version, case when is_strict then first_row_no else before end as against
    from (
      select row_no, min(row_no) over (partition by family) as first_row_no,
        ${RECORDED_AT} is null or arg_min(${RECORDED_AT} is null, row_no) over (partition by family) as is_strict,
        lag(row_no) over (partition by family order by ${RECORDED_AT} nulls last) as before
      from ${candidates.name} where row_no not in (select row_no from ${comparisons.name}))
    where case when is_strict then row_no <> first_row_no else before is not null end`;
}

async function compare(
  candidates: Candidates,
  comparisons: Comparisons,
  pairs: string,
  content: readonly ComparedColumn[],
): Promise<void> {
  const differs = content.map(({ sql }, at) => `when later.${sql} is distinct from earlier.${sql} then ${at}`);
  const sql = `insert into ${comparisons.name} select later.row_no, case ${differs.join(' ')} end, is_version
    from (${pairs}) as pair join ${candidates.name} as later on later.row_no = pair.row_no
      join ${candidates.name} as earlier on earlier.row_no = pair.against`;
  await candidates.engine.run(sql);
}

/** @param conflicts SQL of candidates with `differs`, the place of the first column that differs */
async function rejectConflicts(
  engine: Engine,
  rejects: Rejects,
  conflicts: string,
  content: readonly ComparedColumn[],
): Promise<void> {
  const pick = (of: (column: ComparedColumn) => string): string =>
    `case differs ${content.map((column, at) => `when ${at} then ${of(column)}`).join(' ')} end`;
  await engine.run(
    `insert into ${rejects.name} select row_no, file_no, line, ${pick(({ name }) => literal(name))}, 'key.conflict',
       coalesce(substr(${pick(({ sql }) => `${sql}::varchar`)}, 1, ${REJECTED_CHARS_MAX}), '')
     from ${conflicts}`,
  );
}
