import { monthNumber, monthText } from '@holdfast/platform/calendar';
import type { Engine } from '../engine/engine.js';
import { labelMonths, type Mapping } from './mapping.js';
import { notice, type Notice } from './notices.js';

/** Months without a row that count as leaving are at most so many, where the mapping does not say how many. */
const ABSENT_MONTHS_MAX = 3;
/** Of absences that count as leaving, at most this share may have ended with a return. */
const RETURNED_SHARE_MAX = 0.1;
/** A month that should have so many leavers has none by chance once in 150 times. */
const EXPECTED_LEAVERS_MIN = 5;
const MONTHS_NAMED_MAX = 6;

interface PanelLabels {
  /** Months from a row's month to that at whose end its label is known; 0 where there are no labels by month. */
  leadMonths: number;
  notices: Notice[];
}

/**
 * Makes the labels of a table with a row for each subscription and month what they mean: whether the subscription left
 * in the months from gap + 1 to lead after the row's month. Changes table `accepted`: rows after a subscription left get
 * `had_left` and lose their label, as do rows whose outcome nobody can know yet. A single month is a snapshot and stays
 * as it is. Set-based: a fixed number of passes, whatever the number of months.
 */
export async function labelPanel(engine: Engine, mapping: Mapping, months: readonly string[]): Promise<PanelLabels> {
  if (months.length < 2) return { leadMonths: 0, notices: [] };
  const { lead, gap } = labelMonths(mapping);
  const numbers = months.map(monthNumber);
  if (mapping.disappearance !== undefined) {
    return labelByDisappearance(engine, numbers, { lead, gap, absentMonths: mapping.disappearance.absentMonths });
  }
  if (mapping.label === undefined) return { leadMonths: 0, notices: [] };
  const notices = [...(await markAfterLeaving(engine, numbers, lead)), ...(await forgetUnknown(engine, numbers, lead))];
  return { leadMonths: lead, notices };
}

/**
 * A subscription has left where its row is missing in so many months of the table on end that returns are rare. It left
 * in the month after its last row. What lies between is a gap in the data: who returns did not leave. Labelled are months
 * of which the absence can be told by the table's end, and those alone: who left is known earlier than who stayed, and
 * months with leavers only would teach a rate that is none.
 */
async function labelByDisappearance(
  engine: Engine,
  numbers: readonly number[],
  { lead, gap, absentMonths }: { lead: number; gap: number; absentMonths: number | undefined },
): Promise<PanelLabels> {
  const lastCode = numbers.length - 1;
  const absences = await countAbsences(engine, lastCode);
  const absent = absentMonths ?? chooseAbsentMonths(absences, numbers.length);
  const knownUntil = numbers[lastCode - (absent - 1)] ?? 0;
  const observable = numbers.filter((number) => number + lead <= knownUntil && numbers.includes(number + lead));
  const number = numberIn(numbers);
  await engine.run(
    `create table labelled as
     with spans as (
       select *, ${number} as number, coalesce(lead(month) over (partition by subscription_id order by month),
         ${lastCode + 1}) - month > ${absent} as leaves
       from accepted
     ), outcomes as (
       select *, min(case when leaves then number end) over (partition by subscription_id order by month
         rows between current row and unbounded following) as last_number from spans
     )
     select * exclude (number, leaves, last_number) replace ((case
         when number not in (${[-1, ...observable].join(', ')}) or last_number + 1 <= number + ${gap} then null
         when last_number + 1 <= number + ${lead} then 1 else 0 end)::double as label)
     from outcomes order by shard, subscription_id, month`,
  );
  await engine.run('drop table accepted');
  await engine.run('alter table labelled rename to accepted');
  const { left } = await engine.row<{ left: bigint }>('select count(*) as left from accepted where label = 1');
  const returned = absences.filter(({ months, hasReturned }) => hasReturned && months < absent);
  const figures = {
    left: Number(left),
    absentMonths: absent,
    returned: returned.reduce((sum, { count }) => sum + count, 0),
  };
  return {
    leadMonths: lead + absent - 1,
    notices: [notice('label.byDisappearance', '', figures), ...skipped(numbers)],
  };
}

interface Absence {
  /** Months of the table on end without a row. */
  months: number;
  hasReturned: boolean;
  count: number;
}

async function countAbsences(engine: Engine, lastCode: number): Promise<Absence[]> {
  const rows = await engine.rows<{ months: bigint; has_returned: boolean; absences: bigint }>(
    `with spans as (
       select month, lead(month) over (partition by subscription_id order by month) as next from accepted
     )
     select (coalesce(next - 1, ${lastCode}) - month)::bigint as months, next is not null as has_returned,
       count(*) as absences
     from spans where coalesce(next - 1, ${lastCode}) > month group by all`,
  );
  return rows.map((row) => ({
    months: Number(row.months),
    hasReturned: row.has_returned,
    count: Number(row.absences),
  }));
}

