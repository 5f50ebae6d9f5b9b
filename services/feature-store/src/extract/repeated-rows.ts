import { RECORDED_AT } from '@holdfast/extract-contract/table';
import { literal, type Engine } from '../engine/engine.js';
import { REJECTED_CHARS_MAX } from './contract-stage.js';

/** A column of what a row says: its name for people, and its SQL. */
export interface Said {
  name: string;
  sql: string;
}

/**
 * Sorts out the rows of `sound` that have a key in common. Fills the tables `repeated` and `conflicting` (row_no), adds the
 * conflicts to `rejected`, and makes the table `versions` (row_no, family, place, is_last): the rows of a key that are
 * accepted where they are several, in the order in which the source knew them, from 1.
 *
 * - Rows with one `recorded_at`, or none: the first stays. A later one that says the same is a duplicate, another a conflict.
 * - Rows with different ones, each said by the source, are versions. A version that says what the one before it said
 *   is a duplicate: it has been known since the earlier moment.
 * - A row without a `recorded_at` has no place among versions, because the moment that is assumed for it may lie before or
 *   after theirs: it is compared with the key's first row; if it is that row itself, all others are compared with it.
 * - Rows of a table without a key are duplicates if they say the same, and the earliest known stays.
 *
 * @param key SQL of the key's columns
 */
export async function findRepeated(engine: Engine, key: readonly string[], said: readonly Said[]): Promise<void> {
  await engine.run('create or replace table repeated (row_no ubigint)');
  await engine.run('create or replace table conflicting (row_no ubigint)');
  await engine.run('create or replace table versions (row_no ubigint, family ubigint, place ubigint, is_last boolean)');
  const hasKey = key.length > 0;
  const columns = hasKey ? key : [`hash(${said.map(({ sql }) => sql).join(', ')})`];
  if (!(await openCandidates(engine, columns))) return;
  await engine.run(`create or replace table compared (row_no ubigint, differs integer, is_version boolean)`);
  await compare(engine, sameMoment(hasKey), said);
  if (hasKey) await compare(engine, otherMoment(), said);
  await engine.run('insert into repeated select row_no from compared where differs is null');
  if (hasKey) {
    await rejectConflicts(engine, said);
    await engine.run(
      `insert into versions
       select row_no, family, row_number() over (partition by family order by ${RECORDED_AT}),
         lead(row_no) over (partition by family order by ${RECORDED_AT}) is null
       from candidates
       where row_no not in (select row_no from repeated) and row_no not in (select row_no from conflicting)
       qualify count(*) over (partition by family) > 1`,
    );
  }
  await engine.run('drop table candidates');
  await engine.run('drop table compared');
}

/** Makes `candidates`: the rows whose key another has, with the number of the key's first row. False if there are none. */
async function openCandidates(engine: Engine, key: readonly string[]): Promise<boolean> {
  const named = key.map((expression, at) => `${expression} as k${at}`).join(', ');
  const keys = key.map((_, at) => `k${at}`).join(', ');
  const isSameKey = key.map((_, at) => `rows.k${at} is not distinct from firsts.k${at}`).join(' and ');
  await engine.run(
    `create or replace table firsts as select ${keys}, min(row_no) as family
     from (select row_no, ${named} from sound) group by ${keys} having count(*) > 1`,
  );
  const { n } = await engine.row<{ n: bigint }>('select count(*) as n from firsts');
  if (n === 0n) return false;
  await engine.run(
    `create or replace table candidates as select rows.*, family
     from (select *, ${named} from sound) as rows join firsts on ${isSameKey}`,
  );
  return true;
}

/** SQL of pairs of rows (row_no, against, is_version) of one moment; without a key, of the rows that say the same at all. */
function sameMoment(hasKey: boolean): string {
  const moment = hasKey ? `, ${RECORDED_AT}` : '';
  return `select row_no, is_version, against from (
    select row_no, false as is_version,
      first(row_no) over (partition by family${moment} order by ${RECORDED_AT} nulls last, row_no) as against from candidates)
    where row_no <> against`;
}

/** SQL of pairs of the rows that are left of a key, which have different moments. */
function otherMoment(): string {
  return `select row_no, not is_strict as is_version, case when is_strict then first_row_no else before end as against
    from (
      select row_no, min(row_no) over (partition by family) as first_row_no,
        ${RECORDED_AT} is null or arg_min(${RECORDED_AT} is null, row_no) over (partition by family) as is_strict,
        lag(row_no) over (partition by family order by ${RECORDED_AT} nulls last) as before
      from candidates where row_no not in (select row_no from compared))
    where case when is_strict then row_no <> first_row_no else before is not null end`;
}

async function compare(engine: Engine, pairs: string, said: readonly Said[]): Promise<void> {
  const differs = said.map(({ sql }, at) => `when later.${sql} is distinct from earlier.${sql} then ${at}`);
  await engine.run(
    `insert into compared select later.row_no, case ${differs.join(' ')} end, is_version
     from (${pairs}) as pair join candidates as later on later.row_no = pair.row_no
       join candidates as earlier on earlier.row_no = pair.against`,
  );
}

async function rejectConflicts(engine: Engine, said: readonly Said[]): Promise<void> {
  await engine.run('insert into conflicting select row_no from compared where differs is not null and not is_version');
  const pick = (of: (column: Said) => string): string =>
    `case differs ${said.map((column, at) => `when ${at} then ${of(column)}`).join(' ')} end`;
  await engine.run(
    `insert into rejected select row_no, file_no, line, ${pick(({ name }) => literal(name))}, 'key.conflict',
       coalesce(substr(${pick(({ sql }) => `${sql}::varchar`)}, 1, ${REJECTED_CHARS_MAX}), '')
     from candidates join compared using (row_no) where differs is not null and not is_version`,
  );
}