/** The fewest months of absence from which hardly anybody returns. @param months of the table */
function chooseAbsentMonths(absences: readonly Absence[], months: number): number {
  const countOf = (list: readonly Absence[]): number => list.reduce((sum, { count }) => sum + count, 0);
  const most = Math.max(1, Math.min(ABSENT_MONTHS_MAX, months - 3));
  for (let absent = 1; absent < most; absent += 1) {
    const long = absences.filter((absence) => absence.months >= absent);
    if (countOf(long.filter(({ hasReturned }) => hasReturned)) <= RETURNED_SHARE_MAX * countOf(long)) return absent;
  }
  return most;
}

/**
 * Operators keep rows of those who left, with the label repeated or blank. After a row with a positive label, `lead`
 * months later the subscription has left, until a row says that it stayed (it came back). Only subscriptions with rows
 * after a positive one are looked at: few.
 */
async function markAfterLeaving(engine: Engine, numbers: readonly number[], lead: number): Promise<Notice[]> {
  await engine.run(
    `create temp table after_leaving as
     with suspects as (
       select subscription_id from accepted group by 1 having max(month) > min(case when label = 1 then month end)
     ), spells as (
       select subscription_id, month, ${numberIn(numbers)} as number, label, count(case when label = 0 then 1 end) over (
         partition by subscription_id order by month rows unbounded preceding) as spell
       from accepted semi join suspects using (subscription_id)
     ), leaving as (
       select *, min(case when label = 1 then number end) over (partition by subscription_id, spell) as first_number
       from spells
     )
     select subscription_id, month from leaving where first_number + ${lead} <= number`,
  );
  const { rows } = await engine.row<{ rows: bigint }>('select count(*) as rows from after_leaving');
  if (rows > 0n) {
    await engine.run(
      `update accepted set had_left = true, label = null from after_leaving gone
       where accepted.subscription_id = gone.subscription_id and accepted.month = gone.month`,
    );
  }
  await engine.run('drop table after_leaving');
  return rows === 0n ? [] : [notice('label.afterLeaving', '', { rows: Number(rows) })];
}

/**
 * Exports often write "stayed" where the outcome is still to come. Among the last `lead` months, which are about months
 * after the table's end, one without a single leaver is taken as not known yet, where several would be usual.
 */
async function forgetUnknown(engine: Engine, numbers: readonly number[], lead: number): Promise<Notice[]> {
  const counts = await engine.rows<{ month: number; labelled: bigint; positives: number | null }>(
    'select month, count(label) as labelled, sum(label) as positives from accepted group by month order by month desc',
  );
  const last = numbers.at(-1)!;
  const isUnknown = ({ month, positives }: (typeof counts)[number]): boolean =>
    numbers[month]! + lead > last && (positives ?? 0) === 0;
  const unknown: typeof counts = [];
  for (const count of counts) {
    if (!isUnknown(count)) break;
    unknown.push(count);
  }
  const known = counts.slice(unknown.length);
  const sum = (list: typeof counts, of: 'labelled' | 'positives'): number =>
    list.reduce((total, count) => total + Number(count[of] ?? 0), 0);
  const rate = sum(known, 'positives') / sum(known, 'labelled');
  const forgotten = unknown.filter(({ labelled }) => Number(labelled) * rate >= EXPECTED_LEAVERS_MIN);
  if (forgotten.length === 0) return [];
  const codes = forgotten.map(({ month }) => month);
  await engine.run(`update accepted set label = null where month in (${codes.join(', ')})`);
  const months = named(codes.map((code) => numbers[code]!));
  return [notice('label.notYetKnown', '', { months, expected: Math.round(sum(forgotten, 'labelled') * rate) })];
}

/** Months between the first and the last of which the table has no row. */
function skipped(numbers: readonly number[]): Notice[] {
  const all = Array.from({ length: numbers.at(-1)! - numbers[0]! }, (_, at) => numbers[0]! + at);
  const missing = all.filter((number) => !numbers.includes(number));
  return missing.length === 0 ? [] : [notice('label.monthsSkipped', '', { months: named(missing) })];
}

function named(numbers: readonly number[]): string {
  const texts = [...numbers].sort((left, right) => left - right).map(monthText);
  return texts.length <= MONTHS_NAMED_MAX ? texts.join(', ') : `${texts.slice(0, MONTHS_NAMED_MAX).join(', ')}, …`;
}

/** SQL: the number of a row's month, of which the table has the code. */
function numberIn(numbers: readonly number[]): string {
  return `[${numbers.join(', ')}][month + 1]`;
}
